"""A row asked alone, of a history that stands, gets to the bit what batch gives it among others."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.engines import passes
from headwater.errors import DataError
from headwater.testing.histories import ENTITY, WINDOWS, history
from headwater.testing.told_histories import IDENTITY, told_history

KINDS = {"amount": "float", "quantity": "integer", "note": "string", "flag": "boolean"}
CLOCKS: dict[str, Any] = {
    "late": "known_time",
    "event time": "event_time",
    "half an hour after": pl.col("event_time") + pl.duration(minutes=30),
}


def together(parts: Sequence[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Histories as one, each with regions and events of its own; a null in a key stays null."""
    frames = []
    for number, part in enumerate(parts):
        for frame in part.frames():
            named = [name for name in ("region", "event") if name in frame.columns]
            own = [pl.format("{} {}", pl.lit(number), name).alias(name) for name in named]
            frames.append(frame.with_columns(own))
    return pl.concat(frames[::2]), pl.concat(frames[1::2])


EVERY_DAY = frozenset(
    ("Count", "CountDistinct", "Last", "LastK", "Max", "Mean", "RelativeChange", "Std", "Sum")
)
"""Of each way of folding; compiling all takes minutes, and their laws are checked elsewhere."""


def words(named: Collection[str] = EVERY_DAY) -> list[Any]:
    """Aggregations of windows, over a number or a truth, and over text where they take that."""
    found = []
    for name, member in sorted(plugins.members("aggregations").items()):
        word = member.load()
        if "window" not in word.serves or (named and name not in named):
            continue
        taken = [column for column, kind in KINDS.items() if kind in word.takes]
        first, rows = taken[:1], [None] if word.reads == "rows" else []
        for column in dict.fromkeys([*first, *(one for one in taken if one == "note"), *rows]):
            for where in (None, "flag") if [column] == first else (None,):
                one = word.of_example(column, name=f"{name}_{column}_{where}")
                if where is None or not one.parts:  # a condition is that of the parts
                    found.append(replace(one, where=where))
    return found


def _compares(word: Any) -> bool:
    """Whether it asks for the window just before, which all history has not."""
    return any(isinstance(part, Earlier) for part in word.parts)


def views(
    reader: Any, clock: Any, named: Collection[str] = EVERY_DAY, **declared: Any
) -> list[Any]:
    given: dict[str, Any] = {"known_time": clock, "null_known_time": "never"}
    source = hw.Source(
        "s", reader, event_time="event_time", sequence="sequence", zone="UTC", **(given | declared)
    )
    features = [one.within(*WINDOWS) for one in words(named)]
    features += [one.over_all() for one in words(named) if not _compares(one)]
    return [
        hw.FeatureView("v", source, entity=ENTITY, features=features),
        hw.Attributes("a", source, entity=ENTITY, columns=["note", "amount"], ttl="1d"),
        hw.Derived("twice", pl.col("v__Sum_amount_None_1d") * 2 + pl.col("as_of").dt.hour()),
    ]


def alone(spine: pl.DataFrame, views: Sequence[Any], **given: Any) -> list[str]:
    """Of answers that are all held until the last is there, as later ones must not move them."""
    held = [hw.enrich(spine[row], views, **given) for row in range(spine.height)]
    return [repr(one.rows()) for one in held]


def whole(spine: pl.DataFrame, views: Sequence[Any], **given: Any) -> list[str]:
    found = hw.enrich(spine, views, **given)
    return [repr(found[row].rows()) for row in range(spine.height)]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("quick_from", [0, 500_000])
def test_each_row_of_generated_histories(
    clock: str, quick_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "QUICK_FROM", quick_from)
    rows, spine = together([history(seed) for seed in range(14)])
    spine = spine.head(60)
    batch = whole(spine, views(hw.Frame(rows.lazy()), CLOCKS[clock]), as_of="as_of")
    standing = views(hw.Frame(rows), CLOCKS[clock])
    assert alone(spine, standing, as_of="as_of") == batch
    assert whole(spine, standing, as_of="as_of") == batch
    assert len(set(batch)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("clock", CLOCKS)
def test_each_row_of_generated_histories_with_every_word(clock: str) -> None:
    rows, spine = together([history(seed) for seed in range(14)])
    spine = spine.head(24)
    batch = whole(spine, views(hw.Frame(rows.lazy()), CLOCKS[clock], ()), as_of="as_of")
    assert alone(spine, views(hw.Frame(rows), CLOCKS[clock], ()), as_of="as_of") == batch


@pytest.mark.parametrize("through", [None, "complete_through"])
def test_each_row_of_histories_with_versions(through: str | None) -> None:
    rows, spine = together([told_history(seed) for seed in range(8)])
    declared: dict[str, Any] = {
        "identity": IDENTITY,
        "deleted": "deleted",
        "known_times": {"amount": "amount_known"},
    }
    asked: dict[str, Any] = {"as_of": "as_of", "complete_through": through}
    batch = whole(spine, views(hw.Frame(rows.lazy()), "known_time", **declared), **asked)
    standing = views(hw.Frame(rows), "known_time", **declared)
    assert alone(spine, standing, **asked) == batch
    assert len(set(batch)) > 10


def test_a_static_table_and_a_view_that_attaches_twice() -> None:
    planes = pl.DataFrame({"plane": [1, 2], "seats": [100, 200]})
    spine = pl.DataFrame(
        {"own": [1, 2, 3, None], "next": [2, None, 1, 1], "at": pl.Series([0, 1, 2, None])}
    ).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))

    def attached(rows: Any) -> list[Any]:
        source = hw.Source("planes", hw.Frame(rows), static="built once")
        view = hw.Attributes("plane", source, entity="plane", columns=["seats"])
        return [
            view.on({"own": "plane"}, name="own_plane"),
            view.on({"next": "plane"}, name="next_plane"),
        ]

    standing = attached(planes)
    found = [hw.enrich(spine[row], standing, as_of="at").row(0)[3:] for row in range(4)]
    assert found == [(100, 200), (200, None), (None, 100), (None, None)]
    assert whole(spine, attached(planes.lazy()), as_of="at") == alone(spine, standing, as_of="at")


def test_ties_are_refused_with_the_same_words_and_only_where_they_are_met() -> None:
    rows = pl.DataFrame({"k": ["a", "a", "b", "b"], "at": [1, 1, 1, 2], "x": [1, 2, 3, 4]})
    rows = rows.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
    spine = pl.DataFrame({"k": ["b", "a", "a"], "t": [9, 8, 7]})
    spine = spine.with_columns(pl.col("t").cast(pl.Datetime("us", "UTC")))

    def view(reader: Any) -> list[Any]:
        source = hw.Source("s", reader, event_time="at", known_time="at")
        return [hw.FeatureView("v", source, entity="k", features=[hw.Last("x").over_all()])]

    standing = view(hw.Frame(rows))
    for _ in range(2):
        assert hw.enrich(spine[0], standing, as_of="t").row(0)[-1] == 4
        said = set()
        for views, asked in (
            (view(hw.Frame(rows.lazy())), spine),
            (standing, spine),
            (standing, spine[1]),
        ):
            with pytest.raises(DataError, match=r"HW404.*'k': 'a'") as error:
                hw.enrich(asked, views, as_of="t")
            said.add(error.value.message)
        assert len(said) == 1


def test_threads_that_ask_at_once_get_what_each_gets_alone() -> None:
    rows, spine = together([history(seed) for seed in range(6)])
    spine = spine.head(16)
    standing = views(hw.Frame(rows), "known_time")
    batch = whole(spine, views(hw.Frame(rows.lazy()), "known_time"), as_of="as_of")
    found: dict[int, list[str]] = {}

    def ask(number: int) -> None:
        found[number] = alone(spine, standing, as_of="as_of")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), batch)
