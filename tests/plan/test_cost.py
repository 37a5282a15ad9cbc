"""What building costs, counted from the plan: rows read, visits, bytes held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

import headwater as hw
from headwater.plan.cost import Cost, rows_cost, view_cost
from headwater.plan.faults import Faults
from headwater.plan.graph import Task, graph
from headwater.plan.identity import snapshots
from headwater.plan.training_sets import plan_training_set
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import ALWAYS
from headwater.spec.reader import Reader

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame({"user": ["a"] * 5, "n": range(5), "at": [AT] * 5, "seen": [AT] * 5})
MEAN, LAST = hw.Mean("n"), hw.Last("n")


def view(*features: Any, reader: Reader | None = None) -> hw.FeatureView:
    users = hw.Source(
        "users", reader or hw.Frame(FRAME), event_time="at", known_times={"user": "at", "n": "seen"}
    )
    return hw.FeatureView("v", users, entity="user", features=list(features))


def planned(*features: Any) -> ViewPlan:
    faults = Faults()
    plan = plan_view(view(*features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def tasks(reader: Reader) -> dict[str, Task]:
    asked = hw.Source("asked", hw.Frame(FRAME), event_time="at", known_time="at")
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "t",
            spine=hw.Spine(asked, as_of="at"),
            features=[view(MEAN.within("7d"), reader=reader)],
            label=hw.Label("large", pl.col("n") > 1),
            split=hw.SplitByTime(train=1.0, validation=0, test=0),
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    return {task.name: task for task in graph(plan, snapshots(plan), seed=0)}


def test_rows_are_read_once_per_column_in_words_of_eight_bytes() -> None:
    assert rows_cost(5, 3) == Cost(rows=5, visits=15, size_bytes=120)
    assert rows_cost(0, 3) == Cost(rows=0, visits=0, size_bytes=0)


def test_windows_of_one_aggregation_share_a_fold_over_the_history() -> None:
    one = view_cost(planned(MEAN.within("7d")), history=100, spine=10)
    two = view_cost(planned(MEAN.within("7d", "30d")), history=100, spine=10)
    assert one.visits == 100 + 10
    assert two.visits == 100 + 2 * 10


def test_another_aggregation_or_another_mask_is_another_fold() -> None:
    both = view_cost(planned(MEAN.within("7d"), LAST.within("7d")), history=100, spine=10)
    assert both.visits == 2 * 100 + 2 * 10
    plan = planned(MEAN.within("7d", "30d"))
    first, second = plan.features
    masked = replace(plan, features=(replace(first, mask=ALWAYS), second))
    assert view_cost(masked, history=100, spine=10).visits == 2 * 100 + 2 * 10


def test_a_view_holds_its_columns_its_order_and_its_answers() -> None:
    plan = planned(MEAN.within("7d", "30d"))
    cost = view_cost(plan, history=100, spine=10)
    assert cost.rows == 100
    assert cost.size_bytes == 8 * (100 * (len(plan.columns) + 6) + 10 * (2 + 2))


def test_the_tasks_of_a_training_set_have_the_costs_of_their_sources(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "users.parquet")
    found = tasks(hw.Parquet(str(tmp_path / "users.parquet")))
    assert found["source users"].facts["rows"] == 5
    rows, folded = found["rows t"].cost, found["view v"].cost
    assert rows is not None
    assert rows.rows == 5
    assert folded is not None
    assert (folded.rows, folded.visits) == (5, 5 + 5)


def test_a_source_that_is_counted_only_by_reading_has_a_size_and_no_cost(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "users.csv")
    found = tasks(hw.Csv(str(tmp_path / "users.csv"), types=dict(FRAME.schema)))
    facts = found["source users"].facts
    assert facts["rows"] is None
    assert facts["size_bytes"] == (tmp_path / "users.csv").stat().st_size
    assert found["rows t"].cost is not None
    assert found["view v"].cost is None


class Feed:
    """A user's own reader, of what has no size before it is read."""

    def schema(self) -> dict[str, pl.DataType]:
        return dict(FRAME.schema)

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        return FRAME.select(columns)

    def snapshot(self) -> str:
        return "today"

    def definition(self) -> dict[str, object]:
        return {"is": "Feed"}


def test_a_reader_that_cannot_say_how_large_it_is_has_neither() -> None:
    found = tasks(Feed())
    assert found["source users"].facts == {}
    assert found["view v"].cost is None
