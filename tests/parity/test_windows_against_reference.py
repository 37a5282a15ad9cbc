"""Windows of every kind equal the naive reference on generated histories, for every clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines import passes
from headwater.errors import DataError
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS, history
from headwater.testing.reference_versions import Versions
from headwater.testing.reference_windows import Before, Newest, Session, SoFar, Within
from headwater.testing.told_histories import IDENTITY, told_history

HOUR, DAY = WINDOWS["1h"], WINDOWS["1d"]
Differing = Callable[..., list[Any]]


@dataclass(frozen=True)
class Kind:
    """A window as a user writes it and as the reference has it, with the end of its column."""

    of: Callable[[Any], Any]
    column: str
    window: Any


def so_far(one: Any, *, period: str, zone: str) -> Any:
    return one.so_far(period, zone=zone)


KINDS = [
    Kind(lambda one: one.within("1d", hop="7h"), "1d_hop_7h", Within(DAY, 7 * HOUR)),
    Kind(lambda one: one.within("1h", hop="5m"), "1h_hop_5m", Within(HOUR, HOUR // 12)),
    Kind(lambda one: one.over_rows(1), "1rows", Newest(1)),
    Kind(lambda one: one.over_rows(3), "3rows", Newest(3)),
    Kind(lambda one: one.over_rows(2, within="1d"), "2rows_1d", Newest(2, DAY)),
    Kind(lambda one: one.over_session("1h"), "session_1h", Session(HOUR)),
    Kind(lambda one: one.over_session("1d"), "session_1d", Session(DAY)),
    Kind(lambda one: one.within("7d"), "7d", 7 * DAY),
    Kind(lambda one: one.over_all(), "all", None),
    *(
        Kind(partial(so_far, period=period, zone=zone), f"{period}_so_far", SoFar(period, zone))
        for period, zone in {
            "day": "Europe/Zurich",
            "week": "America/New_York",
            "month": "Asia/Kathmandu",
            "quarter": "America/St_Johns",
            "year": "UTC",
        }.items()
    ),
]
WORDS: dict[str, tuple[Callable[..., Any], str | None]] = {
    "count": (hw.Count, None),
    "sum": (hw.Sum, "quantity"),
    "count_distinct": (hw.CountDistinct, "note"),
    "last": (hw.Last, "amount"),
}
CLOCKS: dict[str, tuple[Any, reference.Moments]] = {
    "a clock of each row": ("known_time", (("known_time", 0),)),
    "event time": ("event_time", (("event_time", 0),)),
    "half an hour after": (
        pl.col("event_time") + pl.duration(minutes=30),
        (("event_time", HOUR // 2),),
    ),
    "ahead of the event": (
        pl.col("event_time") - pl.duration(days=1),
        (("event_time", -DAY),),
    ),
}
PARTS = [history(seed) for seed in range(36)]


def together(parts: Sequence[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Histories as one, each with regions and events of its own; a null in a key stays null."""
    frames = []
    for number, part in enumerate(parts):
        for frame in part.frames():
            named = [name for name in ("region", "event") if name in frame.columns]
            own = [pl.format("{} {}", pl.lit(number), name).alias(name) for name in named]
            frames.append(frame.with_columns(own))
    return pl.concat(frames[::2]), pl.concat(frames[1::2])


def source(frame: Any, clock: Any, **declared: Any) -> Any:
    given: dict[str, Any] = {
        "known_time": clock,
        "null_known_time": "never",
        "sequence": "sequence",
        "event_time": "event_time",
    }
    return hw.Source("s", hw.Frame(frame), **(given | declared))


def view(source: Any, where: str | None = None, **declared: Any) -> Any:
    """All words over all kinds: windows of one aggregation stand side by side."""
    features = []
    for word, (make, column) in WORDS.items():
        one = make(column, name=word, where=where)
        features += [kind.of(one) for kind in KINDS]
    return hw.FeatureView("v", source, entity=ENTITY, features=features, **declared)


def wanted(parts: Sequence[Any], feature: reference.Feature, **given: Any) -> list[Any]:
    asked: dict[str, Any] = {"entity": ENTITY, "as_of": "as_of", "event_time": "event_time"}
    asked |= {"sequence": "sequence", "feature": feature, **given}
    return [one for part in parts for one in reference.enrich(part.spine, part.rows, **asked)]


def check(
    found: pl.DataFrame,
    parts: Sequence[Any],
    differing: Differing,
    clock: reference.Moments,
    *,
    where: str | None = None,
    ttl: int | None = None,
    **given: Any,
) -> None:
    checked = 0
    for word, (_, column) in WORDS.items():
        for kind in KINDS:
            feature = reference.Feature(word, column, kind.window, clock, where, ttl)
            answers = wanted(parts, feature, **given)
            values = found[f"v__{word}_{kind.column}"].to_list()
            assert differing(values, answers) == [], (word, kind.column)
            checked += sum(value not in (None, 0) for value in answers)
    assert checked > 300


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("where", "quick_from"), [(None, 0), ("flag", 0), (None, 500_000)])
def test_each_value_equals_the_reference(
    clock: str,
    where: str | None,
    quick_from: int,
    differing: Differing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passes, "QUICK_FROM", quick_from)
    declared, moments = CLOCKS[clock]
    rows, spine = together(PARTS)
    asked = [view(source(rows, declared), where)]
    found = hw.enrich(spine, asked, as_of="as_of", threads=2)
    check(found, PARTS, differing, moments, where=where)


@pytest.mark.parametrize("ttl", ["1h", "3d"])
def test_no_feature_of_a_view_sees_rows_older_than_its_ttl(ttl: str, differing: Differing) -> None:
    declared, moments = CLOCKS["a clock of each row"]
    rows, spine = together(PARTS)
    found = hw.enrich(spine, [view(source(rows, declared), ttl=ttl)], as_of="as_of")
    check(found, PARTS, differing, moments, ttl={"1h": HOUR, "3d": 3 * DAY}[ttl])


@pytest.mark.parametrize("where", [None, "flag"])
def test_where_fewer_than_min_rows_count_there_is_no_value(
    where: str | None, differing: Differing
) -> None:
    declared, moments = CLOCKS["a clock of each row"]
    parts, least = PARTS[:18], 2
    rows, spine = together(parts)
    kinds = [kind for kind in KINDS if kind.window != Newest(1)]
    asked = [
        replace(kind.of(make(column, name=word, where=where)), min_rows=least)
        for word, (make, column) in WORDS.items()
        for kind in kinds
    ]
    told = hw.FeatureView("v", source(rows, declared), entity=ENTITY, features=asked)
    found = hw.enrich(spine, [told], as_of="as_of")
    nulls = 0
    for word, (_, column) in WORDS.items():
        for kind in kinds:
            one = reference.Feature(word, column, kind.window, moments, where, min_rows=least)
            answers = wanted(parts, one)
            values = found[f"v__{word}_{kind.column}_min_{least}rows"].to_list()
            assert differing(values, answers) == [], (word, kind.column)
            nulls += answers.count(None) - wanted(parts, replace(one, min_rows=0)).count(None)
    assert nulls > 100


LENGTHS = {"25m": HOUR * 5 // 12, "1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "7d": 7 * DAY}
HOPS: dict[str | None, int] = {None: 1, "25m": HOUR * 5 // 12, "4h": 4 * HOUR, "1d": DAY}
TTLS: dict[str | None, int | None] = {None: None, "9h": 9 * HOUR, "3d": 3 * DAY}
CHANGES: dict[str, Any] = {
    "change": (hw.Change, lambda now, before: now - before),
    "relative": (hw.RelativeChange, lambda now, before: _relative(float(now), float(before))),
}


def _relative(now: float, before: float) -> float | None:
    return (now - before) / abs(before) if before else None


@pytest.mark.parametrize("ttl", TTLS)
@pytest.mark.parametrize("hop", HOPS)
def test_a_change_compares_with_the_window_before_of_the_reference(
    hop: str | None, ttl: str | None, differing: Differing
) -> None:
    """Hops divide the lengths and do not, and a ttl cuts the window before or both."""
    parts = PARTS[:18]
    declared, moments = CLOCKS["a clock of each row"]
    rows, spine = together(parts)
    words = {word: WORDS[word] for word in ("count", "sum")}
    asked = [
        change(make(column), name=f"{name}_{word}").within(*LENGTHS, hop=hop)
        for word, (make, column) in words.items()
        for name, (change, _) in CHANGES.items()
    ]
    told = hw.FeatureView("v", source(rows, declared), entity=ENTITY, features=asked, ttl=ttl)
    columns = iter(hw.enrich(spine, [told], as_of="as_of")[:, spine.width :])
    checked = 0
    for word, (_, column) in words.items():
        windows = [Within(length, HOPS[hop]) for length in LENGTHS.values()]
        pairs = []
        for one in windows:
            now, before = (
                reference.Feature(word, column, window, moments, None, TTLS[ttl])
                for window in (one, Before(one))
            )
            pairs.append(list(zip(wanted(parts, now), wanted(parts, before), strict=True)))
        for name, (_, compare) in CHANGES.items():
            for pair in pairs:
                answers = [None if None in both else compare(*both) for both in pair]
                assert differing(next(columns).to_list(), answers) == [], (name, word)
                checked += sum(bool(before) for _, before in pair)
    assert checked > 5


TOLD = [told_history(seed) for seed in range(36)]


@pytest.mark.parametrize("through", [None, "complete_through"])
def test_windows_over_events_with_versions(through: str | None, differing: Differing) -> None:
    """Rows end here, and clocks are asked earlier than windows end: starts go back and forth."""
    rows, spine = together(TOLD)
    declared = source(rows, "known_time", identity=IDENTITY, deleted="deleted")
    found = hw.enrich(spine, [view(declared)], as_of="as_of", complete_through=through)
    row = (("known_time", 0),)
    names = (*ENTITY, "event_time", "sequence", "deleted", "quantity", "note", "amount")
    told = Versions(
        IDENTITY, order=row, clocks=dict.fromkeys(names, row), sequence="sequence",
        deleted="deleted",
    )  # fmt: skip
    check(found, TOLD, differing, (), versions=told, complete_through=through)


def test_a_row_asked_alone_of_a_history_that_stands_gets_what_batch_gives_it() -> None:
    rows, spine = together(PARTS[:14])
    for clock in ("a clock of each row", "half an hour after"):
        batch = hw.enrich(spine, [view(source(rows.lazy(), CLOCKS[clock][0]))], as_of="as_of")
        standing = [view(source(rows, CLOCKS[clock][0]))]
        for row in range(min(40, spine.height)):
            alone = hw.enrich(spine[row], standing, as_of="as_of")
            assert repr(alone.rows()) == repr(batch[row].rows())


def test_events_with_versions_that_stand_answer_as_batch_does() -> None:
    rows, spine = together(TOLD[:8])
    told: dict[str, Any] = {"identity": IDENTITY, "deleted": "deleted"}
    asked: dict[str, Any] = {"as_of": "as_of", "complete_through": "complete_through"}
    batch = hw.enrich(spine, [view(source(rows.lazy(), "known_time", **told))], **asked)
    standing = [view(source(rows, "known_time", **told))]
    for row in range(min(24, spine.height)):
        assert repr(hw.enrich(spine[row], standing, **asked).rows()) == repr(batch[row].rows())


def test_a_tie_at_a_start_is_told_alike_of_a_history_that_stands() -> None:
    times = {"at": [1, 2, 2], "x": [1, 2, 4], "k": ["a"] * 3}
    frame = pl.DataFrame(times).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
    spine = pl.DataFrame({"k": ["a"] * 2, "t": [2, 3]}).with_columns(
        pl.col("t").cast(pl.Datetime("us", "UTC"))
    )
    said = set()
    for rows in (frame, frame.lazy()):
        one = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at")
        features = [hw.Sum("x").over_rows(1, 2)]
        asked = [hw.FeatureView("v", one, entity="k", features=features)]
        assert hw.enrich(spine[0], asked, as_of="t").row(0)[2:] == (1, 1)
        for _ in range(2):
            with pytest.raises(DataError, match="HW404") as refused:
                hw.enrich(spine[1], asked, as_of="t")
            said.add(refused.value.message)
    assert len(said) == 1


def test_the_order_of_rows_and_the_other_questions_do_not_matter() -> None:
    rows, spine = together(PARTS)
    whole = hw.enrich(spine, [view(source(rows, "known_time"))], as_of="as_of", threads=1)
    mixed = view(source(rows.sample(fraction=1, shuffle=True, seed=1), "known_time"))
    assert hw.enrich(spine[::-3], [mixed], as_of="as_of", threads=3).equals(whole[::-3])


def answered(part: Any, column: str | None, rows: int) -> list[Any] | None:
    """What the reference answers without a sequence; None where it refuses a tie."""
    clock = (("known_time", 0),)
    feature = reference.Feature("count", column, Newest(rows), clock)
    try:
        return wanted([part], feature, sequence=None)
    except DataError as error:
        return None if error.code == "HW404" else pytest.fail(f"unexpected {error}")


@pytest.mark.parametrize("column", [None, "amount", "note", "flag"])
@pytest.mark.parametrize("rows", [1, 4])
def test_a_tie_at_the_start_of_a_window_by_rows_is_refused_where_the_reference_refuses_it(
    column: str | None, rows: int, differing: Differing
) -> None:
    refused, values = 0, 0
    for part in (part for part in PARTS if part.rows):
        frame, spine = part.frames()
        declared = source(frame, "known_time", sequence=None)
        one = hw.Count(column, name="n").over_rows(rows)
        asked = hw.FeatureView("v", declared, entity=ENTITY, features=[one])
        answers = answered(part, column, rows)
        if answers is None:
            with pytest.raises(DataError, match=r"\[HW404\] .* tie with different values"):
                hw.enrich(spine, [asked], as_of="as_of")
            refused += 1
        else:
            found = hw.enrich(spine, [asked], as_of="as_of")[f"v__n_{rows}rows"].to_list()
            assert differing(found, answers) == []
            values += 1
    assert values > 5
    assert (refused > 0) == (column is not None)


def test_the_sequence_that_decides_which_rows_are_newest_is_read_with_its_clock() -> None:
    frame = pl.DataFrame(
        {"k": ["a"] * 3, "at": [1, 1, 1], "n": [1, 2, 3], "numbered": [5, 5, 9], "x": [1, 2, 4]}
    ).with_columns(pl.col("at", "numbered").cast(pl.Datetime("us", "UTC")))
    history = hw.Source(
        "s", hw.Frame(frame), event_time="at", known_time="at", sequence="n",
        known_times={"n": "numbered"},
    )  # fmt: skip
    features = [hw.Sum("x").over_rows(1, 3), hw.Sum("x").over_all()]
    asked = hw.FeatureView("v", history, entity="k", features=features)
    spine = pl.DataFrame({"k": ["a"] * 3, "t": [4, 5, 9]}).with_columns(
        pl.col("t").cast(pl.Datetime("us", "UTC"))
    )
    found = hw.enrich(spine, [asked], as_of="t")
    assert found["v__x_sum_1rows"].to_list() == [None, 2, 4]
    assert found["v__x_sum_3rows"].to_list() == [None, 3, 7]
    assert found["v__x_sum_all"].to_list() == [7, 7, 7]
