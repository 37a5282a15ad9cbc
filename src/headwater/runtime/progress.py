"""What a use case says while it works: to a shell's stderr, or to nobody."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""
