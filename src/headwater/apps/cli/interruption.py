"""Ctrl-C and termination: one exception, raised once, so that tidying up is not disturbed."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_AGAIN_AFTER_SECONDS = 0.05


class Interruption(KeyboardInterrupt):
    """A signal that asks the process to end.

    Args:
        signum: The signal.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM raise `Interruption` once in here; later ones do not disturb its way out.

    Where a signal is ignored already, as in a background job, it stays ignored.
    """
    asked = [one for one in (signal.SIGINT, signal.SIGTERM) if _is_heard(one)]
    for one in asked:
        signal.signal(one, _stop)
    sys.unraisablehook = _raised_where_nothing_can_be
    yield


def _is_heard(signum: int) -> bool:
    return signal.getsignal(signum) not in (signal.SIG_IGN, None)


def _stop(signum: int, _: Any) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise Interruption(signum)


def _raised_where_nothing_can_be(unraisable: Any) -> None:
    """Python drops what is raised in a finalizer: there the same signal is sent again, soon."""
    error = unraisable.exc_value
    if not isinstance(error, Interruption):
        sys.__unraisablehook__(unraisable)
        return
    signal.signal(error.signum, _stop)
    again = threading.Timer(_AGAIN_AFTER_SECONDS, signal.raise_signal, [error.signum])
    again.daemon = True
    again.start()
