"""`headwater plan` and `headwater explain` as a reader and a program see them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.apps.cli.plan_rendering import plan


def test_plan_prints_tasks_and_why_each_input_is_known(project: Any, call: Any) -> None:
    found = call("plan", project.folder)
    assert found.exit_code == 0
    assert "what a build does, each task after what it reads" in found.stdout
    assert "view spend" in found.stdout
    assert "rows count only where ordered_at <= as_of and paid_at <= as_of" in " ".join(
        found.stdout.split()
    )
    assert found.stdout.rstrip().endswith("not built yet: headwater build")
    call("build", project.folder)
    assert call("plan", project.folder).stdout.rstrip().endswith("built already")


def test_plan_says_what_a_build_takes_and_nothing_once_it_is_built(project: Any, call: Any) -> None:
    words = " ".join(call("plan", project.folder).stdout.split())
    assert "a build on this machine takes about" in words
    call("build", project.folder)
    found = json.loads(call("plan", project.folder, "--json").stdout)
    assert found["prediction"]["passes"] == 0
    assert [task["seconds"] for task in found["tasks"][1:]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("predicted", "said"),
    [
        (
            {"seconds": 65.0, "size_bytes": 2_000_000_000, "passes": 0, "compile_seconds": 0.0},
            "a build on this machine takes about 1 min 5 s and 2.0 GB of memory",
        ),
        (
            {"seconds": None, "size_bytes": None, "passes": 2, "compile_seconds": 3.0},
            "time and memory: not known, as rows are counted only by reading them\n"
            "2 passes are compiled first, in about 3.0 s, once",
        ),
    ],
)
def test_the_prediction_is_said_in_words(predicted: dict[str, Any], said: str) -> None:
    task: dict[str, Any] = {"name": "view spend", "fingerprint": "ab", "rows": None, "visits": None}
    task |= {"size_bytes": None, "seconds": predicted["seconds"], "cached": False}
    text = plan(
        {
            "as_mermaid": False,
            "training_set": "t",
            "fingerprint": "ab",
            "tasks": [task],
            "inputs": [],
            "prediction": predicted,
            "cached": False,
        }
    )
    assert said in text
    assert ("not known" in text) == (predicted["seconds"] is None)


def test_plan_as_mermaid_prints_the_graph_and_nothing_else(project: Any, call: Any) -> None:
    lines = call("plan", project.folder, "--mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    assert all(line.startswith(("flowchart", "  ")) for line in lines)


def test_plan_as_json_is_one_object_with_tasks_and_inputs(project: Any, call: Any) -> None:
    found = json.loads(call("plan", project.folder, "--json").stdout)
    assert {"tasks", "inputs", "mermaid", "fingerprint", "cached"} <= found.keys()
    assert [task["kind"] for task in found["tasks"]] == ["source", "rows", "view", "artifact"]


def test_explain_answers_where_from_how_when_which_data_and_code(project: Any, call: Any) -> None:
    text = call("explain", "spend__amount_mean_7d", project.folder).stdout
    heads = ["where from", "how computed", "when known", "which data", "which code", "used by"]
    places = [text.index(f"\n{head}\n") for head in heads]
    assert places == sorted(places)
    assert "value: orders.amount, known at paid_at (known_time)" in text
    assert "returns_model" in text


def test_explain_of_an_unknown_column_ends_with_two_and_a_hint(project: Any, call: Any) -> None:
    found = call("explain", "spend__amount_mean_8d", project.folder)
    assert found.exit_code == 2
    assert "did you mean 'spend__amount_mean_7d'?" in found.stderr
