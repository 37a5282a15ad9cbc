"""The outermost edge: whatever ends a verb becomes a text for its user and an exit code."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from headwater.apps.cli.interruption import Interruption
from headwater.apps.cli.logs import JsonSpeaker, is_asked_for
from headwater.apps.cli.progress import speaking
from headwater.apps.cli.streams import abandon_pipes, stdout_for_results, warnings_said, written
from headwater.errors import EngineError, HeadwaterError, SpecErrors
from headwater.runtime.progress import running

TRACEBACK = "HEADWATER_TRACEBACK"
"""Set to 1, this environment variable shows where an error came from."""

_LONGEST_REASON = 300

Result = Mapping[str, Any]
Say = Callable[[str], None]


def ended(
    work: Callable[[Say], Result],
    show: Callable[[Result], str],
    *,
    as_json: bool,
    verb: str = "",
    log_json: bool = False,
) -> int:
    """Do a verb's work, print its result and give its exit code; nothing is raised.

    The code is 1 for a result which says of itself that it has not `passed`.

    Args:
        work: The verb with its arguments, still to be told where to say what it does.
        show: The result as a reader wants it.
        as_json: One JSON object instead, for an error too.
        verb: What it is called.
        log_json: Progress as JSON lines, also where only the environment asks for it.
    """
    log: JsonSpeaker | None = None
    try:
        with running() as run:
            try:
                if is_asked_for(log_json):
                    log = JsonSpeaker(sys.stderr, run=run, verb=verb)
                with _speaker(log) as say, stdout_for_results(), warnings_said(say):
                    result = work(say)
                text = _one_line(result) if as_json else show(result)
            except BrokenPipeError:
                raise
            except BaseException as error:
                return told(error, as_json=as_json, log=log)
        written(sys.stdout, text)
        if log is not None:
            log.done(result)
    except BrokenPipeError:
        abandon_pipes()
        return 128 + signal.SIGPIPE
    except EngineError as error:
        return told(error, as_json=False, log=log)
    return 0 if result.get("passed", True) else 1


def _speaker(log: JsonSpeaker | None) -> AbstractContextManager[Say]:
    return speaking() if log is None else nullcontext(log)


def told(error: BaseException, *, as_json: bool, log: JsonSpeaker | None = None) -> int:
    """Say what ended a verb, and give the exit code for it."""
    if os.environ.get(TRACEBACK) == "1" and sys.stderr is not None:
        traceback.print_exception(error)
    coded = _coded(error)
    code = coded.exit_code
    if isinstance(error, KeyboardInterrupt):
        code = 128 + (error.signum if isinstance(error, Interruption) else signal.SIGINT)
    if as_json:
        written(sys.stdout, _one_line(_as_object(coded)))
    if log is not None:
        log.failed(code, coded)
    elif not as_json:
        written(sys.stderr, str(coded))
    return code


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
