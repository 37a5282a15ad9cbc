"""Folds that read more than their values, and results that are lists: in every way of asking."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import EVERY_KIND, NULL, NUMBERS, VALUE, Aggregation
from headwater.engines.folding import fold
from headwater.engines.standing import Standing
from headwater.engines.views import view_features
from headwater.errors import SpecError
from headwater.kernel.moments import add_words
from headwater.kernel.positions import lift_position, newest, prepare_newest
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.testing.window_laws import quick_at_any_size, uncompiled

DAY = 86_400_000_000
ROWS = pl.DataFrame(
    {
        "k": ["a", "b", "a", "a", "a", None],
        "at": pl.Series([0, 0, 1, 2, 3, 1]).cast(pl.Int64) * DAY,
        "x": [1.0, 10.0, None, 4.0, -0.0, 99.0],
        "n": [1, 2, 3, None, 5, 6],
        "s": ["u", "v", "w", "u", None, "z"],
        "d": pl.Series([5, 6, 7, 8, 9, 10]).cast(pl.Duration("ms")),
        "later": pl.Series([9, 9, 3, 9, 9, 9]).cast(pl.Int64) * DAY,
    }
).with_columns(
    pl.col("at", "later").cast(pl.Datetime("us", "UTC")), pl.struct("n", "s").alias("both")
)
KEYS = pl.DataFrame({"k": ["b", "a", None, "zz", "a", "a"]})
AS_OF = pl.Series([3 * DAY, 3 * DAY, 3 * DAY, 3 * DAY, None, DAY], dtype=pl.Int64)


def planned(*features: Any, known_time: str = "at") -> ViewPlan:
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time=known_time)
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="k", features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def found(*features: Any, in_quick_passes: bool = False) -> list[list[Any]]:
    """The columns, the same of batch, of plain Python, row by row and, if so, of other passes."""
    plan = planned(*features)
    batch = view_features(plan, KEYS, as_of=AS_OF)
    with quick_at_any_size() if in_quick_passes else nullcontext():
        assert view_features(plan, KEYS, as_of=AS_OF, threads=2).equals(batch)
    with uncompiled():
        assert view_features(plan, KEYS, as_of=AS_OF).equals(batch)
    standing = Standing()
    for _ in range(2):  # at first the history is made to stand
        for i in range(KEYS.height):
            one = standing.view_features(plan, KEYS[i : i + 1], as_of=AS_OF[i : i + 1], stamp=1)
            assert pl.DataFrame(one).equals(batch[i : i + 1])
    return [column.to_list() for column in batch]


@dataclass(frozen=True, slots=True)
class Age(Aggregation):
    takes: ClassVar[Any] = EVERY_KIND
    reads: ClassVar[Any] = "rows"
    returns: ClassVar[Any] = "duration"
    reads_also: ClassVar[Any] = ("time", "as_of")
    serves: ClassVar[Any] = ("window",)
    prepare = staticmethod(prepare_newest)
    lift = staticmethod(lift_position)
    merge = staticmethod(newest)

    @staticmethod
    def result(state: Any, x: Any, time: Any, scale: int, as_of: int) -> tuple[int, int]:
        return (NULL, 0) if state[0] == 0 else (VALUE, as_of - time[state[0] - 1])


def test_time_and_the_moment_that_asks() -> None:
    ages, of_texts = found(Age().over_all(), Age("s").within("3d"), in_quick_passes=True)
    as_timedeltas = pl.Series([3 * DAY, DAY, None, None, None, DAY]).cast(pl.Duration("us"))
    assert ages == as_timedeltas.to_list()
    assert of_texts == ages


def test_the_moment_is_that_of_the_window_also_where_less_was_complete() -> None:
    complete = pl.Series([3 * DAY, DAY, 0, 0, 0, 0], dtype=pl.Int64)
    plan = planned(Age().over_all())
    (ages,) = view_features(plan, KEYS, as_of=AS_OF, known_by=complete)
    assert ages.dt.total_days().to_list() == [3, 2, None, None, None, 1]


@dataclass(frozen=True, slots=True)
class Weighted(Aggregation):
    other: Any = None
    weight: int = 1

    takes: ClassVar[Any] = NUMBERS
    returns: ClassVar[Any] = "difference"
    ticks: ClassVar[Any] = True
    reads_also: ClassVar[Any] = ("other", "parameters")
    when_empty: ClassVar[Any] = 0

    @property
    def label(self) -> tuple[str, ...]:
        return (str(self.weight),)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.weight,)

    def parameter_fault(self) -> str | None:
        return None if self.weight > 0 else "weight= is not above zero"

    @staticmethod
    def prepare(x: Any, other: Any, parameters: Any, valid: Any, start: int, stop: int) -> Any:
        return 0, 2

    @staticmethod
    def lift(state: Any, x: Any, other: Any, parameters: Any, i: int, scale: int) -> None:
        state[0] = int(x[i] * other[i] * parameters[0])
        state[1] = 1

    merge = staticmethod(add_words)

    @staticmethod
    def result(state: Any, x: Any, other: Any, parameters: Any, scale: int) -> tuple[int, Any]:
        return (VALUE if state[1] > 0 else NULL), state[0] + x[0] * 0


def test_a_second_column_and_parameters() -> None:
    floats, integers = found(
        Weighted("x", "n", 3).over_all(), Weighted("n", pl.col("n") + 1, name="own").over_all()
    )
    assert floats == [60.0, 3.0, 0.0, 0.0, 0.0, 3.0]
    assert integers == [6, 2 + 12, 0, 0, 0, 2]
    assert fold({"w": Weighted("x", "n", 2)}, ROWS) == {"w": 2.0 + 40.0 + 6 * 99 * 2}
    assert fold({"w": Weighted("n", pl.col("n"))}, ROWS.clear()) == {"w": 0}


def test_a_second_column_is_known_when_its_clock_says() -> None:
    known = {"k": "at", "at": "at", "n": "later"}
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at", known_times=known)
    view = hw.FeatureView("v", source, entity="k", features=[Weighted("x", "n").over_all()])
    plan = plan_view(view, Faults())
    assert plan is not None
    (feature,) = plan.features
    assert (feature.column, feature.reads) == ("v__x_n_weighted_1_all", ("at", "k", "n", "x"))
    assert str(feature.clock) == str(plan.source.clock_of(("at", "n")))
    assert view_features(plan, KEYS, as_of=AS_OF).to_series().to_list() == [0.0] * 6


@pytest.mark.parametrize(
    ("feature", "codes"),
    [
        (Weighted("x").over_all(), ["HW211"]),
        (Weighted("x", "s").over_all(), ["HW205"]),
        (Weighted("x", "nowhere").over_all(), ["HW201"]),
        (Weighted("s", "s", -1).within("0d"), ["HW202", "HW205", "HW205", "HW211"]),
        (Weighted("x", pl.col("n") + 1).over_all(), ["HW204"]),
    ],
)
def test_faults_are_told_together(feature: Any, codes: list[str]) -> None:
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at")
    faults = Faults()
    plan_view(hw.FeatureView("v", source, entity="k", features=[feature]), faults)
    assert sorted(fault.code for fault in faults.found) == codes


@dataclass(frozen=True, slots=True)
class Newest(Aggregation):
    k: int = 2

    takes: ClassVar[Any] = EVERY_KIND
    returns: ClassVar[Any] = "rows"
    counts_nulls: ClassVar[Any] = True
    serves: ClassVar[Any] = ("window",)
    when_empty: ClassVar[Any] = ()

    @property
    def most(self) -> int:
        return self.k

    @staticmethod
    def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
        return 0, 2

    lift = staticmethod(lift_position)

    @staticmethod
    def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
        first = left[0]
        into[1] = right[1]
        if right[0] > 0 and right[1] == 0:
            into[1] = first
        if right[0] == 0:
            into[1] = left[1]
        into[0] = right[0] if right[0] > 0 else first

    @staticmethod
    def result(state: Any, x: Any, scale: int, into: Any) -> tuple[int, int]:
        size = 0
        for k in range(min(2, into.shape[0])):
            if state[k] > 0:
                into[size] = state[k] - 1
                size += 1
        return (VALUE if size > 0 else NULL), size


@pytest.mark.usefixtures("in_both_ways")
def test_lists_of_rows_hold_values_of_any_type_and_nulls() -> None:
    texts, structs, times, one = found(
        Newest("s").over_all(),
        Newest("both").within("3d"),
        Newest("later").within("30d"),
        Newest("n", 1).over_all(),
    )
    assert texts == [["v"], ["u", "w"], [], [], [], ["u"]]
    assert structs[:2] == [[{"n": 2, "s": "v"}], [{"n": None, "s": "u"}, {"n": 3, "s": "w"}]]
    assert [len(items) for items in times] == [1, 2, 0, 0, 0, 1]
    assert one == [[2], [None], [], [], [], [1]]


@dataclass(frozen=True, slots=True)
class Often(Aggregation):
    k: int = field(default=2, kw_only=True)

    takes: ClassVar[Any] = EVERY_KIND
    folds: ClassVar[Any] = "values"
    returns: ClassVar[Any] = "counted"
    reads_also: ClassVar[Any] = ("parameters",)

    @property
    def most(self) -> int:
        return self.k

    @property
    def parameters(self) -> tuple[float, ...]:
        return (float(self.k),)

    @staticmethod
    def room(distinct: int) -> int:
        return distinct

    @staticmethod
    def add(state: Any, code: int, x: Any) -> None:
        state[code] += 1

    @staticmethod
    def remove(state: Any, code: int, x: Any) -> None:
        state[code] -= 1

    @staticmethod
    def result(state: Any, x: Any, parameters: Any, into: Any) -> tuple[int, int]:
        size = 0
        for code in range(state.shape[0]):
            if state[code] > 0 and size < parameters[0]:
                into[2 * size] = x[code]
                into[2 * size + 1] = state[code]
                size += 1
        return (VALUE if size > 0 else NULL), size


def pairs(*items: tuple[Any, int]) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in items]


@pytest.mark.usefixtures("in_both_ways")
def test_counted_values_are_lists_of_structs() -> None:
    texts, few = found(Often("s").over_all(), Often("x", k=1).over_all())
    assert texts == [pairs(("v", 1)), pairs(("u", 2), ("w", 1)), None, None, None, pairs(("u", 1))]
    assert few == [pairs((10.0, 1)), pairs((1.0, 1)), None, None, None, pairs((1.0, 1))]
    grouped = fold({"t": Often("s")}, ROWS, by="k")["t"]
    assert grouped == {"a": pairs(("u", 2), ("w", 1)), "b": pairs(("v", 1))}
    assert fold({"t": Often("s")}, ROWS.clear()) == {"t": None}


@pytest.mark.usefixtures("in_both_ways")
def test_a_column_without_rows_and_a_spine_without_questions_keep_the_type() -> None:
    plan = planned(Often("s").over_all(), Newest("s").over_all())
    none = view_features(plan, KEYS.clear(), as_of=AS_OF.clear())
    counted = pl.List(pl.Struct({"value": pl.String, "count": pl.Int64}))
    assert none.dtypes == [counted, pl.List(pl.String)]
    strangers = view_features(plan, pl.DataFrame({"k": ["q"]}), as_of=pl.Series([DAY]))
    assert (strangers.dtypes, strangers.rows()) == (none.dtypes, [(None, [])])


@dataclass(frozen=True, slots=True)
class Above(Aggregation):
    """Of durations and times in microseconds."""

    limit: int = 0

    takes: ClassVar[Any] = (*NUMBERS, "duration", "time")
    ticks: ClassVar[Any] = True
    returns: ClassVar[Any] = "boolean"
    reads_also: ClassVar[Any] = ("parameters",)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.limit,)

    @staticmethod
    def prepare(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
        return 0, 2

    @staticmethod
    def lift(state: Any, x: Any, parameters: Any, i: int, scale: int) -> None:
        state[0] = 1
        state[1] = 1 if x[i] > parameters[0] else 0

    merge = staticmethod(add_words)

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        return (VALUE if state[0] > 0 else NULL), (1 if state[1] > 0 else 0)


@pytest.mark.usefixtures("in_both_ways")
def test_times_and_durations_are_folded_in_microseconds_and_booleans_come_out() -> None:
    durations, times = found(
        Above("d", 7_500).over_all(), Above("at", DAY).over_all(), in_quick_passes=True
    )
    assert durations == [False, True, None, None, None, False]
    assert times == [False, True, None, None, None, False]
    assert fold({"a": Above("d", 9_999), "b": Above("d", 10_000)}, ROWS) == {"a": True, "b": False}
    dates = ROWS.select(pl.col("at").dt.date(), pl.col("later").cast(pl.Datetime("ns", "UTC")))
    assert fold({"a": Above("at", DAY), "b": Above("later", 9 * DAY)}, dates) == {
        "a": True,
        "b": False,
    }


@pytest.mark.usefixtures("in_both_ways")
def test_lists_are_built_and_read_again(tmp_path: Path) -> None:
    built = view_features(planned(Often("s").over_all(), Newest("s").over_all()), KEYS, as_of=AS_OF)
    built.write_parquet(tmp_path / "lists.parquet")
    assert pl.read_parquet(tmp_path / "lists.parquet").equals(built)


def test_a_plan_refuses_what_it_cannot_combine() -> None:
    with pytest.raises(SpecError, match="Weighted: weight= is not above zero"):
        planned(Weighted("x", "n", 0).over_all())
