"""NoGaps: periods without a row between two that have one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.checking import CheckResult, check_rows

ZURICH = pl.Datetime("us", "Europe/Zurich")


def found(times: list[Any], every: str, dtype: Any = pl.Date, **given: Any) -> CheckResult:
    rows = pl.DataFrame({"at": pl.Series(times, dtype=dtype)}).with_columns(**given)
    by = tuple(given)
    return check_rows(hw.NoGaps("at", every=every, by=by), rows, source="s")


@pytest.mark.parametrize(
    ("every", "before", "after", "missing", "begins"),
    [
        ("1d", date(2024, 2, 28), date(2024, 2, 29), 0, ""),
        ("1d", date(2024, 2, 27), date(2024, 3, 1), 2, "2024-02-28"),
        ("1d", date(1969, 12, 30), date(1970, 1, 2), 2, "1969-12-31"),
        ("2d", date(2024, 1, 1), date(2024, 1, 7), 2, "2024-01-02"),
        ("1w", date(2024, 3, 3), date(2024, 3, 4), 0, ""),
        ("1w", date(2024, 3, 3), date(2024, 3, 11), 1, "2024-03-04"),
        ("1mo", date(2023, 11, 30), date(2024, 2, 1), 2, "2023-12-01"),
        ("1q", date(2023, 12, 31), date(2024, 4, 1), 1, "2024-01-01"),
        ("1y", date(1968, 1, 1), date(1971, 6, 1), 2, "1969-01-01"),
    ],
)
def test_missing_periods_are_counted_and_the_first_is_named(
    every: str, before: date, after: date, missing: int, begins: str
) -> None:
    result = found([after, before], every)
    note = f"{missing} missing of {every} each, gaps begin at {begins}" if missing else ""
    assert (result.note, result.broken) == (note, int(missing > 0))


def test_hours_are_counted_in_utc_and_days_in_the_zone_of_the_column() -> None:
    before, after = (datetime(2024, 3, 31, hour, 30, tzinfo=UTC) for hour in (0, 2))
    assert found([before, after], "1h", ZURICH).note == (
        "1 missing of 1h each, gaps begin at 2024-03-31 01:00"
    )
    assert found([before, after - timedelta(hours=1)], "1h", ZURICH).broken == 0
    night = [datetime(2024, 3, 30, 22, 59, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)]
    assert found(night, "1d", ZURICH).broken == 1  # from the 30th to the 1st over there
    assert found(night, "1d", pl.Datetime("ms", "UTC")).broken == 0


def test_each_entity_has_gaps_of_its_own_and_three_of_them_are_shown() -> None:
    days = [date(2024, 3, day) for day in (1, 3, 2, 8, 9, 1, 5, 9, 13)]
    shops = pl.Series(["a", "a", "b", "b", "b", "c", "c", "c", "c"])
    result = found(days, "1d", shop=shops, town=pl.lit(7))
    assert str(result) == (
        "NoGaps(at, shop, town): 5 of 9 rows break it, none may; 15 missing of 1d each, gaps begin "
        "at 2024-03-02 of shop 'a', town 7, 2024-03-02 of shop 'c', town 7, 2024-03-03 of shop "
        "'b', town 7, ..."
    )
    assert CheckResult.of(result.to_dict()) == result


def test_what_an_entity_lacks_before_its_first_and_after_its_last_row_is_no_gap() -> None:
    days = [date(2024, 3, day) for day in (1, 2, 3, 2)]
    assert found(days, "1d", shop=pl.Series(["a", "a", "a", "b"])).broken == 0


def test_where_there_is_no_gap_there_is_no_note() -> None:
    plain = found([date(2024, 3, 1)], "1d").to_dict()
    assert "note" not in plain
    assert CheckResult.of(plain).note == ""


@pytest.mark.parametrize("every", ["", "0d", "-1d", "1s", "1.5d", "d", "1d12h", None, 1])
def test_a_length_that_is_none_is_refused(every: Any) -> None:
    (fault,) = hw.NoGaps("at", every=every).faults({"at": pl.Date()})
    assert fault == f"every= is a length such as '1d', '6h' or '1mo', found {every!r}"


def test_a_column_without_times_is_refused() -> None:
    (fault,) = hw.NoGaps("at", every="1d").faults({"at": pl.Int64()})
    assert fault == "column 'at' holds Int64, not dates or times"


def test_a_source_with_a_gap_is_refused_and_may_warn_instead() -> None:
    rows = pl.DataFrame(
        {"shop": ["a", "a"], "day": [date(2024, 3, 1), date(2024, 3, 4)], "sold": [1.0, 2.0]}
    )

    def enriched(**given: Any) -> pl.DataFrame:
        check = hw.NoGaps("day", every="1d", by="shop", **given)
        source = hw.Source("sales", hw.Frame(rows), event_time="day", known_time="day", zone="UTC",
                           contract=[check])  # fmt: skip
        view = hw.FeatureView("v", source, entity="shop", features=[hw.Count().over_all()])
        spine = pl.DataFrame({"shop": ["a"], "as_of": [datetime(2024, 4, 1, tzinfo=UTC)]})
        return hw.enrich(spine, [view], as_of="as_of")  # type: ignore[no-any-return]

    with pytest.raises(hw.errors.CheckError, match=r"HW411.*2 missing of 1d each"):
        enriched()
    assert enriched(at_most=1)["v__count_all"].to_list() == [2]
