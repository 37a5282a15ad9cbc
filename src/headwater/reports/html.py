"""One run as one HTML page that needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from headwater.errors import EngineError
from headwater.reports import numbers
from headwater.reports.interval_picture import draw

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError as missing:
    raise EngineError(
        "HW501",
        "a report needs Jinja, which is not installed",
        hint="pip install 'headwater[report]'",
    ) from missing

METRICS = (
    ("roc_auc", "ROC-AUC"),
    ("pr_auc", "PR-AUC"),
    ("brier", "Brier"),
    ("log_loss", "Log loss"),
)
"""The columns of the metrics table; higher is better in the first two, lower in the others."""

REASONS = {
    "filtered": "the spine's filter left them out",
    "as_of_null": "they have no moment to look back from",
    "label_never_known": "the label's clock is null: nobody ever knew it",
    "label_not_mature": "the data ends before the label's window does",
    "label_null": "the label was known in time, and was null",
    "purged": "the label became known only after the next part begins",
}
"""Why rows are left out, in the order in which the reasons are asked."""


def render(run: Mapping[str, Any]) -> str:
    """The page of a run, as text; the same run gives the same text.

    Args:
        run: What `headwater run --json` prints.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(numbers, name)
        for name in ("count", "difference", "interval", "metric", "moment", "percent", "seconds")
    }
    optional: dict[str, Any] = {
        "baseline": {},
        "rule": None,
        "clocks": (),
        "features": (),
        "kept": (),
    }
    page = environment.get_template("run.html.jinja").render(
        run={**optional, "findings": (), "looks": (), "versions": {}, **run},
        metric_names=METRICS,
        picture=draw(run.get("clocks") or ()),
        promise=_promise(run.get("clocks") or ()),
        books=_books(run["training_set"]),
        shown=_shown_part(run),
        views=_by_view(run.get("features") or ()),
    )
    return page + "\n"


def _promise(clocks: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The variant that speaks for the usual way: event time, or else what promises most."""
    others = [
        row
        for row in clocks
        if row["variant"] != "known" and row.get("difference_to_known") is not None
    ]
    named = [row for row in others if row["variant"] == "event_time"]
    found = named or sorted(others, key=lambda row: row["difference_to_known"])
    if not found:
        return None
    row = found[-1]
    low, high = row.get("difference_low"), row.get("difference_high")
    is_told_apart = low is not None and high is not None and not low <= 0 <= high
    return {**row, "is_told_apart": is_told_apart}


def _books(training_set: Mapping[str, Any]) -> dict[str, Any]:
    """Rows in, rows out by reason, rows left, and whether they balance."""
    excluded = training_set["excluded"]
    names = [*REASONS, *sorted(set(excluded) - set(REASONS))]
    out = [(name, REASONS.get(name, ""), excluded[name]) for name in names if name in excluded]
    total = training_set["spine_rows"]
    in_parts = sum(part["rows"] for part in training_set["parts"].values())
    is_balanced = training_set["rows"] + sum(excluded.values()) == total
    return {
        "out": out,
        "excluded": sum(excluded.values()),
        "is_balanced": is_balanced and in_parts == training_set["rows"],
        "shares": [
            (name, 100 * part["rows"] / total if total else 0)
            for name, part in training_set["parts"].items()
        ],
    }


def _shown_part(run: Mapping[str, Any]) -> str:
    """The part whose figures head the page: test where it was looked at."""
    return "test" if "test" in run["metrics"] else next(iter(run["metrics"]), "")


def _by_view(
    features: Iterable[Mapping[str, Any]],
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    ordered = sorted(features, key=lambda feature: str(feature["view"]))
    return [(view, list(rows)) for view, rows in groupby(ordered, key=lambda row: row["view"])]
