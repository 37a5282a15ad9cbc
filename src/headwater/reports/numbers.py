"""How numbers and times read in reports: the one place that rounds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

NOTHING = "–"
"""Stands where a value is undefined."""


def count(value: int | None) -> str:
    """A whole number with its thousands apart.

    >>> count(336776)
    '336,776'
    """
    return NOTHING if value is None else f"{value:,}".replace("-", "−")


def metric(value: float | None) -> str:
    """A metric to three decimals.

    >>> metric(0.68951)
    '0.690'
    """
    return NOTHING if value is None else f"{value:.3f}".replace("-", "−")


def difference(value: float | None) -> str:
    """A difference of metrics, always with its sign; what rounds to zero has none.

    >>> difference(0.0404), difference(-0.0404), difference(-0.0001)
    ('+0.040', '−0.040', '0.000')
    """
    if value is None:
        return NOTHING
    text = f"{value:+.3f}".replace("-", "−")
    return text[1:] if float(f"{value:.3f}") == 0 else text


def interval(bounds: Sequence[float | None] | None, *, signed: bool = False) -> str:
    """The two ends of an interval; nothing where there is none or it has no width.

    >>> interval([0.681, 0.698]), interval([-0.01, 0.02], signed=True), interval(None)
    ('0.681 to 0.698', '−0.010 to +0.020', '')
    """
    if bounds is None or None in bounds or bounds[0] == bounds[1]:
        return ""
    low, high = (difference(bound) if signed else metric(bound) for bound in bounds)
    return f"{low} to {high}"


def percent(value: float | None) -> str:
    """A share to a tenth of a per cent.

    >>> percent(0.2374).split()
    ['23.7', '%']
    """
    return NOTHING if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def moment(value: str | datetime | None) -> str:
    """A time in UTC to the minute; a text that is no time stays as it is.

    >>> moment("2013-09-13T23:05:00+02:00"), moment(None)
    ('2013-09-13 21:05', '–')
    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M")


def seconds(value: float) -> str:
    """A length of time as one reads a clock.

    >>> seconds(0.31), seconds(41.27), seconds(125.0)
    ('0.3 s', '41 s', '2 min 5 s')
    """
    if value < 10:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
