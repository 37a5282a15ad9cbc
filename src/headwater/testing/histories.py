"""Generated histories in which everything that breaks feature code occurs.

`history(seed)` draws a style (how keys, times and values are made) and then rows in that style.
`edges` names what occurred by looking at the rows alone, so that a style which stops to produce its
edge is noticed. Event and known times sit on the boundaries that matter: exactly at an `as_of`,
exactly a window before it, and one microsecond to either side.

>>> from headwater.testing.histories import edges, history
>>> rows = history(3).rows
>>> sorted(rows[0])
['amount', 'event_time', 'flag', 'known_time', 'note', 'quantity', 'region', 'sequence', 'store']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

from headwater.schema.durations import parse_duration

if TYPE_CHECKING:
    import polars as pl
    from hypothesis.strategies import SearchStrategy

Plain = dict[str, Any]

WINDOWS: dict[str, int] = {text: parse_duration(text) for text in ("1h", "1d", "7d")}
"""The windows whose boundaries the rows touch: as a user writes them, and in microseconds."""

ENTITY = ("region", "store")
MAX_ROWS = 40
MAX_SPINE = 12
SPRING_FORWARD = 1_710_054_000_000_000
"""New York loses an hour: 2024-03-10 07:00 UTC."""
FALL_BACK = 1_730_613_600_000_000
"""New York gains an hour: 2024-11-03 06:00 UTC."""

_DAY = parse_duration("1d")
_ANCHORS = (SPRING_FORWARD, FALL_BACK, 0, 1_686_830_400_123_456)
_LARGEST_QUANTITY = (2**63 - 1) // MAX_ROWS  # no sum of a whole history leaves 64 bits
_REGIONS = ("Zürich", "Zu\u0308rich", "東京", "", "north", "🌊", None)
_STORES = (0, 1, -7, 2**53, 2**53 + 1, None)
_NOTES = ("late", "", "früh", "延着", "late ", "\x00")
_SMALLEST_NORMAL = 2.2250738585072014e-308


@dataclass(frozen=True, slots=True)
class History:
    """Rows of what happened, and a spine of questions about them.

    Args:
        rows: `region`, `store` (the key), `event_time` and `known_time` in UTC microseconds,
            `sequence` (an integer of each row's own), `amount`, `quantity`, `note`, `flag`. All but
            `event_time` and `sequence` may be None.
        spine: `region`, `store`, `as_of`, each of which may be None.
        seed: What it was made from, to make it again; None for rows from elsewhere.
    """

    rows: list[Plain]
    spine: list[Plain]
    seed: int | None = field(default=None, compare=False)

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The history and the spine as Polars frames, of the same types also when empty."""
        import polars as pl

        moment = pl.Datetime("us", "UTC")
        key = {"region": pl.String(), "store": pl.Int64()}
        times = {"event_time": moment, "known_time": moment, "sequence": pl.Int64()}
        values = {
            "amount": pl.Float64(),
            "quantity": pl.Int64(),
            "note": pl.String(),
            "flag": pl.Boolean(),
        }
        return frame(self.rows, key | times | values), frame(self.spine, key | {"as_of": moment})


def frame(rows: list[Plain], types: dict[str, Any]) -> pl.DataFrame:
    """Plain rows as a frame of these types; moments are whole microseconds in them."""
    import polars as pl

    def column(name: str, dtype: pl.DataType) -> pl.Series:
        values = [row[name] for row in rows]
        if isinstance(dtype, pl.Datetime):
            return pl.Series(name, values, dtype=pl.Int64).cast(dtype)
        return pl.Series(name, values, dtype=dtype)

    return pl.DataFrame([column(name, dtype) for name, dtype in types.items()])


def histories_strategy() -> SearchStrategy[History]:
    """A hypothesis strategy over `history`; needs hypothesis."""
    from hypothesis import strategies

    return strategies.integers(0, 2**32 - 1).map(history)


Draw = Callable[[Random], float]

_AMOUNTS: dict[str, Draw] = {
    "plain": lambda rng: round(rng.uniform(-100, 100), 2),
    "tenths": lambda rng: rng.choice((0.1, 0.2, 0.3, -0.7, 0.0, -0.0)),
    "offset": lambda rng: 1e8 + rng.random(),
    "outlier": lambda rng: rng.choice((1e15, -1e15, 0.1, 1.0, rng.random(), rng.random())),
    "range": lambda rng: rng.choice((1e300, -1e300, 1e-300, -1e-300, 1.0)),
    "subnormal": lambda rng: rng.choice((5e-324, -5e-324, 1e-310, 2.0**-1030, 1e-307)),
    "overflow": lambda rng: rng.choice((1.7e308, 1.7e308, 1.7e308, -1.7e308, 1.0)),
    "cancelling": lambda rng: rng.choice((1e16, -1e16, 1.0, 3.0)),
    "strange": lambda rng: rng.choice((math.nan, math.inf, -math.inf, *(1.5,) * 4)),
}


@dataclass(frozen=True, slots=True)
class _Style:
    """How the rows of one history are made; drawn once for each."""

    keys: list[tuple[str | None, int | None]]
    anchor: int
    amounts: list[Draw]
    largest_quantity: int
    null_share: float
    tie_share: float
    late: bool
    shuffled: bool


def _style(rng: Random) -> _Style:
    regions = rng.sample(_REGIONS[: rng.choice((6, 7))], rng.randint(1, 2))
    stores = rng.sample(_STORES[: rng.choice((5, 6))], rng.randint(1, 2))
    return _Style(
        keys=list(product(regions, stores)),
        anchor=rng.choice(_ANCHORS),
        amounts=rng.sample([*_AMOUNTS.values(), _AMOUNTS["strange"]], rng.choice((1, 1, 2))),
        largest_quantity=rng.choice((1, 100, 2**53 + 3, _LARGEST_QUANTITY)),
        null_share=rng.choice((0.0, 0.0, 0.1, 0.1, 0.4, 0.4, 1.0)),
        tie_share=rng.choice((0.0, 0.2, 0.6)),
        late=rng.random() < 0.8,
        shuffled=rng.random() < 0.7,
    )


def history(seed: int) -> History:
    """A history of 0 to 40 rows with a spine of 0 to 12; the same seed gives the same."""
    rng = Random(seed)
    style = _style(rng)
    spine = [_asked(rng, style) for _ in range(rng.choice((0, *range(1, MAX_SPINE))))]
    if spine and rng.random() < 0.4:
        spine += rng.sample(spine, 1)
    sizes = (0, 1, 2, *(rng.randint(3, MAX_ROWS) for _ in range(6)), MAX_ROWS)
    rows: list[Plain] = []
    for sequence in rng.sample(range(-100, 1000), rng.choice(sizes)):
        rows.append(_happened(rng, style, (spine, rows)) | {"sequence": sequence})
    rows.sort(key=lambda row: row["event_time"])
    if style.shuffled:
        rng.shuffle(rows)
    return History([dict(row) for row in rows], [dict(row) for row in spine], seed)


def _asked(rng: Random, style: _Style) -> Plain:
    region, store = rng.choice(style.keys)
    if rng.random() < 0.2:
        region, store = rng.choice(_REGIONS), rng.choice(_STORES)
    step = rng.choice((0, 1, rng.randint(-_DAY, _DAY), rng.randint(-20, 20) * WINDOWS["1h"]))
    as_of = None if rng.random() < 0.03 else style.anchor + step
    return {"region": region, "store": store, "as_of": as_of}


def _happened(rng: Random, style: _Style, so_far: tuple[list[Plain], list[Plain]]) -> Plain:
    """A row near one of the questions of its key, sometimes at the moment of an earlier row."""
    region, store = rng.choice(style.keys)
    spine, rows = ([row for row in part if _key(row) == (region, store)] for part in so_far)
    moments = [row["as_of"] for row in spine if row["as_of"] is not None] or [style.anchor]
    as_of = rng.choice(moments)
    event = as_of + _step(rng)
    if rows and rng.random() < style.tie_share:
        event = rng.choice(rows)["event_time"]
    known = _known(rng, event, as_of=as_of) if style.late else event
    key = {"region": region, "store": store, "event_time": event, "known_time": known}
    return key | _values(rng, style)


def _step(rng: Random) -> int:
    """From an `as_of` to an event: onto a boundary, beside it, or somewhere around it."""
    boundary = rng.choice((0, *(-window for window in WINDOWS.values())))
    anywhere = rng.randint(-9 * _DAY, _DAY)
    return rng.choice((boundary, boundary + rng.choice((-1, 1)), anywhere, anywhere // 9))


def _known(rng: Random, event: int, *, as_of: int) -> int | None:
    around = (event, event - rng.randint(1, _DAY), event + rng.randint(1, 3 * _DAY))
    return rng.choice((*around, as_of, as_of + 1, event + WINDOWS["1h"], None))


def _values(rng: Random, style: _Style) -> Plain:
    bound = style.largest_quantity
    values = {
        "amount": rng.choice(style.amounts)(rng),
        "quantity": rng.choice((bound, -bound, rng.randint(-bound, bound))),
        "note": rng.choice(_NOTES),
        "flag": rng.random() < 0.5,
    }
    return {name: None if rng.random() < style.null_share else values[name] for name in values}


def _key(row: Plain) -> tuple[Any, ...]:
    return tuple(row[part] for part in ENTITY)


def _groups(history: History) -> dict[tuple[Any, ...], list[Plain]]:
    groups: dict[tuple[Any, ...], list[Plain]] = {}
    for row in history.rows:
        if None not in _key(row):
            groups.setdefault(_key(row), []).append(row)
    return groups


def _pairs(history: History) -> Iterator[tuple[Plain, int]]:
    """Each row with each moment at which its key is asked for."""
    groups = _groups(history)
    for asked in history.spine:
        for row in groups.get(_key(asked), ()):
            if asked["as_of"] is not None:
                yield row, asked["as_of"]


def _amounts(history: History) -> Iterator[list[float]]:
    """The known amounts of each group."""
    for rows in _groups(history).values():
        yield [row["amount"] for row in rows if row["amount"] is not None]


def _is_unsorted(moments: list[int | None]) -> bool:
    known = [moment for moment in moments if moment is not None]
    return known != sorted(known)


def _has_tie(history: History) -> bool:
    moments = [(key, r["event_time"]) for key, rows in _groups(history).items() for r in rows]
    return len(set(moments)) < len(moments)


def _crosses(history: History, change: int) -> bool:
    """Whether a change of clocks lies inside the longest window that a row is seen through."""
    longest = max(WINDOWS.values())
    return any(t - longest <= r["event_time"] < change <= t for r, t in _pairs(history))


def _has_both_infinities(history: History) -> bool:
    return any({math.inf, -math.inf} <= set(group) for group in _amounts(history))


def _has_mixture(history: History, large: float, small: float) -> bool:
    """Whether one group holds finite amounts from `large` up and others of at most `small`."""
    for group in _amounts(history):
        sizes = [abs(amount) for amount in group if math.isfinite(amount) and amount]
        if sizes and max(sizes) >= large and min(sizes) <= small:
            return True
    return False


def _has_offset(history: History) -> bool:
    """Whether a group has several amounts whose spread is tiny beside their distance from zero."""
    near = [[a for a in group if 0 <= a - 1e8 <= 1] for group in _amounts(history)]
    return any(len(set(group)) > 1 for group in near)


def _has_inexact_sum(history: History) -> bool:
    """Whether adding from left to right gives another float than the exact sum."""
    finite = [[a for a in g if math.isfinite(a) and abs(a) < 1e300] for g in _amounts(history)]
    return any(sum(group) != math.fsum(group) for group in finite)


def _has_overflow(history: History) -> bool:
    """Whether finite amounts of a group add up to an infinity."""
    finite = [[a for a in group if math.isfinite(a)] for group in _amounts(history)]
    return any(math.isinf(sum(group)) for group in finite)


def _has_shared_part(history: History) -> bool:
    """Whether keys differ in one part only, so that no single part tells them apart."""
    keys = set(_groups(history))
    return any(a != b and (a[0] == b[0] or a[1] == b[1]) for a, b in product(keys, keys))


def _any_row(holds: Callable[[Plain], bool]) -> Callable[[History], bool]:
    return lambda history: any(holds(row) for row in history.rows)


def _any_pair(holds: Callable[[Plain, int], bool]) -> Callable[[History], bool]:
    return lambda history: any(holds(row, as_of) for row, as_of in _pairs(history))


def _is_early(row: Plain) -> bool:
    return row["known_time"] is not None and row["known_time"] < row["event_time"]


def _starts(window: int) -> Callable[[History], bool]:
    return _any_pair(lambda row, as_of: row["event_time"] == as_of - window)


def _is_late(row: Plain, as_of: int) -> bool:
    """Whether a row had happened by a moment at which it was not yet known."""
    known = row["known_time"]
    return row["event_time"] < as_of and known is not None and known > as_of


def _any_amount(holds: Callable[[float], bool]) -> Callable[[History], bool]:
    return lambda history: any(holds(amount) for group in _amounts(history) for amount in group)


_OCCURS: dict[str, Callable[[History], bool]] = {
    "empty history": lambda h: not h.rows and bool(h.spine),
    "empty spine": lambda h: not h.spine and bool(h.rows),
    "empty group": lambda h: any(
        None not in _key(asked) and _key(asked) not in _groups(h) for asked in h.spine if h.rows
    ),
    "one-row group": lambda h: any(len(_groups(h).get(_key(asked), ())) == 1 for asked in h.spine),
    "null amount": _any_row(lambda row: row["amount"] is None),
    "null quantity": _any_row(lambda row: row["quantity"] is None),
    "null note": _any_row(lambda row: row["note"] is None),
    "null flag": _any_row(lambda row: row["flag"] is None),
    "null key in history": _any_row(lambda row: None in _key(row)),
    "null key in spine": lambda h: any(None in _key(asked) for asked in h.spine),
    "null as_of": lambda h: any(asked["as_of"] is None for asked in h.spine),
    "null clock": _any_row(lambda row: row["known_time"] is None),
    "tie in event time": _has_tie,
    "event at as_of": _any_pair(lambda row, t: row["event_time"] == t),
    "event after as_of": _any_pair(lambda row, t: row["event_time"] > t),
    **{f"event at as_of - {text}": _starts(window) for text, window in WINDOWS.items()},
    "known after as_of": _any_pair(_is_late),
    "known at as_of": _any_pair(lambda row, t: row["event_time"] < t == row["known_time"]),
    "known at event time": _any_row(lambda row: row["known_time"] == row["event_time"]),
    "known before event time": _any_row(_is_early),
    "event before 1970": _any_row(lambda row: row["event_time"] < 0),
    "spring forward": lambda h: _crosses(h, SPRING_FORWARD),
    "fall back": lambda h: _crosses(h, FALL_BACK),
    "offset of 1e8": _has_offset,
    "outlier of 1e15": lambda h: _has_mixture(h, 1e15, 1.0),
    "exponent range": lambda h: _has_mixture(h, 1e300, 1e-300),
    "subnormal": _any_amount(lambda amount: 0 < abs(amount) < _SMALLEST_NORMAL),
    "negative zero": _any_amount(lambda amount: amount == 0 and math.copysign(1, amount) < 0),
    "NaN": _any_amount(math.isnan),
    "infinity": _any_amount(math.isinf),
    "infinities of both signs": _has_both_infinities,
    "inexact sum": _has_inexact_sum,
    "overflowing sum": _has_overflow,
    "integer beyond 2^53": _any_row(lambda row: abs(row["quantity"] or 0) > 2**53),
    "unicode key": lambda h: any(not (key[0] or "").isascii() for key in _groups(h)),
    "empty string key": lambda h: any(key[0] == "" for key in _groups(h)),
    "keys that share a part": _has_shared_part,
    "shuffled rows": lambda h: _is_unsorted([row["event_time"] for row in h.rows]),
    "shuffled spine": lambda h: _is_unsorted([asked["as_of"] for asked in h.spine]),
    "repeated spine row": lambda h: any(h.spine.count(asked) > 1 for asked in h.spine),
}

EDGES = frozenset(_OCCURS)
"""Everything that `edges` can name; each occurs often among a few hundred seeds."""


def edges(history: History) -> set[str]:
    """The edges that occur in these rows, found by looking at them."""
    return {name for name, occurs in _OCCURS.items() if occurs(history)}
