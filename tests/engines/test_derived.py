"""Derived columns are computed one after the other, row by row."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import headwater as hw
from headwater.engines.derived import with_derived
from headwater.errors import DataError
from headwater.plan.derived import DerivedPlan, Readable, plan_derived
from headwater.plan.faults import Faults

ROWS = pl.DataFrame({"a": [1.0, None, 3.0], "b": [2, 0, 4], "text": ["1", "x", "3"]})


def planned(**expressions: Any) -> tuple[DerivedPlan, ...]:
    faults = Faults()
    listed = [hw.Derived(name, expression) for name, expression in expressions.items()]
    made = plan_derived(listed, [], Readable(dict(ROWS.schema)), faults)
    faults.raise_all()
    return made


def test_each_may_read_those_before_it() -> None:
    found = with_derived(ROWS, planned(ratio=pl.col("a") / pl.col("b"), twice=pl.col("ratio") * 2))
    assert found["ratio"].to_list() == [0.5, None, 0.75]
    assert found["twice"].to_list() == [1.0, None, 1.5]
    assert found.columns == ["a", "b", "text", "ratio", "twice"]


def test_a_constant_is_repeated_for_each_row() -> None:
    assert with_derived(ROWS, planned(one=pl.lit(1)))["one"].to_list() == [1, 1, 1]


def test_a_selector_reads_what_it_read_in_the_plan() -> None:
    total = planned(total=pl.sum_horizontal(pl.selectors.numeric()))
    assert with_derived(ROWS, total)["total"].to_list() == [3.0, 0.0, 7.0]


def test_a_function_of_python_is_called_for_each_row() -> None:
    longer = hw.PythonExpression(lambda text: len(text), returns=pl.Int64())
    assert with_derived(ROWS, planned(length=longer))["length"].to_list() == [1, 1, 1]


def test_one_row_has_the_bits_that_it_has_among_others() -> None:
    plans = planned(third=pl.col("b") / 3)
    whole = with_derived(ROWS, plans)
    alone = pl.concat([with_derived(ROWS[i], plans) for i in range(3)])
    assert_frame_equal(whole, alone, check_exact=True)


def test_no_rows_have_the_same_columns() -> None:
    found = with_derived(ROWS.clear(), planned(ratio=pl.col("a") / pl.col("b")))
    assert found.schema["ratio"] == pl.Float64()


def test_a_value_that_does_not_fit_is_an_error_of_the_data_at_its_line() -> None:
    with pytest.raises(DataError) as caught:
        with_derived(ROWS, planned(number=pl.col("text").cast(pl.Int64)))
    assert caught.value.code == "HW410"
    assert "derived column 'number'" in str(caught.value.place)
