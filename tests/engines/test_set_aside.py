"""Rows that checks set aside: which, why, with what values; and what the other checks then see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.checking import CheckResult, check_source
from headwater.engines.histories import read_rows, whole_rows
from headwater.engines.set_aside import SetAside, set_aside
from headwater.errors import DataError, SpecError
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.sources.csv import Csv
from headwater.sources.parquet import Parquet

AT = datetime(2024, 3, 1, tzinfo=UTC)
ASIDE: dict[str, Any] = {"on_break": "set_aside"}
ORDERS = pl.DataFrame(
    {
        "at": [AT + timedelta(hours=hour) for hour in range(6)],
        "order": [1, 2, 2, 3, None, 5],
        "amount": [1.0, -2.0, 3.0, None, 5.0, float("nan")],
        "is_paid": [True, True, None, True, False, True],
    }
)
BOTH = (hw.NotNull("order", **ASIDE), hw.Between("amount", 0, None, where="is_paid", **ASIDE))


def planned(*contract: Any, reader: Any = None, **given: Any) -> SourcePlan:
    faults = Faults()
    options = {"event_time": "at", "known_time": "at", **given}
    reader = reader or hw.Frame(ORDERS)
    plan = plan_source(hw.Source("orders", reader, contract=contract, **options), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def test_each_row_is_set_aside_once_with_all_checks_that_it_breaks() -> None:
    found = set_aside(planned(*BOTH, hw.Between("order", 0, 4, **ASIDE)))
    assert found.frame.drop("values").rows() == [
        (1, ["Between"], ["Between('amount', low=0, high=None, where='is_paid')"]),
        (4, ["NotNull"], ["NotNull('order')"]),
        (
            5,
            ["Between", "Between"],
            [
                "Between('amount', low=0, high=None, where='is_paid')",
                "Between('order', low=0, high=4)",
            ],
        ),
    ]
    assert found.counts == {"rows": 6, "kept": 3, "set_aside": 3}


def test_the_values_are_those_of_the_reader_and_derived_columns_are_no_part_of_them() -> None:
    derive = {"double": pl.col("amount") * 2}
    found = set_aside(planned(hw.Between("double", -3, 99, **ASIDE), derive=derive))
    laid_out = found.frame.unnest("values")
    assert laid_out.drop("row", "checks", "reasons").equals(ORDERS[[1, 5]], null_equal=True)
    assert laid_out.columns[3:] == ORDERS.columns


def test_the_same_check_twice_is_one_reason() -> None:
    found = set_aside(planned(*[hw.NotNull("order", **ASIDE)] * 2))
    assert found.frame["reasons"].to_list() == [["NotNull('order')"]]


def test_where_no_row_breaks_a_check_the_columns_are_there_all_the_same() -> None:
    found = set_aside(planned(hw.NotNull("at", **ASIDE)))
    assert found.frame.height == 0
    assert found.frame.schema == set_aside(planned(*BOTH)).frame.schema
    assert found.counts == {"rows": 6, "kept": 6, "set_aside": 0}


@dataclass(frozen=True, eq=False)
class Whole:
    """A reader that cannot be read in pieces, and says what it was asked for."""

    rows: pl.DataFrame
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def schema(self) -> dict[str, pl.DataType]:
        return dict(self.rows.schema)

    def read(self, columns: Any) -> pl.DataFrame:
        self.asked.append(tuple(columns))
        return self.rows.select(columns)

    def snapshot(self) -> str:
        return "rows"

    def definition(self) -> dict[str, object]:
        return {"is": "Whole"}


def test_every_kind_of_reader_gives_the_same_rows(tmp_path: Path) -> None:
    rows = pl.concat([ORDERS.with_columns(number=i) for i in range(300)]).with_row_index("n")
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=7)
    rows.write_csv(tmp_path / "rows.csv")
    expected = set_aside(planned(*BOTH, reader=hw.Frame(rows)))
    assert expected.frame.height == 3 * 300
    assert expected.frame.unnest("values")["n"].cast(pl.Int64).equals(expected.frame["row"])
    for reader in (Parquet(str(tmp_path / "rows.parquet")), Whole(rows)):
        found = set_aside(planned(*BOTH, reader=reader))
        assert found.frame.equals(expected.frame, null_equal=True)
    types = {name: rows.schema[name] for name in rows.columns}
    text = set_aside(planned(*BOTH, reader=Csv(str(tmp_path / "rows.csv"), types=types)))
    assert text.frame["row"].equals(expected.frame["row"])
    assert text.frame["reasons"].equals(expected.frame["reasons"])
    assert text.frame.unnest("values")["n"].to_list() == expected.frame["row"].to_list()


class Torn(Whole):
    """A reader whose table can be read, until it is asked for the values that are set aside."""

    def scan(self, columns: Any) -> pl.LazyFrame:
        def torn(_: pl.DataFrame) -> pl.DataFrame:
            raise pl.exceptions.ComputeError("the file ends early")

        return self.rows.lazy().select(columns).map_batches(torn)

    def unread(self, error: Exception) -> DataError:
        return DataError("HW401", f"cannot be read: {type(error).__name__}")


def test_a_table_that_cannot_be_read_any_more_is_the_reader_s_error() -> None:
    with pytest.raises(DataError, match="cannot be read") as caught:
        set_aside(planned(*BOTH, reader=Torn(ORDERS)))
    assert caught.value.code == "HW401"


def test_values_of_all_types_come_back_from_a_file(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "at": [AT, AT],
            "decimal": [Decimal("1.10"), None],
            "day": [AT.date(), None],
            "tags": [["a", None], []],
            "code": pl.Series(["x", None], dtype=pl.Categorical),
            "size": pl.Series(["s", None], dtype=pl.Enum(["s", "m"])),
            "nothing": [None, None],
            "row": ["zürich", None],
            "pair": [{"a": 1}, None],
            "bytes": [b"\x00", None],
            "wait": [timedelta(microseconds=1), None],
        }
    )
    found = set_aside(planned(hw.NotNull("nothing", **ASIDE), reader=hw.Frame(rows))).frame
    found.write_parquet(tmp_path / "found.parquet")
    again = pl.read_parquet(tmp_path / "found.parquet")
    assert again.equals(found, null_equal=True)
    assert again["values"].struct.unnest().equals(rows, null_equal=True)


def test_what_is_read_has_neither_the_rows_nor_the_columns_that_told_of_them() -> None:
    plan = planned(*BOTH)
    assert read_rows(plan, ["at"]).frame.equals(ORDERS[[0, 2, 3]].select("at"))
    assert whole_rows(plan, ["at"]).frame["at"].equals(ORDERS["at"])
    reader = Whole(ORDERS)
    read_rows(planned(reader=reader), ["at"])
    read_rows(planned(*BOTH, reader=reader), ["at"])
    assert reader.asked == [("at",), ("amount", "at", "is_paid", "order")]


def test_rows_without_a_time_can_be_set_aside_before_anybody_asks_for_it() -> None:
    rows = ORDERS.with_columns(at=pl.when(pl.col("order") != 2).then("at"))
    with pytest.raises(DataError) as caught:
        read_rows(planned(reader=hw.Frame(rows)), ["at"]).event_times()
    assert caught.value.code == "HW408"
    kept = read_rows(planned(hw.NotNull("at", **ASIDE), reader=hw.Frame(rows)), ["at"])
    assert kept.event_times().len() == 3


def test_other_checks_are_asked_of_the_rows_that_remain() -> None:
    def results(*contract: Any) -> list[tuple[str, int, int]]:
        return [(one.check, one.rows, one.broken) for one in check_source(planned(*contract))]

    assert results(hw.Unique("order"), hw.NotNull("amount")) == [
        ("Unique", 6, 1),
        ("NotNull", 6, 1),
    ]
    aside = hw.Between("amount", 0, None, **ASIDE)
    assert results(hw.Unique("order"), aside, hw.NotNull("order", **ASIDE)) == [
        ("Unique", 3, 0),
        ("Between", 6, 2),
        ("NotNull", 6, 1),
    ]


def test_any_number_may_be_set_aside_unless_it_is_said_how_many() -> None:
    def passed(**given: Any) -> CheckResult:
        (found,) = check_source(planned(hw.Between("amount", 0, **ASIDE, **given)))
        return found

    assert (passed().allowed, passed().passed) == (6, True)
    assert str(passed()) == "Between(amount): 2 of 6 rows break it and are set aside"
    assert passed(at_most=2).passed
    assert passed(at_most=0.4).passed
    assert not passed(at_most=1).passed
    assert str(passed(at_most=1)) == "Between(amount): 2 of 6 rows break it, 1 may"
    assert not passed(at_most=0).passed


def test_a_source_of_which_nothing_is_left_is_the_data_s_fault() -> None:
    plan = planned(hw.Between("amount", 100, 200, **ASIDE), hw.NotNull("amount", **ASIDE))
    for ask in (check_source, lambda one: read_rows(one, ["at"])):
        with pytest.raises(DataError) as caught:
            ask(plan)
        assert (caught.value.code, caught.value.exit_code) == ("HW402", 3)
        assert "all rows of source 'orders' are set aside by its checks" in caught.value.message
    assert isinstance(set_aside(plan), SetAside)


def test_a_value_that_a_check_cannot_compute_is_the_data_s_fault_without_the_value() -> None:
    where = pl.col("order").cast(pl.String).str.to_integer(base=2) > 0
    for ask in (set_aside, lambda one: read_rows(one, ["at"])):
        with pytest.raises(DataError) as caught:
            ask(planned(hw.NotNull("amount", where=where, **ASIDE)))
        assert caught.value.code == "HW410"
        assert str(caught.value.place).endswith("NotNull")


def test_a_user_can_ask_for_the_rows_without_building_anything() -> None:
    source = hw.Source(
        "orders", hw.Frame(ORDERS), event_time="at", known_time="at", contract=[*BOTH]
    )
    assert hw.set_aside(source)["row"].to_list() == [1, 4, 5]
    wrong = hw.Source("orders", hw.Frame(ORDERS), event_time="att", known_time="at")
    with pytest.raises(SpecError):
        hw.set_aside(wrong)


def test_a_source_without_such_checks_has_nothing_set_aside() -> None:
    source = hw.Source("orders", hw.Frame(ORDERS), event_time="at", known_time="at")
    assert hw.set_aside(source).height == 0
