"""Each peer gives Headwater's values on a small workload, and a wrong value is noticed."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from bench.agreement import compare
from bench.contest import (
    CONTESTANTS,
    DIRECT,
    GOALS,
    HEADWATER,
    LARGE,
    LARGE_GOALS,
    Contestant,
)
from bench.measure import Disagreement, Record, contest
from bench.table import between_markers, down, render, up
from bench.task import WINDOWS, WORDS, Task
from bench.workload import Workload, write

PEERS = [one for one in CONTESTANTS if one.is_peer and one.module != "headwater_enrich"]
RUNNING_SUMS = 1e-6
"""What is left of a spread after running sums were subtracted, on 2,000 events."""


def run(module: str, task: Task) -> Path:
    importlib.import_module(f"bench.peers.{module}").enrich(task)
    return task.out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workload in `many`, with what Headwater says of it."""
    made = tmp_path_factory.mktemp("bench")
    write(Workload(2_000, 200, 40), made / "many")
    out = made / "many" / f"{HEADWATER}.out.parquet"
    run("headwater_enrich", Task(made / "many", out, WORDS, threads=1))
    return made


@pytest.fixture
def ours(folder: Path) -> Path:
    return folder / "many" / f"{HEADWATER}.out.parquet"


@pytest.mark.parametrize("one", PEERS, ids=lambda one: one.name)
def test_a_peer_agrees_with_headwater(
    one: Contestant, folder: Path, ours: Path, tmp_path: Path
) -> None:
    words = tuple(word for word in WORDS if word in one.words)
    assert {"count", "sum", "mean", "std", "last"} <= set(words)
    out = run(one.module, Task(folder / "many", tmp_path / "out.parquet", words))
    assert len(pl.read_parquet_schema(out)) == 1 + len(words) * len(WINDOWS)
    is_spread = pl.selectors.starts_with("std_")
    tolerance = {"rest": 1e-9, "std": 1e-9 if one.tolerance == DIRECT else RUNNING_SUMS}
    frame = pl.read_parquet(out)
    for name, part in (("rest", frame.drop(is_spread)), ("std", frame.select("row", is_spread))):
        part.write_parquet(tmp_path / f"{name}.parquet")
        found = compare(ours, tmp_path / f"{name}.parquet", tolerance=tolerance[name])
        assert found.first == ""
        assert found.values == 200 * (part.width - 1)


def test_the_latest_values_of_both_agree(folder: Path, tmp_path: Path) -> None:
    task = Task(folder / "many", tmp_path / "ours.parquet", ("last",))
    theirs = replace(task, out=tmp_path / "theirs.parquet")
    run("headwater_latest", task)
    run("duckdb_asof", theirs)
    found = compare(task.out, theirs.out, tolerance=0.0)
    assert found.first == ""
    assert found.values == 200


def test_the_floor_reads_sorts_and_writes_as_many_results(folder: Path, tmp_path: Path) -> None:
    many = folder / "many"
    task = Task(many, many / "floor.out.parquet", WORDS)
    run("floor", task)
    assert pl.read_parquet(task.out).equals(pl.read_parquet(many / f"{HEADWATER}.out.parquet"))


def test_each_goal_speaks_of_contestants_of_its_roster() -> None:
    for roster, goals in ((CONTESTANTS, GOALS), (LARGE, LARGE_GOALS)):
        names = {one.name for one in roster}
        assert {one.judge for one in roster} | {one.rival for one in roster} <= names
        assert {name for goal in goals for name in (goal.left, goal.right)} <= names


def test_the_workload_is_the_same_each_time_and_holds_its_edges(
    folder: Path, tmp_path: Path
) -> None:
    write(Workload(2_000, 200, 40), tmp_path)
    for name in ("events.parquet", "spine.parquet"):
        assert (tmp_path / name).read_bytes() == (folder / "many" / name).read_bytes()
    events, spine = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("events", "spine"))
    assert events["event_time"].n_unique() == 2_000
    assert spine.filter(pl.col("entity") == 40).height > 0
    at_event = spine.join(events, left_on=["entity", "as_of"], right_on=["entity", "event_time"])
    assert at_event.height > 0
    week = spine.with_columns(pl.col("as_of") - pl.duration(days=7))
    assert week.join(events, left_on=["entity", "as_of"], right_on=["entity", "event_time"]).height


@pytest.mark.parametrize(
    ("column", "change", "beyond"),
    [
        ("count_7d", pl.col("count_7d") + (pl.col("row") == 3).cast(pl.Int64), 1),
        ("sum_30d", pl.col("sum_30d") * (1 + 1e-8), None),
        ("mean_30d", pl.col("mean_30d").fill_null(0.0), None),
        ("last_1h", pl.lit(None, pl.Float64), None),
    ],
)
def test_another_value_is_noticed(
    column: str, change: pl.Expr, beyond: int | None, ours: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.parquet"
    pl.read_parquet(ours).with_columns(change.alias(column)).write_parquet(wrong)
    found = compare(ours, wrong, tolerance=1e-9)
    assert found.beyond == beyond if beyond else found.beyond > 0
    assert found.first.startswith(f"wrong: {column} of row ")


def test_another_set_of_rows_is_no_answer(ours: Path, tmp_path: Path) -> None:
    fewer = tmp_path / "fewer.parquet"
    pl.read_parquet(ours).head(199).write_parquet(fewer)
    with pytest.raises(ValueError, match="other rows"):
        compare(ours, fewer, tolerance=1e-9)


def test_a_contest_measures_processes_and_refuses_a_peer_that_disagrees(
    folder: Path, ours: Path
) -> None:
    join = next(one for one in PEERS if one.name == "duckdb_join")
    said: list[str] = []
    records = contest([join], folder, WORDS, times=1, say=said.append)
    record = records["duckdb_join"]
    assert 0 < record.median("process_cpu") < 60
    assert 0 < record.median("again") < 60 > record.median("process") > 0
    assert record.median("peak_bytes") > 10e6
    assert record.versions.keys() == {"duckdb"}
    assert record.worst < 1e-9
    assert len(said) == 1
    true = ours.read_bytes()
    shifted = pl.read_parquet(ours).with_columns(pl.col("count_1d") + 1)
    try:
        shifted.write_parquet(ours)
        with pytest.raises(Disagreement, match=r"200 of 4000 values: .*count_1d of row 0"):
            contest([replace(join, words=("count", "sum", "mean", "std", "last"))], folder,
                    ("count", "sum", "mean", "std", "last"), times=1, say=said.append)  # fmt: skip
    finally:
        ours.write_bytes(true)


def measured(name: str, process: float, again: float, kernel: float) -> Record:
    one = next(one for one in CONTESTANTS if one.name == name)
    values = {
        "process": [process, process + 2.0, process + 1.0],
        "process_cpu": [process] * 3,
        "again": [again] * 3,
        "again_cpu": [again] * 3,
        "peak_bytes": [4e8] * 3,
        "kernel": [kernel] * 3,
    }
    return Record(one, values, {"polars": "2.1.0"})


def test_the_tables_cut_ratios_and_say_what_was_missed() -> None:
    records = {
        one.contestant.name: one
        for one in (
            measured(HEADWATER, 1.0, 0.5, 0.2),
            measured("duckdb_prefix", 2.0, 0.999, 0.0),
            measured("duckdb_windows", 2.0, 7.5, 0.0),
            measured("one_thread", 1.0, 0.5, 0.34),
        )
    }
    text = render(records, "10 events", "python -m bench")
    assert "| Headwater | 2.00 (1.00 to 3.00) |" in text
    assert "| 2 times faster than expert running sums on DuckDB | 1.5 × | 1.9 × | missed |" in text
    assert "| 1.5 × | 15.0 × | met again, missed in a new process |" in text
    assert "| under 600 MB | 400 MB |  | met |" in text
    assert "two threads 1.7 times faster than one |  | 1.7 × | met |" in text
    assert "pandas" not in text


@pytest.mark.parametrize(("ratio", "cut", "raised"), [(1.99, "1.9", "2.0"), (0.01, "0.0", "0.1")])
def test_a_ratio_is_never_better_than_measured(ratio: float, cut: str, raised: str) -> None:
    assert (down(ratio), up(ratio)) == (cut, raised)


def test_the_tables_stand_between_their_markers() -> None:
    page = "# Title\n<!-- bench -->\nold\n<!-- /bench -->\nrest\n"
    assert between_markers(page, "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="markers"):
        between_markers("# Title", "new")


def test_a_task_survives_the_command_line(tmp_path: Path) -> None:
    task = Task(tmp_path, tmp_path / "o.parquet", ("count", "last"), 1, "known_time")
    assert Task.from_json(task.to_json()) == task
