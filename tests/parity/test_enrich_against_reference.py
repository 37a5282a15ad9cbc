"""Enrich equals the naive reference on generated histories, in every kind of layout."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater as hw
from headwater.errors import DataError
from headwater.testing import reference
from headwater.testing.histories import WINDOWS, History, histories_strategy, history

LENGTHS = {**WINDOWS, "all": None}
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
    ("Last", "last", "amount"),
    ("Last", "last", "quantity"),
    ("Last", "last", "note"),
    ("Last", "last", "flag"),
]
CLOCKS: dict[str, tuple[Any, tuple[tuple[str, int], ...]]] = {
    "a clock of each row": ("known_time", (("known_time", 0),)),
    "event time": ("event_time", (("event_time", 0),)),
    "two hours after the event": (
        pl.col("event_time") + pl.duration(hours=2),
        (("event_time", 7_200_000_000),),
    ),
    "a day before it was known": (
        pl.col("known_time") - pl.duration(days=1),
        (("known_time", -86_400_000_000), ("event_time", 0)),
    ),
}
EXACT = {"count", "sum", "last"}


def _source(frame: pl.DataFrame, clock: Any, sequence: str | None) -> Any:
    declared = {"event_time": pl.col("event_time") - pl.duration(days=400)}
    if not isinstance(clock, str) or clock != "known_time":
        declared = {"event_time": "event_time"}
    early = {name: hw.ALWAYS for name in ("region", "store", "sequence")}
    return hw.Source(
        "history",
        hw.Frame(frame),
        event_time="event_time",
        known_time=clock,
        known_times={**declared, **early},
        null_known_time="never",
        sequence=sequence,
    )


def _expected(made: History, aggregation: str, column: str | None, window: str, clock: Any) -> Any:
    moments = (("event_time", -400 * 86_400_000_000),) if column is None else clock
    feature = reference.Feature(aggregation, column, LENGTHS[window], clock=moments)
    try:
        return reference.enrich(
            made.spine, made.rows, entity=("region", "store"), as_of="as_of",
            event_time="event_time", sequence="sequence", feature=feature,
        )  # fmt: skip
    except DataError as error:
        return error.code


def _same(found: Any, expected: Any, *, ulps: int) -> bool:
    if not isinstance(expected, float) or not isinstance(found, float):
        return type(found) is type(expected) and found == expected
    if math.isnan(expected) or math.isinf(expected) or expected == 0.0:
        return found == expected or (math.isnan(found) and math.isnan(expected))
    return abs(found - expected) <= ulps * math.ulp(expected)


def _found(made: History, cls: str, column: str | None, clock: Any, threads: int = 1) -> Any:
    rows, spine = made.frames()
    view = hw.FeatureView(
        "v",
        _source(rows, clock, "sequence"),
        entity=("region", "store"),
        features=[getattr(hw, cls)(column, name="f").within(*WINDOWS), ]
        + [getattr(hw, cls)(column, name="f").over_all()],
    )
    return hw.enrich(spine, [view], as_of="as_of", threads=threads)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("cls", "aggregation", "column"), CASES)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(made=histories_strategy().filter(lambda made: bool(made.rows)))
def test_each_value_equals_the_reference(
    made: History, cls: str, aggregation: str, column: str | None, clock: str
) -> None:
    declared, moments = CLOCKS[clock]
    expected = {
        window: _expected(made, aggregation, column, window, moments) for window in LENGTHS
    }
    codes = {answer for answer in expected.values() if isinstance(answer, str)}
    if codes:
        with pytest.raises(DataError) as raised:
            _found(made, cls, column, declared)
        assert raised.value.code in codes
        return
    enriched = _found(made, cls, column, declared)
    for window, values in expected.items():
        found = enriched[f"v__f_{window}"].to_list()
        ulps = 0 if aggregation in EXACT else 2
        for row, (one, wanted) in enumerate(zip(found, values, strict=True)):
            assert _same(one, wanted, ulps=ulps), (window, row, one, wanted)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(made=histories_strategy().filter(lambda made: bool(made.rows)), seed=st.integers(0, 999))
def test_order_of_rows_and_threads_do_not_move_a_bit(made: History, seed: int) -> None:
    rows, spine = made.frames()
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=seed)
    answers = []
    for frame, threads in ((rows, 1), (shuffled, 2), (rows.reverse(), 3)):
        features = [
            hw.Std("amount").within(*WINDOWS),
            hw.Sum("amount").over_all(),
            hw.Mean("amount").within("1d"),
            hw.Last("amount").over_all(),
            hw.Count("amount").within("7d"),
        ]
        source = _source(frame, "known_time", "sequence")
        view = hw.FeatureView("v", source, entity=("region", "store"), features=features)
        enriched = hw.enrich(spine, [view], as_of="as_of", threads=threads)
        floats = enriched.select(pl.selectors.float().fill_null(0.5).reinterpret(signed=True))
        answers.append((floats, enriched.select(pl.all().is_null(), counts=pl.col("^v__.*count.*$"))))
    for floats, rest in answers[1:]:
        assert floats.equals(answers[0][0])
        assert rest.equals(answers[0][1])


def test_other_spine_rows_do_not_move_a_bit() -> None:
    for seed in range(30):
        made = history(seed)
        if not made.rows or not made.spine:
            continue
        whole = _found(made, "Std", "amount", "known_time")
        for index in range(len(made.spine)):
            alone = _found(History(made.rows, [made.spine[index]], seed), "Std", "amount", "known_time")
            assert alone.equals(whole[index], null_equal=True)
