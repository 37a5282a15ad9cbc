"""Progress for programs: each line on stderr is one JSON object that says which run it is of."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from headwater.errors import EngineError, HeadwaterError, SpecErrors
from headwater.runtime.progress import subject

LOG = "HEADWATER_LOG"
"""Set to `json`, this environment variable is `--log-json` for every call."""

WARNING = "warning: "
"""How a message begins that warns."""


def is_asked_for(option: bool) -> bool:
    """Whether progress is wanted as JSON, by the option or by the environment.

    Raises:
        EngineError: HW507, the variable has another value.
    """
    named = os.environ.get(LOG, "")
    if named not in ("", "text", "json"):
        raise EngineError("HW507", f"{LOG} is {named!r}, neither 'text' nor 'json'")
    return option or named == "json"


class JsonSpeaker:
    """Says each message as one JSON object on a line of its own.

    Each has `time` (UTC), `run`, `verb`, `seconds` since the start, `level`, `message`, and the
    what it is about, such as `task`, `training_set` and `fingerprint`.

    Args:
        stream: Where it is said; None for nowhere.
        run: The identity of the run, which its record has too.
        verb: What was called.
    """

    def __init__(self, stream: TextIO | None, *, run: str, verb: str) -> None:
        self._stream = stream
        self._about = {"run": run, "verb": verb}
        self._started = time.monotonic()

    def __call__(self, message: str) -> None:
        """Say one message."""
        level = "warning" if message.startswith(WARNING) else "info"
        self._write(level, " ".join(message.removeprefix(WARNING).split()), subject())

    def done(self, result: Mapping[str, Any]) -> None:
        """Say that the run ended well, and which training set it is about."""
        built = result.get("training_set")
        exit_code = 0 if result.get("passed", True) else 1
        about = {"exit_code": exit_code, "cached": result.get("cached")}
        if isinstance(built, Mapping):
            about |= {"training_set": built["name"], "fingerprint": built["fingerprint"]}
        self._write("info", "ended", {k: value for k, value in about.items() if value is not None})

    def failed(self, exit_code: int, error: HeadwaterError) -> None:
        """Say how the run failed: each fault, then one line with the exit code."""
        for fault in error.faults if isinstance(error, SpecErrors) else [error]:
            others = {key: value for key, value in fault.to_dict().items() if key != "message"}
            self._write("error", fault.message, others)
        self._write("error", "ended", {"exit_code": exit_code})

    def _write(self, level: str, message: str, fields: Mapping[str, Any]) -> None:
        if self._stream is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        since = round(time.monotonic() - self._started, 3)
        line = {"time": now, **self._about, "seconds": since, "level": level, "message": message}
        self._stream.write(json.dumps({**line, **fields}, default=str) + "\n")
        self._stream.flush()
