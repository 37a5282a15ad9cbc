"""The words that definitions may use, by family, read off file names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from headwater import plugins


def families() -> Iterator[tuple[str, str]]:
    """Each family that has words, with them; words of the project here are marked as its own."""
    if Path("headwater.toml").is_file():
        plugins.use_project(Path())
    for family in plugins.FAMILIES:
        words = [_word(member) for member in plugins.members(family).values()]
        if words:
            yield family, ", ".join(words)


def _word(member: plugins.Member) -> str:
    return member.name if member.origin == "headwater" else f"{member.name} ({member.origin})"
