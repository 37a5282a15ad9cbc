"""`headwater reproduce` and `check --pinned` from outside: text, JSON, exit codes, interruption."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from headwater.apps.cli.edge import ended
from headwater.apps.cli.reproduction_rendering import reproduce as rendered

LATEST_SECONDS = 60
WAITS = '''\
"""Waits: a preparation that does not end while there is a file `waits` in the project."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from headwater.steps.base import Step


@dataclass(frozen=True, slots=True)
class Waits(Step):
    """Waits for a signal, or does nothing."""

    def wanted(self, columns):
        if Path(__file__).parents[1].joinpath("waits").exists():
            print("stuck", file=sys.stderr, flush=True)
            while True:
                signal.pause()
        return {}

    def outputs(self, columns, statistics):
        return []
'''
CLOCKS = 'clocks = hw.ClockComparison("clocks", model, at_event="at_order")'


@pytest.fixture
def done(project: Any, call: Any) -> Any:
    """The project, run once."""
    project.write("steps/waits.py", WAITS)
    imputed = "hw.ImputeMedian(hw.numeric())"
    project.change((imputed, f"hw.Waits(hw.numeric()), {imputed}"), (CLOCKS, ""))
    assert call("run", project.folder).exit_code == 0
    return project


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / ".headwater").rglob("*"))
        if path.is_file()
    }


def record(project: Any) -> Path:
    (path,) = (project.folder / ".headwater" / "runs").glob("*.json")
    return Path(path)


def test_a_run_that_is_reproduced_ends_with_0_and_says_so(done: Any, call: Any) -> None:
    run = json.loads(record(done).read_bytes())["run"]
    found = call("reproduce", run[:8], done.folder)
    assert found.exit_code == 0
    assert found.stdout.startswith(f"run {run} of 20")
    assert "nothing that is recorded of it has changed" in found.stdout
    assert re.search(r"^  raw/train\.parquet +(\w{12})  \1  identical$", found.stdout, re.MULTILINE)
    assert "identical: every file, every score and every metric is what it was" in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 100


def test_a_result_is_one_json_object(done: Any, call: Any) -> None:
    found = call("reproduce", "last", done.folder, "--json")
    assert found.exit_code == 0
    said = json.loads(found.stdout)
    assert said["passed"] is True
    assert said["files"]["scores"]["identical"] is True
    assert found.stdout.count("\n") == 1


def test_a_run_that_comes_out_otherwise_ends_with_1_and_names_the_file(
    done: Any, call: Any
) -> None:
    path = record(done)
    entry = json.loads(path.read_bytes())
    entry["reproduce"]["files"]["raw/test.parquet"] = "0" * 64
    entry["reproduce"]["versions"]["numba"] = "0.0.1"
    entry["metrics"]["test"]["brier"] = 0.5
    path.write_text(json.dumps(entry), encoding="utf-8")
    found = call("reproduce", "last", done.folder)
    assert found.exit_code == 1
    assert re.search(r"^  raw/test\.parquet +0{12}  \w{12}  differs$", found.stdout, re.MULTILINE)
    assert re.search(r"^  version +numba +0\.0\.1 ", found.stdout, re.MULTILINE)
    assert re.search(r"^  test brier +0\.500 ", found.stdout, re.MULTILINE)
    said = " ".join(found.stdout.split())
    assert "not identical. It may be that versions changed (numba 0.0.1 -> " in said


def test_other_data_ends_with_1_and_a_code_before_any_work(done: Any, call: Any) -> None:
    done.store(done.orders(59))
    found = call("reproduce", "last", done.folder)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "[HW412] run " in found.stderr
    assert "source 'orders' holds other data" in found.stderr
    assert "rows of" not in found.stderr
    error = json.loads(call("reproduce", "last", done.folder, "--json").stdout)["error"]
    assert error["code"] == "HW412"
    assert [(one["kind"], one["name"]) for one in error["checks"]] == [("data", "orders")]


def test_a_run_that_is_not_there_ends_with_2_and_lists_those_that_are(
    done: Any, project: Any, call: Any
) -> None:
    run = json.loads(record(done).read_bytes())["run"]
    found = call("reproduce", "zz", done.folder)
    assert found.exit_code == 2
    assert "[HW108] no run is called 'zz'" in found.stderr
    assert f"hint: runs: {run} (returns_model, " in found.stderr


def test_a_project_that_was_not_run_ends_with_4(project: Any, call: Any) -> None:
    found = call("reproduce", "last", project.folder)
    assert found.exit_code == 4
    assert "[HW506] no run is recorded" in found.stderr
    assert not (project.folder / ".headwater").exists()


def stuck(done: Any, spawn: Any) -> Any:
    """A reproduction that is in the midst of its own folder."""
    done.write("waits", "")
    process = spawn("reproduce", "last", done.folder)
    deadline = time.monotonic() + LATEST_SECONDS
    while "stuck" not in (line := process.stderr.readline()):
        assert line, "it ended before it was stuck"
        assert time.monotonic() < deadline
    assert any(path.name.startswith(".staging-reproduce-") for path in done.half_written())
    return process


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), pytest.param("SIGTERM", 143, marks=pytest.mark.slow)]
)
def test_an_interrupted_reproduction_leaves_everything_as_it_was(
    name: str, code: int, done: Any, spawn: Any
) -> None:
    before = digests(done.folder)
    process = stuck(done, spawn)
    process.send_signal(getattr(signal, name))
    out, said = process.communicate(timeout=LATEST_SECONDS)
    assert process.returncode == code
    assert out == ""
    assert said.endswith("[HW504] interrupted: nothing half-written was left\n")
    assert done.half_written() == []
    assert digests(done.folder) == before


def test_what_a_killed_reproduction_left_is_swept_and_nothing_kept_was_touched(
    done: Any, spawn: Any, call: Any
) -> None:
    before = digests(done.folder)
    process = stuck(done, spawn)
    process.kill()
    process.communicate(timeout=LATEST_SECONDS)
    assert done.half_written() != []
    kept = {name: one for name, one in digests(done.folder).items() if ".staging-" not in name}
    assert kept == before
    (done.folder / "waits").unlink()
    assert call("reproduce", "last", done.folder).exit_code == 0
    assert done.half_written() == []
    assert digests(done.folder) == before


def test_pinned_features_are_told_and_a_changed_one_is_refused(done: Any, call: Any) -> None:
    found = call("check", done.folder, "--pinned")
    assert found.exit_code == 0
    assert "model returns_model learned from its 3 features as they are declared" in found.stdout
    text = (done.folder / "definitions.py").read_text("utf-8")
    done.write(
        "definitions.py",
        text.replace('hw.Count("amount")', 'hw.Count("items", name="amount_count")'),
    )
    assert call("check", done.folder).exit_code == 0
    found = call("check", done.folder, "--pinned")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "[HW705] feature 'spend__amount_count_30d' is not what model 'returns_model'" in (
        found.stderr
    )
    assert 'value was col("amount"), is col("items")' in found.stderr


def test_a_model_that_was_not_trained_pins_nothing(project: Any, call: Any) -> None:
    found = call("check", project.folder, "--pinned")
    assert found.exit_code == 0
    assert "model returns_model was not trained yet, so that it pins no feature" in found.stdout


def test_files_that_came_or_went_and_many_packages_read_well() -> None:
    def file(then: str | None, now: str | None) -> dict[str, Any]:
        return {"then": then, "now": now, "identical": then == now}

    packages = [
        {"kind": "package", "name": f"p{number}", "then": None, "now": "1"} for number in range(7)
    ]
    text = rendered(
        {
            "run": "ab12",
            "ended": "2026-03-01T00:00:00+00:00",
            "training_set": {"name": "returns", "fingerprint": "f" * 64},
            "model": {"name": "returns_model"},
            "changed": packages,
            "files": {"a": file("0" * 64, None), "b": file(None, "1" * 64)},
            "metrics": {},
            "passed": False,
            "rows_identical": True,
            "because": "Nothing changed.",
            "seconds": 1.0,
        }
    )
    assert re.search(r"^  a +0{12} +none +missing$", text, re.MULTILINE)
    assert re.search(r"^  b +none +1{12} +new$", text, re.MULTILINE)
    assert "  and 2 more packages" in text
    assert "p4" in text
    assert "p5" not in text
    assert "rows, states, scores and metrics are what they were; the manifest is not. Nothing" in (
        " ".join(text.split())
    )


def test_the_last_line_of_the_log_has_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(lambda say: {"passed": False}, str, as_json=True, log_json=True) == 1
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["exit_code"] == 1
