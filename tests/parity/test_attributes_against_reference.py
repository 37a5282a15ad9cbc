"""Attributes and look-ups of a store that was behind equal the naive reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS, history
from headwater.testing.told_histories import told_history

VALUES = ("amount", "quantity", "note", "flag")
SEEDS = [seed for seed in range(60) if history(seed).rows]
TTLS: dict[str, int | None] = {"for ever": None, **WINDOWS}
CLOCK = (("known_time", 0),)
Differing = Callable[..., list[Any]]


def together(parts: Sequence[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Many histories as one, each with regions of its own; a null in a key stays null."""
    rows: list[pl.DataFrame] = []
    spine: list[pl.DataFrame] = []
    for number, part in enumerate(parts):
        own = pl.format("{} {}", pl.lit(number), "region").alias("region")
        for frames, frame in zip((rows, spine), part.frames(), strict=True):
            frames.append(frame.with_columns(own))
    return pl.concat(rows), pl.concat(spine)


def source(frame: pl.DataFrame, **declared: Any) -> Any:
    early = dict.fromkeys((*ENTITY, "sequence", "event_time"), hw.ALWAYS)
    given: dict[str, Any] = {
        "event_time": "event_time",
        "known_time": "known_time",
        "known_times": early,
        "null_known_time": "never",
        "sequence": "sequence",
    }
    return hw.Source("history", hw.Frame(frame), **(given | declared))


def expected(
    parts: Sequence[Any], feature: reference.Feature, *, through: str | None = None
) -> list[Any]:
    """What the reference answers, history by history."""
    answers: list[Any] = []
    for part in parts:
        answers += reference.enrich(
            part.spine, part.rows, entity=ENTITY, as_of="as_of", event_time="event_time",
            sequence="sequence", feature=feature, complete_through=through,
        )  # fmt: skip
    return answers


def latest(
    column: str, *, ttl: int | None = None, clock: reference.Moments = CLOCK
) -> reference.Feature:
    return reference.Feature("latest", column, ttl, clock)


# attributes


@pytest.mark.parametrize("ttl", TTLS)
def test_the_latest_values_equal_the_reference(ttl: str, differing: Differing) -> None:
    parts = [history(seed) for seed in SEEDS]
    rows, spine = together(parts)
    length = TTLS[ttl]
    view = hw.Attributes(
        "seen",
        source(rows),
        entity=ENTITY,
        columns=VALUES,
        ttl=None if length is None else timedelta(microseconds=length),
    )
    found = hw.enrich(spine, [view], as_of="as_of")
    checked = 0
    for column in VALUES:
        wanted = expected(parts, latest(column, ttl=length))
        assert differing(found[f"seen__{column}"].to_list(), wanted) == [], column
        checked += sum(value is not None for value in wanted)
    assert checked > 20


def test_each_column_has_its_own_clock(differing: Differing) -> None:
    parts = [told_history(seed) for seed in range(60)]
    rows, spine = together(parts)
    early = dict.fromkeys((*ENTITY, "sequence", "event_time"), hw.ALWAYS)
    given = source(rows, known_times=early | {"amount": "amount_known"})
    view = hw.Attributes("seen", given, entity=ENTITY, columns=("amount", "quantity"))
    found = hw.enrich(spine, [view], as_of="as_of")
    for column, clock in (("amount", (("amount_known", 0),)), ("quantity", CLOCK)):
        wanted = expected(parts, latest(column, clock=clock))
        assert differing(found[f"seen__{column}"].to_list(), wanted) == [], column


def answered_unless_tied(made: Any) -> list[Any] | None:
    """The latest note by the reference without a sequence; None where it refuses a tie."""
    try:
        return reference.enrich(
            made.spine, made.rows, entity=ENTITY, as_of="as_of", event_time="event_time",
            sequence=None, feature=latest("note"),
        )  # fmt: skip
    except DataError as error:
        return None if error.code == "HW404" else pytest.fail(f"unexpected {error}")


def test_a_null_and_a_value_tie_where_the_reference_says_so() -> None:
    refused, answered = 0, 0
    for seed in SEEDS[:40]:
        made = history(seed)
        rows, spine = made.frames()
        view = hw.Attributes("seen", source(rows, sequence=None), entity=ENTITY, columns="note")
        wanted = answered_unless_tied(made)
        if wanted is None:
            with pytest.raises(DataError, match="HW404"):
                hw.enrich(spine, [view], as_of="as_of")
            refused += 1
            continue
        assert hw.enrich(spine, [view], as_of="as_of")["seen__note"].to_list() == wanted
        answered += 1
    assert refused > 1
    assert answered > 10


def test_attributes_attach_by_other_columns_under_another_name(differing: Differing) -> None:
    parts = [history(seed) for seed in SEEDS[:20]]
    rows, spine = together(parts)
    asked = spine.rename({"region": "here", "store": "number"})
    view = hw.Attributes("seen", source(rows), entity=ENTITY, columns="amount")
    there = view.on({"number": "store", "here": "region"}, name="there")
    found = hw.enrich(asked, [there], as_of="as_of")
    assert found.columns == [*asked.columns, "there__amount"]
    assert differing(found["there__amount"].to_list(), expected(parts, latest("amount"))) == []


# tables without times

PLANES: list[dict[str, Any]] = [
    {"tail": "N1", "year": 1, "seats": 100, "maker": "ü"},
    {"tail": "N1", "year": 2, "seats": None, "maker": "é"},
    {"tail": "é", "year": 1, "seats": 7, "maker": None},
    {"tail": None, "year": 1, "seats": 8, "maker": "x"},
    {"tail": None, "year": 1, "seats": 9, "maker": "y"},
]


def planes(rows: list[dict[str, Any]]) -> Any:
    source = hw.Source("planes", hw.Frame(pl.DataFrame(rows)), static="made once")
    return hw.Attributes("plane", source, entity=("tail", "year"), columns=("seats", "maker"))


def test_attributes_of_a_table_without_times_equal_the_reference() -> None:
    spine: list[dict[str, Any]] = [
        {"tail": tail, "year": year, "as_of": at}
        for tail in ("N1", "é", "zz", None)
        for year in (1, 2, None)
        for at in (0, -1, None)
    ]
    frame = pl.DataFrame(spine).with_columns(pl.col("as_of").cast(pl.Datetime("us", "UTC")))
    found = hw.enrich(frame, [planes(PLANES)], as_of="as_of")
    for column in ("seats", "maker"):
        wanted = [
            reference.static_value(
                asked, PLANES, entity=("tail", "year"), as_of="as_of", column=column
            )
            for asked in spine
        ]
        assert found[f"plane__{column}"].to_list() == wanted
        assert any(value is not None for value in wanted)


def test_a_key_that_repeats_is_refused_as_the_reference_refuses_it() -> None:
    twice = [*PLANES, PLANES[0] | {"seats": 101}]
    asked = {"tail": "N1", "year": 1, "as_of": 0}
    with pytest.raises(DataError, match="HW405"):
        reference.static_value(asked, twice, entity=("tail", "year"), as_of="as_of", column="seats")
    frame = pl.DataFrame([asked]).with_columns(pl.col("as_of").cast(pl.Datetime("us", "UTC")))
    with pytest.raises(DataError, match="HW405"):
        hw.enrich(frame, [planes(twice)], as_of="as_of")


# R12: the store was behind


BEHIND: list[tuple[str, str, str | None]] = [
    ("Count", "count", None),
    ("Sum", "sum", "quantity"),
    ("Sum", "sum", "amount"),
    ("Mean", "mean", "amount"),
    ("Min", "min", "amount"),
    ("CountDistinct", "count_distinct", "note"),
    ("Last", "last", "note"),
    ("Latest", "latest", "amount"),
]


@pytest.mark.parametrize("clock", ["known_time", "event_time"])
def test_what_a_store_had_not_received_is_not_seen(clock: str, differing: Differing) -> None:
    parts = [told_history(seed) for seed in range(80)]
    rows, spine = together(parts)
    features = []
    for cls, _, column in BEHIND:
        one = getattr(hw, cls)(column, name=f"{cls}_{column}")
        features += [one.within("1d"), one.over_all()]
    known = {"known_times": {"sequence": hw.ALWAYS}, "known_time": clock}
    view = hw.FeatureView("v", source(rows, **known), entity=ENTITY, features=features)
    found = hw.enrich(spine, [view], as_of="as_of", complete_through="complete_through")
    moved = 0
    for cls, aggregation, column in BEHIND:
        for text, window in (("1d", WINDOWS["1d"]), ("all", None)):
            feature = reference.Feature(aggregation, column, window, ((clock, 0),))
            wanted = expected(parts, feature, through="complete_through")
            values = found[f"v__{cls}_{column}_{text}"].to_list()
            ulps = 2 if aggregation == "mean" else 0
            assert differing(values, wanted, ulps=ulps) == [], (cls, column, text)
            moved += wanted != expected(parts, feature)
    assert moved > len(BEHIND)
