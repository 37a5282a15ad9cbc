"""What a use case says while it works: to a shell's stderr, or to nobody.

A message is for people. What it is about is said beside it, for as long as a block lasts, so that
lines of a log, the record in `.headwater/runs/` and artifacts can be joined by who reads them:

>>> with running(), about(training_set="late"), about(task="view", view="carrier"):
...     sorted(subject())
['run', 'task', 'training_set', 'view']
>>> subject()
{}
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Say = Callable[[str], None]

_subject: ContextVar[Mapping[str, Any] | None] = ContextVar("subject", default=None)


def silent(_: str) -> None:
    """Say nothing."""


def subject() -> dict[str, Any]:
    """What is being worked on: `run`, and within its blocks `task`, `fingerprint` and so on."""
    return dict(_subject.get() or {})


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """What is said in the block is about this, beside what the block stands in.

    Args:
        fields: Such as `task`, `training_set`, `fingerprint`; plain values.
    """
    before = _subject.set({**subject(), **fields})
    try:
        yield
    finally:
        _subject.reset(before)


@contextmanager
def running() -> Iterator[str]:
    """The identity of the run that the block is; within another run it is that one's."""
    identity = str(subject().get("run") or os.urandom(8).hex())
    with about(run=identity):
        yield identity
