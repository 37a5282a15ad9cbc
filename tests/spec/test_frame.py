"""Frame: rows in memory, identified by their values in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from headwater.errors import SpecError
from headwater.spec.frame import Frame
from headwater.spec.plain import fingerprint

BASE: dict[str, Any] = {
    "a": [1, None, 3],
    "s": ["short", None, "a text that is longer than twelve bytes"],
}


def snapshot(frame: Any) -> str:
    return Frame(frame).snapshot()


def test_frame_reads_columns_in_the_order_asked_for() -> None:
    assert Frame(pl.DataFrame(BASE)).read(["s", "a"]).columns == ["s", "a"]
    assert Frame(pl.DataFrame(BASE)).schema() == {"a": pl.Int64(), "s": pl.String()}


def test_the_same_values_have_the_same_snapshot_from_every_library() -> None:
    frame = pl.DataFrame(BASE)
    assert snapshot(frame) == snapshot(frame.lazy())
    assert snapshot(frame) == snapshot(frame.to_arrow())
    floats = pd.DataFrame({"a": [1.0, None], "s": ["x", "y"]})
    assert snapshot(floats) == snapshot(pl.DataFrame({"a": [1.0, None], "s": ["x", "y"]}))


@pytest.mark.parametrize(
    "layout",
    [
        lambda frame: frame[:1].vstack(frame[1:]),
        lambda frame: pl.concat([frame, frame])[3:],
        lambda frame: pl.concat([frame, frame.clear(3)]).filter(
            pl.Series([True] * frame.height + [False] * 3)
        ),
    ],
    ids=["chunks", "a slice", "a filter"],
)
def test_the_layout_in_memory_does_not_count(layout: Callable[[pl.DataFrame], Any]) -> None:
    frame = pl.DataFrame({**BASE, "l": [[1, 2], None, [3]], "b": [True, None, False]})
    assert layout(frame).equals(frame)
    assert snapshot(layout(frame)) == snapshot(frame)


def test_what_lies_under_a_null_does_not_count() -> None:
    masked = pl.DataFrame({"a": [1, 2, 3]}).with_columns(pl.when(pl.col("a") != 2).then("a"))
    assert snapshot(masked) == snapshot(pl.DataFrame({"a": [1, None, 3]}))


@pytest.mark.parametrize(
    "other",
    [
        {"a": [3, None, 1], "s": BASE["s"]},
        {"a": [1, 0, 3], "s": BASE["s"]},
        {"a": [1.0, None, 3.0], "s": BASE["s"]},
        {"b": BASE["a"], "s": BASE["s"]},
        {"s": BASE["s"], "a": BASE["a"]},
        {"a": BASE["a"], "s": ["short", "", BASE["s"][2]]},
        {"a": BASE["a"]},
    ],
    ids=["order", "null", "type", "name", "columns", "empty text", "fewer columns"],
)
def test_other_values_types_names_and_orders_have_another_snapshot(other: Any) -> None:
    assert snapshot(pl.DataFrame(other)) != snapshot(pl.DataFrame(BASE))


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("x", [Decimal("1.10"), None]),
        pl.Series("x", [date(2024, 3, 1), None]),
        pl.Series("x", [timedelta(seconds=1), None]),
        pl.Series("x", [timedelta(seconds=1), None], dtype=pl.Duration("ns")),
        pl.Series("x", ["a", None], dtype=pl.Categorical),
        pl.Series("x", ["a", None], dtype=pl.Enum(["b", "a"])),
        pl.Series("x", [2**100, None], dtype=pl.Int128),
        pl.Series("x", [2**63, None], dtype=pl.UInt64),
        pl.Series("x", [{"u": 1}, None]),
        pl.Series("x", [b"ab", None]),
        pl.Series("x", [None, None]),
        pl.Series("x", [], dtype=pl.Int64),
    ],
    ids=lambda column: str(column.dtype),
)
def test_every_type_of_value_has_a_snapshot(column: pl.Series) -> None:
    frame = column.to_frame()
    assert snapshot(frame) == snapshot(frame.clone())
    assert snapshot(frame) != snapshot(pl.concat([frame, frame.clear(1)]))


def test_the_values_are_no_part_of_the_definition() -> None:
    one, other = Frame(pl.DataFrame({"a": [1]})), Frame(pl.DataFrame({"a": [2]}))
    assert fingerprint(one) == fingerprint(other)


def test_what_is_no_frame_is_refused_with_what_was_found() -> None:
    with pytest.raises(SpecError, match="expected a frame, found dict") as caught:
        Frame({"a": [1]}).schema()
    assert caught.value.code == "HW211"


def test_an_arrow_array_is_not_a_frame() -> None:
    with pytest.raises(SpecError, match="HW211"):
        Frame(pa.array([1])).schema()


def test_the_size_is_that_of_the_rows() -> None:
    size = Frame(pl.DataFrame({"a": [1, 2, 3]})).size()
    assert (size.rows, size.size_bytes) == (3, 24)


def test_only_a_frame_of_polars_is_known_to_stay_what_it_is() -> None:
    rows = pl.DataFrame({"a": [1]})
    one = Frame(rows)
    rows.insert_column(1, pl.Series("b", [2]))
    assert (list(one.schema()), one.stamp()) == (["a"], one.stamp())
    assert one.stamp() is not None
    others = [rows.lazy(), rows.to_pandas(), rows.to_arrow()]
    assert [Frame(other).stamp() for other in others] == [None, None, None]


def test_a_fault_that_polars_had_with_the_rows_is_one_of_the_data_and_names_no_value() -> None:
    frame = Frame(pl.DataFrame({"a": ["secret"]}))
    scanned = frame.scan(["a"]).select(pl.col("a").cast(pl.Int64))
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        scanned.collect()
    found = frame.unread(caught.value)
    assert (found.code, found.place) == ("HW401", frame.place)
    assert "InvalidOperationError" in str(found)
    assert "secret" not in str(found)
