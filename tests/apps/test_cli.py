"""The command line with input that is right: verbs, streams, exit codes, one JSON object."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

import headwater
from headwater import plugins
from headwater.apps.cli.verbs import VERBS

LATEST_SECONDS = 60
STUCK = '''\
"""Stuck: a preparation that never ends."""

import signal
import sys
from dataclasses import dataclass

from headwater.steps.base import Step


@dataclass(frozen=True, slots=True)
class Stuck(Step):
    """Waits for a signal."""

    def wanted(self, columns):
        print("stuck", file=sys.stderr, flush=True)
        while True:
            signal.pause()

    def outputs(self, columns, statistics):
        return []
'''


def object_of(found: Any) -> dict[str, Any]:
    """The one JSON object on stdout."""
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert isinstance(said, dict)
    assert found.stdout.count("\n") == 1
    return said


def test_help_lists_the_verbs_and_the_vocabulary(
    call: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    found = call("--help")
    assert found.exit_code == 0
    assert found.stderr == ""
    for verb in ("init", "demo", "check", "build", "train", "run", "report"):
        assert re.search(rf"^  {verb}  +[A-Z].*\.$", found.stdout, re.MULTILINE)
    words = " ".join(found.stdout.partition("Vocabulary")[2].split())
    for family in ("aggregations", "steps", "checks"):
        listed = ", ".join(plugins.members(family))
        assert f"{family} {listed}" in words
    assert "sources Csv, Parquet" in words
    assert "(project)" not in words
    assert max(map(len, found.stdout.splitlines())) <= 100


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb.name))
def test_help_of_a_verb_ends_with_an_example_that_parses(verb: Any, call: Any) -> None:
    found = call(verb.name, "--help")
    assert found.exit_code == 0
    assert "--json" in found.stdout
    assert f"Example: {verb.example}\n" in found.stdout
    name, *arguments = verb.example.split()[1:]
    assert name == verb.name
    assert call(name, *arguments, "--help").exit_code == 0


def test_version_is_that_of_the_package(call: Any) -> None:
    assert call("--version").stdout == f"headwater {headwater.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["biuld"], "No such command 'biuld'. Did you mean 'build'?"),
        (["build", "--fast"], "No such option: --fast"),
        (["build", "a", "b", "c"], "unexpected extra argument"),
        ([], "Commands:"),
    ],
)
def test_a_wrong_call_ends_with_2_and_nothing_on_stdout(
    arguments: list[str], says: str, call: Any
) -> None:
    found = call(*arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert says in found.stderr


def test_init_lists_what_it_made_and_what_comes_next(tmp_path: Path, call: Any) -> None:
    folder = tmp_path / "store"
    found = call("init", folder)
    assert found.exit_code == 0
    first, *others = found.stdout.splitlines()
    assert first == f"project store in {folder}"
    assert "  definitions.py" in others
    assert others[-3:] == ["next:", f"  headwater check {folder}", f"  headwater run {folder}"]
    again = call("init", folder)
    assert (again.exit_code, again.stdout) == (2, "")


def test_check_counts_definitions_and_computes_nothing(project: Any, call: Any) -> None:
    found = call("check", project.folder)
    assert found.exit_code == 0
    assert found.stdout == (
        "project shop: 1 source, 1 feature view, 1 training set, 1 model, 1 clock comparison; "
        "no fault found\n"
    )
    assert not (project.folder / ".headwater").exists()


def test_build_says_where_each_row_went(project: Any, call: Any) -> None:
    said = object_of(call("build", project.folder, "--json"))
    built = said["training_set"]
    assert built["name"] == "returns"
    assert built["spine_rows"] == built["rows"] + sum(built["excluded"].values()) == 60
    assert set(built["parts"]) == {"train", "validation", "test"}
    assert Path(said["path"]) == project.artifacts()[0]
    assert said["cached"] is False
    again = call("build", project.folder)
    assert "60 spine rows = 58 in parts + 2 purged" in again.stdout
    assert again.stdout.endswith("nothing was recomputed\n")


def test_run_gives_one_object_with_every_promised_figure(project: Any, call: Any) -> None:
    said = object_of(call("run", project.folder, "--json"))
    assert {"fingerprint", "rows", "parts", "excluded"} <= set(said["training_set"])
    for measured in (said["metrics"], said["baseline"]):
        for part in ("validation", "test"):
            assert {"roc_auc", "pr_auc", "brier", "log_loss"} <= set(measured[part])
    variants = [row["variant"] for row in said["clocks"]]
    assert variants == ["no_history", "at_order", "event_time", "known"]
    figures = {"roc_auc", "low", "high", "difference_to_known", "difference_low"}
    assert all(figures | {"difference_high"} <= set(row) for row in said["clocks"])
    assert said["looks"] == 1
    assert said["cached"] is False
    assert said["seconds"] > 0
    assert Path(said["report"]).read_text(encoding="utf-8").startswith("<!")


def test_run_reads_within_forty_lines_of_a_hundred_columns(project: Any, call: Any) -> None:
    found = call("run", project.folder)
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert len(lines) < 40
    assert [line for line in lines if len(line) > 100 and not line.startswith("report: ")] == []
    assert "\x1b" not in found.output
    for text in ("60 spine rows = ", "event_time ", "no model", "looks at the test part so far: 1"):
        assert text in found.stdout
    assert lines[-2].startswith("report: ")
    assert re.fullmatch(r"\d+\.\d s, computed", lines[-1])
    order = [line.split()[0] for line in lines if line.startswith(("  train", "  valid", "  test"))]
    assert order == ["train", "validation", "test", *["validation"] * 3, *["test"] * 3]


def test_a_second_run_computes_nothing_and_takes_no_look(project: Any, call: Any) -> None:
    first = object_of(call("run", project.folder, "--json"))
    second = object_of(call("run", project.folder, "--json"))
    assert second["cached"] is True
    assert second["looks"] == first["looks"] == 1
    for key in ("training_set", "metrics", "baseline", "clocks"):
        assert second[key] == first[key]
    trained = object_of(call("train", project.folder, "returns_model", "--json"))
    assert trained["cached"] is True
    assert trained["metrics"] == first["metrics"]
    page = object_of(call("report", project.folder, "--json"))
    assert page["report"] == first["report"]


def test_progress_is_on_stderr_with_seconds(project: Any, call: Any) -> None:
    found = call("build", project.folder, "--json")
    lines = found.stderr.splitlines()
    assert all(re.fullmatch(r" +\d+\.\d s  \S.*", line) for line in lines)
    assert any("view 'spend': 2 features for 58 rows" in line for line in lines)


def test_what_definitions_and_libraries_print_is_kept_off_stdout(project: Any, spawn: Any) -> None:
    project.change(
        ("clocks = hw.", 'import os\nprint("hello")\nos.write(1, b"from below")\nclocks = hw.')
    )
    with spawn("check", project.folder, "--json") as process:
        out, said = process.communicate(timeout=LATEST_SECONDS)
    assert process.returncode == 0
    assert json.loads(out)["project"] == "shop"
    assert "hello" in said
    assert "from below" in said


def test_the_folder_here_is_the_project_where_none_is_named(project: Any, spawn: Any) -> None:
    with spawn("check") as outside:
        _, said = outside.communicate(timeout=LATEST_SECONDS)
    assert outside.returncode == 2
    assert "[HW101]" in said
    with spawn("check", cwd_is=project.folder) as inside:
        out, _ = inside.communicate(timeout=LATEST_SECONDS)
    assert inside.returncode == 0
    assert out.startswith("project shop: ")


def test_a_reader_who_leaves_is_no_error(project: Any, spawn: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with spawn("check", project.folder, "--json", stdout=writing) as process:
        os.close(writing)
        _, said = process.communicate(timeout=LATEST_SECONDS)
    assert process.returncode == 141
    assert re.fullmatch(r" +\d+\.\d s  definitions in .*/shop\n", said)


def test_the_traceback_of_a_users_fault_is_shown_only_when_asked_for(
    project: Any, spawn: Any
) -> None:
    project.change(("features=[spend],", "features=[spend, 1 / 0],"))
    said = {}
    for asked in ("", "1"):
        with spawn("check", project.folder, env={"HEADWATER_TRACEBACK": asked}) as process:
            out, said[asked] = process.communicate(timeout=LATEST_SECONDS)
        assert process.returncode == 2
        assert out == ""
        assert "[HW103] the definitions do not load: ZeroDivisionError" in said[asked]
    assert "Traceback" not in said[""]
    assert "Traceback" in said["1"]


def stuck(project: Any, spawn: Any, *options: str) -> Any:
    """A build that is interrupted where it has half an artifact on disk."""
    project.write("steps/stuck.py", STUCK)
    project.change(("hw.ImputeMedian(hw.numeric())", "hw.Stuck(hw.numeric())"))
    process = spawn("build", project.folder, *options)
    deadline = time.monotonic() + LATEST_SECONDS
    while "stuck" not in (line := process.stderr.readline()):
        assert line, "it ended before it was stuck"
        assert time.monotonic() < deadline
    (staging,) = project.half_written()[:1]
    assert staging.name.startswith(".staging-")
    return process


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupted_build_leaves_nothing_half_written(
    signal: str, code: int, project: Any, spawn: Any
) -> None:
    import signal as signals

    process = stuck(project, spawn)
    process.send_signal(getattr(signals, signal))
    out, said = process.communicate(timeout=LATEST_SECONDS)
    assert process.returncode == code
    assert out == ""
    assert said.endswith("[HW504] interrupted: nothing half-written was left\n")
    assert "Traceback" not in said
    assert project.half_written() == project.artifacts() == []


def test_an_interruption_is_one_json_object_too(project: Any, spawn: Any) -> None:
    import signal as signals

    process = stuck(project, spawn, "--json")
    process.send_signal(signals.SIGINT)
    process.send_signal(signals.SIGINT)
    out, _ = process.communicate(timeout=LATEST_SECONDS)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "HW504"
    assert project.half_written() == []


def test_what_a_killed_build_left_is_swept_by_the_next(project: Any, spawn: Any, call: Any) -> None:
    process = stuck(project, spawn)
    process.kill()
    process.communicate(timeout=LATEST_SECONDS)
    assert project.half_written() != []
    project.change()
    assert call("build", project.folder).exit_code == 0
    assert project.half_written() == []
    assert len(project.artifacts()) == 1
