"""The command of a project that is run when a verb fails, so that somebody is told.

It never changes how the verb ends: what goes wrong with it is said beside the first error.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from headwater.runtime.progress import subject

SECONDS = 30
"""How long a hook may take where the project does not say."""
EXIT_CODE = "HEADWATER_EXIT_CODE"
"""What a hook is told as a variable; where it is set, a verb is called by a hook and runs none."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class FailureHook:
    """A command that is run when a verb fails.

    Args:
        folder: Of the project, in which it is run.
        command: The program and its arguments; no shell reads them.
        seconds: After so many it is stopped, with all that it started.
    """

    folder: Path
    command: tuple[str, ...]
    seconds: int = SECONDS


def hook_faults(settings: Mapping[str, Any]) -> str | None:
    """What is wrong with what `headwater.toml` says of the hook; None where nothing is.

    >>> hook_faults({"on_failure": ["./tell.sh", "operators"], "on_failure_seconds": 5})
    >>> hook_faults({"on_failure": "./tell.sh"})
    "setting 'on_failure' takes a list of texts, a program and its arguments, found './tell.sh'"
    """
    command, seconds = settings.get("on_failure", ["true"]), settings.get("on_failure_seconds", 1)
    is_list = isinstance(command, list) and len(command) > 0
    if not is_list or not all(isinstance(one, str) and one and "\0" not in one for one in command):
        takes = "a list of texts, a program and its arguments"
        return f"setting 'on_failure' takes {takes}, found {command!r}"
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= 3600:
        return f"setting 'on_failure_seconds' takes 1 to 3600, found {seconds!r}"
    return None


def failure_hook(folder: Path) -> FailureHook | None:
    """The hook of a project, whatever else is wrong with it; None where it has none."""
    try:
        settings = tomllib.loads((folder / "headwater.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None  # which is what the verb has failed with
    if "on_failure" not in settings or hook_faults(settings) or EXIT_CODE in os.environ:
        return None
    seconds = settings.get("on_failure_seconds", SECONDS)
    return FailureHook(folder, tuple(settings["on_failure"]), seconds)


def call_hook(hook: FailureHook, error: str, *, verb: str, exit_code: int, code: str) -> str | None:
    """Run a hook and wait for it; what went wrong with it, None where nothing did.

    Args:
        hook: What is run.
        error: What it reads on its standard input: the JSON object that `--json` prints.
        verb: What failed.
        exit_code: How it ends.
        code: Of the first error, such as `HW411`.
    """
    told = {"RUN": subject().get("run", ""), "VERB": verb, "ERROR_CODE": code}
    told |= {"PROJECT": str(hook.folder.resolve())}
    environment = {**os.environ, **{f"HEADWATER_{key}": text for key, text in told.items()}}
    environment[EXIT_CODE] = str(exit_code)
    try:
        # files and no pipes: neither a hook that reads nothing nor what it leaves running holds us
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(f"{error}\n".encode())
            given.seek(0)
            process = subprocess.Popen(
                hook.command,
                cwd=hook.folder,
                env=environment,
                stdin=given,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            fault = _waited(process, hook.seconds)
            return None if fault is None else f"on_failure: {hook.command[0]!r} {fault}{_end(said)}"
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or type(wrong).__name__
        return f"on_failure: {hook.command[0]!r} cannot be run: {reason}"


def _waited(process: subprocess.Popen[bytes], seconds: int) -> str | None:
    try:
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        _stop(process)
        return f"took longer than {seconds} s and was stopped"
    except KeyboardInterrupt:
        _stop(process)
        return "was interrupted"
    return f"ended with exit code {code}" if code else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the hook and what it started, which are a group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end(said: IO[bytes]) -> str:
    """The last line that a hook said."""
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1].strip()[:_LONGEST]}" if lines else ""
