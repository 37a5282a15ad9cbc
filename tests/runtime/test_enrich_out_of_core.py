"""A lazy frame that is enriched out of core stays on disk, and says the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import headwater as hw
from headwater.errors import EngineError, HeadwaterWarning

TIME = pl.Datetime("us", "UTC")
ROWS = pl.DataFrame(
    {
        "user": [f"u{row % 7}" for row in range(200)],
        "at": pl.Series(range(200)).cast(TIME),
        "amount": [None if row % 5 == 0 else row / 3 for row in range(200)],
    }
)


def views(folder: Path) -> list[hw.FeatureView]:
    ROWS.write_parquet(folder / "rows.parquet", row_group_size=20)
    source = hw.Source(
        "s", hw.Parquet(str(folder / "rows.parquet")), event_time="at", known_time="at"
    )
    spend = [hw.Sum("amount").over_all(), hw.Count().over_all()]
    last = [hw.Last("amount").over_all()]
    return [
        hw.FeatureView("spend", source, entity="user", features=spend),
        hw.FeatureView("last", source, entity="user", features=last),
    ]


def test_a_lazy_frame_gets_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spine = ROWS.select("user", "at")
    expected = hw.enrich(spine, views(tmp_path), as_of="at")
    whole = hw.enrich(spine.lazy(), views(tmp_path), as_of="at")
    assert whole.collect().equals(expected)
    monkeypatch.setenv("HEADWATER_MEMORY", "4KB")
    with pytest.warns(HeadwaterWarning, match="partitions on disk") as warned:
        split = hw.enrich(spine.lazy(), views(tmp_path), as_of="at")
    assert [str(one.message).split(":")[0] for one in warned] == ["view 'spend'", "view 'last'"]
    assert {one.filename for one in warned} == {__file__}
    assert isinstance(split, pl.LazyFrame)
    split.sink_parquet(tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(expected)
    assert split.filter(pl.col("user") == "u3").collect().height == 29


def test_columns_derived_from_features_are_made_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = hw.Derived("twice", pl.col("spend__count_all") * 2)
    spine = ROWS.select("user", "at").lazy()
    expected = hw.enrich(spine, [*views(tmp_path), twice], as_of="at").collect()
    monkeypatch.setenv("HEADWATER_MEMORY", "4KB")
    with pytest.warns(HeadwaterWarning, match="partitions on disk"):
        found = hw.enrich(spine, [*views(tmp_path), twice], as_of="at").collect()
    assert found.equals(expected)


def test_a_budget_that_is_no_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_MEMORY", "lots")
    with pytest.raises(EngineError, match="HW507"):
        hw.enrich(ROWS.select("user", "at"), views(tmp_path), as_of="at")
