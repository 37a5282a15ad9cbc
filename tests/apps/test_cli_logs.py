"""Progress as JSON lines: every line of a run, its record and its artifact can be joined."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.apps.cli.edge import ended
from headwater.apps.cli.logs import JsonSpeaker
from headwater.errors import DataError, HeadwaterWarning, Place, SpecError, SpecErrors
from headwater.runtime.progress import about, running, subject

EVERY = {"time", "run", "verb", "seconds", "level", "message"}


def lines_of(text: str) -> list[dict[str, Any]]:
    """Each line as an object; a line that is none fails here."""
    return [json.loads(line) for line in text.splitlines()]


def logged(
    work: Callable[[Any], dict[str, Any]], capsys: Any, *, as_json: bool = False
) -> list[dict[str, Any]]:
    """The lines of a verb that does this work."""
    ended(work, str, as_json=as_json, verb="build", log_json=True)
    return lines_of(capsys.readouterr().err)


def test_every_line_of_a_run_and_its_record_have_one_identity(project: Any, call: Any) -> None:
    before = datetime.now(UTC)
    found = call("--log-json", "run", project.folder, "--json")
    assert found.exit_code == 0
    lines = lines_of(found.stderr)
    (run,) = {line["run"] for line in lines}
    assert all(line.keys() >= EVERY and line["verb"] == "run" for line in lines)
    seconds = [line["seconds"] for line in lines]
    assert seconds == sorted(seconds)
    assert before < datetime.fromisoformat(lines[0]["time"]) < datetime.now(UTC)
    (record,) = (project.folder / ".headwater" / "runs").glob("*.json")
    assert json.loads(record.read_text())["run"] == run
    built = json.loads(found.stdout)["training_set"]
    assert lines[-1] == lines[-1] | {
        "message": "ended", "exit_code": 0, "cached": False,
        "training_set": "returns", "fingerprint": built["fingerprint"],
    }  # fmt: skip
    assert [path.name for path in project.artifacts()] == [built["fingerprint"]]


def test_lines_say_which_task_of_which_training_set_they_are_about(project: Any, call: Any) -> None:
    lines = lines_of(call("--log-json", "build", project.folder).stderr)
    (artifact,) = project.artifacts()
    tasks = [line for line in lines if "task" in line]
    assert [line["task"] for line in tasks] == ["spine", "view", "preparation"]
    assert {line["training_set"] for line in tasks} == {"returns"}
    assert tasks[1]["view"] == "spend"
    assert len({line["fingerprint"] for line in tasks}) == 3  # each task has an identity
    assert tasks[2]["fingerprint"] == artifact.name
    kept = {path.name.partition(".")[0] for path in project.folder.rglob(".headwater/cache/**/*")}
    assert {line["fingerprint"] for line in tasks[:2]} <= kept


def test_two_runs_have_two_identities(project: Any, call: Any) -> None:
    first, second = (lines_of(call("--log-json", "check", project.folder).stderr) for _ in range(2))
    assert first[0]["run"] != second[0]["run"]


def test_the_environment_asks_for_it_too(
    project: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_LOG", "json")
    lines = lines_of(call("check", project.folder).stderr)
    assert [line["message"] for line in lines] == [f"definitions in {project.folder}", "ended"]
    monkeypatch.setenv("HEADWATER_LOG", "text")
    assert " s  definitions in " in call("check", project.folder).stderr


def test_another_value_of_the_variable_is_refused(
    project: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_LOG", "xml")
    found = call("check", project.folder)
    assert found.exit_code == 4
    assert found.stderr.startswith("[HW507] HEADWATER_LOG is 'xml', neither 'text' nor 'json'")


def test_each_fault_is_a_line_with_its_code_and_the_last_has_the_exit_code(capsys: Any) -> None:
    place = Place("definitions.py", 3, "source 'a'")
    fault = SpecError("HW201", "column 'x' is not there", place=place, hint="columns: y")

    def work(_: Any) -> dict[str, Any]:
        raise SpecErrors([fault, fault])

    lines = logged(work, capsys)
    assert [line["level"] for line in lines] == ["error"] * 3
    assert lines[0] == lines[0] | {
        "message": "column 'x' is not there", "code": "HW201",
        "place": "definitions.py:3, source 'a'", "hint": "columns: y",
    }  # fmt: skip
    assert lines[-1] == lines[-1] | {"message": "ended", "exit_code": 2}


def test_an_error_is_a_line_also_where_the_result_is_json(capsys: Any) -> None:
    def work(_: Any) -> dict[str, Any]:
        raise DataError("HW402", "source 'a' has no rows")

    assert ended(work, str, as_json=True, verb="run", log_json=True) == 3
    out, said = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "HW402"
    assert [line.get("code") for line in lines_of(said)] == ["HW402", None]


def test_a_warning_is_a_line_of_its_level(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.warnoptions", [])

    def work(say: Any) -> dict[str, Any]:
        warnings.warn("no clock was declared", HeadwaterWarning, stacklevel=1)
        say("two\nlines")
        return {}

    first, second, _ = logged(work, capsys)
    assert (first["level"], first["message"]) == ("warning", "no clock was declared")
    assert (second["level"], second["message"]) == ("info", "two lines")


def test_nobody_hears_a_log_whose_stream_is_closed() -> None:
    JsonSpeaker(None, run="1", verb="run")("first")


def test_a_run_within_a_run_is_that_run_and_its_end_is_the_end() -> None:
    assert subject() == {}
    with running() as outer:
        with running() as inner:
            assert {"run": inner} == {"run": outer} == subject()
        assert subject() == {"run": outer}
    assert subject() == {}


def test_what_a_block_is_about_is_forgotten_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), about(task="view"), about(task="spine", rows=3):
        raise ZeroDivisionError(subject())
    assert subject() == {}
