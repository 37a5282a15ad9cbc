"""Run: build, train, compare the clocks and report, as plain values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import headwater as hw
from headwater.errors import SpecError, SpecErrors
from headwater.runtime.project import Project, load_project
from headwater.runtime.run import build_project, run_project, train_project
from headwater.stores import ledger

SILENCE: Callable[[str], None] = lambda _: None  # noqa: E731


def run(project: Project) -> tuple[dict[str, Any], list[str]]:
    heard: list[str] = []
    return run_project(project, say=heard.append), heard


def without_time(result: dict[str, Any]) -> dict[str, Any]:
    of_the_run = ("seconds", "cached", "took")
    return {key: value for key, value in result.items() if key not in of_the_run}


def test_a_run_says_everything_and_the_next_computes_nothing(make_project: Any) -> None:
    project = make_project()
    first, heard = run(project)
    assert {*("training_set", "metrics", "baseline", "clocks", "cached", "report")} <= set(first)
    assert {*("fingerprint", "rows", "parts", "excluded")} <= set(first["training_set"])
    for part in ("validation", "test"):
        for name in ("metrics", "baseline", "rule"):
            assert {"roc_auc", "pr_auc", "brier", "log_loss"} <= set(first[name][part])
    assert [row["variant"] for row in first["clocks"]] == [
        "no_history", "at_sending", "event_time", "known",
    ]  # fmt: skip
    assert first["cached"] is False
    assert first["seconds"] > 0
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert "preparation: fitted on training rows only" in heard
    tasks = [(one["task"], one.get("view")) for one in first["took"]]
    assert [task for task, _ in tasks if task != "view"][:4] == [
        "spine", "preparation", "model", "pictures",
    ]  # fmt: skip
    assert all(view is not None for task, view in tasks if task == "view")
    assert "view" in dict(tasks)
    for one in first["took"]:
        assert one["seconds"] > 0
        assert one["processor_seconds"] >= 0
        assert one["peak_bytes"] > 1_000_000
    assert 0 < sum(one["seconds"] for one in first["took"]) <= first["seconds"]
    again, heard = run(load_project(project.folder))
    assert again["cached"] is True
    assert again["took"] == []
    assert heard == ["report"]
    assert without_time(again) == without_time(first)
    assert len(ledger.read(project.home.ledger)) == 1


def test_parts_come_in_the_order_of_time_and_the_books_balance(ran: Any) -> None:
    found = ran.result["training_set"]
    assert list(found["parts"]) == ["train", "validation", "test"]
    assert found["rows"] == sum(part["rows"] for part in found["parts"].values())
    assert found["rows"] + sum(found["excluded"].values()) == found["spine_rows"]


def test_a_lost_table_of_clocks_is_computed_again_and_said(make_project: Any) -> None:
    project = make_project()
    first, _ = run(project)
    for path in project.home.cache.glob("*.json"):
        path.unlink()
    again, heard = run(project)
    assert again["cached"] is False
    assert again["clocks"] == first["clocks"]
    assert all(words.startswith(("clocks", "report")) for words in heard)
    assert len(ledger.read(project.home.ledger)) == 1


def test_what_each_input_reads_and_when_it_was_known_is_said(ran: Any) -> None:
    result = ran.result
    assert result["label"] == {"name": "late", "reads": ["minutes_late"], "clock": "arrived_at"}
    clocks = {one["name"]: one["clock"] for one in result["features"]}
    assert clocks["courier__minutes_late_mean_6h"] == "arrived_at and sent_at - 1d"
    assert result["kept"] == [
        {"name": "distance", "clock": "sent_at - 1d", "verdict": "proved"},
        {"name": "weight", "clock": "weighed_at", "verdict": "masked"},
        {"name": "depot", "clock": "sent_at - 1d", "verdict": "proved"},
    ]


def test_a_record_of_each_run_lies_apart_from_the_artifact(make_project: Any) -> None:
    project = make_project()
    first, _ = run(project)
    run(project)
    records = [json.loads(path.read_bytes()) for path in sorted(project.home.runs.iterdir())]
    assert [record["cached"] for record in records] == [False, True]
    assert {"ended", "python", "platform", "commit", "is_dirty"} <= set(records[0])
    assert without_time(first).items() <= records[0].items()


def test_build_and_train_of_a_project_say_their_part(make_project: Any) -> None:
    project = make_project()
    built = build_project(project)
    assert set(built) == {"training_set", "path", "findings", "cached", "seconds"}
    assert built["cached"] is False
    assert build_project(project)["cached"] is True
    trained = train_project(project)
    assert trained["training_set"]["fingerprint"] == built["training_set"]["fingerprint"]
    assert trained["cached"] is False
    assert train_project(project)["cached"] is True
    result, heard = run(project)
    assert result["cached"] is False
    assert not [words for words in heard if words.startswith(("rows", "view", "prep", "model"))]


def test_faults_anywhere_in_the_project_come_before_any_work(make_project: Any) -> None:
    text = {'entity="depot", features': 'entity="depo", features', "train=0.6": "train=0.9"}
    project = make_project(replace=text)
    for act in (build_project, train_project, run_project):
        with pytest.raises(SpecErrors) as caught:
            act(project, say=pytest.fail)
        assert sorted(fault.code for fault in caught.value.faults) == ["HW201", "HW208", "HW209"]
    assert not project.home.folder.exists()


def test_a_name_that_is_not_defined_is_refused(make_project: Any) -> None:
    project = make_project()
    with pytest.raises(SpecError, match="no model is named 'late_modl'") as caught:
        run_project(project, "late_modl", say=SILENCE)
    assert caught.value.code == "HW104"
    assert hw.SpecError is SpecError
