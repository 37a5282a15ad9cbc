"""The outermost edge: every way to end has a text and an exit code."""

from __future__ import annotations

import errno
import io
import json
import sys
import warnings
from typing import Any

import pytest

from headwater.apps.cli.edge import ended
from headwater.apps.cli.interruption import Interruption
from headwater.apps.cli.progress import Speaker
from headwater.apps.cli.streams import written
from headwater.errors import (
    DataError,
    EngineError,
    HeadwaterWarning,
    Place,
    SpecError,
    SpecErrors,
)

PLACE = Place("definitions.py", 3, "source 'a'")
FAULT = SpecError("HW201", "column 'x' is not in source 'a'", place=PLACE, hint="columns: y")


def outcome(error: BaseException, *, as_json: bool = False) -> int:
    def work(_: Any) -> dict[str, Any]:
        raise error

    return ended(work, str, as_json=as_json)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FAULT, 2),
        (SpecErrors([FAULT, FAULT]), 2),
        (DataError("HW402", "source 'a' has no rows"), 3),
        (EngineError("HW502", "it cannot be written"), 4),
        (KeyboardInterrupt(), 130),
        (Interruption(2), 130),
        (Interruption(15), 143),
        (ZeroDivisionError("division by zero"), 4),
        (MemoryError(), 4),
        (SystemExit(0), 4),
    ],
)
def test_each_kind_of_end_has_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(error) == code
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("[HW")
    assert "Traceback" not in said


def test_an_error_of_the_user_is_told_as_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(FAULT)
    assert capsys.readouterr().err == (
        "[HW201] column 'x' is not in source 'a'\n"
        "  at definitions.py:3, source 'a'\n"
        "  hint: columns: y\n"
    )


def test_an_unexpected_error_names_kind_message_and_how_to_see_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome(ValueError("no such thing\nsecond line"))
    said = capsys.readouterr().err
    assert "[HW500] an unexpected error" in said
    assert "ValueError: no such thing\n" in said
    assert "second line" not in said
    assert "hint: set HEADWATER_TRACEBACK=1" in said


def test_the_traceback_of_an_unexpected_error_is_shown_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_TRACEBACK", "1")
    assert outcome(ValueError("no such thing")) == 4
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_errors_are_one_json_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    expected = {
        "code": "HW201",
        "message": "column 'x' is not in source 'a'",
        "place": "definitions.py:3, source 'a'",
        "hint": "columns: y",
    }
    assert outcome(FAULT, as_json=True) == 2
    assert json.loads(capsys.readouterr().out) == {"error": expected}
    assert outcome(SpecErrors([FAULT, FAULT]), as_json=True) == 2
    out, said = capsys.readouterr()
    assert json.loads(out) == {"errors": [expected, expected]}
    assert said == ""


def test_a_result_is_json_also_where_a_figure_is_not_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {"auc": float("nan"), "bounds": (float("-inf"), 1.5), "name": "Zoë"}
    assert ended(lambda _: found, str, as_json=True) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == {"auc": None, "bounds": [None, 1.5], "name": "Zoë"}
    assert out.isascii()


def test_a_result_that_cannot_be_shown_is_an_unexpected_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(lambda _: {}, lambda found: str(found["missing"]), as_json=False) == 4
    assert "[HW500]" in capsys.readouterr().err


def test_what_the_work_prints_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    def work(say: Any) -> dict[str, Any]:
        print("printed")
        say("said")
        return {}

    assert ended(work, lambda _: "result", as_json=False) == 0
    out, said = capfd.readouterr()
    assert out == "result\n"
    assert "printed\n" in said
    assert "0.0 s  said\n" in said


def test_headwaters_warnings_are_said_and_those_of_libraries_are_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "warnoptions", [])

    def work(_: Any) -> dict[str, Any]:
        warnings.warn("source 'a' declares no clock", HeadwaterWarning, stacklevel=1)
        warnings.warn("this will go in version 9", DeprecationWarning, stacklevel=1)
        return {}

    assert ended(work, str, as_json=False) == 0
    said = capsys.readouterr().err
    assert "warning: source 'a' declares no clock\n" in said
    assert "version 9" not in said


def test_a_stream_that_cannot_hold_a_character_gets_another_for_it() -> None:
    kept = io.BytesIO()
    stream = io.TextIOWrapper(kept, encoding="ascii")
    written(stream, "−0.04 Zoë 25\N{NO-BREAK SPACE}%")
    assert kept.getvalue() == b"-0.04 Zo? 25 %\n"


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_stream_that_is_full_is_the_operators_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    assert ended(lambda _: {}, lambda _: "result", as_json=False) == 4
    assert "[HW502] the result cannot be printed: No space left" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_each_message_once_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    speaker = Speaker(terminal)
    speaker("first")
    speaker("second\nline")
    speaker.end()
    speaker.end()
    kept = [line.split("\b")[0].rstrip() for line in terminal.getvalue().splitlines()]
    assert [line.partition("s  ")[2] for line in kept] == ["first", "second line"]


def test_nobody_hears_a_speaker_whose_stream_is_closed() -> None:
    speaker = Speaker(None)
    speaker("first")
    speaker.end()
