"""Features made of the results of others: over one window, over the one before, in every way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Composite, Earlier
from headwater.engines.standing import Standing, estimated_bytes
from headwater.engines.views import histories_of, view_features
from headwater.errors import SpecError
from headwater.plan.cost import view_cost
from headwater.plan.faults import Faults
from headwater.plan.proof import prove_views
from headwater.plan.views import ViewPlan, plan_view
from headwater.testing.window_laws import uncompiled

HOUR = 3_600_000_000
ROWS = pl.DataFrame(
    {
        "k": ["a", "a", "a", "b", None],
        "at": pl.Series([0, 1, 2, 2, 1]).cast(pl.Int64) * HOUR,
        "x": [1.5, 2.0, None, 8.0, 9.0],
        "n": [1, (1 << 53) + 1, 4, 5, 6],
        "late": pl.Series([0, 1, 9, 9, 9]).cast(pl.Int64) * HOUR,
        "s": ["u", "v", "w", "z", "z"],
    }
).with_columns(pl.col("at", "late").cast(pl.Datetime("us", "UTC")))
KEYS = pl.DataFrame({"k": ["a", "b", "a", "q", None, "a"]})
AS_OF = pl.Series([2, 3, 3, 3, 3, None], dtype=pl.Int64) * HOUR


@dataclass(frozen=True, slots=True)
class Minus(Composite):
    """The column is the first aggregation here, and `other` the second."""

    other: Any = None

    returns: ClassVar[Any] = "difference"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.column, self.other)

    @staticmethod
    def combine(*given: Any) -> tuple[Any, Any]:
        a, b, no_a, no_b, _ = given
        return a - b, no_a | no_b


@dataclass(frozen=True, slots=True)
class MoreThan(Composite):
    """Whether a result is so much more than the one of the window before."""

    least: float = 0.0

    returns: ClassVar[Any] = "boolean"

    @property
    def parts(self) -> tuple[Any, ...]:
        return () if self.column is None else (self.column, Earlier(self.column))

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.least,)

    def parameter_fault(self) -> str | None:
        return "it compares nothing" if self.column is None else None

    @staticmethod
    def combine(*given: Any) -> tuple[Any, Any]:
        now, before, no_now, no_before, (least,) = given
        return (now - before > least).astype("int64"), no_now | no_before


def faults_of(*features: Any, **known: str) -> tuple[ViewPlan | None, Faults]:
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at", known_times=known)
    faults = Faults()
    return plan_view(hw.FeatureView("v", source, entity="k", features=features), faults), faults


def planned(*features: Any, **known: str) -> ViewPlan:
    plan, faults = faults_of(*features, **known)
    faults.raise_all()
    assert plan is not None
    return plan


def found(*features: Any) -> pl.DataFrame:
    """The columns, the same of batch, of plain Python and row by row."""
    plan = planned(*features)
    batch = view_features(plan, KEYS, as_of=AS_OF)
    with uncompiled():
        assert view_features(plan, KEYS, as_of=AS_OF).equals(batch)
    standing = Standing()
    for _ in range(2):
        for i in range(KEYS.height):
            one = standing.view_features(plan, KEYS[i : i + 1], as_of=AS_OF[i : i + 1], stamp=1)
            assert pl.DataFrame(one).equals(batch[i : i + 1])
    return batch


def test_parts_are_folded_over_one_window_and_stay_hidden() -> None:
    columns = found(
        Minus(hw.Sum("x"), hw.Min("x")).within("2h", "1h"),
        Minus(hw.Sum("n"), hw.Count()).within("2h"),
        hw.Count().within("2h"),
    )
    assert columns.to_dict(as_series=False) == {
        "v__x_sum_x_min_minus_2h": [2.0, 0.0, 0.0, None, None, None],
        "v__x_sum_x_min_minus_1h": [0.0, 0.0, None, None, None, None],
        "v__n_sum_count_minus_2h": [(1 << 53), 4, (1 << 53) + 3, None, None, None],
        "v__count_2h": [2, 1, 2, 0, 0, 0],
    }
    assert columns.dtypes == [pl.Float64, pl.Float64, pl.Int64, pl.Int64]


def test_the_window_before_ends_where_this_one_begins() -> None:
    columns = found(
        MoreThan(hw.Count()).within("1h"),
        MoreThan(hw.Sum("x"), 0.25).within("1h"),
        MoreThan(hw.Sum("x"), 0.5, name="much").within("1h"),
    )
    assert columns.to_dict(as_series=False) == {
        "v__count_more_than_1h": [False, True, False, False, False, False],
        "v__x_sum_more_than_1h": [True, None, None, None, None, None],
        "v__much_1h": [False, None, None, None, None, None],
    }


def test_all_parts_wait_for_what_any_of_them_reads() -> None:
    plan = planned(Minus(hw.Sum("x"), hw.Count()).within("3h"), x="late", n="at")
    (feature,) = plan.features
    assert feature.reads == ("at", "k", "x")
    assert {part.mask for part in feature.parts} == {feature.mask}
    assert "late" in str(feature.clock)
    column = view_features(plan, KEYS, as_of=AS_OF).to_series()
    # the row that is known later counts for none of them
    assert column.to_list() == [3.5 - 2, None, 3.5 - 2, None, None, None]
    (proof,) = prove_views([plan])
    assert proof.verdict == "masked"


def test_costs_count_what_is_folded() -> None:
    one, two = planned(hw.Count().within("1h")), planned(MoreThan(hw.Count()).within("1h"))
    assert (
        view_cost(two, history=100, spine=10).visits > view_cost(one, history=100, spine=10).visits
    )
    assert estimated_bytes(histories_of(two)) >= estimated_bytes(histories_of(one))


@pytest.mark.parametrize(
    ("feature", "codes"),
    [
        (MoreThan().within("1h"), ["HW211"]),
        (MoreThan().within("0h"), ["HW202", "HW211"]),
        (MoreThan(hw.Count()).over_all(), ["HW202"]),
        (MoreThan(hw.Count()).over_rows(3), ["HW202"]),
        (MoreThan(hw.Max("s")).within("1h"), ["HW205"]),
        (Minus(hw.Sum("x"), hw.Sum("s")).within("1h"), ["HW205"]),
        (Minus(hw.Sum("x"), hw.Sum("n"), where="x").within("1h"), ["HW211"]),
        (Minus(hw.Sum("x"), hw.Sum(pl.col("n") + 1)).within("1h"), ["HW204"]),
        (Minus(hw.Sum("x"), hw.Sum("n", where=pl.col("n") > 1)).within("1h"), ["HW204"]),
        (Minus(hw.Sum("gone"), hw.Sum("away")).within("1h"), ["HW201", "HW201"]),
    ],
)
def test_faults_are_told_together(feature: Any, codes: list[str]) -> None:
    plan, faults = faults_of(feature)
    assert plan is not None
    assert plan.features == ()
    assert sorted(fault.code for fault in faults.found) == codes


def test_a_part_with_a_name_gives_it() -> None:
    part = hw.Sum("n", where=pl.col("n") > 1, name="large")
    (feature,) = planned(Minus(hw.Sum("n"), part).within("1h")).features
    assert feature.column == "v__n_sum_large_minus_1h"


def test_a_composite_without_combine_is_unfinished() -> None:
    with pytest.raises(NotImplementedError):  # what the base says of members that lack it
        Composite.combine()
    with pytest.raises(SpecError, match="it compares nothing"):
        planned(MoreThan().within("1h"))
