"""Which rows count for a question, in SQL: R3 as a range join, then what a window keeps of them.

The tables that are read: `history`, a source's rows with times as whole numbers of their unit, and
`asked`, the spine: its keys as `key_0` and so on, `j` (the row), `as_of` and `known_by` (the
moments in microseconds at which a window ends and until which clocks are asked; null where nothing
is seen).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from headwater.errors import SpecError
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import Clock
from headwater.schema.durations import parse_duration
from headwater.schema.windows import DeclaredWindow, Hopping, NewestRows, Session, SoFar
from headwater.testing.sql_expressions import identifier, sql_expression, text

BELOW = {"ns": "({0} - (({0} % 1000) + 1000) % 1000) // 1000", "us": "{0}", "ms": "{0} * 1000"}
ABOVE = {"ns": "({0} + ((-{0} % 1000) + 1000) % 1000) // 1000", "us": "{0}", "ms": "{0} * 1000"}
"""Ticks of a unit as microseconds, rounded down and up (R11)."""


def in_sight(view: ViewPlan, feature: FeaturePlan, *, is_earlier: bool = False) -> str:
    """A query of the rows in the feature's window, null values among them.

    Its columns are `j`, `as_of`, `t`, `s`, `x` and `y`. The window is read where a user wrote it,
    and so is the ttl: what a plan makes of them is not believed.

    Args:
        view: The feature's view.
        feature: What is asked for.
        is_earlier: Whether the window of the same length just before is meant.

    Raises:
        SpecError: The oracle does not speak of such sources, windows or expressions.
    """
    source = view.source.source
    if source.identity or source.event_time is None:
        raise unspoken(f"source {source.name!r}, whose rows are versions or have no time")
    told = ", ".join(
        [
            *(f"{identifier(key)} AS key_{i}" for i, key in enumerate(view.view.keys)),
            f"{_moment(view, source.event_time, BELOW)} AS t",
            f"{_place(source.sequence)} AS s",
            f"{_value(feature.value, feature.value_type)} AS x",
            f"{_other(feature.other)} AS y",
            f"({_known(view, feature.mask)}) AS k",
            f"{'TRUE' if feature.where is None else sql_expression(feature.where)} AS met",
        ]
    )
    same = " AND ".join(f"asked.key_{i} = told.key_{i}" for i in range(len(view.view.keys)))
    visible = (
        f"SELECT j, as_of, t, s, x, y FROM asked JOIN (SELECT {told} FROM history) AS told "
        f"ON {same} WHERE t < as_of AND known_by IS NOT NULL AND met "
        "AND (k IS NULL OR k <= known_by)"
    )
    limits = (*_times(view, feature.declared, is_earlier=is_earlier), *_alive(view))
    timed = f"SELECT * FROM ({visible}) WHERE {' AND '.join(limits) or 'TRUE'}"
    return _newest(feature.declared, timed)


def _times(view: ViewPlan, window: DeclaredWindow, *, is_earlier: bool) -> Iterator[str]:
    """What a window demands of a row's event time."""
    if isinstance(window, SoFar):
        zone = text(str(window.zone or view.source.source.zone))
        local = f"date_trunc({text(window.period)}, timezone({zone}, make_timestamptz(as_of)))"
        yield f"t >= epoch_us(timezone({zone}, {local}))"
        return
    reach, hop = _reach(window)
    if reach is None:
        return
    start = _back("as_of", reach, hop)
    if is_earlier:
        yield f"t < {start}"
        start = _back(start, reach, hop)
    yield f"t >= {start}"


def _reach(window: DeclaredWindow) -> tuple[int | None, int]:
    """A window's length, None where it has none, and its hop, in microseconds."""
    if isinstance(window, Hopping):
        return parse_duration(window.length), parse_duration(window.hop)
    length = window.within if isinstance(window, NewestRows) else window
    return (parse_duration(length) if isinstance(length, str | timedelta) else None), 1


def _back(moment: str, length: int, hop: int) -> str:
    """So long before a moment, and from there to the multiple of the hop that is not after it."""
    start = f"({moment} - {length})"
    return f"({start} - ({start} % {hop} + {hop}) % {hop})" if hop > 1 else start


def _alive(view: ViewPlan) -> Iterator[str]:
    """What the ttl of a view demands of a row's event time."""
    ttl = getattr(view.view, "ttl", None)
    if ttl is not None:
        yield f"t >= as_of - {parse_duration(ttl)}"


def _newest(window: DeclaredWindow, rows: str) -> str:
    """The newest rows only, or those since the last gap, of the rows that count in time."""
    if isinstance(window, NewestRows):
        rank = "row_number() OVER (PARTITION BY j ORDER BY t DESC, s DESC)"
        return f"SELECT * FROM ({rows}) QUALIFY {rank} <= {window.rows}"
    if isinstance(window, Session):
        later = "lead(t, 1, as_of) OVER (PARTITION BY j ORDER BY t, s)"
        newer = "OVER (PARTITION BY j ORDER BY t DESC, s DESC ROWS UNBOUNDED PRECEDING)"
        gap = parse_duration(window.gap)
        breaks = f"SELECT *, ({later} - t > {gap})::INTEGER AS ends FROM ({rows})"
        return f"SELECT * EXCLUDE (ends) FROM ({breaks}) QUALIFY sum(ends) {newer} = 0"
    return rows


def _moment(view: ViewPlan, column: str, rounding: dict[str, str]) -> str:
    """A time column in microseconds."""
    dtype = view.source.schema[column]
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone is None:
        raise unspoken(f"column {column!r} of {dtype}")
    return rounding[dtype.time_unit].format(identifier(column))


def _place(sequence: str | None) -> str:
    """The order of rows of one event time; a null sequence comes first (R7)."""
    if sequence is None:
        return "0"
    return f"dense_rank() OVER (ORDER BY {identifier(sequence)} NULLS FIRST)"


def _value(value: Any, dtype: pl.DataType) -> str:
    """The value that is folded; text of any type is compared as text."""
    if value is None:
        return "1"
    if not isinstance(value, pl.Expr):
        raise unspoken("a Python function")
    written = sql_expression(value)
    return f"{written}::VARCHAR" if dtype in (pl.Enum, pl.Categorical) else written


def _other(other: Any) -> str:
    """The second column, as a float."""
    return "NULL::DOUBLE" if other is None else f"{_value(other, pl.Float64())}::DOUBLE"


def _known(view: ViewPlan, clock: Clock) -> str:
    """R1, R2, R4: when a row is known; beyond every moment where a part is null."""
    moments = [f"{_moment(view, m.column, ABOVE)} + {m.offset}" for m in clock.moments]
    if not moments:
        return "NULL"
    missing = " OR ".join(f"{identifier(m.column)} IS NULL" for m in clock.moments)
    latest = f"greatest({', '.join(moments)})"
    return f"CASE WHEN {missing} THEN {2**63 - 1} ELSE {latest} END"


def unspoken(what: str) -> SpecError:
    """HW211 of what the oracle has no SQL for."""
    return SpecError("HW211", f"the SQL oracle does not speak of {what}")
