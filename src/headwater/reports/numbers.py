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


def fine(value: float | None) -> str:
    """A part of a score to four decimals.

    >>> fine(0.00042), fine(-0.0277)
    ('0.0004', '−0.0277')
    """
    return NOTHING if value is None else f"{value:.4f}".replace("-", "−")


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


def short(value: float) -> str:
    """A number of any size in a few characters.

    >>> short(-30.44), short(1977.0), short(12_345.0), short(0.01234), short(2.5e9), short(0.0)
    ('−30.4', '1977', '12,345', '0.0123', '2.5e9', '0')
    """
    size = abs(value)
    if 100 <= size < 1e6:
        text = f"{value:,.0f}" if size >= 9_999.5 else f"{value:.0f}"  # 1977 may be a year
    else:
        text = f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    return text.replace("-", "−")


_UNITS = (("days", 86_400, 172_800), ("hours", 3_600, 7_200), ("minutes", 60, 60))
"""Name, length in seconds, and from how many seconds on it is used."""


def duration(seconds: float) -> str:
    """A length of time in its largest fitting unit.

    >>> duration(17400), duration(90), duration(3 * 86400)
    ('4.8 hours', '1.5 minutes', '3 days')
    """
    for unit, length, least in _UNITS:
        if abs(seconds) >= least:
            return f"{seconds / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.1f}".removesuffix(".0") + " seconds"
