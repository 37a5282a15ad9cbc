"""The rules of time in plain loops: the oracle that everything fast must equal.

Rows are mappings from column to plain Python value; in them a time is a whole number of UTC
microseconds, or None. Each rule is one function with the rule's number in its docstring, written to
be read and not to be quick: `enrich` asks every history row for every spine row. Stated here are R1
to R5, R7, R9 and R11, with R8 for labels on the spine's own row.

A result depends on the visible rows only, never on their order: sums are exact fractions that are
rounded once, a result of zero is +0.0, and -0.0 is less than +0.0 where values are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from headwater.errors import DataError, SpecError, closest

Value = bool | int | float | str | None
Row = Mapping[str, Any]
Moments = tuple[tuple[str, int], ...]
"""A clock: time columns plus microseconds, of which the latest counts; () is always known."""
Part = Literal["train", "validation", "test"]
Reason = Literal["filtered", "as_of_null", "label_never_known", "label_null", "purged"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Feature:
    """One value per spine row, as the reference understands it.

    Args:
        aggregation: A word of `AGGREGATIONS`.
        column: What is aggregated; only `count` can do without (it then counts rows).
        window: Microseconds to look back; None for all history.
        clock: The moments of everything that the feature reads (R2); their latest counts, and None
            in any of them means never known. `()` is always known.
        where: A boolean column; rows where it is not true do not count.

    Raises:
        SpecError: The aggregation is not known, or needs a column and has none.
    """

    aggregation: str
    column: str | None
    window: int | None
    clock: Moments
    where: str | None = None

    def __post_init__(self) -> None:
        if self.aggregation not in AGGREGATIONS:
            hint = closest(self.aggregation, AGGREGATIONS, "aggregations")
            raise SpecError("HW106", f"{self.aggregation!r} is not an aggregation", hint=hint)
        if self.column is None and self.aggregation != "count":
            raise SpecError("HW211", f"{self.aggregation!r} needs a column, found none")


def event_microseconds(value: int | datetime | None) -> int | None:
    """R11: an event time or an `as_of` in whole microseconds, rounded down.

    Args:
        value: Nanoseconds since 1970 in UTC, or an aware datetime; None stays None.

    Raises:
        SpecError: The datetime is naive.
        DataError: The value is not a time.

    >>> event_microseconds(1999), event_microseconds(-1)
    (1, -1)
    """
    return None if value is None else _nanoseconds(value) // 1000


def known_microseconds(value: int | datetime | None) -> int | None:
    """R11: a known time in whole microseconds, rounded up; else like `event_microseconds`.

    >>> known_microseconds(1001), known_microseconds(-1)
    (2, 0)
    """
    return None if value is None else -(-_nanoseconds(value) // 1000)


def _nanoseconds(value: int | datetime) -> int:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            hint = "declare the zone of the source, or attach one to the value"
            raise SpecError("HW302", "a naive timestamp has no declared zone", hint=hint)
        return (value - _EPOCH) // _MICROSECOND * 1000
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError("HW301", f"expected a time, found a value of type {type(value).__name__}")
    return value


def is_known(row: Row, clock: Moments, *, as_of: int | None) -> bool:
    """R1, R2, R4: whether the latest moment of the clock is not after `as_of`.

    A null moment is never known; a clock without moments is always known; nothing is known at a
    null `as_of`.
    """
    if as_of is None:
        return False
    for column, offset in clock:
        if row[column] is None or row[column] + offset > as_of:
            return False
    return True


def visible(row: Row, feature: Feature, *, as_of: int | None, event_time: str) -> bool:
    """R3: whether a history row counts for the feature at `as_of`.

    `event_time < T`, `event_time >= T - w` and `clock_f(row) <= T`, where `where` is true.
    """
    if as_of is None or row[event_time] >= as_of:
        return False
    if feature.window is not None and row[event_time] < as_of - feature.window:
        return False
    if feature.where is not None and row[feature.where] is not True:
        return False
    return is_known(row, feature.clock, as_of=as_of)


def kept_value(row: Row, column: str, *, clock: Moments, as_of: int | None) -> Value:
    """R5: the spine row's own value where its clock is not after `as_of`, else None."""
    kept: Value = row[column] if is_known(row, clock, as_of=as_of) else None
    return kept


def same_key(row: Row, asked: Row, entity: tuple[str, ...]) -> bool:
    """Whether both rows speak of one entity; a null in any part of the key belongs to none."""
    return all(asked[part] is not None and row[part] == asked[part] for part in entity)


def enrich(
    spine: Sequence[Row],
    history: Sequence[Row],
    *,
    entity: tuple[str, ...],
    as_of: str,
    event_time: str,
    sequence: str | None,
    feature: Feature,
) -> list[Value]:
    """R3, R4, R7: the feature for each spine row, in the order of the spine.

    A null key, a key without history and a null `as_of` give the empty result: a count of 0, else
    None.

    Raises:
        DataError: An event time is null, an integer sum leaves 64 bits, or a tie changes `last`.
        SpecError: The aggregation cannot take the type of the column.
    """
    nulls = sum(row[event_time] is None for row in history)
    if nulls:
        raise DataError("HW408", f"{event_time!r} is null in {nulls} of {len(history)} rows")
    answers = []
    for asked in spine:
        rows = []
        for row in history:
            seen = visible(row, feature, as_of=asked[as_of], event_time=event_time)
            if seen and same_key(row, asked, entity):
                rows.append(row)
        answers.append(_answer(rows, feature, (event_time, sequence), entity))
    return answers


def _answer(
    rows: list[Row], feature: Feature, order: tuple[str, str | None], entity: tuple[str, ...]
) -> Value:
    if feature.column is None:
        return len(rows)
    rows = [row for row in rows if row[feature.column] is not None]
    if feature.aggregation == "last" and rows:
        rows = latest_rows(rows, event_time=order[0], sequence=order[1])
        refuse_tie(rows, feature.column, event_time=order[0], entity=entity)
    return AGGREGATIONS[feature.aggregation]([row[feature.column] for row in rows])


def latest_rows(rows: Sequence[Row], *, event_time: str, sequence: str | None) -> list[Row]:
    """R7: the rows of the greatest `(event_time, sequence)`; a null sequence comes first."""

    def rank(row: Row) -> tuple[Any, ...]:
        number = None if sequence is None else row[sequence]
        return (row[event_time], number is not None, 0 if number is None else number)

    greatest = max(map(rank, rows))
    return [row for row in rows if rank(row) == greatest]


def refuse_tie(
    rows: Sequence[Row], column: str, *, event_time: str, entity: tuple[str, ...]
) -> None:
    """R7: raise where rows of one rank differ in their value; NaN equals NaN."""
    first = rows[0][column]
    for row in rows:
        both_nan = row[column] != row[column] and first != first
        if row[column] != first and not both_nan:
            key = ", ".join(f"{part}={row[part]!r}" for part in entity)
            at = f"{event_time}={_written(row[event_time])}"
            message = f"{len(rows)} rows tie for the latest {column!r} of {key} at {at}, and differ"
            hint = "declare sequence= with a column that orders such rows"
            raise DataError("HW404", message, hint=hint)


def _written(microseconds: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()
    except OverflowError:  # a datetime ends with the year 9999, 64-bit microseconds do not
        return f"{microseconds} us"


def _count(values: list[Any]) -> int:
    return len(values)


def _sum(values: list[Any]) -> int | float | None:
    """Exact, then rounded once; of integers and booleans an integer that fits 64 bits."""
    if not values:
        return None
    total = _total(values)
    if isinstance(total, float) or any(isinstance(value, float) for value in values):
        return _rounded(total)
    if not -(2**63) <= total < 2**63:
        raise DataError("HW407", "an integer sum does not fit 64 bits")
    return int(total)


def _mean(values: list[Any]) -> float | None:
    """The exact sum by the number of values, then rounded once: finite where the sum is not."""
    return _rounded(_total(values) / len(values)) if values else None


def _variance(values: list[Any]) -> float | None:
    """The exact sample variance (n - 1), rounded once; None below two values."""
    exact = _squares(values)
    return None if exact is None else _rounded(exact)


def _std(values: list[Any]) -> float | None:
    """The float nearest to the root of the exact sample variance; None below two values."""
    exact = _squares(values)
    return exact if exact is None or isinstance(exact, float) else _rounded_root(exact)


def _squares(values: list[Any]) -> Fraction | float | None:
    """The exact sample variance, NaN where a value is NaN or infinite, None below two values."""
    total = _total(values)
    if len(values) < 2:
        return None
    if isinstance(total, float):
        return math.nan
    mean = total / len(values)
    deviations = [(Fraction(value) - mean) ** 2 for value in values]
    return sum(deviations, Fraction(0)) / (len(values) - 1)


def _min(values: list[Any]) -> Value:
    """The least value; NaN where a value is NaN."""
    return math.nan if _has_nan(values) else min(values, key=_rank, default=None)


def _max(values: list[Any]) -> Value:
    """The greatest value; NaN where a value is NaN."""
    return math.nan if _has_nan(values) else max(values, key=_rank, default=None)


def _has_nan(values: list[Any]) -> bool:
    return any(value != value for value in values)


def _rank(value: Any) -> tuple[Any, float]:
    """An order in which -0.0 comes before +0.0, so that the order of rows decides nothing."""
    return (value, math.copysign(1.0, value) if isinstance(value, float) else 0.0)


AGGREGATIONS: dict[str, Callable[[list[Any]], Value]] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "std": _std,
    "variance": _variance,
    "min": _min,
    "max": _max,
    "last": _max,  # of the latest rows, whose values are equal (R7), so that -0.0 yields to +0.0
}
"""Each aggregation by name: from the values that are not null, in any order, to one value."""


def _total(values: list[Any]) -> Fraction | float:
    """The exact sum; a float (NaN or an infinity) where a value is not finite."""
    strange = [value for value in values if not isinstance(value, int | float)]
    if strange:
        found = type(strange[0]).__name__
        raise SpecError("HW205", f"expected numbers, found a value of type {found}")
    extremes = [value for value in values if not math.isfinite(value)]
    if extremes:
        return float(sum(extremes))  # infinities of both signs make NaN, as in IEEE 754
    return sum(map(Fraction, values), Fraction(0))


def _rounded(exact: Fraction | float) -> float:
    """The nearest float: an infinity beyond the largest, and +0.0 for every zero."""
    if isinstance(exact, float):
        return exact
    try:
        return exact.numerator / exact.denominator + 0.0
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _rounded_root(exact: Fraction) -> float:
    """The float nearest to the square root of an exact number.

    The root is taken to 64 bits or more and made odd where something was cut off, so that no cut
    root lies half-way between two floats and the last division rounds as if it had been exact.
    """
    missing = 130 + exact.denominator.bit_length() - exact.numerator.bit_length()
    shift = max(0, missing // 2)
    scaled = exact.numerator << (2 * shift)
    root = math.isqrt(scaled // exact.denominator)
    root |= root * root * exact.denominator != scaled
    return _rounded(Fraction(root, 1 << shift))


def reference_split(
    as_of: Sequence[int | None],
    label_value: Sequence[Value],
    *,
    label_known: Sequence[int | None],
    fractions: tuple[float, float, float],
    filtered: Sequence[bool] | None = None,
) -> tuple[list[Part | None], list[Reason | None]]:
    """R8, R9: the part of each spine row, or the reason for which it is left out.

    Args:
        as_of: The moment of each spine row.
        label_value: Its label.
        label_known: The clock of its label, at which a label of the row's own is mature.
        fractions: Of labelled rows in training, validation and test.
        filtered: True for rows that the spine's filter leaves out.

    Returns:
        Parts and reasons; in each row exactly one of the two is not None.

    Raises:
        SpecError: A fraction is negative, or they do not add up to one.
    """
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise SpecError("HW209", f"fractions {fractions} are not a division of one")
    cut = [False] * len(as_of) if filtered is None else filtered
    reasons: list[Reason | None] = []
    for left_out, at, known, value in zip(cut, as_of, label_known, label_value, strict=True):
        reasons.append(unlabelled(at, value, label_known=known, filtered=left_out))
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
    as_of: int | None, label_value: Value, *, label_known: int | None, filtered: bool
) -> Reason | None:
    """The first reason for which a row has no label, in the order of the books; None if it has."""
    if filtered:
        return "filtered"
    if as_of is None:
        return "as_of_null"
    if label_known is None:
        return "label_never_known"
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
    part: Part | None, label_known: int | None, *, ends: tuple[int | None, int | None]
) -> bool:
    """R9: whether the label of a row came after the first `as_of` of the part after its own."""
    if part is None or part == "test" or label_known is None:
        return False
    next_starts = ends[0] if part == "train" else ends[1]
    return next_starts is not None and label_known > next_starts
