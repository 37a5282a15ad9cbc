"""What is being done, on stderr: one line for each message, with the seconds since the start."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FRAMES = "|/-\\"
_TURN_SECONDS = 0.12


@contextmanager
def speaking() -> Iterator[Speaker]:
    """Someone who says on stderr what is being done until the block ends."""
    speaker = Speaker(sys.stderr)
    try:
        yield speaker
    finally:
        speaker.end()


class Speaker:
    """Says each message as a line; on a terminal the last one shows that work goes on.

    Args:
        stream: Where it is said; None, as where stderr is closed, for nowhere.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._turning = _Turning(stream) if stream is not None and _is_terminal(stream) else None

    def __call__(self, message: str) -> None:
        """Say one message."""
        line = f"{time.monotonic() - self._started:7.1f} s  {' '.join(message.split())}"
        if self._turning is not None:
            self._turning.begin(line)
        elif self._stream is not None:
            self._stream.write(line + "\n")
            self._stream.flush()

    def end(self) -> None:
        """Close the last line."""
        if self._turning is not None:
            self._turning.end()


class _Turning:
    """A line with a character at its end that turns while the line is open."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, line: str) -> None:
        self.end()
        self._stream.write(f"{line}  ")
        self._stream.flush()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._turn, args=(self._ended,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None
            self._stream.write("\b \n")
            self._stream.flush()

    def _turn(self, ended: threading.Event) -> None:
        turn = 0
        while not ended.wait(_TURN_SECONDS):
            turn += 1
            try:
                self._stream.write(f"\b{_FRAMES[turn % len(_FRAMES)]}")
                self._stream.flush()
            except (OSError, ValueError):  # the terminal is gone; the next message says so
                return


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
