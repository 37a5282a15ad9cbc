"""What a build would do, and where each column comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.errors import SpecError
from headwater.runtime.explain import explain_project
from headwater.runtime.machine_costs import Sizes
from headwater.runtime.planning import plan_project
from headwater.runtime.run import build_project, train_project

TINY = Sizes(quick=1_000, small=1_000, seconds=0.0)
"""Enough to tell that something is measured, and what."""

TASKS = [
    "source parcels",
    "rows late_parcels",
    "view courier",
    "view depot",
    "artifact late_parcels",
]


def test_a_plan_lists_each_task_after_what_it_reads(make_project: Any) -> None:
    tasks = plan_project(make_project(), sizes=TINY)["tasks"]
    assert [task["name"] for task in tasks] == TASKS
    done: set[str] = set()
    for task in tasks:
        assert done.issuperset(task["reads"])
        done.add(task["name"])


def test_a_plan_says_how_large_each_task_is_without_reading_a_row(make_project: Any) -> None:
    source, rows, courier, *_ = plan_project(make_project(), sizes=TINY)["tasks"]
    assert source["rows"] == 2000
    assert source["size_bytes"] > 10_000
    assert rows["rows"] == 2000
    # three aggregations fold 2,000 rows each, and 2,000 rows ask for each of four windows
    assert courier["visits"] == 3 * 2000 + 4 * 2000
    assert courier["masks"] == ["arrived_at and sent_at - 1d"]


def test_a_plan_computes_nothing_and_says_what_is_kept(make_project: Any) -> None:
    project = make_project()
    before = plan_project(project, sizes=TINY)
    assert [task["cached"] for task in before["tasks"]] == [None, False, False, False, False]
    assert not before["cached"]
    assert not (project.folder / ".headwater" / "cache").exists()
    built = build_project(project)
    after = plan_project(project, sizes=TINY)
    assert [task["cached"] for task in after["tasks"]] == [None, True, True, True, True]
    assert after["cached"]
    assert after["fingerprint"] == built["training_set"]["fingerprint"]
    assert after["mermaid"].count(":::kept") == 4
    json.dumps(after)


def test_a_plan_predicts_each_task_and_the_whole_build(make_project: Any) -> None:
    project = make_project()
    planned = plan_project(project, sizes=TINY)
    tasks, whole = planned["tasks"], planned["prediction"]
    assert all(task["seconds"] > 0 for task in tasks)
    assert whole["seconds"] == pytest.approx(sum(task["seconds"] for task in tasks))
    assert whole["size_bytes"] > max(task["size_bytes"] for task in tasks[1:])
    assert whole["compile_seconds"] == sum(task["compile_seconds"] for task in tasks)
    build_project(project)
    again = plan_project(project, sizes=TINY)
    assert [task["seconds"] for task in again["tasks"]] == [tasks[0]["seconds"], 0, 0, 0, 0]
    assert again["prediction"]["passes"] == 0


def test_the_graph_is_drawn_with_every_task_and_every_edge(make_project: Any) -> None:
    lines = plan_project(make_project(), sizes=TINY)["mermaid"].splitlines()
    assert lines[0] == "flowchart LR"
    assert any(line.startswith('  t0[("source parcels<br/>2,000 rows<br/>') for line in lines)
    assert "  t0 --> t1" in lines
    assert sum("-->" in line for line in lines) == 1 + 2 + 2 + 3


def test_every_input_is_proved_or_masked(make_project: Any) -> None:
    inputs = {one["name"]: one for one in plan_project(make_project(), sizes=TINY)["inputs"]}
    assert inputs["distance"]["verdict"] == "proved"
    assert inputs["weight"]["because"] == "null where weighed_at > as_of"
    late = inputs["depot__minutes_late_mean_1d"]
    assert late["verdict"] == "masked"
    assert late["reads"]["value"] == ["parcels.minutes_late, known at arrived_at (known_time)"]


def test_a_feature_is_explained_from_source_to_model(make_project: Any) -> None:
    project = make_project()
    built = build_project(project)
    found = explain_project(project, "depot__minutes_late_mean_1d")
    assert found["kind"] == "feature"
    assert found["computed"]["aggregation"] == "Mean"
    assert found["computed"]["sees"] == (
        "as_of - 1d <= sent_at < as_of and arrived_at <= as_of and sent_at - 1d <= as_of"
    )
    assert found["known"]["verdict"] == "masked"
    assert found["prepared"] == ["depot__minutes_late_mean_1d"]
    assert found["data"]["parcels"]["snapshot"]
    assert "definitions.py" in found["code"]["defined"]
    assert len(found["code"]["Mean"]) == 64
    version = found["code"]["feature_version"]
    learned = train_project(project)["pinned"]["features"]["depot__minutes_late_mean_1d"]
    assert version == learned["version"]
    assert "feature_version" not in explain_project(project, "late")["code"]
    assert found["used_by"] == ["late_model"]
    assert found["training_set"] == built["training_set"]["name"]


@pytest.mark.parametrize(
    ("column", "kind", "verdict"),
    [
        ("distance", "kept column", "proved"),
        ("courier", "key", "proved"),
        ("late", "label", "never an input"),
    ],
)
def test_columns_of_the_row_and_the_label_are_explained_too(
    make_project: Any, column: str, kind: str, verdict: str
) -> None:
    found = explain_project(make_project(), column)
    assert (found["kind"], found["known"]["verdict"]) == (kind, verdict)
    assert found["prepared"] == []  # not built yet


def test_a_prepared_input_is_followed_to_the_columns_that_it_is_made_of(make_project: Any) -> None:
    one_hot = {"hw.EncodeTarget(hw.strings())": "hw.EncodeOneHot(hw.strings())"}
    project = make_project(replace=one_hot)
    build_project(project)
    found = explain_project(project, "depot=depot 1")
    assert found["kind"] == "prepared input"
    assert found["reads"] == {"value": ["depot of the training set"]}
    assert found["computed"]["steps"] == ["EncodeOneHot", "ScaleStandard"]
    assert "depot=depot 1" in explain_project(project, "depot")["prepared"]


MADE_OF_OTHERS = {
    "courier = hw.FeatureView(": """
depots = hw.Attributes(
    "site",
    hw.Source(
        "depots",
        hw.Frame(pl.DataFrame({"depot": ["depot 0"], "size": [3]})),
        static="depots do not move",
    ),
    entity="depot",
    columns=["size"],
)


def parity(number: int) -> int:
    return number % 2


courier = hw.FeatureView(""",
    "features=[courier, depot]": """features=[
            courier, depot, depots, hw.Derived("heavy", pl.col("weight") > 5)
        ]""",
    'hw.Label("late", pl.col("minutes_late") > 15)': (
        'hw.Label("late", hw.PythonExpression(parity, pl.Int64(), columns=("minutes_late",)))'
    ),
}


def test_a_derived_column_a_static_one_and_one_of_a_function_say_what_they_are(
    make_project: Any,
) -> None:
    project = make_project(replace=MADE_OF_OTHERS)
    derived = explain_project(project, "heavy")
    assert derived["kind"] == "derived column"
    assert derived["reads"] == {"value": ["weight of the training set"]}
    assert derived["computed"]["type"] == "Boolean"
    assert explain_project(project, "site__size")["computed"]["sees"] == "all rows"
    label = explain_project(project, "late")
    assert label["computed"]["value"] == "parity(minutes_late)"


def test_an_unknown_column_is_refused_with_the_closest(make_project: Any) -> None:
    with pytest.raises(SpecError) as caught:
        explain_project(make_project(), "distanse")
    assert caught.value.code == "HW104"
    assert "did you mean 'distance'?" in str(caught.value)
