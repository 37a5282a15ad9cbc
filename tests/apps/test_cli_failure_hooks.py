"""The command of a project that hears of a failure: run for each class, never in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.runtime.failure_hooks import FailureHook, call_hook, failure_hook, hook_faults

HEARS = """
import json, os, sys
told = {key: text for key, text in os.environ.items() if key.startswith("HEADWATER_")}
heard = {"told": told, "read": sys.stdin.read(), "where": os.getcwd(), "asked": sys.argv[1:]}
with open("heard.jsonl", "a") as file:
    file.write(json.dumps(heard) + "\\n")
print("what a hook says is nobody's result")
"""
BROKEN = ('known_time="paid_at",', 'known_time="paid_at", contract=[hw.NotNull("customer")],')
SLOW = """
import time
import polars as pl
print("waiting", flush=True)
time.sleep(60)
"""


def with_hook(project: Any, *command: str, seconds: int | None = None) -> None:
    text = f'name = "shop"\non_failure = {json.dumps(command)}\n'
    project.write("headwater.toml", text + (f"on_failure_seconds = {seconds}\n" if seconds else ""))


def hearing(project: Any) -> None:
    """The project's hook notes what it hears."""
    project.write("hook.py", HEARS)
    with_hook(project, sys.executable, "hook.py", "operators")


def heard(project: Any) -> list[dict[str, Any]]:
    """What it noted."""
    path = project.folder / "heard.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def check_failed(project: Any) -> None:
    project.change(BROKEN)


def definitions_wrong(project: Any) -> None:
    project.change(('hw.Mean("amount")', 'hw.Mean("amuont")'))


def data_wrong(project: Any) -> None:
    (project.folder / "orders.parquet").unlink()


def environment_failed(project: Any) -> None:
    (project.folder / ".headwater").write_text("a file where the folder should be")


FAILURES = [
    pytest.param(check_failed, 1, "HW411", id="1: a check failed"),
    pytest.param(definitions_wrong, 2, "HW201", id="2: the definitions are wrong"),
    pytest.param(data_wrong, 3, "HW401", id="3: the data is wrong"),
    pytest.param(environment_failed, 4, "HW502", id="4: the environment failed"),
]


@pytest.mark.parametrize(("spoil", "exit_code", "code"), FAILURES)
@pytest.mark.parametrize("verb", ["build", pytest.param("run", marks=pytest.mark.slow)])
def test_each_class_of_failure_is_told_with_its_code(
    project: Any, spawn: Any, spoil: Callable[[Any], None], exit_code: int, code: str, verb: str
) -> None:
    hearing(project)
    spoil(project)
    found, out, err = ended(spawn(verb, project.folder, "--json"))
    assert found == exit_code
    (call,) = heard(project)
    assert json.loads(call["read"]) == json.loads(out)
    assert json.loads(call["read"])["error"]["code"] == code
    told = dict(call["told"])
    assert len(told.pop("HEADWATER_RUN")) == 16
    assert {key: told[key] for key in told if key not in os.environ} == {
        "HEADWATER_ERROR_CODE": code,
        "HEADWATER_EXIT_CODE": str(exit_code),
        "HEADWATER_PROJECT": str(project.folder.resolve()),
        "HEADWATER_VERB": verb,
    }
    assert Path(call["where"]) == project.folder.resolve()
    assert call["asked"] == ["operators"]
    assert "warning" not in err
    assert "nobody's result" not in out + err


@pytest.mark.parametrize(
    ("signum", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["130", "143"]
)
def test_an_interruption_is_told_with_its_code(
    project: Any, spawn: Any, signum: int, exit_code: int
) -> None:
    hearing(project)
    project.write("definitions.py", SLOW)
    process = spawn("build", project.folder)
    while "waiting" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signum)
    found, _, err = ended(process)
    assert found == exit_code
    assert "[HW504] interrupted" in err
    (call,) = heard(project)
    assert json.loads(call["read"])["error"]["code"] == "HW504"
    assert call["told"]["HEADWATER_EXIT_CODE"] == str(exit_code)


def test_a_check_of_the_data_that_fails_is_told_with_what_each_check_found(
    project: Any, spawn: Any
) -> None:
    hearing(project)
    project.change(BROKEN)
    found, out, _ = ended(spawn("check", project.folder, "--data", "--json"))
    assert found == 1
    (call,) = heard(project)
    assert json.loads(call["read"]) == json.loads(out)
    assert json.loads(call["read"])["checks"][0]["broken"] == 15
    told = call["told"]
    assert (told["HEADWATER_ERROR_CODE"], told["HEADWATER_EXIT_CODE"]) == ("HW411", "1")
    assert told["HEADWATER_VERB"] == "check"


def test_several_faults_are_told_together(project: Any, spawn: Any) -> None:
    hearing(project)
    project.change(('hw.Mean("amount")', 'hw.Mean("amuont")'), ('entity="customer"', 'entity="c"'))
    found, _, _ = ended(spawn("check", project.folder))
    assert found == 2
    (call,) = heard(project)
    assert len(json.loads(call["read"])["errors"]) >= 2


def test_what_is_wrong_with_the_rest_of_the_settings_is_told_too(project: Any, spawn: Any) -> None:
    hearing(project)
    text = (project.folder / "headwater.toml").read_text() + 'memory = "much"\n'
    project.write("headwater.toml", text)
    found, _, _ = ended(spawn("build", project.folder))
    assert found == 2
    assert heard(project)[0]["told"]["HEADWATER_ERROR_CODE"] == "HW102"


def test_nothing_is_told_of_what_ends_well_nor_of_other_verbs(project: Any, spawn: Any) -> None:
    hearing(project)
    assert ended(spawn("check", project.folder))[0] == 0
    assert ended(spawn("check", project.folder, "--data"))[0] == 0
    definitions_wrong(project)
    assert ended(spawn("plan", project.folder))[0] == 2
    assert heard(project) == []


def test_a_verb_that_the_hook_calls_tells_nobody(project: Any, spawn: Any) -> None:
    hearing(project)
    definitions_wrong(project)
    environment = {"HEADWATER_EXIT_CODE": "2"}
    assert ended(spawn("check", project.folder, env=environment))[0] == 2
    assert heard(project) == []


def test_nobody_has_to_read_what_is_printed(project: Any, spawn: Any) -> None:
    hearing(project)
    definitions_wrong(project)
    reading, writing = os.pipe()
    os.close(reading)
    process = spawn("build", project.folder, "--json", stdout=writing)
    os.close(writing)
    process.communicate(timeout=120)
    assert [one["told"]["HEADWATER_EXIT_CODE"] for one in heard(project)] == ["2"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["./nothing_such"], "'./nothing_such' cannot be run: No such file or directory"),
        (
            [sys.executable, "-c", "print('first'); print('no mail today'); raise SystemExit(7)"],
            "ended with exit code 7: no mail today",
        ),
        ([sys.executable, "-c", "import sys; sys.exit(3)"], "ended with exit code 3\n"),
        (
            [sys.executable, "-c", "import time; time.sleep(60)"],
            "took longer than 1 s and was stopped",
        ),
    ],
    ids=["missing", "failing", "silent", "slow"],
)
@pytest.mark.parametrize(
    "options",
    [pytest.param((), id="text"), pytest.param(("--json",), id="json", marks=pytest.mark.slow)],
)
def test_a_hook_that_fails_is_reported_and_never_hides_the_first_error(
    project: Any, spawn: Any, command: list[str], said: str, options: tuple[str, ...]
) -> None:
    with_hook(project, *command, seconds=1)
    definitions_wrong(project)
    started = time.monotonic()
    found, out, err = ended(spawn("build", project.folder, *options))
    assert found == 2
    assert time.monotonic() - started < 30
    assert f"warning: on_failure: {command[0]!r} " in err
    assert said in err
    if options:
        assert json.loads(out)["error"]["code"] == "HW201"
    else:
        assert out == ""
        assert err.index("[HW201]") < err.index("warning: on_failure")


def test_a_hook_that_fails_is_a_line_of_the_log(project: Any, spawn: Any) -> None:
    with_hook(project, "./nothing_such")
    definitions_wrong(project)
    found, _, err = ended(spawn("--log-json", "build", project.folder))
    assert found == 2
    lines = [json.loads(line) for line in err.splitlines()]
    levels = {line["message"]: line["level"] for line in lines}
    (message,) = [one for one in levels if one.startswith("on_failure:")]
    assert levels[message] == "warning"
    assert len({line["run"] for line in lines}) == 1


def test_the_run_that_a_hook_hears_of_is_that_of_the_log(project: Any, spawn: Any) -> None:
    hearing(project)
    definitions_wrong(project)
    _, _, err = ended(spawn("--log-json", "build", project.folder))
    runs = {json.loads(line)["run"] for line in err.splitlines()}
    assert runs == {heard(project)[0]["told"]["HEADWATER_RUN"]}


def test_what_a_hook_leaves_running_is_stopped_with_it(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)']); open('child', 'w').write(str(child.pid)); time.sleep(60)"
    )
    hook = FailureHook(tmp_path, (sys.executable, "-c", program), seconds=2)
    fault = call_hook(hook, "{}", verb="build", exit_code=4, code="HW502")
    assert fault is not None
    assert "took longer than 2 s" in fault
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and is_running(child):
        time.sleep(0.02)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_an_interruption_of_the_hook_itself_is_a_word_beside_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = FailureHook(tmp_path, (sys.executable, "-c", "import time; time.sleep(60)"))
    real, asked = subprocess.Popen.wait, []

    def interrupted(self: Any, timeout: float | None = None) -> int:
        asked.append(timeout)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return real(self, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    fault = call_hook(hook, "{}", verb="build", exit_code=2, code="HW201")
    assert fault == f"on_failure: {sys.executable!r} was interrupted"


def test_much_that_a_hook_does_not_read_does_not_hold_it_up(tmp_path: Path) -> None:
    hook = FailureHook(tmp_path, (sys.executable, "-c", "print('x' * 5_000_000)"), seconds=20)
    text = json.dumps({"error": "y" * 5_000_000})
    assert call_hook(hook, text, verb="build", exit_code=3, code="HW401") is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("on_failure = []", "takes a list of texts"),
        ("on_failure = [1]", "takes a list of texts"),
        ('on_failure = [""]', "takes a list of texts"),
        ('on_failure = ["a\\u0000"]', "takes a list of texts"),
        ('on_failure = "tell"', "takes list"),
        ('on_failure = ["tell"]\non_failure_seconds = 0', "takes 1 to 3600, found 0"),
        ('on_failure = ["tell"]\non_failure_seconds = 4000', "takes 1 to 3600, found 4000"),
        ('on_failure = ["tell"]\non_failure_seconds = true', "takes int"),
        ('on_failure = ["tell"]\non_failure_seconds = "9"', "takes int"),
    ],
)
def test_a_hook_that_is_none_is_a_fault_of_the_settings(
    project: Any, call: Any, settings: str, said: str
) -> None:
    project.write("headwater.toml", f"{settings}\n")
    found = call("check", project.folder)
    assert found.exit_code == 2
    assert "[HW102]" in found.stderr
    assert said in found.stderr
    assert failure_hook(project.folder) is None


def test_a_project_that_cannot_be_read_has_no_hook(tmp_path: Path) -> None:
    assert failure_hook(tmp_path) is None
    (tmp_path / "headwater.toml").write_text("name = ")
    assert failure_hook(tmp_path) is None
    (tmp_path / "headwater.toml").write_text('name = "shop"')
    assert failure_hook(tmp_path) is None
    (tmp_path / "headwater.toml").write_text('on_failure = ["tell", "me"]')
    assert failure_hook(tmp_path) == FailureHook(tmp_path, ("tell", "me"), 30)
    assert hook_faults({}) is None
