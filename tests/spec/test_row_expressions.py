from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import polars as pl
import polars.selectors as cs
import pytest

from headwater.spec.expression_tree import ExpressionError
from headwater.spec.row_expressions import (
    PythonExpression,
    SeveralColumns,
    UnknownColumn,
    expression_bytes,
    has_selector,
    resolve,
    roots,
)

SCHEMA: dict[str, pl.DataType] = {
    "amount": pl.Float64(),
    "count": pl.Int32(),
    "name": pl.String(),
    "at": pl.Datetime("us", "UTC"),
    "sizes": pl.List(pl.Int64()),
}
amount = pl.col("amount")


@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        (amount > 15, pl.Boolean()),
        (pl.col("count") + 1, pl.Int32()),
        (pl.col("at") - pl.duration(hours=2), pl.Datetime("us", "UTC")),
        (pl.lit("x"), pl.String()),
        (pl.sum_horizontal(cs.numeric()), pl.Float64()),
        (pl.col("sizes").list.eval(pl.element() > 1), pl.List(pl.Boolean())),
        (PythonExpression(len, pl.Int64(), columns=("name",)), pl.Int64()),
    ],
)
def test_type_follows_from_the_schema(
    expression: pl.Expr | PythonExpression, dtype: pl.DataType
) -> None:
    assert resolve(expression, SCHEMA) == dtype


@pytest.mark.parametrize(
    "expression",
    [
        pl.col("amuont") + 1,
        pl.col("amuont").list.eval(pl.element() + 1),
        cs.by_name("amuont"),
        pl.struct(cs.by_name("amount", "amuont")),
        PythonExpression(lambda amuont: amuont, pl.Float64()),
    ],
)
def test_misspelt_column_is_named(expression: pl.Expr | PythonExpression) -> None:
    with pytest.raises(UnknownColumn) as fault:
        resolve(expression, SCHEMA)
    assert fault.value.column == "amuont"
    assert str(fault.value) == "column 'amuont' is not in the schema"
    with pytest.raises(UnknownColumn):
        roots(expression, SCHEMA)


def test_column_past_the_end_is_an_error_without_a_name() -> None:
    with pytest.raises(ExpressionError, match="9-th column"):
        resolve(pl.nth(9), SCHEMA)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (cs.numeric() * 2, r"2 columns \(amount, count\)"),
        (pl.all(), r"5 columns"),
        (pl.col("^nothing.*$"), "no column"),
    ],
)
def test_expression_with_another_number_of_columns_than_one_is_an_error(
    expression: pl.Expr, message: str
) -> None:
    with pytest.raises(SeveralColumns, match=message):
        resolve(expression, SCHEMA)


def test_schemas_that_differ_in_part_of_a_type_are_told_apart() -> None:
    types: list[pl.DataType] = [
        pl.Datetime("us"),
        pl.Datetime("ns"),
        pl.Datetime("us", "UTC"),
        pl.Decimal(12, 2),
        pl.Decimal(12, 3),
        pl.List(pl.Int64),
        pl.List(pl.Int32),
        pl.Struct({"a": pl.Int64}),
        pl.Struct({"b": pl.Int64}),
        pl.Enum(["a", "b"]),
        pl.Enum(["b", "a"]),
    ]
    found = [resolve(pl.col("x"), {"x": dtype}) for dtype in (*types, *types)]
    assert [repr(dtype) for dtype in found] == [repr(dtype) for dtype in (*types, *types)]


def test_wrong_type_is_an_error_of_one_line() -> None:
    with pytest.raises(ExpressionError) as fault:
        resolve(pl.col("name") + 1, SCHEMA)
    assert "arithmetic" in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        (amount / pl.col("count") - amount, ("amount", "count")),
        (pl.lit(1), ()),
        (pl.col("name").alias("z"), ("name",)),
        (cs.numeric() * 2, ("amount", "count")),
        (pl.col("^.*a.*$"), ("amount", "at", "name")),
        (pl.nth(1), ("count",)),
        (pl.exclude("amount", "count", "sizes"), ("at", "name")),
        (pl.struct(pl.all()), ("amount", "at", "count", "name", "sizes")),
        (pl.col("sizes").list.filter(pl.element() > 1), ("sizes",)),
        (amount.sum().over("name", order_by="at"), ("amount", "at", "name")),
        (pl.when(amount > 1).then("name").otherwise(None), ("amount", "name")),
        (pl.col("count").cast(pl.dtype_of("amount")), ("amount", "count")),
        (PythonExpression(lambda name, amount: 1, pl.Int64()), ("amount", "name")),
    ],
)
def test_roots_are_all_columns_that_are_read(
    expression: pl.Expr | PythonExpression, columns: tuple[str, ...]
) -> None:
    assert roots(expression, SCHEMA) == columns


def test_text_that_looks_like_a_column_is_none() -> None:
    assert roots(amount.replace_strict({1.0: "name"}, default=pl.lit("count")), SCHEMA) == (
        "amount",
    )
    assert not has_selector(amount + pl.lit("Selector"))
    assert has_selector(pl.nth(0))


DIFFERENT = [
    amount,
    amount + 1,
    amount + 2,
    amount.round(1),
    amount.round(2),
    amount.is_in([1.0, 2.0]),
    amount.is_in([1.0, 3.0]),
    amount.is_in(list(range(100))),
    amount.is_in([*range(50), 999, *range(51, 100)]),
    pl.col("name").is_in(["1", "2"]),
    amount.is_in([1.0, None]),
    amount.is_in(pl.lit(None)),
    amount + float("nan"),
    amount + float("inf"),
    amount + float("-inf"),
    pl.col("name").str.contains("x", literal=True),
    pl.col("name").str.contains("x", literal=False),
    pl.col("name").cast(pl.Int64, strict=True),
    pl.col("name").cast(pl.Int64, strict=False),
    pl.col("name").replace_strict({"x": 1}),
    pl.col("name").replace_strict({"x": 2}),
    pl.col("at").dt.truncate("1d"),
    pl.col("at").dt.truncate("2d"),
    pl.lit([1, 2]),
    pl.lit([2, 1]),
    pl.col("count").is_in([1, 2]) & (pl.lit([1, 2]).list.first() == 1),
    pl.col("count").is_in([2, 1]) & (pl.lit([2, 1]).list.first() == 1),
]


def test_different_expressions_have_different_bytes() -> None:
    assert len({expression_bytes(expression) for expression in DIFFERENT}) == len(DIFFERENT)


def test_order_and_repetition_in_is_in_do_not_change_the_bytes() -> None:
    first = expression_bytes(amount.is_in([3.0, 1.0, 2.0]))
    assert first == expression_bytes(amount.is_in([1.0, 2.0, 3.0, 3.0]))
    assert first == expression_bytes(amount.is_in({2.0, 1.0, 3.0}))


def test_bytes_name_the_version_of_polars() -> None:
    assert pl.__version__.encode() in expression_bytes(amount)


def test_bytes_do_not_change_when_the_expression_has_been_used() -> None:
    expression = amount.is_in([3.0, 1.0]) & (amount > 2)
    before = expression_bytes(expression)
    pl.DataFrame({"amount": [1.0, 3.0]}).select(expression)
    assert expression_bytes(expression) == before


def test_expression_that_cannot_be_written_down_has_no_bytes() -> None:
    with pytest.raises(ExpressionError, match="cannot be written down"):
        expression_bytes(pl.lit(object(), allow_object=True))


SCRIPT = """
import datetime, hashlib
import polars as pl, polars.selectors as cs
from headwater.spec.row_expressions import PythonExpression, expression_bytes
SEATS = {"first", "second", "third"}
def best(seat):
    return seat in SEATS
for expression in (
    pl.col("carrier").is_in({"AA", "DL", "UA", "B6", "WN"}),
    pl.col("a").replace_strict({"x": 1.5, "y": float("nan")}, default=None),
    pl.struct(cs.by_dtype(pl.Int64, pl.String, pl.Float32) | cs.temporal() - cs.by_name("b", "a")),
    pl.col("t") - pl.duration(hours=2) > datetime.datetime(2024, 1, 1),
    pl.when(pl.col("a") > 1).then(pl.col("b").cast(pl.Enum(["x", "y"]))),
    PythonExpression(best, pl.Boolean()),
):
    print(hashlib.sha256(expression_bytes(expression)).hexdigest())
"""


def test_bytes_are_the_same_in_every_process() -> None:
    def printed(seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = [sys.executable, "-c", SCRIPT]
        return subprocess.run(
            run, env=environment, capture_output=True, text=True, check=True
        ).stdout

    first = printed("1")
    assert len(first.split()) == 6
    assert printed("2") == first


def test_python_expression_maps_over_rows_and_passes_nulls_as_none() -> None:
    frame = pl.DataFrame({"first": ["a", None], "last": ["b", "c"]})
    joined = PythonExpression(lambda last, first: f"{first}{last}", pl.String())
    assert joined(frame).to_list() == ["ab", "Nonec"]
    assert PythonExpression(lambda last: None, pl.Int8())(frame).dtype == pl.Int8


def test_python_expression_takes_the_columns_it_is_told() -> None:
    frame = pl.DataFrame({"the name": ["ab", "c"]})
    assert PythonExpression(len, pl.Int64(), columns=["the name"])(frame).to_list() == [2, 1]


def test_python_value_of_another_type_than_declared_is_an_error() -> None:
    def text_length(name: str) -> str:
        return str(len(name))

    with pytest.raises(ValueError, match="text_length returned a value that is not Int64"):
        PythonExpression(text_length, pl.Int64())(pl.DataFrame({"name": ["x"]}))


def test_python_value_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not Int8"):
        PythonExpression(lambda name: 300, pl.Int8())(pl.DataFrame({"name": ["x"]}))


def test_python_function_that_fails_is_an_error_that_does_not_quote_the_row() -> None:
    def strict(name: str) -> int:
        raise KeyError(name)

    with pytest.raises(ValueError, match=r"^strict raised KeyError$") as failed:
        PythonExpression(strict, pl.Int64())(pl.DataFrame({"name": ["anna"]}))
    assert isinstance(failed.value.__cause__, KeyError)


def test_python_expression_is_a_value() -> None:
    def twice(amount: float) -> float:
        return amount * 2

    same = PythonExpression(twice, pl.Float64())
    assert same == PythonExpression(twice, pl.Float64())
    assert hash(same) == hash(PythonExpression(twice, pl.Float64()))
    assert same != PythonExpression(twice, pl.Float32())
    assert expression_bytes(same) != expression_bytes(PythonExpression(twice, pl.Float32()))
    assert not same.provable


def test_dates_in_is_in_are_told_apart() -> None:
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
    one, other = pl.col("at").is_in(days[:1]), pl.col("at").is_in(days[1:])
    assert expression_bytes(one) != expression_bytes(other)
