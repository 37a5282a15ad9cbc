"""What a part of a run takes: seconds, processor seconds, and memory at its peak."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from headwater.runtime.progress import subject

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


_noted: ContextVar[list[dict[str, Any]] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[list[dict[str, Any]]]:
    """What `measured` blocks within this one take, one after the other.

    >>> with noting() as found, measured():
    ...     pass
    >>> sorted(found[0])
    ['peak_bytes', 'processor_seconds', 'seconds']
    """
    found: list[dict[str, Any]] = []
    before = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(before)


@contextmanager
def measured() -> Iterator[None]:
    """Note what a block takes, with what it is about, once it ends well; nothing where nobody asks.

    Noted are `seconds`; `processor_seconds` of this process, all its threads, and of processes that
    it waited for; and `peak_bytes`, the most memory that this process held meanwhile, all of it,
    where the system can tell that of a part of a run (Linux), else since the process began.
    A block must not stand in another one: the peak of that would begin anew.
    """
    noted = _noted.get()
    if noted is None:
        yield
        return
    _begin_anew()
    started, worked = time.monotonic(), _processor_seconds()
    yield
    noted.append(
        {
            **{name: value for name, value in subject().items() if name != "run"},
            "seconds": time.monotonic() - started,
            "processor_seconds": _processor_seconds() - worked,
            "peak_bytes": _peak_bytes(),
        }
    )


def peak_is_known() -> bool:
    """Whether the system can tell the peak of a part of a run."""
    return _begin_anew() and _high_water() is not None


def _begin_anew() -> bool:
    """Let the peak begin at what is held now; whether the system does so."""
    try:
        _RESET.write_text("5", "ascii")
    except OSError:
        return False
    return True


def _peak_bytes() -> int:
    found = _high_water()
    return _greatest_ever() if found is None else found


def _high_water() -> int | None:
    try:
        for line in _STATUS.read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1_024
    except OSError:
        pass  # not on Linux
    return None


def _greatest_ever() -> int:
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _processor_seconds() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    found = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in found)
