"""Lengths of time, as written by a user ("7d", "1h30m", a timedelta), in whole microseconds."""

from __future__ import annotations

import re
from datetime import timedelta

MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
DAY = MICROSECONDS["d"]
_PART = re.compile(r"(\d+)(us|ms|s|m|h|d|w)")


def parse_duration(text: str | timedelta) -> int:
    """Microseconds of a duration; a day is 24 hours and a week 7 days, in every zone.

    Raises:
        ValueError: The text is not numbers with the units w, d, h, m, s, ms, us.

    >>> parse_duration("1h30m")
    5400000000
    """
    if isinstance(text, timedelta):
        return text // timedelta(microseconds=1)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration")
    return sum(int(number) * MICROSECONDS[unit] for number, unit in parts)


_UNITS = {
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
    "ms": "millisecond",
    "us": "microsecond",
}


def spell_duration(microseconds: int) -> str:
    """A length in words, for who does not know the units.

    >>> spell_duration(5400000000), spell_duration(7 * DAY), spell_duration(0)
    ('1 hour 30 minutes', '7 days', '0 seconds')
    """
    parts = _PART.findall(format_duration(microseconds))
    spelled = (f"{n} {_UNITS[unit]}{'' if n == '1' else 's'}" for n, unit in parts)
    return " ".join(spelled)


def format_duration(microseconds: int) -> str:
    """The shortest text that `parse_duration` reads back; a negative length has a sign.

    >>> format_duration(7 * 86_400_000_000)
    '7d'
    """
    if microseconds < 0:
        return "-" + format_duration(-microseconds)
    text = ""
    for unit in ("d", "h", "m", "s", "ms", "us"):
        number, microseconds = divmod(microseconds, MICROSECONDS[unit])
        text += f"{number}{unit}" if number else ""
    return text or "0s"
