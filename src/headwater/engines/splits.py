"""Which part a row is in, or why it is left out (R8 to R10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from headwater.errors import DataError, Place
from headwater.kernel.passes import NEVER
from headwater.spec.split_by_time import PARTS, SplitByTime

REASONS = (
    "filtered",
    "as_of_null",
    "label_filtered",
    "label_never_known",
    "label_not_mature",
    "label_null",
    "purged",
)
"""Why a spine row is not in a part; the first that holds is counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Parts and reasons.

    Args:
        part: Per row `train`, `validation`, `test` or null.
        excluded: How many rows each reason leaves out.
        boundaries: The first `as_of` of each later part, in microseconds.
        purged: How many rows each part lost because the next one begins before they were labelled.
    """

    part: pl.Series
    excluded: Mapping[str, int]
    boundaries: Mapping[str, int]
    purged: Mapping[str, int]


def assign_parts(
    as_of: pl.Series,
    label: pl.Series,
    known: Any,
    split: SplitByTime,
    *,
    left_out: Mapping[str, Any],
    place: Place | None,
) -> Split:
    """Assign each row to a part by its `as_of`, and purge what was not labelled in time.

    Args:
        as_of: Int64 microseconds, null where there is no moment.
        label: The labels.
        known: When each label was known, `NEVER` where never.
        split: The fractions, of labelled rows before purging.
        left_out: Rows that are left out for these reasons as well, by reason.
        place: Named in the error.

    Raises:
        DataError: HW406, a part that was asked for has no rows.
    """
    holds = {
        **left_out,
        "as_of_null": as_of.is_null().to_numpy(),
        "label_never_known": known == NEVER,
        "label_null": label.is_null().to_numpy(),
    }
    reason = np.full(len(as_of), "", dtype="<U20")
    for name in reversed(REASONS):
        if name in holds:
            reason[holds[name]] = name
    labelled = reason == ""
    moments = as_of.fill_null(0).to_numpy()
    boundaries = _boundaries(np.sort(moments[labelled]), split)
    part = np.full(len(as_of), "train", dtype="<U10")
    for name, boundary in boundaries.items():
        part[moments >= boundary] = name
    order = ["train", *boundaries]
    lost: dict[str, int] = {}
    for earlier, later in pairwise(order):
        purged = labelled & (part == earlier) & (known > boundaries[later])
        reason[purged] = "purged"
        lost[earlier] = int(purged.sum())
    part[reason != ""] = ""
    for name in split.fractions:
        if not (part == name).any():
            raise DataError(
                "HW406",
                f"part {name!r} of the split has no rows",
                place=place,
                hint="choose other fractions, or give more rows",
            )
    names, counts = np.unique(reason[reason != ""], return_counts=True)
    excluded = dict(zip(names.tolist(), counts.tolist(), strict=True))
    parts = pl.Series(part).replace("", None).cast(pl.String)
    return Split(parts, excluded, boundaries, lost)


def _boundaries(moments: Any, split: SplitByTime) -> dict[str, int]:
    """The `as_of` at which each later part begins; its ties belong to that later part."""
    boundaries: dict[str, int] = {}
    upto = 0.0
    for part, fraction in zip(PARTS, (split.train, split.validation, split.test), strict=True):
        if part != "train" and fraction:
            place = int(np.floor(upto * len(moments) + 1e-9))
            if place < len(moments):
                boundaries[part] = int(moments[place])
        upto += fraction
    return boundaries
