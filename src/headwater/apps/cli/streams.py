"""Who may write where: stdout is for results, stderr for everything else."""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import Any, TextIO

from headwater.errors import EngineError, HeadwaterWarning

_PLAIN = str.maketrans({"−": "-", "–": "-", "\N{NO-BREAK SPACE}": " "})


@contextmanager
def stdout_for_results() -> Iterator[None]:
    """What definitions and libraries print in here goes to stderr, also what C code prints."""
    with ExitStack() as stack:
        if sys.stderr is not None:
            stack.enter_context(redirect_stdout(sys.stderr))
        stack.enter_context(_descriptor_moved())
        yield


@contextmanager
def _descriptor_moved() -> Iterator[None]:
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def warnings_said(say: Callable[[str], None]) -> Iterator[None]:
    """Headwater's warnings are said as messages; those of libraries are for their developers."""

    def show(message: Any, *_: Any, **__: Any) -> None:
        say(f"warning: {message}")

    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", HeadwaterWarning)
        warnings.showwarning = show
        yield


def written(stream: TextIO | None, text: str) -> None:
    """Write a text with a line break and see to it that it is out.

    Args:
        stream: None, as where it is closed, for nowhere.
        text: What the stream's encoding cannot hold is replaced; a minus sign stays one.

    Raises:
        BrokenPipeError: Nobody reads any more.
        EngineError: HW502, the stream cannot be written, as on a full disk.
    """
    if stream is None:
        return
    try:
        stream.write(_encodable(text, stream.encoding or "utf-8") + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EngineError("HW502", f"the result cannot be printed: {reason}") from error


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def abandon_pipes() -> None:
    """Keep Python from complaining at its end that nobody read what is left to write."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
        except (AttributeError, OSError, ValueError):
            continue
