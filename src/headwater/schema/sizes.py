"""Sizes of memory, as written by a user ("4GB", "512MiB", "1000000"), in whole bytes."""

from __future__ import annotations

import re

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1_000 ** (power + 1) for power, letter in enumerate("kmgt")}
_UNITS |= {f"{letter}ib": 1_024 ** (power + 1) for power, letter in enumerate("kmgt")}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)")


def parse_size(text: str) -> int:
    """Bytes of a size: a number with B, KB, MB, GB, TB (powers of 1000) or KiB to TiB (of 1024).

    Raises:
        ValueError: The text is none, or is less than a byte.

    >>> parse_size("1.5GB"), parse_size("2GiB"), parse_size("4096")
    (1500000000, 2147483648, 4096)
    """
    found = _SIZE.fullmatch(text.strip().lower())
    if found is None or found[2] not in _UNITS or float(found[1]) * _UNITS[found[2]] < 1:
        raise ValueError(f"{text!r} is not a size of memory")
    return int(float(found[1]) * _UNITS[found[2]])


def format_size(size_bytes: int) -> str:
    """A size for people, with one digit after the point.

    >>> format_size(3_100_000_000)
    '3.1 GB'
    >>> format_size(80)
    '80 B'
    """
    for unit in ("TB", "GB", "MB", "KB"):
        if size_bytes >= _UNITS[unit.lower()]:
            return f"{size_bytes / _UNITS[unit.lower()]:.1f} {unit}"
    return f"{size_bytes} B"
