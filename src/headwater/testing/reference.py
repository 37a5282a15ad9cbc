"""The rules of time in plain loops: the oracle that everything fast must equal.

Rows are mappings from column to plain Python value; in them a time is a whole number of UTC
microseconds, or None. Each rule is one function with the rule's number in its docstring, written to
be read and not to be quick: `enrich` asks every history row for every spine row. Here are features:
R3, R5, R7 and R12; clocks (R1, R2, R4, R11), versions (R6), aggregations, labels (R8 to R10) and
spines made of a history are in the modules beside this one.

A result depends on the visible rows only, never on their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from headwater.errors import DataError, SpecError, closest
from headwater.testing.reference_clocks import Moments, Row, earlier, is_known, written
from headwater.testing.reference_values import AGGREGATIONS, Value
from headwater.testing.reference_versions import Versions, existing
from headwater.testing.reference_windows import Newest, Window, ends_at, held, starts_at
from headwater.testing.reference_words import OF_ROWS, ORDERED, Counted

__all__ = [
    "AGGREGATIONS",
    "Feature",
    "Moments",
    "Row",
    "Value",
    "Versions",
    "answers_at",
    "counts",
    "enrich",
    "kept_value",
    "latest_rows",
    "refuse_tie",
    "same_key",
    "static_value",
    "visible",
]

WORDS = {**AGGREGATIONS, **OF_ROWS}
"""Everything that a feature can ask for."""
ROWWISE = ("count", "time_since", "time_between")
"""The words that need no column."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One value per spine row, as the reference understands it.

    Args:
        aggregation: A word of `WORDS`.
        column: What is aggregated; only `ROWWISE` words can do without (rows then count).
        window: Microseconds to look back, the ttl of an attribute; None for all history; other
            kinds are in `reference_windows`.
        clock: The moments of everything that the feature reads (R2); their latest counts, and None
            in any of them means never known. `()` is always known.
        where: A boolean column; rows where it is not true do not count.
        ttl: Microseconds after its event time through which a row counts; None for ever.
        other: The second column; rows where it is null do not count.
        parameters: The arguments of a word of `OF_ROWS`.
        min_rows: The answer is None where fewer rows count; what cannot be answered stays refused.

    Raises:
        SpecError: The aggregation is not known, or needs a column and has none.
    """

    aggregation: str
    column: str | None
    window: Window
    clock: Moments
    where: str | None = None
    ttl: int | None = None
    other: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    min_rows: int = 0

    def __post_init__(self) -> None:
        if self.aggregation not in WORDS:
            hint = closest(self.aggregation, WORDS, "aggregations")
            raise SpecError("HW106", f"{self.aggregation!r} is not an aggregation", hint=hint)
        if self.column is None and self.aggregation not in ROWWISE:
            raise SpecError("HW211", f"{self.aggregation!r} needs a column, found none")


def visible(row: Row, feature: Feature, *, as_of: int | None, event_time: str) -> bool:
    """R3: whether a history row counts for the feature at `as_of`.

    `event_time < T`, `event_time >= T - w` and `clock_f(row) <= T`, where `where` is true.
    """
    return counts(row, feature, as_of=as_of, event_time=event_time, known_by=as_of)


def counts(
    row: Row, feature: Feature, *, as_of: int | None, event_time: str, known_by: int | None
) -> bool:
    """R3, R12: `visible`, with the clock compared with `known_by`, which is T or earlier.

    Of a window by rows and of a session this is the part that a row answers by itself; which of the
    rows that count are the newest, or of the last run, `held` says.
    """
    if as_of is None or row[event_time] >= ends_at(feature.window, as_of):
        return False
    for start in (starts_at(feature.window, as_of), starts_at(feature.ttl, as_of)):
        if start is not None and row[event_time] < start:
            return False
    if feature.where is not None and row[feature.where] is not True:
        return False
    return is_known(row, feature.clock, as_of=known_by)


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
    complete_through: str | None = None,
    versions: Versions | None = None,
) -> list[Value]:
    """R3, R4, R6, R7, R12: the feature for each spine row, in the order of the spine.

    A null key, a key without history and a null `as_of` give the empty result: a count of 0, else
    None.

    Args:
        spine: The rows that ask.
        history: The rows that are asked about.
        entity: The columns of the key, in both.
        as_of: The column of the spine from which a row looks back.
        event_time: The column of the history that says when a row happened.
        sequence: The column that orders rows of one event time.
        feature: What is asked for.
        complete_through: The column of the spine that says how far the history was complete (R12);
            None where it was complete.
        versions: What makes rows versions of events (R6); each column then has its own clock, and
            that of the feature is not asked.

    Raises:
        DataError: An event time is null, an integer sum leaves 64 bits, a tie changes `last`, or
            two versions of one order differ.
        SpecError: The aggregation cannot take the type of the column.
    """
    moments = [
        (asked[as_of], asked[as_of])
        if complete_through is None
        else (asked[as_of], earlier(asked[as_of], asked[complete_through]))
        for asked in spine
    ]
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


def answers_at(
    moments: Sequence[tuple[int | None, int | None]],
    spine: Sequence[Row],
    history: Sequence[Row],
    *,
    entity: tuple[str, ...],
    event_time: str,
    sequence: str | None,
    feature: Feature,
    versions: Versions | None,
) -> list[Value]:
    """`enrich` at these moments of its rows: the end of the window, and when a row was known."""
    nulls = sum(row[event_time] is None for row in history)
    if nulls:
        raise DataError("HW408", f"{event_time!r} is null in {nulls} of {len(history)} rows")
    reads = _reads(feature, entity, (event_time, sequence))
    if versions is not None:
        feature = replace(feature, clock=())  # what exists is known, column by column
    answers = []
    for asked, (at, known_by) in zip(spine, moments, strict=True):
        candidates = history
        if versions is not None:
            candidates = existing(history, reads, versions=versions, as_of=known_by)
        rows = [
            row
            for row in candidates
            if same_key(row, asked, entity)
            and counts(row, feature, as_of=at, event_time=event_time, known_by=known_by)
        ]
        if at is not None:
            rows = held(
                rows,
                feature.window,
                as_of=at,
                event_time=event_time,
                sequence=sequence,
                column=feature.column,
            )
        found = answer(rows, feature, (event_time, sequence), entity=entity, as_of=at)
        answers.append(found if _number(rows, feature) >= feature.min_rows else None)
    return answers


def _number(rows: Sequence[Row], feature: Feature) -> int:
    """How many rows count: those with a value, and all of them where nulls are values too."""
    read = [one for one in (feature.column, feature.other) if one is not None]
    if feature.aggregation == "latest":
        return len(rows)
    return sum(all(row[one] is not None for one in read) for row in rows)


def _reads(
    feature: Feature, entity: tuple[str, ...], order: tuple[str, str | None]
) -> tuple[str, ...]:
    """R2: the columns that a feature reads."""
    event_time, sequence = order
    is_ordered = feature.aggregation in ORDERED or isinstance(feature.window, Newest)
    ordered = sequence if is_ordered else None
    names = (*entity, event_time, feature.column, feature.other, feature.where, ordered)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def answer(
    rows: list[Row],
    feature: Feature,
    order: tuple[str, str | None],
    *,
    entity: tuple[str, ...],
    as_of: int | None = None,
) -> Any:
    """The feature over the rows that count; nulls are skipped, but by `latest` they are not."""
    if feature.aggregation not in AGGREGATIONS:
        return _of_rows(rows, feature, order, as_of=as_of)
    if feature.column is None:
        return len(rows)
    if feature.aggregation != "latest":
        rows = [row for row in rows if row[feature.column] is not None]
    if feature.aggregation in ORDERED and rows:
        rows = latest_rows(rows, event_time=order[0], sequence=order[1])
        refuse_tie(rows, feature.column, event_time=order[0], entity=entity)
    values = [row[feature.column] for row in rows]
    return AGGREGATIONS[feature.aggregation]([value for value in values if value is not None])


def latest_rows(rows: Sequence[Row], *, event_time: str, sequence: str | None) -> list[Row]:
    """R7: the rows of the greatest `(event_time, sequence)`; a null sequence comes first."""
    ranks = [rank(row, event_time=event_time, sequence=sequence) for row in rows]
    greatest = max(ranks)
    return [row for row, own in zip(rows, ranks, strict=True) if own == greatest]


def rank(row: Row, *, event_time: str, sequence: str | None) -> tuple[Any, ...]:
    """R7: what orders a row; a null sequence comes first."""
    number = None if sequence is None else row[sequence]
    return (row[event_time], number is not None, 0 if number is None else number)


def _of_rows(
    rows: Sequence[Row], feature: Feature, order: tuple[str, str | None], *, as_of: int | None
) -> Any:
    """R7: a word of rows in event order, those whose values are not null."""
    event_time, sequence = order
    counted = [
        Counted(
            None if feature.column is None else row[feature.column],
            None if feature.other is None else row[feature.other],
            row[event_time],
            rank(row, event_time=event_time, sequence=sequence),
        )
        for row in rows
        if all(row[one] is not None for one in (feature.column, feature.other) if one is not None)
    ]
    return OF_ROWS[feature.aggregation](
        sorted(counted, key=lambda one: one.rank), feature.parameters, as_of
    )


def refuse_tie(
    rows: Sequence[Row], column: str, *, event_time: str, entity: tuple[str, ...]
) -> None:
    """R7: raise where rows of one rank differ in their value; NaN equals NaN."""
    first = rows[0][column]
    for row in rows:
        both_nan = row[column] != row[column] and first != first
        if row[column] != first and not both_nan:
            key = ", ".join(f"{part}={row[part]!r}" for part in entity)
            at = f"{event_time}={written(row[event_time])}"
            message = f"{len(rows)} rows tie for the latest {column!r} of {key} at {at}, and differ"
            hint = "declare sequence= with a column that orders such rows"
            raise DataError("HW404", message, hint=hint)


def static_value(
    asked: Row, rows: Sequence[Row], *, entity: tuple[str, ...], as_of: str, column: str
) -> Value:
    """The attribute of a table without times: always known, of the one row with the key.

    A null key, an unknown key and a null `as_of` give None.

    Raises:
        DataError: HW405, two rows have one key without nulls.
    """
    keys = [tuple(row[part] for part in entity) for row in rows]
    whole = [key for key in keys if None not in key]
    if len(set(whole)) < len(whole):
        repeated = len(whole) - len(set(whole))
        raise DataError("HW405", f"key {list(entity)} repeats in {repeated} rows")
    found = [row[column] for row in rows if same_key(row, asked, entity)]
    value: Value = found[0] if found and asked[as_of] is not None else None
    return value
