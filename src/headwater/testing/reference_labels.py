"""R8 to R10: labels, when they are mature, and the parts of a training set; of the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from headwater.errors import SpecError
from headwater.testing.reference import Feature, answers_at
from headwater.testing.reference_clocks import Moments, Row, known_at
from headwater.testing.reference_values import Value
from headwater.testing.reference_versions import Versions

Part = Literal["train", "validation", "test"]
Reason = Literal[
    "filtered",
    "as_of_null",
    "label_filtered",
    "label_never_known",
    "label_not_mature",
    "label_null",
    "purged",
]


def ahead(
    spine: Sequence[Row],
    history: Sequence[Row],
    *,
    entity: tuple[str, ...],
    as_of: str,
    event_time: str,
    sequence: str | None,
    feature: Feature,
    delay: int = 0,
    versions: Versions | None = None,
) -> list[Value]:
    """R8: the aggregation over `[T, T + h)` for each spine row, where h is the feature's window.

    It is the feature at `T + h`, of the rows that were known by `T + h + delay`: the moment at
    which it is taken, and after which nothing that becomes known changes it.

    Args:
        spine: The rows that ask.
        history: The rows of what came.
        entity: The columns of the key, in both.
        as_of: The column of the spine from which a row looks ahead.
        event_time: The column of the history that says when a row happened.
        sequence: The column that orders rows of one event time.
        feature: What is asked for; its window is the horizon.
        delay: How late rows of the history may be, in microseconds.
        versions: What makes rows versions of events (R6), as for `enrich`.

    Raises:
        SpecError: HW202, the feature has no window, so that there is no horizon.
    """
    if not isinstance(feature.window, int):
        raise SpecError("HW202", "an aggregation ahead needs a horizon")
    ends = [None if row[as_of] is None else row[as_of] + feature.window for row in spine]
    moments = [(end, None if end is None else end + delay) for end in ends]
    return answers_at(
        moments,
        spine,
        history,
        entity=entity,
        event_time=event_time,
        sequence=sequence,
        feature=feature,
        versions=versions,
    )


def ahead_known(as_of: int | None, *, horizon: int, delay: int) -> int | None:
    """R8: when a label ahead is known, whatever it turned out to be."""
    return None if as_of is None else as_of + horizon + delay


def complete_through(rows: Sequence[Row], order: Moments) -> int | None:
    """R8: how far a source is complete: its last known time, without rows that never were known.

    Args:
        rows: All rows of the source.
        order: The row's own clock.

    Returns:
        None where nothing was ever known.

    Raises:
        SpecError: HW305, rows that were always known say nothing about how far they reach.
    """
    if not order:
        raise SpecError("HW305", "rows that are always known do not say how far they are complete")
    known = [moment for moment in (known_at(row, order) for row in rows) if moment is not None]
    return int(max(known)) if known else None


def is_mature(known: int | None, *, through: int | None) -> bool:
    """R8: whether a label ahead is final: its source is complete through the label's clock."""
    return known is not None and through is not None and through >= known


def reference_split(
    as_of: Sequence[int | None],
    label_value: Sequence[Value],
    *,
    label_known: Sequence[float | None],
    fractions: tuple[float, float, float],
    filtered: Sequence[bool] | None = None,
    label_filtered: Sequence[bool] | None = None,
    mature: Sequence[bool] | None = None,
) -> tuple[list[Part | None], list[Reason | None]]:
    """R8, R9, R10: the part of each spine row, or the reason for which it is left out.

    Args:
        as_of: The moment of each spine row.
        label_value: Its label.
        label_known: The clock of its label; None where it is never known.
        fractions: Of labelled rows in training, validation and test.
        filtered: True for rows that the spine's filter leaves out.
        label_filtered: True for rows that a filter by what is known later leaves out (R10).
        mature: False where a source of the label is not complete through the label's clock; a
            label of the row's own is mature when it is known.

    Returns:
        Parts and reasons; in each row exactly one of the two is not None.

    Raises:
        SpecError: A fraction is negative, or they do not add up to one.
    """
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise SpecError("HW209", f"fractions {fractions} are not a division of one")
    flags = [filtered, label_filtered, None if mature is None else [not one for one in mature]]
    cut, late, open_ = ([False] * len(as_of) if flag is None else flag for flag in flags)
    reasons: list[Reason | None] = [
        unlabelled(
            as_of[row],
            label_value[row],
            label_known=label_known[row],
            filtered=cut[row],
            label_filtered=late[row],
            mature=not open_[row],
        )
        for row in range(len(as_of))
    ]
    labelled = [at for at, why in zip(as_of, reasons, strict=True) if at is not None and not why]
    ends = boundaries(labelled, fractions)
    parts: list[Part | None] = []
    for row, at in enumerate(as_of):
        part = None if at is None or reasons[row] else part_of(at, ends)
        if is_purged(part, label_known[row], ends=ends):
            part, reasons[row] = None, "purged"
        parts.append(part)
    return parts, reasons


def unlabelled(
    as_of: int | None,
    label_value: Value,
    *,
    label_known: float | None,
    filtered: bool = False,
    label_filtered: bool = False,
    mature: bool = True,
) -> Reason | None:
    """The first reason for which a row has no label, in the order of the books; None if it has."""
    if filtered:
        return "filtered"
    if as_of is None:
        return "as_of_null"
    if label_filtered:
        return "label_filtered"
    if label_known is None:
        return "label_never_known"
    if not mature:
        return "label_not_mature"
    return "label_null" if label_value is None else None


def boundaries(
    labelled: Sequence[int], fractions: tuple[float, float, float]
) -> tuple[int | None, int | None]:
    """R9: the first `as_of` of validation and of test among labelled rows, None if beyond them."""
    moments = sorted(labelled)
    train, validation, _ = fractions
    ends: list[int | None] = []
    for fraction in (train, train + validation):
        index = math.floor(fraction * len(moments) + 1e-9)
        ends.append(moments[index] if index < len(moments) else None)
    return ends[0], ends[1]


def part_of(as_of: int, ends: tuple[int | None, int | None]) -> Part:
    """R9: the part of a moment; a boundary belongs to the later part."""
    if ends[0] is None or as_of < ends[0]:
        return "train"
    return "validation" if ends[1] is None or as_of < ends[1] else "test"


def is_purged(
    part: Part | None, label_known: float | None, *, ends: tuple[int | None, int | None]
) -> bool:
    """R9: whether the label of a row came after the first `as_of` of the part after its own."""
    if part is None or part == "test" or label_known is None:
        return False
    next_starts = ends[0] if part == "train" else ends[1]
    return next_starts is not None and label_known > next_starts
