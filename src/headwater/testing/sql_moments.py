"""Words of moments, pairs, lines and decay, in SQL."""

from __future__ import annotations

from headwater.schema.durations import DAY, parse_duration
from headwater.testing.sql_entries import FINITE, INFINITY, LARGEST, NAN, Asked, Word

TOTAL = "sum(u * u) FILTER (WHERE isfinite(z))"
SPREAD = "sqrt(avg(u * u) FILTER (WHERE isfinite(z)))"
OTHER_SPREAD = "sqrt(avg(w * w) FILTER (WHERE isfinite(w)))"
BOTH_FINITE = f"{FINITE} AND bool_and(isfinite(w))"
LEAST_SPREAD = "1e-13"
"""Spreads relative to the largest value; below this one a float has no digits left to compare."""


def _of_shape(answer: str) -> str:
    """A number about the shape of values that are not all one."""
    return (
        f"CASE WHEN count(*) < 2 THEN NULL WHEN NOT {FINITE} THEN {NAN} "
        f"WHEN min(x) = max(x) THEN NULL ELSE {answer} END"
    )


def _by_spread(moment: str, spread: str = SPREAD, is_one: str = "min(x) = max(x)") -> str:
    """Slack that grows as the spread falls, which divides what the rounding of each value leaves.

    Where nothing can be said of a number, that values are all one still can.
    """
    return (
        f"CASE WHEN {is_one} THEN 0 WHEN {spread} < {LEAST_SPREAD} THEN {INFINITY} "
        f"ELSE 1e-14 * count(*) / {spread} * (1 + {moment}) END"
    )


def _power(k: int) -> str:
    """The mean of a power of the deviations over that of their spread."""
    return f"(avg(u ** {k}) FILTER (WHERE isfinite(z)) / {SPREAD} ** {k})"


_PRODUCT = "sum(u * w) FILTER (WHERE isfinite(z) AND isfinite(w))"
_EITHER_IS_ONE = "min(x) = max(x) OR min(y) = max(y)"
_LINE = "(sum(u * v) FILTER (WHERE isfinite(z)) / sum(v * v))"
_TIMES = "sqrt(avg(v * v))"
_AHEAD = "((any_value(as_of) - min(t))::DOUBLE / any_value(span) - any_value(mean_v))"
_BEFORE = "sqrt(sum(b * b) FILTER (WHERE NOT is_newest AND isfinite(b)) / (count(*) - 2))"
_BEFORE_IS_ONE = "min(x) FILTER (WHERE NOT is_newest) = max(x) FILTER (WHERE NOT is_newest)"
_DISTANCE = "max(b) FILTER (WHERE is_newest)"


def _of_line(answer: str) -> str:
    return f"CASE WHEN min(t) = max(t) THEN NULL WHEN NOT {FINITE} THEN {NAN} ELSE {answer} END"


def _decayed(asked: Asked, value: str) -> str:
    half = parse_duration(asked.member.half_life)
    weight = f"(0.5 ** ((newest_t - t)::DOUBLE / {half}))"
    return f"sum({value} * {weight}) / sum({weight}) * {LARGEST}"


MOMENTS: dict[str, Word] = {
    "variance": Word(
        f"CASE WHEN count(*) < 2 THEN NULL WHEN NOT {FINITE} THEN {NAN} "
        f"ELSE {TOTAL} / (count(*) - 1) * {LARGEST} * {LARGEST} END",
        f"1e-13 * count(*) * sqrt({TOTAL} + 1e-29) * {LARGEST} * {LARGEST}",
    ),
    "std": Word(
        f"CASE WHEN count(*) < 2 THEN NULL WHEN NOT {FINITE} THEN {NAN} "
        f"ELSE sqrt({TOTAL} / (count(*) - 1)) * {LARGEST} END",
        f"1e-14 * count(*) * {LARGEST}",
    ),
    "skewness": Word(_of_shape(_power(3)), _by_spread(f"abs{_power(4)}")),
    "kurtosis": Word(_of_shape(f"{_power(4)} - 3"), _by_spread(f"abs{_power(4)} * 4")),
    "covariance": Word(
        f"CASE WHEN count(*) < 2 THEN NULL WHEN NOT ({BOTH_FINITE}) THEN {NAN} "
        f"ELSE {_PRODUCT} / (count(*) - 1) * {LARGEST} * any_value(y_m) END",
        f"1e-14 * count(*) * ({SPREAD} + {OTHER_SPREAD} + 1e-14) * {LARGEST} * any_value(y_m)",
    ),
    "correlation": Word(
        f"CASE WHEN count(*) < 2 THEN NULL WHEN NOT ({BOTH_FINITE}) THEN {NAN} "
        f"WHEN {_EITHER_IS_ONE} THEN NULL "
        f"ELSE {_PRODUCT} / count(*) / ({SPREAD} * {OTHER_SPREAD}) END",
        _by_spread("1", f"least({SPREAD}, {OTHER_SPREAD})", _EITHER_IS_ONE),
    ),
    "slope": Word(
        _of_line(f"{_LINE} * {LARGEST} / (any_value(span) / {DAY})"),
        f"1e-14 * count(*) * {LARGEST} / (any_value(span) / {DAY}) / {_TIMES}",
    ),
    "intercept": Word(
        _of_line(f"(avg(z) + {_LINE} * {_AHEAD}) * {LARGEST}"),
        f"1e-14 * count(*) * (1 + abs({_AHEAD}) / {_TIMES}) * {LARGEST}",
    ),
    "exponential_mean": Word(
        lambda asked: f"CASE WHEN {FINITE} THEN {_decayed(asked, 'z')} ELSE {NAN} END",
        lambda asked: f"1e-13 * count(*) * {_decayed(asked, 'abs(z)')}",
    ),
    "z_score": Word(
        f"CASE WHEN count(*) < 3 THEN NULL WHEN NOT {FINITE} THEN {NAN} "
        f"WHEN {_BEFORE_IS_ONE} THEN NULL ELSE {_DISTANCE} / {_BEFORE} END",
        _by_spread(f"abs({_DISTANCE}) / {_BEFORE}", _BEFORE, _BEFORE_IS_ONE),
    ),
}
"""Each of these words."""
