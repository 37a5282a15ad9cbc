"""Rows that end, and clocks that are asked earlier than `as_of`: the engine equals plain loops."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines import passes
from headwater.engines.histories import Rows
from headwater.engines.windows import window_features
from headwater.kernel.passes import NEVER
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import Clock

LENGTHS = {"5us": 5, "20us": 20, None: None}
WORDS = ("Count", "Sum", "Max", "Last", "Latest", "CountDistinct")


@dataclass(frozen=True, slots=True, eq=False)
class Ending(Rows):
    """Rows whose column `until` says when they end."""

    def until_times(self, clock: Clock) -> Any:
        return self.frame["until"].to_numpy()


def drawn(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = Random(seed)
    rows = [
        {
            "k": rng.choice("abc"),
            "at": rng.randrange(40),
            "seen": rng.randrange(50) if rng.random() < 0.9 else None,
            "until": rng.choice([*range(0, 60, 3), NEVER, NEVER, NEVER]),
            "x": rng.choice([None, 1, 2, 3]),
            "n": i,
        }
        for i in range(60)
    ]
    spine = [
        {"k": rng.choice("abcd"), "as_of": rng.randrange(60), "back": rng.choice([0, 0, 3, 40])}
        for _ in range(25)
    ]
    time = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(rows).with_columns(pl.col("at").cast(time), pl.col("seen").cast(time))
    return frame, pl.DataFrame(spine).with_columns(known_by=pl.col("as_of") - pl.col("back"))


def planned(frame: pl.DataFrame, clock: str) -> ViewPlan:
    source = hw.Source(
        "s", hw.Frame(frame), event_time="at", known_time=clock, null_known_time="never",
        sequence="n",
    )  # fmt: skip
    features: list[Any] = [
        fold
        for word in WORDS
        for fold in (
            getattr(hw, word)("x", name=word).within("5us", "20us"),
            getattr(hw, word)("x", name=word).over_all(),
        )
    ]
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="k", features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def expected(word: str, rows: list[dict[str, Any]]) -> Any:
    values = [row["x"] for row in sorted(rows, key=lambda row: (row["at"], row["n"]))]
    known = [value for value in values if value is not None]
    if word in ("Count", "CountDistinct"):
        return len(known) if word == "Count" else len(set(known))
    if word == "Latest":
        return values[-1] if values else None
    if not known:
        return None
    return {"Sum": sum(known), "Max": max(known), "Last": known[-1]}[word]


def counts(row: dict[str, Any], asked: dict[str, Any], length: int | None, *, ends: bool) -> bool:
    """R3 in plain words, with an end, the clock asked at `known_by`."""
    at, seen, by = row["at"], row["seen"], asked["known_by"]
    return (
        row["k"] == asked["k"]
        and at < asked["as_of"]
        and (length is None or at >= asked["as_of"] - length)
        and (seen is not None and seen <= by)
        and (not ends or by < row["until"])
    )


@pytest.mark.parametrize("clock", ["seen", "at"])
@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("is_early", [False, True])
def test_what_counts_is_known_by_then_and_has_not_ended(
    clock: str, ends: bool, is_early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick pass, which knows neither ends nor early questions, is at hand at any size."""
    monkeypatch.setattr(passes, "QUICK_FROM", 0)
    for seed in range(12):
        frame, spine = drawn(seed)
        if not is_early:
            spine = spine.with_columns(known_by="as_of")
        plan = planned(frame, clock)
        history = Ending(plan.source, frame) if ends else Rows(plan.source, frame)
        found = window_features(
            plan, history, spine.select("k"), as_of=spine["as_of"],
            known_by=spine["known_by"] if is_early else None, threads=1 + seed % 2,
        )  # fmt: skip
        times = frame.with_columns(
            pl.col("at").cast(pl.Int64), pl.col(clock).cast(pl.Int64).alias("seen")
        )
        rows = times.to_dicts()
        for word in WORDS:
            for name, length in LENGTHS.items():
                wanted = [
                    expected(word, [row for row in rows if counts(row, asked, length, ends=ends)])
                    for asked in spine.to_dicts()
                ]
                assert found[f"v__{word}_{name or 'all'}"].to_list() == wanted


@pytest.mark.parametrize("word", ["Count", "CountDistinct"])
def test_where_nothing_was_known_by_any_moment_the_result_is_empty(word: str) -> None:
    """Even of what is always known."""
    frame, _ = drawn(0)
    source = hw.Source(
        "s", hw.Frame(frame.drop("seen")), event_time="at", known_time=hw.ALWAYS, sequence="n"
    )
    faults = Faults()
    features = [getattr(hw, word)("x", name="f").over_all()]
    plan = plan_view(hw.FeatureView("v", source, entity="k", features=features), faults)
    assert plan is not None
    rows, keys = Rows(plan.source, frame.drop("seen")), pl.DataFrame({"k": ["a", "a"]})
    as_of, by = pl.Series([99, 99]), pl.Series([99, None], dtype=pl.Int64)
    found = window_features(plan, rows, keys, as_of=as_of, known_by=by)["v__f_all"].to_list()
    assert found[1] == 0
    assert found[0] > 0
