"""Fingerprints: what determines a result, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.plan import identity
from headwater.plan.faults import Faults
from headwater.plan.seeds import derived_seed
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame({"user": ["a", "b"], "n": [1, 2], "m": [0, 1], "at": [AT, AT]})
CHECKED = "the contract of source 'users'"

Change = Callable[[dict[str, Any]], None]


def definitions() -> dict[str, Any]:
    return {
        "source": {"event_time": "at", "known_time": "at", "identity": ("user",)},
        "frame": FRAME,
        "view": {"entity": "user", "features": [hw.Mean("n").within("7d")]},
        "other": {"entity": "user", "features": [hw.Count().within("1d")]},
        "spine": {"as_of": "at", "keep": ["m"]},
        "label": hw.Label("large", pl.col("n") > 1),
        "split": hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        "set": {"recipe": hw.Recipe(hw.ImputeMedian(hw.numeric()))},
        "seed": 7,
    }


def planned(given: dict[str, Any]) -> TrainingSetPlan:
    users = hw.Source("users", hw.Frame(given["frame"]), **given["source"])
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "users",
            spine=hw.Spine(users, **given["spine"]),
            features=[
                hw.FeatureView("one", users, **given["view"]),
                hw.FeatureView("two", users, **given["other"]),
            ],
            label=given["label"],
            split=given["split"],
            **given["set"],
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    return plan


def identities(change: Change = lambda given: None) -> dict[str, str]:
    given = definitions()
    change(given)
    plan = planned(given)
    data = identity.snapshots(plan)
    spine = identity.spine_identity(plan, data)
    views = {view.view.name: identity.view_identity(view, spine, data) for view in plan.views}
    whole = identity.artifact_identity(plan, data, given["seed"])
    return {"spine": spine, **views, "artifact": whole}


def changed(change: Change) -> set[str]:
    before, after = identities(), identities(change)
    return {task for task in before if before[task] != after[task]}


ALL = {"spine", "one", "two", "artifact"}


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g["source"].update(description="who they are", owner="ada", tags=["x"]),
        lambda g: g["source"].update(version="2", place=None),
        lambda g: g["view"].update(description="means", owner="ada", tags=["x"], version="9"),
        lambda g: g["view"].update(features=[hw.Mean("n").within("7d")], place=None),
        lambda g: g["set"].update(description="of users", owner="ada", tags=["x"], version="3"),
        lambda g: g.update(label=hw.Label("large", pl.col("n") > 1, description="many")),
        lambda g: g["spine"].update(place=None),
        lambda g: g.update(frame=FRAME[:1].vstack(FRAME[1:])),
    ],
)
def test_prose_place_and_layout_change_nothing(change: Change) -> None:
    assert changed(change) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g["source"].update(known_time=pl.col("at") - pl.duration(hours=1)),
        lambda g: g["source"].update(known_times={"n": hw.ALWAYS}),
        lambda g: g["source"].update(identity=("user", "n")),
        lambda g: g["source"].update(null_known_time="never"),
        lambda g: g["source"].update(sequence="n"),
        lambda g: g["source"].update(derive={"k": pl.col("n") + 1}),
        lambda g: g["source"].update(zone="UTC"),
        lambda g: g.update(frame=FRAME.with_columns(n=pl.Series([1, 3]))),
        lambda g: g.update(frame=FRAME.reverse()),
        lambda g: g["spine"].update(as_of=pl.col("at") - pl.duration(microseconds=0)),
        lambda g: g["spine"].update(keep=[]),
        lambda g: g["spine"].update(filter=pl.col("m") > 0),
        lambda g: g.update(label=hw.Label("large", pl.col("n") > 0)),
        lambda g: g.update(label=hw.Label("big", pl.col("n") > 1)),
        lambda g: g.update(split=hw.SplitByTime(train=0.7, validation=0.2, test=0.1)),
    ],
)
def test_what_decides_about_rows_changes_everything(change: Change) -> None:
    assert changed(change) == ALL


@pytest.mark.parametrize(
    "feature",
    [
        hw.Mean("n").within("8d"),
        hw.Mean("n").within("7d", "1d"),
        hw.Mean("m").within("7d"),
        hw.Sum("n").within("7d"),
        hw.Mean("n", where=pl.col("m") > 0, name="n_mean").within("7d"),
        hw.Mean("n", name="mean").within("7d"),
        hw.Mean("n").over_all(),
    ],
)
def test_a_changed_view_changes_itself_and_the_artifact_only(feature: Any) -> None:
    assert changed(lambda g: g["view"].update(features=[feature])) == {"one", "artifact"}


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g.update(seed=8),
        lambda g: g["set"].update(recipe=None),
        lambda g: g["set"].update(recipe=hw.Recipe(hw.ScaleStandard(hw.numeric()))),
    ],
)
def test_seed_and_recipe_change_the_artifact_only(change: Change) -> None:
    assert changed(change) == {"artifact"}


def test_a_version_of_a_library_changes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identities()
    monkeypatch.setattr(identity, "versions", lambda: {"polars": "0.0.1"})
    after = identities()
    assert {task for task in before if before[task] != after[task]} == ALL


def test_versions_name_what_touches_values_and_the_code_itself() -> None:
    assert set(identity.versions()) == {"polars", "numpy", "numba", "pyarrow", "headwater"}


def test_the_code_that_decides_what_an_artifact_holds_counts() -> None:
    package = Path(inspect.getfile(identity)).parents[1]
    counted = {path.relative_to(package).as_posix() for path in identity.code_files(package)}
    assert {
        "aggregations/mean.py",
        "engines/splits.py",
        "kernel/passes.py",
        "plan/training_sets.py",
        "runtime/build.py",
        "schema/clocks.py",
        "sources/parquet.py",
        "spec/frame.py",
        "steps/encode_target.py",
        "stores/artifacts.py",
        "stores/cache.py",
    } <= counted
    assert not {name for name in counted if name.startswith(("apps/", "reports/", "testing/"))}


def named(change: Change) -> set[str]:
    """The definitions that are told to be others, by which an artifact is identified."""
    given = definitions()
    before = identity.definition_identities(planned(given))
    change(given)
    after = identity.definition_identities(planned(given))
    return {name for name in before | after if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g: None, set()),
        (lambda g: g.update(seed=8, frame=FRAME.reverse()), set()),
        (lambda g: g["source"].update(description="who they are"), set()),
        (lambda g: g["source"].update(known_times={"n": hw.ALWAYS}), {"source 'users'"}),
        (lambda g: g["source"].update(contract=[hw.NotNull("n")]), {CHECKED}),
        (lambda g: g["view"].update(features=[hw.Mean("n").within("8d")]), {"feature view 'one'"}),
        (lambda g: g["spine"].update(filter=pl.col("m") > 0), {"the spine"}),
        (lambda g: g.update(label=hw.Label("large", pl.col("n") > 0)), {"label 'large'"}),
        (lambda g: g["set"].update(recipe=None), {"the recipe"}),
    ],
)  # fmt: skip
def test_a_definition_that_changed_is_told_by_name_and_no_other(
    change: Change, expected: set[str]
) -> None:
    assert named(change) == expected


def test_derived_columns_and_grids_are_told_too() -> None:
    def told(moment: str, delay: str) -> dict[str, str]:
        users = hw.Source("users", hw.Frame(FRAME), event_time="at", delay=delay)
        view = hw.FeatureView("one", users, entity="user", features=[hw.Count().within("7d")])
        training_set = hw.TrainingSet(
            "users",
            spine=hw.Spine.every(moment, source=users, entity="user", active_within="9d"),
            features=[view, hw.Derived("twice", pl.col("one__count_7d") * 2)],
            label=hw.Label("some", pl.col("k") > 0, ahead={"k": hw.Count().ahead("1d")}),
            split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        )
        faults = Faults()
        plan = plan_training_set(training_set, faults)
        faults.raise_all()
        assert plan is not None
        return identity.definition_identities(plan)

    before = told("7d", "1h")
    assert "derived column 'twice'" in before
    for after, name in ((told("8d", "1h"), "the spine"), (told("7d", "2h"), "source 'users'")):
        assert [one for one in before if before[one] != after[one]] == [name]


LONGEST = '''
from dataclasses import dataclass
from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count

@dataclass(frozen=True, slots=True)
class Longest(Aggregation):
    """A project's own."""

    prepare, lift, merge, result = Count.prepare, Count.lift, Count.merge, Count.result
'''


def test_the_code_of_a_projects_own_aggregation_counts(tmp_path: Path) -> None:
    def own(name: str, text: str) -> dict[str, str]:
        folder = tmp_path / name
        (folder / "aggregations").mkdir(parents=True)
        (folder / "aggregations" / "longest.py").write_text(text)
        plugins.forget_projects()
        plugins.use_project(folder)
        feature = hw.Longest("n").within("7d")
        return identities(lambda g: g["view"].update(features=[feature]))

    try:
        one, same = own("one", LONGEST), own("same", LONGEST)
        other = own("other", LONGEST + "\nLIMIT = 3\n")
    finally:
        plugins.forget_projects()
    assert one == same
    assert {task for task in one if one[task] != other[task]} == {"one", "artifact"}


def test_seeds_are_derived_by_task_and_root() -> None:
    seeds = [
        derived_seed(1, "train", "a"),
        derived_seed(2, "train", "a"),
        derived_seed(1, "train", "b"),
        derived_seed(1, "traina"),
        derived_seed(1, "bootstrap", "a"),
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derived_seed(1, "train", "a") == seeds[0]
