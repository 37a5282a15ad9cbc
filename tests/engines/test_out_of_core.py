"""A history larger than memory is folded in parts, with the bits that it has in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.out_of_core import (
    MOST_PARTS,
    Questions,
    Workspace,
    features_by_parts,
    parts_of,
)
from headwater.errors import DataError, EngineError, HeadwaterWarning
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view

TIME = pl.Datetime("us", "UTC")
DAY = 86_400_000_000
EVENTS = pl.DataFrame(
    {
        "entity": [1, 2, None, 3, 1, 1, 4, 2, 1],
        "event_time": pl.Series(range(DAY, DAY + 9)).cast(TIME),
        "amount": [0.1, 0.2, 9.0, None, 0.3, 1e17, -0.0, 5.0, -1e17],
        "kind": ["a", "b", "a", "c", "c", None, "b", "a", "b"],
    }
)
SPINE = pl.DataFrame(
    {
        "entity": pl.Series([2, 9, 1, None, 1, 3, 4, 1], dtype=pl.Int32),
        "as_of": pl.Series(
            [DAY + tick if tick else None for tick in (8, 8, 6, 8, 0, 8, 8, 9)]
        ).cast(TIME),
    }
)


def planned(folder: Path, **given: Any) -> ViewPlan:
    EVENTS.write_parquet(folder / "events.parquet", row_group_size=2)
    source = hw.Source(
        "s",
        hw.Parquet(str(folder / "events.parquet")),
        event_time="event_time",
        known_time="event_time",
        **given,
    )
    amounts = (
        hw.Sum("amount"), hw.Mean("doubled"), hw.Last("kind"), hw.Max("amount"),
        hw.CountDistinct("kind"),
    )  # fmt: skip
    features = [hw.Count().within("3d"), *(one.within("3d") for one in amounts)]
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="entity", features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def enriched(folder: Path) -> pl.DataFrame:
    view = planned(folder, derive={"doubled": pl.col("amount") * 2}).view
    found: pl.DataFrame = hw.enrich(pl.concat([SPINE] * 20), [view], as_of="as_of")
    return found


@pytest.mark.parametrize("budget", [6_000, 1_000])
def test_past_the_memory_budget_every_bit_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    expected = enriched(tmp_path)
    monkeypatch.setenv("HEADWATER_MEMORY_BYTES", str(budget))
    with pytest.warns(HeadwaterWarning, match="in [0-9]+ parts on disk"):
        found = enriched(tmp_path)
    assert found.schema == expected.schema
    assert [repr(row) for row in found.rows()] == [repr(row) for row in expected.rows()]
    assert expected["v__count_3d"].head(8).to_list() == [2, 0, 3, 0, 0, 1, 1, 4]


def test_an_answered_part_is_not_computed_again(tmp_path: Path) -> None:
    plan = planned(tmp_path, derive={"doubled": pl.col("amount") * 2})
    asked = Questions(SPINE.select("entity"), SPINE["as_of"].cast(pl.Int64), None)
    place = tmp_path / "parts"
    first = features_by_parts(plan, asked, Workspace(place), parts=3)
    files = {file: file.stat().st_mtime_ns for file in place.rglob("*.parquet")}
    answers = sorted(file for file in files if file.name.startswith("answers"))
    assert len(answers) > 1
    (tmp_path / "events.parquet").unlink()  # which is split already
    answers[-1].unlink()
    assert features_by_parts(plan, asked, Workspace(place), parts=3).equals(first)
    again = {file: file.stat().st_mtime_ns for file in place.rglob("*.parquet")}
    assert {file for file in files if files[file] != again[file]} == {answers[-1]}


def test_a_split_that_was_not_finished_is_made_anew(tmp_path: Path) -> None:
    plan = planned(tmp_path, derive={"doubled": pl.col("amount") * 2})
    moments = SPINE["as_of"].cast(pl.Int64)
    asked = Questions(SPINE.select("entity"), moments, moments)
    left = tmp_path / "parts" / "history-2.unfinished" / "part=0"
    left.mkdir(parents=True)
    EVENTS.write_parquet(left / "stray.parquet")
    found = features_by_parts(plan, asked, Workspace(tmp_path / "parts"), parts=2)
    assert found["v__count_3d"].to_list() == [2, 0, 3, 0, 0, 1, 1, 4]
    assert sorted(file.name for file in (tmp_path / "parts").iterdir()) == [
        "answers-0-of-2.parquet", "answers-1-of-2.parquet", "history-2",
    ]  # fmt: skip


def test_no_rows_get_no_answers(tmp_path: Path) -> None:
    plan = planned(tmp_path, derive={"doubled": pl.col("amount") * 2})
    none = Questions(SPINE.select("entity").clear(), pl.Series([], dtype=pl.Int64), None)
    found = features_by_parts(plan, none, Workspace(tmp_path / "parts"), parts=2)
    assert found.shape == (0, 6)


def test_the_number_of_parts_follows_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, derive={"doubled": pl.col("amount") * 2})
    assert parts_of(plan, 8) == 1
    monkeypatch.setenv("HEADWATER_MEMORY_BYTES", "1")
    assert parts_of(plan, 8) == MOST_PARTS
    monkeypatch.setenv("HEADWATER_MEMORY_BYTES", "0")
    with pytest.raises(EngineError, match="HW507"):
        parts_of(plan, 8)


def test_versions_of_events_stay_in_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_MEMORY_BYTES", "1")
    doubled = {"doubled": pl.col("amount") * 2}
    assert parts_of(planned(tmp_path, derive=doubled, identity="kind"), 8) == 1


def test_a_history_that_changed_while_it_was_split_is_not_kept(tmp_path: Path) -> None:
    plan = planned(tmp_path, derive={"doubled": pl.col("amount") * 2})
    asked = Questions(SPINE.select("entity"), SPINE["as_of"].cast(pl.Int64), None)

    def changed() -> None:
        raise DataError("HW409", "source 's' changed while it was read")

    with pytest.raises(DataError, match="HW409"):
        features_by_parts(plan, asked, Workspace(tmp_path / "parts", changed), parts=2)
    assert not (tmp_path / "parts" / "history-2").exists()
