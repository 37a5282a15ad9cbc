"""The inputs of a run arranged for reading: definitions by view, distributions by view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from headwater.reports import numbers, strip_picture

MOST_DRAWN = 300
"""Beyond it a page is no longer read, and would outgrow what a mailbox takes."""

_QUANTILES = ("0.01", "0.25", "0.5", "0.75", "0.99")
_KEPT = "kept from the row itself"


def by_view(
    features: Iterable[Mapping[str, Any]],
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Features by view, those that differ in their window only as one."""
    ordered = sorted(features, key=lambda feature: str(feature["view"]))
    return [
        (view, _merged(view, list(rows)))
        for view, rows in groupby(ordered, key=lambda feature: str(feature["view"]))
    ]


def drawn(run: Mapping[str, Any]) -> dict[str, Any]:
    """The distributions of a run with what is drawn of each, in groups.

    Where there are more than `MOST_DRAWN`, those stay that matter most, then those that move most.
    """
    entries = list(run.get("distributions") or ())
    parts = list(entries[0]["parts"]) if entries else []
    chosen = _chosen(entries, run.get("importance") or {})
    groups: dict[str, list[dict[str, Any]]] = {}
    views = {feature["name"]: str(feature["view"]) for feature in run.get("features") or ()}
    kept = {column["name"] for column in run.get("kept") or ()}
    for entry in chosen:
        view = views.get(entry["name"], _KEPT if entry["name"] in kept else "derived")
        groups.setdefault(view, []).append(_shown(entry, view, parts))
    # the first part is a filled shape, the last the accent, what lies between is dashed
    styles = {part: min(number, 1) for number, part in enumerate(parts)}
    if len(parts) > 1:
        styles[parts[-1]] = 2
    return {
        "parts": parts,
        "styles": styles,
        "groups": list(groups.items()),
        "drawn": len(chosen),
        "left_out": len(entries) - len(chosen),
    }


def _merged(view: str, features: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for feature in features:
        name = str(feature["name"]).removeprefix(f"{view}__")
        name = name.removesuffix(f"_{feature['window']}")
        others = tuple(str(feature[key]) for key in ("aggregation", "reads", "clock", "proved"))
        row = found.setdefault((name, *others), {**feature, "name": name, "windows": []})
        row["windows"].append(feature["window"])
    return list(found.values())


def _chosen(
    entries: Sequence[Mapping[str, Any]], importance: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    if len(entries) <= MOST_DRAWN:
        return list(entries)
    drops = {one["name"]: one["drop"] for one in importance.get("drops", ()) if _is_input(one)}
    weight = {
        entry["name"]: (drops.get(entry["name"], 0.0), _most_moved(entry)) for entry in entries
    }
    best = sorted(weight, key=lambda name: weight[name], reverse=True)[:MOST_DRAWN]
    return [entry for entry in entries if entry["name"] in set(best)]


def _is_input(one: Mapping[str, Any]) -> bool:
    return bool(one["kind"] == "input")


def _most_moved(entry: Mapping[str, Any]) -> float:
    return max((part.get("moved") or 0.0 for part in entry["parts"].values()), default=0.0)


def _shown(entry: Mapping[str, Any], view: str, parts: Sequence[str]) -> dict[str, Any]:
    return {
        "name": str(entry["name"]).removeprefix(f"{view}__"),
        "whole": entry["name"],
        "strip": strip_picture.draw(entry),
        "missing": _missing(entry, parts),
        "moved": [(part, entry["parts"][part]["moved"]) for part in parts[1:]],
        "rows": [_figures(entry, part, is_later=part != parts[0]) for part in parts],
    }


def _missing(entry: Mapping[str, Any], parts: Sequence[str]) -> str:
    """The share of rows without a value, in the first part and in the last if that differs."""
    first, last = (numbers.percent(_null_share(entry["parts"][parts[at]])) for at in (0, -1))
    return first if first == last else f"{first} → {last}"


def _null_share(part: Mapping[str, Any]) -> float | None:
    return part["nulls"] / part["rows"] if part["rows"] else None


def _figures(entry: Mapping[str, Any], name: str, *, is_later: bool) -> dict[str, Any]:
    part = entry["parts"][name]
    quantiles = part.get("quantiles") or {}
    is_category = entry["kind"] == "category"
    return {
        "part": name,
        "missing": _null_share(part),
        "words": strip_picture.in_words({**entry, "parts": {name: part}}) if is_category else "",
        "quantiles": [
            numbers.short(quantiles[share]) if quantiles else numbers.NOTHING
            for share in _QUANTILES
        ],
        "is_later": is_later,
        "moved": part.get("moved"),
        "psi": part.get("psi"),
    }
