"""What a build takes, from the counts of its plan and what one of each costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.graph import Task, graph
from headwater.plan.identity import snapshots
from headwater.plan.prediction import (
    NOT_KNOWN,
    NOTHING,
    FoldCost,
    PassKind,
    Prediction,
    UnitCosts,
    in_all,
    pass_kind,
    predicted,
    view_seconds,
    whole_view_seconds,
)
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import FeaturePlan, ViewPlan, plan_view
from headwater.spec.reader import Reader

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame(
    {"user": ["a"] * 5, "n": range(5), "at": [AT] * 5, "seen": [AT] * 5, "code": range(5)}
)
FREE = UnitCosts(
    **dict.fromkeys(
        (
            *(
                "start",
                "task",
                "digest_byte",
                "read_cell",
                "read_text",
                "arrange_row",
                "arrange_text",
            ),
            *("version_row", "ask_row", "limit_row", "limit_answer", "spine_row"),
            *("write_cell", "recipe_cell", "compile_pass"),
        ),
        0.0,
    ),
    folds=dict.fromkeys(
        ("sums", "newest", "choices", "states", "values", "tree of sums", "tree of states"),
        FoldCost(0.0, 0.0),
    ),
    quick_from=1_000,
    process_bytes=0,
)
"""Nothing costs anything, so that each test says what does."""


def source(name: str = "users", reader: Reader | None = None, **given: Any) -> hw.Source:
    clocks = {"user": "at", "code": "at", "n": "at", "seen": "at"}
    return hw.Source(name, reader or hw.Frame(FRAME), event_time="at", known_times=clocks, **given)


def view(*features: Any, entity: str = "code", **given: Any) -> ViewPlan:
    faults = Faults()
    declared = hw.FeatureView("v", source(**given), entity=entity, features=list(features))
    plan = plan_view(declared, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def resolved(
    history: Reader | None = None,
    *,
    label: hw.Label | None = None,
    asked: Reader | None = None,
    identity: tuple[str, ...] = (),
    recipe: hw.Recipe | None = None,
    features: tuple[Any, ...] = (),
) -> tuple[TrainingSetPlan, tuple[Task, ...]]:
    users = source(reader=history)
    spine = source("asked", asked, identity=identity)
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "t",
            spine=hw.Spine(spine, as_of="at"),
            features=[
                hw.FeatureView(
                    "v",
                    users,
                    entity="user",
                    features=list(features or [hw.Mean("n").within("7d")]),
                )
            ],
            label=label or hw.Label("large", pl.col("n") > 1),
            split=hw.SplitByTime(train=1.0, validation=0, test=0),
            recipe=recipe,
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    return plan, graph(plan, snapshots(plan), seed=0)


def kind_of(feature: FeaturePlan, history: int = 1_000) -> PassKind:
    return pass_kind(feature, FREE, history=history, event_time="at")


def seconds_of(name: str, units: UnitCosts, **given: Any) -> float | None:
    plan, tasks = resolved(**given)
    return predicted(plan, tasks, units)[name].seconds


@pytest.mark.parametrize(
    ("aggregation", "few", "many"),
    [
        (hw.Mean("n"), "tree of sums", "sums"),
        (hw.Last("n"), "tree of states", "newest"),
        (hw.Max("n"), "tree of states", "choices"),
        (hw.Range("n"), "tree of states", "states"),
        (hw.Median("n"), "values", "values"),
    ],
)
def test_the_pass_depends_on_what_is_folded_and_on_how_many_rows(
    aggregation: Any, few: PassKind, many: PassKind
) -> None:
    (feature,) = view(aggregation.within("7d")).features
    assert kind_of(feature, 999) == few
    assert kind_of(feature) == many


def test_sessions_and_clocks_of_their_own_take_the_pass_that_asks_for_no_order() -> None:
    (session,) = view(hw.Mean("n").over_session("1h")).features
    assert kind_of(session) == "tree of sums"
    faults = Faults()
    late = hw.Source("late", hw.Frame(FRAME), event_time="at", known_time="seen")
    plan = plan_view(
        hw.FeatureView("v", late, entity="user", features=[hw.Mean("n").within("7d")]), faults
    )
    assert plan is not None
    assert kind_of(plan.features[0]) == "tree of sums"


def test_folds_cost_by_history_rows_and_answers_by_windows() -> None:
    units = replace(FREE, folds={**FREE.folds, "tree of sums": FoldCost(2.0, 10.0, 1.0)})
    mean = hw.Mean("n")
    one = view_seconds(view(mean.within("7d")), units, history=100, spine=3)
    two = view_seconds(view(mean.within("7d", "30d")), units, history=100, spine=3)
    assert one == 100 * 3.0 + 3 * 10.0
    assert two == 100 * 4.0 + 3 * 20.0
    assert view_seconds(view(mean.within("7d")), units, history=200, spine=6) == 2 * one


def test_arranging_costs_more_where_keys_are_text_and_events_have_versions() -> None:
    units = replace(FREE, arrange_row=1.0, arrange_text=2.0, version_row=4.0, ask_row=8.0)
    mean = hw.Mean("n").within("7d")
    assert view_seconds(view(mean), units, history=10, spine=1) == 18.0
    assert view_seconds(view(mean, entity="user"), units, history=10, spine=1) == 38.0
    versions = view(mean, identity=("code",))
    assert view_seconds(versions, units, history=10, spine=1) == 58.0


def test_windows_by_rows_are_marked_once_for_all_that_is_folded_over_them() -> None:
    units = replace(FREE, limit_row=1.0, limit_answer=10.0)
    alike = view(hw.Mean("n").over_rows(3), hw.Max("n").over_rows(3))
    assert view_seconds(alike, units, history=5, spine=2) == 25.0
    unlike = view(hw.Mean("n").over_rows(3, 4))
    assert view_seconds(unlike, units, history=5, spine=2) == 50.0


def test_the_parts_of_a_composite_are_folded_in_its_place() -> None:
    units = replace(FREE, folds={**FREE.folds, "tree of sums": FoldCost(1.0, 0.0)})
    ratio = hw.Ratio(hw.Sum("n"), hw.Count("n")).within("7d")
    assert view_seconds(view(ratio), units, history=7, spine=1) == 14.0


def test_reading_costs_by_cells_and_more_for_text() -> None:
    units = replace(FREE, read_cell=1.0, read_text=100.0)
    # the entity's text, the event time and the number of five rows
    assert seconds_of("view v", units) == 5 * 102.0


def test_the_rows_task_decides_reads_and_writes() -> None:
    assert seconds_of("rows t", replace(FREE, spine_row=2.0, task=1.0)) == 11.0
    # user and n are read; both, and four columns of its own, are written
    assert seconds_of("rows t", replace(FREE, write_cell=1.0)) == 5 * 6.0
    assert seconds_of("rows t", replace(FREE, version_row=1.0)) == 0.0
    assert seconds_of("rows t", replace(FREE, version_row=1.0), identity=("code",)) == 5.0


def ahead(reader: Reader) -> hw.Label:
    later = hw.Source(
        "later", reader, event_time="at", known_time="at", complete_through="2030-01-01T00:00:00Z"
    )
    return hw.Label(
        "more",
        pl.col("sum") > 1,
        ahead={"sum": hw.Sum("n").ahead("1d")},
        entity="code",
        source=later,
    )


def test_a_label_that_looks_ahead_folds_a_view_of_its_own(tmp_path: Path) -> None:
    units = replace(FREE, arrange_row=1.0)
    assert seconds_of("rows t", units) == 0.0
    assert seconds_of("rows t", units, label=ahead(hw.Frame(FRAME))) == 5.0
    FRAME.write_csv(tmp_path / "later.csv")
    uncounted = ahead(hw.Csv(str(tmp_path / "later.csv"), types=dict(FRAME.schema)))
    assert seconds_of("rows t", units, label=uncounted) is None


def test_the_artifact_is_written_twice_and_prepared_column_by_column() -> None:
    # one input, the label and two times
    assert seconds_of("artifact t", replace(FREE, write_cell=1.0)) == 2 * 5 * 4.0
    units = replace(FREE, recipe_cell=1.0)
    assert seconds_of("artifact t", units) == 0.0
    both = hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.ScaleStandard(hw.numeric()))
    assert seconds_of("artifact t", units, recipe=both) == 5 * 2.0


def test_steps_over_what_an_earlier_step_finds_count_one_column_each() -> None:
    last = hw.Last("user").within("7d")
    found = hw.Recipe(
        hw.EncodeOneHot(hw.strings()), hw.ScaleStandard(hw.columns("v__user_last_7d=a"))
    )
    units = replace(FREE, recipe_cell=1.0)
    assert seconds_of("artifact t", units, recipe=found, features=(last,)) == 5 * 2.0


def test_what_is_kept_takes_nothing_and_a_built_artifact_no_other_task_either() -> None:
    plan, tasks = resolved()
    units = replace(FREE, task=1.0, digest_byte=1.0, compile_pass=3.0)
    rows, folded, built = (task for task in tasks if task.kind != "source")
    fresh = predicted(plan, tasks, units, missing={"view v": 2})
    assert [fresh[task.name].seconds for task in (rows, folded, built)] == [1.0, 1.0, 1.0]
    assert fresh["view v"].compile_seconds == 6.0
    some = predicted(plan, tasks, units, kept={rows.identity, folded.identity})
    assert (some[rows.name], some[folded.name]) == (NOTHING, NOTHING)
    assert some[built.name].seconds == 1.0
    begun = predicted(plan, tasks, replace(units, start=10.0), kept={rows.identity})
    assert [begun[task.name].seconds for task in (rows, folded, built)] == [0.0, 11.0, 1.0]
    every = predicted(plan, tasks, units, kept={built.identity}, missing={"view v": 2})
    assert [every[task.name] for task in (rows, folded, built)] == [NOTHING] * 3


def test_more_rows_and_more_features_never_take_less_memory() -> None:
    plan, tasks = resolved()
    more, others = resolved(features=(hw.Mean("n").within("7d"), hw.Max("n").within("7d")))
    sizes = [
        predicted(one, found, FREE)["view v"].size_bytes
        for one, found in ((plan, tasks), (more, others))
    ]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert 0 < sizes[0] < sizes[1]
    twice, twice_tasks = resolved(hw.Frame(pl.concat([FRAME, FRAME])))
    larger = predicted(twice, twice_tasks, FREE)["view v"].size_bytes
    assert larger is not None
    assert larger > sizes[0]


def test_a_build_takes_all_seconds_and_the_most_memory_at_a_time() -> None:
    units = replace(FREE, process_bytes=1_000)
    found = {"a": Prediction(1.0, 30, 2.0), "b": Prediction(2.0, 10), "c": NOTHING}
    assert in_all(found, units) == Prediction(3.0, 1_030, 2.0)


def test_where_a_source_is_counted_only_by_reading_the_whole_is_not_known(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "users.csv")
    plan, tasks = resolved(hw.Csv(str(tmp_path / "users.csv"), types=dict(FRAME.schema)))
    found = predicted(plan, tasks, replace(FREE, digest_byte=1.0, task=1.0), missing={"view v": 1})
    assert found["view v"] == replace(NOT_KNOWN, compile_seconds=0.0)
    assert found["source users"].seconds == (tmp_path / "users.csv").stat().st_size
    assert found["rows t"].seconds == 1.0
    assert in_all(found, FREE) == NOT_KNOWN


def test_a_whole_view_is_read_and_folded_with_what_its_rows_see() -> None:
    inner = hw.FeatureView("seen", source(), entity="code", features=[hw.Count().over_all()])
    plain = view(hw.Sum("n").over_all())
    chained = view(hw.Sum("n").over_all(), name="outer", views=[inner])
    units = replace(FREE, read_cell=1e-3, ask_row=1.0)
    heights = {"users": 40, "outer": 7}
    assert whole_view_seconds(plain, units, heights=heights, spine=5) == pytest.approx(5 + 0.12)
    found = whole_view_seconds(chained, units, heights=heights, spine=5)
    assert found == pytest.approx(5 + 7 * 3e-3 + 7 + 40 * 2e-3)
