"""`min_rows=`: what it is called, what counts the rows, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.identity import view_identity
from headwater.plan.proof import prove_views
from headwater.plan.views import ViewPlan, plan_view

ROWS = pl.DataFrame({"k": ["a"], "at": [datetime(2024, 1, 1, tzinfo=UTC)], "n": [1], "x": [1.0]})


def planned(*features: Any) -> tuple[ViewPlan, list[SpecError]]:
    source = hw.Source(
        "s", hw.Frame(ROWS), event_time="at", known_time="at", sequence="n", zone="UTC"
    )
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="k", features=features), faults)
    assert plan is not None
    return plan, faults.found


def test_it_is_in_the_name_so_that_a_feature_stands_beside_the_same_without() -> None:
    one = hw.Mean("x")
    plan, faults = planned(
        one.within("7d"),
        one.within("7d", min_rows=2),
        one.within("7d", hop="1h", min_rows=2),
        one.over_rows(3, min_rows=3),
        one.so_far("day", min_rows=2),
        one.over_session("1h", min_rows=2),
        one.over_all(min_rows=9),
    )
    assert faults == []
    assert [feature.column for feature in plan.features] == [
        "v__x_mean_7d",
        "v__x_mean_7d_min_2rows",
        "v__x_mean_7d_hop_1h_min_2rows",
        "v__x_mean_3rows_min_3rows",
        "v__x_mean_day_so_far_min_2rows",
        "v__x_mean_session_1h_min_2rows",
        "v__x_mean_all_min_9rows",
    ]
    assert [feature.min_rows for feature in plan.features] == [0, 2, 2, 3, 2, 2, 9]
    assert {feature.dtype for feature in plan.features} == {pl.Float64()}


def parts(*features: Any) -> list[list[tuple[str, str, bool]]]:
    plan, faults = planned(*features)
    assert faults == []
    assert {proof.verdict for proof in prove_views([plan])} == {"proved"}
    return [
        [
            (type(one.aggregation).__name__, str(one.window), one.value is None)
            for one in feature.parts
        ]
        for feature in plan.features
    ]


def test_the_rows_of_all_that_is_folded_are_counted_over_its_own_window() -> None:
    found = parts(
        hw.Mean("x").within("7d", min_rows=2),
        hw.Latest("x").over_all(min_rows=2),
        hw.Ratio(hw.Sum("x"), hw.Count(), name="r").over_all(min_rows=2),
        hw.Change(hw.Mean("x")).within("7d", min_rows=2),
    )
    assert found == [
        [("Mean", "7d", False), ("Count", "7d", False)],
        [("Latest", "all history", False), ("Count", "all history", True)],
        [
            ("Sum", "all history", False),
            ("Count", "all history", True),
            ("Count", "all history", False),
            ("Count", "all history", True),
        ],
        [
            ("Mean", "7d", False),
            ("Mean", "before 7d", False),
            ("Count", "7d", False),
            ("Count", "before 7d", False),
        ],
    ]


def test_what_counts_reads_the_second_column_too() -> None:
    plan, _ = planned(hw.Covariance("x", "n").over_all(min_rows=2))
    assert all(part.other is not None for part in plan.features[0].parts)
    assert plan.features[0].value is not None


@pytest.mark.parametrize(
    ("feature", "code", "words"),
    [
        (hw.Mean("x").over_rows(3, min_rows=0), "HW202", "min_rows=0 is not a number above zero"),
        (hw.Mean("x").within("1d", min_rows=-1), "HW202", "min_rows=-1 is not a number above"),
        (hw.Mean("x").over_all(min_rows=1 << 63), "HW202", "is more than 4611686018427387904"),
        (hw.Mean("x").within("1d", min_rows="2"), "HW211", "takes a number of rows, found str"),
        (hw.Mean("x").within("1d", min_rows=True), "HW211", "a number of rows, found bool"),
        (hw.Mean("x").over_rows(3, min_rows=4), "HW202", "of 3 rows never holds min_rows=4"),
    ],
)
def test_a_number_that_is_none_is_refused(feature: Any, code: str, words: str) -> None:
    plan, faults = planned(feature)
    assert [fault.code for fault in faults] == [code]
    assert words in faults[0].message
    assert plan.features == ()


def test_it_is_in_the_fingerprint() -> None:
    one = hw.Count(name="n")
    declared = [one.within("1d"), one.within("1d", min_rows=1), one.within("1d", min_rows=2)]
    found = {view_identity(planned(each)[0], "spine", {"s": "data"}) for each in declared}
    assert len(found) == 3
