"""A window that has passed before its rows are known is refused (R3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError

MOMENT = datetime(2024, 5, 1, tzinfo=UTC)


def _enriched(window: str, delay: Any) -> pl.DataFrame:
    rows = pl.DataFrame({"key": ["a", "a"], "at": [MOMENT, MOMENT], "amount": [1.0, 2.0]})
    source = hw.Source("orders", hw.Frame(rows), event_time="at", known_time=pl.col("at") + delay)
    view = hw.FeatureView(
        "v", source, entity="key", features=[hw.Sum("amount", name="s").within(window)]
    )
    spine = pl.DataFrame({"key": ["a"], "asked": [datetime(2024, 5, 2, tzinfo=UTC)]})
    enriched: pl.DataFrame = hw.enrich(spine, [view], as_of="asked")
    return enriched


@pytest.mark.parametrize("window", ["6h", "1d"])
def test_a_window_not_longer_than_the_delay_is_refused_with_both(window: str) -> None:
    with pytest.raises(SpecError) as raised:
        _enriched(window, pl.duration(days=1))
    assert raised.value.code == "HW303"
    assert f"known 1d after an event, and its window of {window} has passed" in str(raised.value)
    assert "test_delays.py" in str(raised.value)


def test_a_window_longer_than_the_delay_sees_what_is_known() -> None:
    assert _enriched("25h", pl.duration(days=1))["v__s_25h"].to_list() == [3.0]


def test_a_negative_delay_is_no_delay() -> None:
    assert _enriched("1d", -pl.duration(days=2))["v__s_1d"].to_list() == [3.0]
