"""Labels that look ahead, label filters and grids of moments equal the naive reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.schema.durations import parse_duration
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS
from headwater.testing.reference_labels import ahead, ahead_known, is_mature, reference_split
from headwater.testing.reference_spines import asked_events, every
from headwater.testing.reference_versions import Versions
from headwater.testing.told_histories import DELAY, IDENTITY, ToldHistory, told_history

ROW = (("known_time", 0),)
HELD = parse_duration(DELAY)
Differing = Callable[..., list[Any]]
PARTS = [told_history(seed) for seed in range(45)]
BY_COMPLETENESS = sorted(range(45), key=lambda number: PARTS[number].complete_through)
NUMBERS = [BY_COMPLETENESS[place] for place in (16, 27, 36)]
"""Histories whose own completeness is taken for all: on the edge for some, beyond it for others."""


@pytest.fixture(autouse=True)
def _results_are_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def together(parts: Sequence[ToldHistory]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Many histories as one, each with regions and events of its own."""
    rows, spine = [], []
    for number, part in enumerate(parts):
        own, asked = part.frames()
        region = pl.format("{} {}", pl.lit(number), "region").alias("region")
        event = pl.format("{} {}", pl.lit(number), "event").alias("event")
        rows.append(own.with_columns(region, event))
        spine.append(asked.with_columns(region))
    return pl.concat(rows), pl.concat(spine)


def source(frame: pl.DataFrame, **declared: Any) -> Any:
    given: dict[str, Any] = {"known_time": "known_time", "null_known_time": "never"}
    given |= {"event_time": "event_time", "sequence": "sequence", "delay": DELAY}
    return hw.Source("told", hw.Frame(frame), **(given | declared))


def built(spine: Any, history: Any, label: Any, split: Any = None) -> Any:
    counts = hw.FeatureView("v", history, entity=ENTITY, features=[hw.Count().over_all()])
    whole = hw.SplitByTime(train=1.0, validation=0.0, test=0.0)
    return hw.build(
        hw.TrainingSet("t", spine=spine, features=[counts], label=label, split=split or whole)
    )


def columns_of(made: Any, *names: str) -> dict[str, list[Any]]:
    """Columns of all parts; times as microseconds."""
    whole = pl.concat([made.to_polars(part) for part in made.parts])
    return {name: whole[name].to_physical().to_list() for name in names}


def excluded(made: Any) -> dict[str, int]:
    return {reason: count for reason, count in made.manifest["excluded"].items() if count}


# R8: a label that looks ahead

AHEAD = [
    ("Count", "count", None, "1h"),
    ("Sum", "sum", "quantity", "1d"),
    ("CountDistinct", "count_distinct", "note", "7d"),
    ("Mean", "mean", "amount", "7d"),
]
TOLD = {"identity": IDENTITY, "deleted": "deleted", "known_times": {"amount": "amount_known"}}
CLOCKS = {
    **dict.fromkeys(
        (*ENTITY, "event_time", "sequence", "deleted", "quantity", "note", "flag"), ROW
    ),
    "amount": (("amount_known", 0),),
}
VERSIONS = Versions(IDENTITY, order=ROW, clocks=CLOCKS, sequence="sequence", deleted="deleted")


@pytest.mark.parametrize("case", AHEAD)
@pytest.mark.parametrize("declared", [{}, TOLD], ids=["rows", "versions"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_label_ahead_its_clock_and_its_maturity_equal_the_reference(
    case: tuple[str, str, str | None, str],
    declared: dict[str, Any],
    number: int,
    differing: Differing,
) -> None:
    cls, aggregation, column, text = case
    horizon, through = parse_duration(text), PARTS[number].complete_through
    rows, spine = together(PARTS)
    history = source(rows, complete_through=time(through), **declared)
    label = hw.Label(
        "y",
        pl.col("found").cast(pl.Float64),
        ahead={"found": getattr(hw, cls)(column).ahead(text)},
        source=history,
        entity=ENTITY,
    )
    made = built(hw.Spine(spine, as_of="as_of"), history, label)
    feature = reference.Feature(aggregation, column, horizon, () if declared else ROW)
    wanted, reasons = [], []
    for part in PARTS:
        values = ahead(
            part.spine, part.rows, entity=ENTITY, as_of="as_of", event_time="event_time",
            sequence="sequence", feature=feature, delay=HELD,
            versions=VERSIONS if declared else None,
        )  # fmt: skip
        known = [ahead_known(asked["as_of"], horizon=horizon, delay=HELD) for asked in part.spine]
        mature = [is_mature(moment, through=through) for moment in known]
        asked = [one["as_of"] for one in part.spine]
        kept, why = reference_split(
            asked, values, label_known=known, fractions=(1.0, 0.0, 0.0), mature=mature
        )
        reasons += [reason for reason in why if reason]
        rows_of_part = zip(kept, asked, values, known, strict=True)
        wanted += [(at, _float(value), k) for keep, at, value, k in rows_of_part if keep]
    found = columns_of(made, "as_of", "y", "label_known_time")
    assert excluded(made) == dict(Counter(reasons))
    assert "label_not_mature" in reasons
    for index, name in enumerate(("as_of", "y", "label_known_time")):
        ulps = 2 if aggregation == "mean" else 0
        assert differing(found[name], [row[index] for row in wanted], ulps=ulps) == [], name
    assert len(wanted) >= 10


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time() -> None:
    rows = pl.DataFrame(
        {
            "region": ["a", "a", "b"],
            "store": [1, 1, 1],
            "event_time": [time(50), time(60), time(70)],
            "known_time": [time(100), time(80), None],
            "sequence": [1, 2, 3],
        }
    )
    spine = pl.DataFrame(
        {"region": ["a"] * 3, "store": [1] * 3, "as_of": [time(89), time(90), time(91)]}
    )
    history = source(rows, delay=timedelta(microseconds=4))
    count = {"n": hw.Count().ahead(timedelta(microseconds=6))}
    label = hw.Label("y", pl.col("n"), ahead=count, source=history, entity=ENTITY)
    made = built(hw.Spine(spine, as_of="as_of"), history, label)
    assert columns_of(made, "as_of", "label_known_time") == {
        "as_of": [89, 90],
        "label_known_time": [99, 100],
    }
    assert excluded(made) == {"label_not_mature": 1}


# R9 with labels ahead, R10


def test_parts_and_reasons_equal_the_reference_where_rows_are_chosen_later() -> None:
    part_numbers = [number for number, part in enumerate(PARTS) if part.rows[0]["event_time"] > 0]
    parts = [PARTS[number] for number in part_numbers]
    rows, spine = together(parts)
    through = max(part.complete_through for part in parts) - WINDOWS["1d"]
    spine = spine.with_columns(even=pl.int_range(pl.len()) % 5 != 0)
    history = source(rows, complete_through=time(through))
    label = hw.Label(
        "y",
        pl.col("n"),
        ahead={"n": hw.Sum("quantity").ahead("1d")},
        source=history,
        entity=ENTITY,
    )
    asked = hw.Spine(
        spine,
        as_of="as_of",
        label_filter=pl.col("even"),
        label_filter_reason="every fifth was not delivered",
    )
    made = built(asked, history, label, hw.SplitByTime(train=0.5, validation=0.25, test=0.25))
    feature = reference.Feature("sum", "quantity", WINDOWS["1d"], ROW)
    values: list[Any] = []
    for part in parts:
        values += ahead(
            part.spine, part.rows, entity=ENTITY, as_of="as_of", event_time="event_time",
            sequence="sequence", feature=feature, delay=HELD,
        )  # fmt: skip
    moments = [one["as_of"] for part in parts for one in part.spine]
    known = [ahead_known(at, horizon=WINDOWS["1d"], delay=HELD) for at in moments]
    kept, why = reference_split(
        moments,
        values,
        label_known=known,
        fractions=(0.5, 0.25, 0.25),
        label_filtered=[number % 5 == 0 for number in range(len(moments))],
        mature=[is_mature(at, through=through) for at in known],
    )
    assert excluded(made) == dict(Counter(reason for reason in why if reason))
    assert {"as_of_null", "label_filtered", "label_null", "purged"} <= set(why)
    for name in ("train", "validation", "test"):
        mine = [number for number, part in enumerate(kept) if part == name]
        frame = made.to_polars(name)
        assert frame["as_of"].to_physical().to_list() == [moments[number] for number in mine]
        assert frame["y"].to_list() == [values[number] for number in mine]


# R5 and R6: a spine of events with versions


@pytest.mark.parametrize("text", [*WINDOWS, "0h"])
def test_each_event_asks_once_with_what_was_known_of_it(text: str, differing: Differing) -> None:
    after = parse_duration(text)
    rows, _ = together(PARTS)
    history = source(rows, delay=None, **TOLD)
    spine = hw.Spine(
        history,
        as_of=pl.col("event_time") + pl.duration(microseconds=after),
        keep=["flag", "amount"],
    )
    made = built(spine, history, hw.Label("y", pl.col("quantity") > 0))
    wanted, reasons = [], []
    for part in PARTS:
        asked = asked_events(
            part.rows,
            versions=VERSIONS,
            as_of=lambda row: row["event_time"] + after,
            own=("store", "flag", "amount"),
            label_clock=ROW,
        )
        for event in asked:
            value = event.newest["quantity"]
            own: Mapping[str, Any] = event.own
            if event.label_known is None:
                reasons.append("label_never_known")
            elif value is None:
                reasons.append("label_null")
            else:
                wanted.append((event.as_of, *own.values(), value > 0, event.label_known))
    assert excluded(made) == dict(Counter(reasons))
    names = ("as_of", "store", "flag", "amount", "y", "label_known_time")
    found = columns_of(made, *names)
    listed = sorted(zip(*found.values(), strict=True), key=repr)
    assert differing(listed, sorted(wanted, key=repr)) == []
    assert len(wanted) > 50


# R10: a filter reads what was known


@pytest.mark.parametrize("declared", [{}, TOLD], ids=["rows", "versions"])
@pytest.mark.parametrize("text", ["1h", "7d"])
def test_a_filter_sees_of_a_row_what_was_known_of_it(declared: dict[str, Any], text: str) -> None:
    """Rows are not chosen by what came later, though the label of the same row may be."""
    rows, _ = together(PARTS)
    history = source(rows.unique(maintain_order=True), delay=None, **declared)
    after = parse_duration(text)
    spine = hw.Spine(
        history,
        as_of=pl.col("event_time") + pl.duration(microseconds=after),
        filter=pl.col("amount").is_null() | (pl.col("amount") > 0),
    )
    made = built(spine, history, hw.Label("y", pl.col("quantity").fill_null(0)))
    identity = IDENTITY if declared else ("event", "sequence")
    told = Versions(
        identity,
        order=ROW,
        clocks=CLOCKS if declared else CLOCKS | {"amount": ROW},
        sequence="sequence",
        deleted="deleted" if declared else None,
    )
    kept, filtered = [], 0
    for part in PARTS:
        for event in asked_events(
            part.rows,
            versions=told,
            as_of=lambda row: row["event_time"] + after,
            own=("amount",),
            label_clock=ROW,
        ):
            amount = event.own["amount"]
            if amount is not None and not float(amount) > 0:
                filtered += 1
            elif event.label_known is not None:
                kept.append((event.as_of, event.newest["quantity"] or 0))
    assert excluded(made)["filtered"] == filtered
    found = columns_of(made, "as_of", "y")
    assert sorted(zip(*found.values(), strict=True)) == sorted(kept)
    assert filtered > 5


# every moment of a grid


@pytest.mark.parametrize(
    ("period", "active", "start"), [("1d", "7d", None), ("3d", "2d", 12_345), ("12h", "1h", None)]
)
def test_the_moments_of_a_grid_equal_the_reference(
    period: str, active: str, start: int | None
) -> None:
    parts = [part for part in PARTS if abs(part.rows[0]["event_time"]) < 30 * WINDOWS["1d"]]
    rows, _ = together(parts)
    through = max(part.complete_through for part in parts)
    history = source(rows, complete_through=time(through))
    spine = hw.Spine.every(
        period,
        source=history,
        entity=ENTITY,
        active_within=active,
        start=None if start is None else time(start),
    )
    label = hw.Label("y", pl.col("n"), ahead={"n": hw.Count().ahead("1h")})
    made = built(spine, history, label)
    plain = [
        row | {"region": None if row["region"] is None else f"{number} {row['region']}"}
        for number, part in enumerate(parts)
        for row in part.rows
    ]
    asked = every(
        parse_duration(period),
        plain,
        entity=ENTITY,
        event_time="event_time",
        clock=ROW,
        active_within=parse_duration(active),
        last=through,
        start=start,
    )
    late = [at for at, _ in asked if at + WINDOWS["1h"] + HELD > through]
    found = columns_of(made, "as_of", *ENTITY)
    wanted = [(at, *key) for at, key in asked if at + WINDOWS["1h"] + HELD <= through]
    assert list(zip(*found.values(), strict=True)) == wanted
    assert made.manifest["spine_rows"] == len(asked)
    assert excluded(made).get("label_not_mature", 0) == len(late)
    assert len(wanted) > 5
