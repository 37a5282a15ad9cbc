"""Enrich equals the second oracle: SQL that DuckDB answers, for every word and kind of window."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Aggregation, Earlier
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import Window
from headwater.plugins import members
from headwater.testing.histories import ENTITY, WINDOWS, edges, history
from headwater.testing.law_cases import KINDS, frame_of, merged, plain
from headwater.testing.sql_expressions import sql_expression
from headwater.testing.sql_oracle import Answer, answers, sharing, statement
from headwater.testing.sql_words import WORDS, Word
from headwater.testing.window_laws import uncompiled

SEEDS = tuple(seed for seed in range(30) if history(seed).rows)
HISTORY = merged([history(seed) for seed in SEEDS])
ROWS, SPINE = frame_of(HISTORY), HISTORY.frames()[1]
BUILT_IN = {
    name: found.load() for name, found in members("aggregations").items()
    if found.origin == "headwater"
}  # fmt: skip
MEMBERS = {
    name: cls for name, cls in BUILT_IN.items()
    if "window" in cls.serves and cls.of_example("x").error is None  # a sketch is no SQL
}  # fmt: skip
CLOCKS: dict[str, Any] = {
    "of each row": "known_time",
    "event time": "event_time",
    "half an hour after the event": pl.col("event_time") + pl.duration(minutes=30),
    "a day before it was known": pl.col("known_time") - pl.duration(days=1),
}


def source(clock: Any = "known_time") -> Any:
    early = dict.fromkeys((*ENTITY, "sequence", "event_time"), hw.ALWAYS)
    return hw.Source(
        "history", hw.Frame(ROWS), event_time="event_time", known_time=clock, known_times=early,
        null_known_time="never", sequence="sequence",
    )  # fmt: skip


def planned(*features: Any, clock: Any = "known_time", **view: Any) -> tuple[Any, ViewPlan]:
    given = hw.FeatureView("v", source(clock), entity=ENTITY, features=features, **view)
    faults = Faults()
    plan = plan_view(given, faults)
    faults.raise_all()
    assert plan is not None
    return given, plan


def compared(
    *features: Any, clock: Any = "known_time", through: str | None = None, **view: Any
) -> dict[str, Answer]:
    """The answers of SQL, after it was seen that the engine gives them too."""
    given, plan = planned(*features, clock=clock, **view)
    spine = SPINE if through is None else SPINE.with_columns(THROUGH.alias(through))
    found = hw.enrich(spine, [given], as_of="as_of", complete_through=through)
    wanted = answers(plan, ROWS, spine, as_of="as_of", complete_through=through)
    for column, answer in wanted.items():
        assert answer.differences(plain(found[column])) == [], column
    return wanted


THROUGH = (
    pl.when(pl.int_range(pl.len()) % 7 > 0)
    .then(pl.col("as_of") - pl.duration(minutes=20) * (pl.int_range(pl.len()) % 3))
)  # fmt: skip


def decided(found: dict[str, Answer]) -> int:
    """How many values had to be those of SQL."""
    pairs = [pair for one in found.values() for pair in zip(one.values, one.slack, strict=True)]
    return sum(value is not None and not math.isinf(slack) for value, slack in pairs)


def every_feature(member: Any, column: str) -> list[Any]:
    """The member over a column, with each window, and where a row is flagged."""
    made = member.of_example(column, name=f"{column}_{member.__name__}")
    flagged = member.of_example(column, name=f"{column}_{member.__name__}_flagged", where="flag")
    has_earlier = any(isinstance(part, Earlier) for part in made.parts)
    longest = [] if has_earlier else [made.over_all()]
    return [made.within(*WINDOWS), *longest, flagged.within("7d")]


def test_the_histories_hold_what_breaks_feature_code() -> None:
    met = set().union(*(edges(history(seed)) for seed in SEEDS))
    needed = {
        "null clock",
        "event at as_of",
        "event at as_of - 7d",
        "NaN",
        "infinity",
        "offset of 1e8",
    }
    assert needed <= met


def test_every_word_of_the_vocabulary_has_an_entry() -> None:
    missing = sorted(name for name, cls in MEMBERS.items() if cls.of_example("x").word not in WORDS)
    assert not missing, (
        f"no SQL for {', '.join(missing)}: add an entry to VALUES, ORDER or MOMENTS in "
        "headwater/testing/sql_*.py, which says what the word is in SQL"
    )


@pytest.mark.parametrize("column", KINDS)
def test_each_word_over_each_kind_of_value_equals_sql(column: str) -> None:
    """As plain Python: all words compiled take a minute."""
    with uncompiled():
        check_every_word(column)


@pytest.mark.slow
@pytest.mark.parametrize("column", KINDS)
def test_each_compiled_word_over_each_kind_of_value_equals_sql(column: str) -> None:
    check_every_word(column)


def check_every_word(column: str) -> None:
    """All words in one view, so that each window is asked for its rows once."""
    takers = [member for member in MEMBERS.values() if KINDS[column] in member.takes]
    found = compared(*(one for member in takers for one in every_feature(member, column)))
    for member in takers:
        own = {name: one for name, one in found.items() if f"_{member.__name__}_" in name}
        assert decided(own) > 30, member.__name__


FEW = (
    hw.Count("amount", name="count"),
    hw.Sum("quantity", name="sum"),
    hw.Max("amount", name="max"),
    hw.Last("note", name="last"),
)


@pytest.mark.parametrize("clock", CLOCKS)
def test_each_kind_of_clock_hides_the_rows_that_sql_hides(clock: str) -> None:
    asked = [one for member in FEW for one in (member.within(*WINDOWS), member.over_all())]
    assert decided(compared(*asked, clock=CLOCKS[clock])) > 700


def test_what_a_store_had_not_received_is_not_seen() -> None:
    asked = [member.within(*WINDOWS) for member in FEW]
    behind = compared(*asked, through="complete")
    whole = compared(*asked)
    assert any(behind[name].values != whole[name].values for name in whole)


def test_a_row_expression_is_asked_as_sql() -> None:
    late = (pl.col("amount") * 2 > 3.0) & pl.col("note").is_not_null()
    where = pl.when(pl.col("flag")).then(pl.col("quantity") != 1).otherwise(pl.lit(True))
    asked = hw.Mean(late, name="late", where=where).within(*WINDOWS)
    assert decided(compared(asked)) > 60


def test_what_an_expression_is_in_sql_is_not_guessed() -> None:
    assert sql_expression(pl.col("a b") >= 0.5) == '("a b" >= 0.5::DOUBLE)'
    assert sql_expression(-pl.col("x").abs()) == '(-abs("x"))'
    assert sql_expression(pl.lit(None) | ~pl.col("f").alias("g")) == '(NULL OR (NOT "f"))'
    for unknown in (pl.col("x").sqrt(), pl.col("x") / 2, pl.col("x").is_in([1, 2])):
        with pytest.raises(SpecError, match="is not written as SQL"):
            sql_expression(unknown)


@dataclass(frozen=True, slots=True)
class Longest(Aggregation):
    """A word of a plug-in."""


def test_a_word_of_a_plug_in_is_asked_for_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    _, plan = planned(Longest("quantity").over_all())
    with pytest.raises(SpecError, match="Longest has no entry in the SQL oracle") as caught:
        statement(plan, plan.features)
    assert caught.value.code == "HW106"
    assert "WORDS['longest'] = Word(...)" in str(caught.value.hint)
    monkeypatch.setitem(WORDS, "longest", Word("max(abs(x))"))
    found = answers(plan, ROWS, SPINE, as_of="as_of")["v__quantity_longest_all"]
    largest = compared(hw.Max(pl.col("quantity").abs(), name="m").over_all())["v__m_all"]
    assert found == largest


def test_versions_and_static_tables_are_not_spoken_of() -> None:
    versions = hw.Source(
        "history", hw.Frame(ROWS), event_time="event_time", known_time="known_time",
        identity="sequence", null_known_time="never",
    )  # fmt: skip
    faults = Faults()
    view = hw.FeatureView("v", versions, entity=ENTITY, features=[hw.Count().over_all()])
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    with pytest.raises(SpecError, match="does not speak of source 'history', whose rows are"):
        statement(plan, plan.features)


def test_one_statement_asks_all_features_of_the_same_rows() -> None:
    _, plan = planned(*(member.within("1d", "7d") for member in FEW), hw.Min("amount").within("1d"))
    groups = [[one.column for one in group] for group in sharing(plan.features)]
    assert ["v__count_1d", "v__max_1d", "v__amount_min_1d"] in groups
    assert len(groups) == 6


def test_the_oracle_notices_a_value_that_is_slightly_off() -> None:
    found = compared(hw.Sum("amount", name="sum").within("7d"), hw.Std("amount").within("7d"))
    answer = found["v__sum_7d"]
    row = next(i for i, one in enumerate(answer.values) if one and abs(one) < 1e6)
    for wrong in (answer.values[row] * (1 + 1e-7), None, math.nan, 0):
        values = [*answer.values[:row], wrong, *answer.values[row + 1 :]]
        assert [place for place, _, _ in answer.differences(values)] == [row]


WINDOWED: dict[str, Any] = {
    "rows": lambda one: one.over_rows(1, 3, 8),
    "rows and time": lambda one: one.over_rows(2, 5, within="7d"),
    "hop": lambda one: one.within("1h", "7d", hop="25m"),
    "session": lambda one: one.over_session("6h"),
    "day": lambda one: one.so_far("day", zone="America/New_York"),
    "week": lambda one: one.so_far("week", zone="Europe/Zurich"),
    "month": lambda one: one.so_far("month", zone="Asia/Kolkata"),
    "quarter": lambda one: one.so_far("quarter", zone="UTC"),
    "year": lambda one: one.so_far("year", zone="America/New_York"),
}
SEEN = (
    hw.Count(name="count"),
    hw.Sum("quantity", name="sum"),
    hw.Max("amount", name="max", where="flag"),
    hw.Latest("note", name="latest"),
    hw.LastK("quantity", 3, name="newest"),
)


@pytest.mark.parametrize("kind", WINDOWED)
def test_each_kind_of_window_holds_the_rows_that_it_holds_in_sql(kind: str) -> None:
    found = compared(*(WINDOWED[kind](member) for member in SEEN))
    assert decided(found) > 200


def test_rows_that_outlived_their_ttl_count_in_no_window() -> None:
    asked = [one for member in SEEN for one in (member.within("7d"), member.over_all())]
    found, whole = compared(*asked, ttl="1d"), compared(*asked)
    assert any(found[name].values != whole[name].values for name in whole)
    assert found["v__sum_7d"] == found["v__sum_all"]


@pytest.mark.parametrize("ttl", ["50m", "7h", "3d"])
@pytest.mark.parametrize("kind", WINDOWED)
def test_a_ttl_cuts_each_kind_of_window_where_sql_cuts_it(kind: str, ttl: str) -> None:
    assert decided(compared(*(WINDOWED[kind](member) for member in SEEN), ttl=ttl)) > 150


@pytest.mark.parametrize("ttl", [None, "7h", "9d"])
@pytest.mark.parametrize("hop", [None, "25m", "4h", "1d"])
def test_a_change_in_hops_and_with_a_ttl_compares_what_sql_compares(
    hop: str | None, ttl: str | None
) -> None:
    found = compared(
        *(
            word(one, name=f"{word.__name__}_{one.name}").within("25m", "6h", "7d", hop=hop)
            for word in (hw.Change, hw.RelativeChange)
            for one in SEEN[:3]
        ),
        ttl=ttl,
    )
    assert decided(found) > 100


@pytest.mark.parametrize("kind", WINDOWED)
def test_too_few_rows_give_nothing_where_they_give_nothing_in_sql(kind: str) -> None:
    least = 1 if kind == "rows" else 2  # as many as the shortest of its windows holds
    asked = [replace(WINDOWED[kind](member), min_rows=least) for member in SEEN]
    assert decided(compared(*asked)) > 40


def test_each_part_of_a_result_needs_its_rows_in_sql_too() -> None:
    parts = hw.Sum("quantity", where="flag"), hw.Count("amount")
    found = compared(
        hw.Ratio(*parts, name="ratio").within("7d", min_rows=2),
        hw.Change(parts[1]).within("7d", hop="25m", min_rows=2),
        hw.RelativeChange(parts[1]).within("1d", min_rows=2),
        ttl="9d",
    )
    assert all(decided({name: one}) > 3 for name, one in found.items())


def test_the_oracle_believes_the_definition_and_not_the_plan() -> None:
    given, plan = planned(hw.Change(hw.Count()).within("6h"), ttl="7h")
    (feature,) = plan.features
    wrong = replace(feature, parts=tuple(replace(one, window=Window()) for one in feature.parts))
    asked = [replace(plan, features=(one,)) for one in (feature, wrong)]
    one, other = (answers(each, ROWS, SPINE, as_of="as_of") for each in asked)
    assert one == other
    assert given.ttl == "7h"
