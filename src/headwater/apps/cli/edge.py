"""The outermost edge: whatever ends a verb becomes a text for its user and an exit code."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from headwater.apps.cli.interruption import Interruption
from headwater.apps.cli.logs import WARNING, JsonSpeaker, is_asked_for
from headwater.apps.cli.progress import speaking
from headwater.apps.cli.streams import abandon_pipes, stdout_for_results, warnings_said, written
from headwater.errors import CheckError, EngineError, HeadwaterError, SpecErrors
from headwater.runtime.progress import running

TRACEBACK = "HEADWATER_TRACEBACK"
"""Set to 1, this environment variable shows where an error came from."""

_LONGEST_REASON = 300

Result = Mapping[str, Any]
Say = Callable[[str], None]
Alert = Callable[[int, str, str], str | None]
"""Told of a failure by exit code, error code and JSON; says what went wrong with telling it on."""


def ended(
    work: Callable[[Say], Result],
    show: Callable[[Result], str],
    *,
    as_json: bool,
    verb: str = "",
    log_json: bool = False,
    alert: Alert | None = None,
) -> int:
    """Do a verb's work, print its result and give its exit code; nothing is raised.

    The code is 1 for a result which says of itself that it has not `passed`.

    Args:
        work: The verb with its arguments, still to be told where to say what it does.
        show: The result as a reader wants it.
        as_json: One JSON object instead, for an error too.
        verb: What it is called.
        log_json: Progress as JSON lines, also where only the environment asks for it.
        alert: Told of a failure once it was said.
    """
    with running() as run:
        return _ended(work, show, run, as_json=as_json, verb=verb, log_json=log_json, alert=alert)


def _ended(
    work: Callable[[Say], Result],
    show: Callable[[Result], str],
    run: str,
    *,
    as_json: bool,
    verb: str,
    log_json: bool,
    alert: Alert | None,
) -> int:
    log: JsonSpeaker | None = None
    try:
        try:
            if is_asked_for(log_json):
                log = JsonSpeaker(sys.stderr, run=run, verb=verb)
            with _speaker(log) as say, stdout_for_results(), warnings_said(say):
                result = work(say)
            text = _one_line(result) if as_json else show(result)
        except BrokenPipeError:
            raise
        except BaseException as error:
            return _failed(error, as_json=as_json, log=log, alert=alert)
        written(sys.stdout, text)
        if log is not None:
            log.done(result)
    except BrokenPipeError:
        abandon_pipes()
        return 128 + signal.SIGPIPE
    except EngineError as error:
        return _failed(error, as_json=False, log=log, alert=alert)
    if result.get("passed", True):
        return 0
    _alert(alert, CheckError.exit_code, "HW411", result, log)
    return CheckError.exit_code


def _failed(
    error: BaseException, *, as_json: bool, log: JsonSpeaker | None, alert: Alert | None
) -> int:
    """Say what ended a verb, then tell it on, even where nobody reads what is said."""
    coded = _coded(error)
    try:
        return told(error, as_json=as_json, log=log)
    finally:
        _alert(alert, _exit_code(error), coded.code, _as_object(coded), log)


def _alert(
    alert: Alert | None, exit_code: int, code: str, found: Result, log: JsonSpeaker | None
) -> None:
    fault = None if alert is None else alert(exit_code, code, _one_line(found))
    if fault is None:
        return
    with suppress(BrokenPipeError, EngineError):  # the first error has been said
        if log is not None:
            log(f"{WARNING}{fault}")
        else:
            written(sys.stderr, f"{WARNING}{fault}")


def _speaker(log: JsonSpeaker | None) -> AbstractContextManager[Say]:
    return speaking() if log is None else nullcontext(log)


def told(error: BaseException, *, as_json: bool, log: JsonSpeaker | None = None) -> int:
    """Say what ended a verb, and give the exit code for it."""
    if os.environ.get(TRACEBACK) == "1" and sys.stderr is not None:
        traceback.print_exception(error)
    coded, code = _coded(error), _exit_code(error)
    if as_json:
        written(sys.stdout, _one_line(_as_object(coded)))
    if log is not None:
        log.failed(code, coded)
    elif not as_json:
        written(sys.stderr, str(coded))
    return code


def _exit_code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return 128 + (error.signum if isinstance(error, Interruption) else signal.SIGINT)
    return _coded(error).exit_code


def _coded(error: BaseException) -> HeadwaterError:
    if isinstance(error, HeadwaterError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return EngineError("HW504", "interrupted: nothing half-written was left")
    lines = str(error).strip().splitlines()
    reason = f": {lines[0][:_LONGEST_REASON]}" if lines else ""
    return EngineError(
        "HW500",
        f"an unexpected error, a fault of Headwater itself: {type(error).__name__}{reason}",
        hint=f"set {TRACEBACK}=1 to see where it comes from, and report it",
    )


def _as_object(error: HeadwaterError) -> dict[str, Any]:
    if isinstance(error, SpecErrors):
        return {"errors": [fault.to_dict() for fault in error.faults]}
    return {"error": error.to_dict()}


def _one_line(result: Result) -> str:
    return json.dumps(_finite(result), default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    """The value with null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
