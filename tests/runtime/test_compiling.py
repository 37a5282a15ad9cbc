"""What a build has to compile, told before its data is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import headwater as hw
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime import compiling
from headwater.runtime.build import planned
from headwater.runtime.compiling import compile_passes
from headwater.runtime.sessions import Session, session_at

ROWS = pl.DataFrame(
    {"shop": ["a"], "at": [datetime(2024, 1, 1, tzinfo=UTC)], "paid": [1.5], "late": [True]}
)
PASSES = [
    ("activated_tree", "Mean"),
    ("sliding_multiset", "CountDistinct"),
]
FITS = [
    ("grouped_fold", "Mean"),
    ("grouped_fold", "Std"),
    ("grouped_fold", "Count"),
    ("run_program", None),
]


def plan_of(recipe: hw.Recipe | None) -> TrainingSetPlan:
    sales = hw.Source("sales", hw.Frame(ROWS), event_time="at", known_time="at")
    features = [hw.Mean("paid").within("1d"), hw.CountDistinct("paid").within("1d")]
    training_set = hw.TrainingSet(
        "sold",
        spine=hw.Spine(ROWS.select("shop", "at", "late"), as_of="at"),
        features=[hw.FeatureView("shop", sales, entity="shop", features=features)],
        label=hw.Label("is_late", pl.col("late"), known_time="at"),
        split=hw.SplitByTime(train=0.8, validation=0, test=0.2),
        recipe=recipe,
        place=None,
    )
    return planned(training_set)


def session(folder: Path, threads: int) -> Session:
    place = hw.errors.Place(str(folder / "definitions.py"), 1, "sold")
    return session_at(place, 1, lambda words: None, threads)


def told(plan: TrainingSetPlan) -> list[tuple[str, str | None]]:
    found = compiling._missing(plan)
    return [(one[0].__name__, None if one[2] is None else one[2].__name__) for one in found]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")


def test_the_passes_of_views_statistics_and_operations_are_told() -> None:
    recipe = hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.ScaleStandard(hw.numeric()))
    found = told(plan_of(recipe))
    assert sorted(found[:2]) == PASSES
    assert found[2:5] == FITS[:3]
    assert found[-1] == FITS[-1]


def test_without_a_recipe_the_passes_of_views_are_all() -> None:
    assert sorted(told(plan_of(None))) == PASSES


def test_nothing_is_told_where_all_of_it_runs_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_COMPILE", "0")
    assert told(plan_of(hw.Recipe(hw.ScaleStandard(hw.numeric())))) == []


def test_on_one_thread_nothing_is_compiled_beside_the_build(tmp_path: Path) -> None:
    assert not compile_passes(plan_of(None), session(tmp_path, 1))


def test_a_build_on_two_threads_begins_to_compile(tmp_path: Path) -> None:
    assert compile_passes(plan_of(None), session(tmp_path, 2))
