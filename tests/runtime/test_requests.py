"""Requests: calls with few rows are answered from plans and histories that are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import CheckError, DataError, SpecError

TIME = pl.Datetime("us", "UTC")
ASKED = pl.DataFrame({"k": ["a"], "asked_at": [9]}).with_columns(pl.col("asked_at").cast(TIME))


def orders(**columns: list[Any]) -> pl.DataFrame:
    given: dict[str, list[Any]] = {"k": ["a", "b", "a"], "at": [1, 2, 3], "x": [1.0, 2.0, 4.0]}
    return pl.DataFrame(given | columns).with_columns(pl.col("at").cast(TIME))


def view(reader: Any, **declared: Any) -> hw.FeatureView:
    source = hw.Source("orders", reader, event_time="at", known_time="at", **declared)
    return hw.FeatureView("v", source, entity="k", features=[hw.Sum("x").over_all()])


def written(path: Path, rows: pl.DataFrame, *, seconds: int) -> None:
    """A file that was last written so many seconds after the epoch."""
    rows.write_parquet(path)
    os.utime(path, (seconds, seconds))


def total(asked: hw.FeatureView, spine: pl.DataFrame = ASKED) -> Any:
    return hw.enrich(spine, [asked], as_of="asked_at")["v__x_sum_all"].to_list()


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    written(path, orders(), seconds=1_000_000)
    asked = view(hw.Parquet(str(path)))
    assert [total(asked), total(asked)] == [[5.0], [5.0]]
    written(path, orders(x=[1.0, 2.0, 5.0]), seconds=2_000_000)
    assert [total(asked), total(asked)] == [[6.0], [6.0]]


def test_a_file_of_other_columns_is_planned_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    written(path, orders(), seconds=1_000_000)
    asked = view(hw.Parquet(str(path)))
    assert total(asked) == [5.0]
    written(path, orders(x=[1, 2, 4]), seconds=2_000_000)
    found = hw.enrich(ASKED, [asked], as_of="asked_at")["v__x_sum_all"]
    assert (found.dtype, found.to_list()) == (pl.Int64, [5])
    written(path, orders().drop("x"), seconds=3_000_000)
    with pytest.raises(SpecError, match="HW201"):
        total(asked)


def test_a_file_that_is_gone_is_missed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    written(path, orders(), seconds=1_000_000)
    asked = view(hw.Parquet(str(path)))
    assert total(asked) == [5.0]
    path.unlink()
    with pytest.raises(DataError, match="HW401"):
        total(asked)


def test_a_file_that_may_still_be_written_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    asked = view(hw.Parquet(str(path)))
    for rows, wanted in ((orders(), [5.0]), (orders(x=[1.0, 2.0, 5.0]), [6.0])):
        rows.write_parquet(path)
        assert total(asked) == wanted


def test_a_file_that_joins_a_folder_is_read(tmp_path: Path) -> None:
    written(tmp_path / "1.parquet", orders(), seconds=1_000_000)
    asked = view(hw.Parquet(str(tmp_path)))
    assert total(asked) == [5.0]
    written(tmp_path / "2.parquet", orders(), seconds=1_000_000)
    assert total(asked) == [10.0]


def test_a_column_put_into_a_frame_later_is_not_in_its_source() -> None:
    rows = orders()
    asked = view(hw.Frame(rows))
    rows.replace_column(2, pl.Series("x", [100.0, 100.0, 100.0]))
    assert [total(asked), total(asked)] == [[5.0], [5.0]]


def test_rows_that_break_a_contract_are_refused_each_time() -> None:
    asked = view(hw.Frame(orders(x=[1.0, None, 4.0])), contract=[hw.NotNull("x")])
    for _ in range(2):
        with pytest.raises(CheckError, match="HW411"):
            total(asked)
    kept = view(hw.Frame(orders()), contract=[hw.NotNull("x")])
    assert [total(kept), total(kept)] == [[5.0], [5.0]]


def test_moments_and_columns_of_the_frame_are_part_of_the_plan() -> None:
    asked = view(hw.Frame(orders()))
    earlier = ASKED.with_columns(pl.lit(3).cast(TIME).alias("other"))
    assert total(asked, earlier) == [5.0]
    found = hw.enrich(earlier, [asked], as_of="other")
    assert found["v__x_sum_all"].to_list() == [1.0]
    shifted = pl.col("asked_at") - pl.duration(microseconds=6)
    for _ in range(2):
        assert hw.enrich(ASKED, [asked], as_of=shifted)["v__x_sum_all"].to_list() == [1.0]
    with pytest.raises(SpecError, match="HW203"):
        total(asked, ASKED.with_columns(pl.lit(1).alias("v__x_sum_all")))
    with pytest.raises(SpecError, match="HW208"):
        total(asked, ASKED.with_columns(k=pl.lit(1)))


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "arrow"])
def test_the_frame_that_asks_is_of_any_kind(kind: str) -> None:
    spine: Any = {
        "polars": lambda: ASKED,
        "lazy": ASKED.lazy,
        "pandas": ASKED.to_pandas,
        "arrow": ASKED.to_arrow,
    }[kind]()
    asked = view(hw.Frame(orders()))
    for _ in range(3):
        found = hw.enrich(spine, [asked], as_of="asked_at")
        assert type(found) is type(spine)
    rows = found.collect() if kind == "lazy" else found
    assert pl.Series(rows["v__x_sum_all"]).to_list() == [5.0]


def test_views_whose_sources_cannot_tell_stand_beside_others() -> None:
    asked = [view(hw.Frame(orders())), view(hw.Frame(orders().to_pandas()))]
    asked[1] = asked[1].on({"k": "k"}, name="w")
    for _ in range(2):
        found = hw.enrich(ASKED, asked, as_of="asked_at")
        assert found.row(0)[2:] == (5.0, 5.0)


def test_histories_can_be_let_go_and_are_made_again() -> None:
    asked = view(hw.Frame(orders()))
    assert total(asked) == [5.0]
    hw.forget_histories()
    assert total(asked) == [5.0]


def test_more_plans_than_are_kept_are_made_again() -> None:
    asked = view(hw.Frame(orders()))
    for number in range(70):
        assert total(asked, ASKED.with_columns(pl.lit(number).alias(f"c{number}"))) == [5.0]
    assert total(asked) == [5.0]
