"""Generated histories whose events were told of several times, with questions on their edges.

`told_history(seed)` makes events of one to four versions that differ in time, entity, values and in
when each column was known; some are deleted, some of those revived. Their times sit on the
boundaries that matter: known exactly when a row is asked or one microsecond later, happened exactly
when a horizon ends, told of exactly when a label is taken. `told_edges` names what occurred.

>>> from headwater.testing.told_histories import IDENTITY, told_history
>>> made = told_history(6)
>>> versions = [row for row in made.rows if row["event"] == made.rows[0]["event"]]
>>> len(versions), IDENTITY
(2, ('event',))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from headwater.schema.durations import parse_duration
from headwater.testing.histories import WINDOWS, Plain, frame

if TYPE_CHECKING:
    import polars as pl
    from hypothesis.strategies import SearchStrategy

IDENTITY = ("event",)
DELAY = "2h"
"""How late rows may be; a label over a horizon h is taken at `as_of + h + DELAY`."""

MAX_EVENTS = 9
MAX_VERSIONS = 4

_DAY = parse_duration("1d")
_DELAY = parse_duration(DELAY)
_ANCHORS = (1_710_054_000_000_000, 1_730_613_600_000_000, 0, 1_686_830_400_123_456)
_REGIONS = ("Zürich", "東京", "", "north")
_STORES = (0, 1, 2**53 + 1)
_NOTES = ("late", "", "früh", "late ", None)


@dataclass(frozen=True, slots=True)
class ToldHistory:
    """Versions of events, and a spine of questions about them.

    Args:
        rows: `event` (the identity), `region`, `store` (the key), `event_time`, `known_time`,
            `sequence`, `deleted`, `amount` with a clock of its own `amount_known`, `quantity`,
            `note`, `flag`. Copies of a row have its sequence too; else sequences differ.
        spine: `region`, `store`, `as_of`, `complete_through`, each of which may be None.
        complete_through: How far the source is complete, for labels that look ahead.
        seed: What it was made from, to make it again.
    """

    rows: list[Plain]
    spine: list[Plain]
    complete_through: int
    seed: int | None = field(default=None, compare=False)

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The versions and the spine as Polars frames, of the same types also when empty."""
        import polars as pl

        moment = pl.Datetime("us", "UTC")
        key = {"region": pl.String(), "store": pl.Int64()}
        times = {"event_time": moment, "known_time": moment, "amount_known": moment}
        values = {"amount": pl.Float64(), "quantity": pl.Int64(), "note": pl.String()}
        flags = {"flag": pl.Boolean(), "deleted": pl.Boolean()}
        order = {"event": pl.String(), "sequence": pl.Int64()}
        asked = {"as_of": moment, "complete_through": moment}
        return frame(self.rows, key | order | times | values | flags), frame(
            self.spine, key | asked
        )


def told_histories_strategy() -> SearchStrategy[ToldHistory]:
    """A hypothesis strategy over `told_history`; needs hypothesis."""
    from hypothesis import strategies

    return strategies.integers(0, 2**32 - 1).map(told_history)


def told_history(seed: int) -> ToldHistory:
    """A history of 1 to 9 events of 1 to 4 versions, with 1 to 6 questions."""
    rng = Random(seed)
    anchor = rng.choice(_ANCHORS)
    keys = [(region, store) for region in rng.sample(_REGIONS, 2) for store in _STORES[:2]]
    keys = rng.sample(keys, rng.randint(1, 3))
    spine = [_asked(rng, anchor, keys) for _ in range(rng.randint(1, 6))]
    moments = [asked["as_of"] for asked in spine if asked["as_of"] is not None] or [anchor]
    rows: list[Plain] = []
    numbers = rng.sample(range(-100, 1000), MAX_EVENTS * MAX_VERSIONS)
    for event in range(rng.randint(1, MAX_EVENTS)):
        rows += _told(rng, f"é{event}", moments, keys, numbers)
    if rng.random() < 0.3:
        rows += [dict(row) for row in rng.sample(rows, 1)]
    rng.shuffle(rows)
    ends = [at + length + _DELAY for at in moments for length in WINDOWS.values()]
    return ToldHistory(rows, spine, rng.choice(ends) + rng.choice((0, 0, -1, _DAY)), seed)


def _asked(rng: Random, anchor: int, keys: list[tuple[str, int]]) -> Plain:
    region, store = rng.choice([*keys, *keys, *keys, (rng.choice(_REGIONS), None)])
    as_of = anchor + rng.choice((0, 1, rng.randint(-20, 20) * WINDOWS["1h"], rng.randint(0, _DAY)))
    through = as_of + rng.choice((0, 1, -1, -WINDOWS["1h"], -_DAY, _DAY))
    if rng.random() < 0.06:
        return {"region": region, "store": store, "as_of": None, "complete_through": through}
    behind = None if rng.random() < 0.1 else through
    return {"region": region, "store": store, "as_of": as_of, "complete_through": behind}


def _told(
    rng: Random,
    event: str,
    moments: list[int],
    keys: list[tuple[str, int]],
    numbers: list[int],
) -> list[Plain]:
    """The versions of one event: each repeats the one before it with some changes."""
    count = rng.choice((1, 2, 2, 3, 3, MAX_VERSIONS))
    region, store = rng.choice(keys)
    row: Plain = {
        "event": event,
        "region": region,
        "store": store,
        "event_time": rng.choice(moments) + _step(rng),
        "deleted": rng.choice((False, False, False, None, True)),
    }
    row |= _values(rng)
    known: list[int | None] = []
    known += sorted(_known(rng, row["event_time"], moments) for _ in range(count))
    if rng.random() < 0.15:
        known[-1] = None
    versions: list[Plain] = []
    for moment in known:
        if versions:
            row = row | _changes(rng, row, moments, keys)
        at = rng.choice((moment, moment, _known(rng, row["event_time"], moments), None))
        versions.append(row | {"known_time": moment, "amount_known": at, "sequence": numbers.pop()})
    if count > 1 and rng.random() < 0.2:
        versions[1]["known_time"] = versions[0]["known_time"]
    return versions


def _changes(rng: Random, row: Plain, moments: list[int], keys: list[tuple[str, int]]) -> Plain:
    """What a newer version says otherwise."""
    changes = _values(rng)
    if rng.random() < 0.3:
        changes["event_time"] = rng.choice(moments) + _step(rng)
    if rng.random() < 0.2:
        changes["region"], changes["store"] = rng.choice(keys)
    if rng.random() < 0.05:
        changes["store"] = None
    if rng.random() < (0.6 if row["deleted"] else 0.25):
        changes["deleted"] = not row["deleted"]
    return changes


def _values(rng: Random) -> Plain:
    values = {
        "amount": rng.choice((0.1, 0.2, -0.7, 1e16, -1e16, rng.uniform(-9, 9))),
        "quantity": rng.choice((0, 1, -1, rng.randint(-(2**53), 2**53))),
        "note": rng.choice(_NOTES),
        "flag": rng.random() < 0.6,
    }
    return {name: None if rng.random() < 0.1 else value for name, value in values.items()}


def _step(rng: Random) -> int:
    """From an `as_of` to an event: onto the edge of a window or a horizon, or beside it."""
    lengths = tuple(WINDOWS.values())
    edge = rng.choice((0, *lengths, *(-length for length in lengths)))
    anywhere = rng.randint(-9 * _DAY, 8 * _DAY)
    return rng.choice((edge, edge, edge + rng.choice((-1, 1)), anywhere, anywhere // 9))


def _known(rng: Random, event: int, moments: list[int]) -> int:
    """Onto a moment that is asked or at which a label is taken, beside it, or near the event."""
    asked = rng.choice(moments)
    taken = asked + rng.choice(tuple(WINDOWS.values())) + _DELAY
    near = event + rng.randint(-_DAY, 2 * _DAY)
    return rng.choice((asked, asked, asked + rng.choice((-1, 1)), taken, taken + 1, near, near))
