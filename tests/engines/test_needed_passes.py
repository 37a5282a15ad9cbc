"""Which compiled passes a view needs, told before its rows are read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.sum import Sum
from headwater.engines.needed_passes import missing_passes, needed_passes
from headwater.engines.passes import QUICK_FROM
from headwater.engines.views import view_features
from headwater.kernel.compile import is_compiled
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame({"user": [1, 1, 2], "n": [1.0, 2.0, 3.0], "at": [AT] * 3, "seen": [AT] * 3})


def view(*features: Any, known_time: str = "at") -> ViewPlan:
    source = hw.Source("s", hw.Frame(FRAME), event_time="at", known_time=known_time, sequence="n")
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="user", features=list(features)), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def templates(plan: ViewPlan, history: int) -> list[str]:
    return sorted(needed[0].__name__ for needed in needed_passes(plan, history))


@pytest.mark.parametrize(
    ("feature", "few", "many"),
    [
        (hw.Mean("n").within("7d"), ["activated_tree"], ["prefix_states", "window_results"]),
        (hw.Max("n").within("7d"), ["activated_tree"], ["one_stack"]),
        (hw.Last("n").within("7d"), ["activated_tree"], ["newest_row"]),
        (hw.Range("n").within("7d"), ["activated_tree"], ["two_stacks"]),
        (hw.Median("n").within("7d"), ["sliding_multiset"], ["sliding_multiset"]),
        (hw.Mean("n").over_session("1h"), ["activated_tree"], ["activated_tree"]),
    ],
)
def test_passes_follow_from_what_is_folded_and_from_how_many_rows(
    feature: Any, few: list[str], many: list[str]
) -> None:
    assert templates(view(feature), 3) == few
    assert templates(view(feature), QUICK_FROM) == many
    assert templates(view(feature, known_time="seen"), QUICK_FROM) == few


def test_windows_of_one_aggregation_share_a_pass_and_parts_of_composites_have_their_own() -> None:
    mean = hw.Mean("n")
    assert len(needed_passes(view(mean.within("7d", "30d")), 3)) == 1
    ratio = hw.Ratio(hw.Sum("n"), hw.Count("n")).within("7d")
    assert len(needed_passes(view(ratio), 3)) == 2


def test_after_a_view_was_folded_none_of_its_passes_is_missing() -> None:
    plan = view(hw.Mean("n").within("7d"), hw.Median("n").within("7d"), hw.Last("n").within("7d"))
    spine = pl.DataFrame({"user": [1]})
    view_features(plan, spine, as_of=pl.Series([1_800_000_000_000_000]))
    needed = needed_passes(plan, 3)
    assert len(needed) == 3
    assert all(is_compiled(*one) for one in needed)
    assert missing_passes(plan, 3) == []


class Halved(Sum):
    """A member that nobody folded yet."""

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, float]:
        """Half of what is nothing."""
        return 1, 0.000123 * scale


def test_a_pass_that_was_never_compiled_is_missing_unless_python_runs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = view(Halved("n").within("7d"))
    assert len(missing_passes(plan, 3)) == 1
    monkeypatch.setenv("HEADWATER_COMPILE", "0")
    assert missing_passes(plan, 3) == []
