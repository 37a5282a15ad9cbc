"""Enrich equals the naive reference on generated histories, for every kind of clock."""

from __future__ import annotations

import math
import struct
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.testing import reference
from headwater.testing.histories import WINDOWS, History, edges, history

KEY = ("region", "store")
LENGTHS: dict[str, int | None] = {**WINDOWS, "all": None}
CASES: list[tuple[str, str, str | None]] = [
    ("Count", "count", None),
    ("Count", "count", "amount"),
    ("Count", "count", "note"),
    ("Sum", "sum", "amount"),
    ("Sum", "sum", "quantity"),
    ("Sum", "sum", "flag"),
    ("Mean", "mean", "amount"),
    ("Mean", "mean", "quantity"),
    ("Mean", "mean", "flag"),
    ("Std", "std", "amount"),
    ("Std", "std", "quantity"),
    ("Variance", "variance", "amount"),
    ("Variance", "variance", "quantity"),
    ("Min", "min", "amount"),
    ("Min", "min", "quantity"),
    ("Max", "max", "amount"),
    ("Max", "max", "quantity"),
    ("CountDistinct", "count_distinct", "amount"),
    ("CountDistinct", "count_distinct", "quantity"),
    ("CountDistinct", "count_distinct", "note"),
    ("CountDistinct", "count_distinct", "flag"),
    ("Last", "last", "amount"),
    ("Last", "last", "quantity"),
    ("Last", "last", "note"),
    ("Last", "last", "flag"),
    ("Latest", "latest", "amount"),
    ("Latest", "latest", "quantity"),
    ("Latest", "latest", "note"),
    ("Latest", "latest", "flag"),
]
CLOCKS: dict[str, tuple[Any, reference.Moments]] = {
    "a clock of each row": ("known_time", (("known_time", 0),)),
    "event time": ("event_time", (("event_time", 0),)),
    "half an hour after the event": (
        pl.col("event_time") + pl.duration(minutes=30),
        (("event_time", 1_800_000_000),),
    ),
    "a day before it was known": (
        pl.col("known_time") - pl.duration(days=1),
        (("known_time", -86_400_000_000),),
    ),
}
EXACT = {"count", "count_distinct", "sum", "min", "max", "last", "latest"}
SEEDS = [seed for seed in range(70) if history(seed).rows]


def merged(seeds: list[int]) -> History:
    """Many histories as one, each with regions of its own; a null in a key stays null."""
    rows: list[dict[str, Any]] = []
    spine: list[dict[str, Any]] = []
    for seed in seeds:
        made = history(seed)
        for old, new in ((made.rows, rows), (made.spine, spine)):
            for row in old:
                region = None if row["region"] is None else f"{seed} {row['region']}"
                new.append(row | {"region": region})
    return History(rows, spine)


def source(frame: pl.DataFrame, clock: Any, sequence: str | None = "sequence") -> Any:
    early = dict.fromkeys((*KEY, "sequence", "event_time"), hw.ALWAYS)
    return hw.Source(
        "history",
        hw.Frame(frame),
        event_time="event_time",
        known_time=clock,
        known_times=early,
        null_known_time="never",
        sequence=sequence,
    )


def features(where: str | None = None) -> list[Any]:
    found = []
    for cls, _, column in CASES:
        asked = getattr(hw, cls)(column, name=f"{cls}_{column}", where=where)
        found += [asked.within(*WINDOWS), asked.over_all()]
    return found


def expected(
    parts: list[History], case: tuple[str, str | None], window: int | None,
    clock: reference.Moments, where: str | None = None,
) -> list[Any]:  # fmt: skip
    aggregation, column = case
    moments = clock if column is not None or where is not None else ()
    feature = reference.Feature(aggregation, column, window, clock=moments, where=where)
    answers: list[Any] = []
    for part in parts:
        answers += reference.enrich(
            part.spine, part.rows, entity=KEY, as_of="as_of", event_time="event_time",
            sequence="sequence", feature=feature,
        )  # fmt: skip
    return answers


def same(found: Any, wanted: Any, *, ulps: int) -> bool:
    if not isinstance(wanted, float) or not isinstance(found, float):
        return type(found) is type(wanted) and bool(found == wanted)
    if math.isnan(wanted):
        return math.isnan(found)
    if math.isinf(wanted) or wanted == 0.0 or not ulps:
        return found == wanted and math.copysign(1.0, found) == math.copysign(1.0, wanted)
    return abs(found - wanted) <= ulps * math.ulp(wanted)


def enriched(made: History, clock: Any, asked: list[Any], threads: int = 1) -> pl.DataFrame:
    rows, spine = made.frames()
    view = hw.FeatureView("v", source(rows, clock), entity=KEY, features=asked)
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of", threads=threads)
    assert found.select(spine.columns).equals(spine)
    return found


def test_the_histories_hold_what_breaks_feature_code() -> None:
    met = set().union(*(edges(history(seed)) for seed in SEEDS))
    needed = {"null clock", "event at as_of", "event at as_of - 7d", "null key in spine"}
    assert needed <= met
    assert len(met) >= 30


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("where", [None, "flag"])
def test_each_value_equals_the_reference(clock: str, where: str | None) -> None:
    declared, moments = CLOCKS[clock]
    found = enriched(merged(SEEDS), declared, features(where))
    parts = [history(seed) for seed in SEEDS]
    checked = 0
    for cls, aggregation, column in CASES:
        for text, window in LENGTHS.items():
            wanted = expected(parts, (aggregation, column), window, moments, where)
            values = found[f"v__{cls}_{column}_{text}"].to_list()
            for row, (one, answer) in enumerate(zip(values, wanted, strict=True)):
                ulps = 0 if aggregation in EXACT else 2
                assert same(one, answer, ulps=ulps), (cls, column, text, row, one, answer)
                checked += answer is not None
    assert checked > 1000


@pytest.mark.parametrize("threads", [1, 4])
def test_order_of_rows_and_of_the_spine_do_not_move_a_bit(threads: int) -> None:
    made = merged(SEEDS[:30])
    whole = enriched(made, "known_time", features())
    order = list(range(len(made.spine)))[::-1]
    reversed_rows = History(made.rows[::-1], [made.spine[i] for i in order])
    found = enriched(reversed_rows, "known_time", features(), threads)
    assert bits(found) == bits(whole[order])


def bits(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Every value; floats by their bits, all NaN as one."""
    return {
        column.name: [_bits(value) for value in column.to_list()] for column in frame.iter_columns()
    }


def _bits(value: Any) -> Any:
    return (
        struct.pack("d", math.nan if value != value else value)
        if isinstance(value, float)
        else value
    )


def test_a_question_asked_alone_gets_the_bits_it_gets_among_others() -> None:
    asked = [
        hw.Std("amount").within(*WINDOWS),
        hw.Sum("amount").over_all(),
        hw.Last("note").within("1d"),
    ]
    for seed in SEEDS[:8]:
        made = history(seed)
        if made.spine:
            whole = enriched(made, "known_time", asked)
            for index, question in enumerate(made.spine[:3]):
                alone = enriched(History(made.rows, [question]), "known_time", asked)
                assert bits(alone) == bits(whole[index])


def last_without_sequence(made: History, feature: reference.Feature) -> list[Any] | None:
    """What the reference answers; None where it refuses a tie."""
    try:
        return reference.enrich(
            made.spine, made.rows, entity=KEY, as_of="as_of", event_time="event_time",
            sequence=None, feature=feature,
        )  # fmt: skip
    except DataError as error:
        return None if error.code == "HW404" else pytest.fail(f"unexpected {error}")


@pytest.mark.parametrize("column", ["amount", "quantity", "note", "flag"])
def test_a_tie_without_a_sequence_is_refused_where_the_reference_refuses_it(column: str) -> None:
    codes, values = 0, 0
    for seed in SEEDS[:25]:
        made = history(seed)
        rows, spine = made.frames()
        feature = reference.Feature("last", column, WINDOWS["7d"], clock=(("known_time", 0),))
        view = hw.FeatureView(
            "v",
            source(rows, "known_time", None),
            entity=KEY,
            features=[hw.Last(column).within("7d")],
        )
        wanted = last_without_sequence(made, feature)
        if wanted is None:
            with pytest.raises(DataError, match=r"\[HW404\] .* tie with different values"):
                hw.enrich(spine, [view], as_of="as_of")
            codes += 1
            continue
        found = hw.enrich(spine, [view], as_of="as_of")[f"v__{column}_last_7d"].to_list()
        assert all(same(*pair, ulps=0) for pair in zip(found, wanted, strict=True))
        values += 1
    assert values > 5
    assert codes > 0
