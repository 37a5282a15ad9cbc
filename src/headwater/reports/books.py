"""The books of a training set: rows in, rows out by reason, rows left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REASONS = {
    "filtered": "the spine's filter left them out",
    "as_of_null": "they have no moment to look back from",
    "label_filtered": "the label's filter left them out, by what was known later",
    "label_never_known": "the label's clock is null: nobody ever knew it",
    "label_not_mature": "the data ends before the label's window does",
    "label_null": "the label was known in time, and was null",
    "purged": "the label became known only after the next part begins",
}
"""Why rows are left out, in the order in which the reasons are asked."""


def books(training_set: Mapping[str, Any]) -> dict[str, Any]:
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
