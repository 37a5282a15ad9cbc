"""The edges of histories with versions, found by looking at the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from headwater.schema.durations import parse_duration
from headwater.testing.histories import ENTITY, WINDOWS, Plain
from headwater.testing.told_histories import DELAY, IDENTITY, ToldHistory

_DELAY = parse_duration(DELAY)


def told_edges(made: ToldHistory) -> set[str]:
    """The edges that occur in a history with versions."""
    return {name for name, occurs in _OCCURS.items() if occurs(made)}


def _events(made: ToldHistory) -> list[list[Plain]]:
    """The versions of each event, oldest first, copies once."""
    events: dict[tuple[str, ...], list[Plain]] = {}
    for row in made.rows:
        versions = events.setdefault(tuple(row[name] for name in IDENTITY), [])
        if row not in versions:
            versions.append(row)
    return [sorted(versions, key=_order) for versions in events.values()]


def _order(row: Plain) -> tuple[bool, int, int]:
    known = row["known_time"]
    return (known is None, known or 0, row["sequence"])


def _asked(made: ToldHistory, row: Plain) -> Iterator[Plain]:
    """The questions about the entity of a version."""
    for asked in made.spine:
        about = all(asked[part] is not None and asked[part] == row[part] for part in ENTITY)
        if about and asked["as_of"] is not None:
            yield asked


def _any_version(holds: Callable[[Plain, Plain], bool]) -> Callable[[ToldHistory], bool]:
    """Whether it holds for a version and a question about its entity."""
    return lambda made: any(holds(row, asked) for row in made.rows for asked in _asked(made, row))


def _any_change(holds: Callable[[Plain, Plain], bool]) -> Callable[[ToldHistory], bool]:
    """Whether it holds for a version and the one before it."""

    def occurs(made: ToldHistory) -> bool:
        pairs = ((a, b) for event in _events(made) for a, b in pairwise(event))
        return any(holds(older, newer) for older, newer in pairs)

    return occurs


def _any_newest(holds: Callable[[Plain], bool]) -> Callable[[ToldHistory], bool]:
    return lambda made: any(holds(event[-1]) for event in _events(made))


def _asked_when_replaced(made: ToldHistory) -> bool:
    """Whether a row asks exactly when a version ends because a newer one becomes known."""
    for event in _events(made):
        for older, newer in pairwise(event):
            moments = {asked["as_of"] for asked in _asked(made, older)}
            if older["known_time"] != newer["known_time"] and newer["known_time"] in moments:
                return True
    return False


def _falls_back(made: ToldHistory) -> bool:
    """Whether the newest known version of an event does not know the amount, and an older does."""
    for event in _events(made):
        for asked in made.spine:
            at = asked["as_of"]
            if at is None:
                continue
            known = [_reached(row["known_time"], at) for row in event]
            amount = [_reached(row["amount_known"], at) for row in event]
            newest = max((i for i, one in enumerate(known) if one), default=None)
            best = max((i for i, one in enumerate(amount) if one), default=None)
            if newest is not None and best is not None and best < newest:
                return True
    return False


def _reached(moment: int | None, at: int) -> bool:
    return moment is not None and moment <= at


def _asked_at(clock: str, step: int) -> Callable[[Plain, Plain], bool]:
    """Whether an event that happened before the question became known this long after it."""

    def holds(row: Plain, asked: Plain) -> bool:
        before: bool = row["event_time"] < asked["as_of"]
        return before and row[clock] == asked["as_of"] + step

    return holds


def _has_key(row: Plain) -> bool:
    return all(row[part] is not None for part in ENTITY)


def _is_deleted(row: Plain) -> bool:
    return row["deleted"] is True


def _has_copies(made: ToldHistory) -> bool:
    return any(made.rows.count(row) > 1 for row in made.rows)


def _arrives_in_another_order(made: ToldHistory) -> bool:
    return any(
        [row["sequence"] for row in made.rows if row in event] != [row["sequence"] for row in event]
        for event in _events(made)
        if len(event) > 1
    )


def _taken(asked: Plain, length: int) -> int:
    """The moment at which a label over this horizon is taken."""
    return int(asked["as_of"]) + length + _DELAY


def _through(step: int) -> Callable[[ToldHistory], bool]:
    """Whether the source is complete this far beyond the moment at which a label is taken."""
    return lambda made: any(
        made.complete_through == _taken(asked, length) + step
        for asked in made.spine
        if asked["as_of"] is not None
        for length in WINDOWS.values()
    )


def _known_when_taken(step: int) -> Callable[[Plain, Plain], bool]:
    def holds(row: Plain, asked: Plain) -> bool:
        for length in WINDOWS.values():
            inside = asked["as_of"] <= row["event_time"] < asked["as_of"] + length
            if inside and row["known_time"] == _taken(asked, length) + step:
                return True
        return False

    return holds


def _behind(made: ToldHistory) -> Iterator[tuple[Plain, int]]:
    """Each version with how far the store had been complete when its entity was asked about."""
    for row in made.rows:
        for asked in _asked(made, row):
            through = asked["complete_through"]
            if through is not None and through < asked["as_of"]:
                yield row, through


def _starts(length: int) -> Callable[[ToldHistory], bool]:
    return _any_version(lambda row, asked: row["event_time"] == asked["as_of"] - length)


def _ends(length: int) -> Callable[[ToldHistory], bool]:
    return _any_version(lambda row, asked: row["event_time"] == asked["as_of"] + length)


_OCCURS: dict[str, Callable[[ToldHistory], bool]] = {
    "one version": lambda made: any(len(event) == 1 for event in _events(made)),
    "four versions": lambda made: any(len(event) == 4 for event in _events(made)),
    "versions in another order": _arrives_in_another_order,
    "a version twice": _has_copies,
    "event time changes": _any_change(lambda a, b: a["event_time"] != b["event_time"]),
    "entity changes": _any_change(lambda a, b: [a[p] for p in ENTITY] != [b[p] for p in ENTITY]),
    "entity becomes null": _any_change(lambda a, b: _has_key(a) and not _has_key(b)),
    "amount changes": _any_change(lambda a, b: a["amount"] != b["amount"]),
    "amount becomes null": _any_change(
        lambda a, b: a["amount"] is not None and b["amount"] is None
    ),
    "deleted": _any_change(lambda a, b: not a["deleted"] and _is_deleted(b)),
    "revived": _any_change(lambda a, b: _is_deleted(a) and not b["deleted"]),
    "deleted in the end": _any_newest(_is_deleted),
    "null deleted": _any_newest(lambda row: row["deleted"] is None),
    "never known": _any_newest(lambda row: row["known_time"] is None),
    "column never known": _any_newest(lambda row: row["amount_known"] is None),
    "column falls back": _falls_back,
    "column known before its row": _any_version(
        lambda row, _: _reached(row["amount_known"], (row["known_time"] or 0) - 1)
    ),
    "tie in known time": _any_change(lambda a, b: a["known_time"] == b["known_time"]),
    "asked when a version becomes known": _any_version(_asked_at("known_time", 0)),
    "asked just before a version becomes known": _any_version(_asked_at("known_time", 1)),
    "asked when a column becomes known": _any_version(_asked_at("amount_known", 0)),
    "asked when a version is replaced": _asked_when_replaced,
    "event at as_of": _any_version(lambda row, asked: row["event_time"] == asked["as_of"]),
    **{f"event at as_of - {text}": _starts(length) for text, length in WINDOWS.items()},
    **{f"event at as_of + {text}": _ends(length) for text, length in WINDOWS.items()},
    "known when a label is taken": _any_version(_known_when_taken(0)),
    "known just after a label is taken": _any_version(_known_when_taken(1)),
    "complete when a label is taken": _through(0),
    "complete just before a label is taken": _through(-1),
    "behind": lambda made: any(True for _ in _behind(made)),
    "known when the store was behind": lambda made: any(
        row["known_time"] == through for row, through in _behind(made)
    ),
    "null complete_through": lambda made: any(a["complete_through"] is None for a in made.spine),
    "null as_of": lambda made: any(asked["as_of"] is None for asked in made.spine),
    "null key in spine": lambda made: any(asked["store"] is None for asked in made.spine),
    "event before 1970": lambda made: any(row["event_time"] < 0 for row in made.rows),
}

TOLD_EDGES = frozenset(_OCCURS)
"""Everything that `told_edges` can name; each occurs often among a few hundred seeds."""
