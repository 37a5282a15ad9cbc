"""One run as one HTML page that needs no network, no script and no other file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from headwater.errors import EngineError
from headwater.reports import (
    calibration_picture,
    importance_picture,
    inputs,
    interval_picture,
    numbers,
    timeline_picture,
)
from headwater.reports.books import books
from headwater.schema.sizes import format_size

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

MOST_LOOKS = 100
"""How many entries of the ledger are shown; the last ones."""

MOST_DEFINED = 500
"""How many definitions of one kind are shown; the record of the run has all."""

MOST_BARS = 15
"""How many inputs the picture of importance shows; the table behind it shows all."""

_OPTIONAL: Mapping[str, Any] = {
    "baseline": {},
    "rule": None,
    "against": {},
    "clocks": (),
    "timeline": None,
    "distributions": (),
    "calibration": {},
    "uncalibrated": None,
    "importance": None,
    "features": (),
    "derived": (),
    "kept": (),
    "findings": (),
    "looks": (),
    "took": (),
    "versions": {},
}
"""What the record of a run may lack: not every run has it, and older records know less."""

_FILTERS = (
    *("count", "difference", "duration", "fine", "interval", "metric", "moment"),
    *("percent", "seconds"),
)
_CONTENTS = {
    "scores": "Scores",
    "clocks": "Clocks",
    "rows": "Rows",
    "split": "Split",
    "features": "Features",
    "distributions": "Distributions",
    "calibration": "Calibration",
    "importance": "Importance",
    "looks": "Ledger",
    "findings": "Findings",
    "took": "Resources",
}


def render(run: Mapping[str, Any]) -> str:
    """The page of a run, as text; the same run gives the same text.

    Args:
        run: What `headwater run --json` prints.
    """
    whole = {**_OPTIONAL, **run}
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(numbers, name) for name in _FILTERS}
    environment.filters["size"] = format_size
    template = environment.get_template("run.html.jinja")
    page = template.render(run=whole, contents=_contents(whole), **_arranged(whole))
    return re.sub(r"\n\s*\n+", "\n", page) + "\n"


def _arranged(run: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows that the run does not say as it is: pictures, sums, groups."""
    shown = _shown_part(run)
    lines = run["timeline"] or {}
    return {
        "metric_names": METRICS,
        "most_looks": MOST_LOOKS,
        "shown": shown,
        "scores_picture": interval_picture.draw(_scores(run, shown)),
        "clocks_picture": interval_picture.draw(run["clocks"]),
        "promise": _promise(run["clocks"]),
        "books": books(run["training_set"]),
        "purged": [one for one in run["training_set"].get("purged", {}).items() if one[1]],
        "time": timeline_picture.draw(lines) if lines else None,
        "every": timeline_picture.bucket(lines["every"]) if lines else "",
        "lag": lines.get("label_lag"),
        "most_defined": MOST_DEFINED,
        "views": inputs.by_view(run["features"][:MOST_DEFINED]),
        "inputs": inputs.drawn(run),
        "calibration_pictures": {
            part: calibration_picture.draw(found) for part, found in run["calibration"].items()
        },
        "importance_pictures": _importance_pictures(run["importance"] or {}),
    }


def _contents(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Anchors and titles of the sections that the page has."""
    missing = {
        "clocks": not run["clocks"],
        "features": not (run["features"] or run["kept"]),
        "distributions": not run["distributions"],
        "calibration": not run["calibration"],
        "importance": not run["importance"],
        "took": not run["took"],
    }
    return [(id_, title) for id_, title in _CONTENTS.items() if not missing.get(id_)]


def _scores(run: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """The ROC-AUC of model, rule and no model on a part, as rows of an interval picture."""
    named = (("model", "metrics"), ("rule", "rule"), ("no model", "baseline"))
    rows = []
    for title, key in named:
        scores = (run[key] or {}).get(part)
        if scores is not None:
            low, high = (scores.get("intervals") or {}).get("roc_auc") or (None, None)
            area = scores["roc_auc"]
            rows.append({"variant": title, "roc_auc": area, "low": low, "high": high})
    return rows


def _importance_pictures(importance: Mapping[str, Any]) -> list[tuple[str, Any]]:
    drops = importance.get("drops") or ()
    views = [one for one in drops if one["kind"] == "view"]
    single = [one for one in drops if one["kind"] == "input"]
    title = f"The {MOST_BARS} most important inputs" if len(single) > MOST_BARS else "Inputs"
    named = (("Whole views", views), (title, single[:MOST_BARS]))
    return [(name, importance_picture.draw(found)) for name, found in named if found]


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


def _shown_part(run: Mapping[str, Any]) -> str:
    """The part whose figures head the page: test where it was looked at."""
    return "test" if "test" in run["metrics"] else next(iter(run["metrics"]), "")
