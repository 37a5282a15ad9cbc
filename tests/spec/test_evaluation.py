from __future__ import annotations

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.spec.evaluation import evaluate
from headwater.spec.expression_tree import ExpressionError
from headwater.spec.row_expressions import (
    PythonExpression,
    RowExpression,
    UnknownColumn,
    resolve,
)

x, y, k = pl.col("x"), pl.col("y"), pl.col("k")
SCHEMA: dict[str, pl.DataType] = {"x": pl.Float64(), "y": pl.Float64(), "k": pl.Int64()}
EXPRESSIONS: dict[str, RowExpression] = {
    "divided": x / 1.3,
    "scaled": (x - 0.1) / 1.3,
    "inverse": 1.3 / x,
    "power": x.abs() ** 0.37,
    "logarithm": x.abs().log(2.5),
    "exponential": (x / 100).exp().sin(),
    "chosen": pl.when(k > 0).then(x).otherwise(2.2) / 1.3,
    "replaced": k.replace_strict({0: 0.7, 1: 1.7}, default=2.7) / 1.3,
    "filled": y.fill_null(x).fill_nan(2.7) / 1.3,
    "summed": pl.sum_horizontal(cs.numeric()) / 1.3,
    "averaged": pl.mean_horizontal("x", "y", "k"),
    "narrow": x.cast(pl.Float32) / 1.3,
    "listed": pl.concat_list("x", "y").list.eval(pl.element() / 1.3).list.mean(),
    "literal": pl.lit(7),
    "python": PythonExpression(lambda k, x: None if k is None else k % 3 / 1.3, pl.Float64()),
}
numbers = st.one_of(st.none(), st.floats(width=64))
rows = st.lists(st.tuples(numbers, numbers, st.one_of(st.none(), st.integers(-5, 5))), max_size=12)


def frame_of(values: list[tuple[float | None, float | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(values, schema=SCHEMA, orient="row")


def bits(frame: pl.DataFrame) -> list[str]:
    return [repr(row) for row in frame.rows()]


@given(rows)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_a_row_has_the_same_bits_whatever_rows_lie_beside_it(
    values: list[tuple[float | None, float | None, int | None]],
) -> None:
    frame = frame_of(values)
    together = evaluate(frame, EXPRESSIONS)
    assert together.height == frame.height
    assert together.schema == {name: resolve(e, SCHEMA) for name, e in EXPRESSIONS.items()}
    alone = [bits(evaluate(frame[place], EXPRESSIONS)) for place in _slices(frame.height)]
    assert bits(together) == [row for piece in alone for row in piece]
    chunked = pl.concat([frame[place] for place in _slices(frame.height)] or [frame])
    assert bits(evaluate(chunked, EXPRESSIONS)) == bits(together)


def _slices(height: int) -> list[slice]:
    return [slice(row, row + 1) for row in range(height)]


def test_polars_itself_gives_one_row_other_bits() -> None:
    """The reason for laying columns out: when Polars mends it, `evaluate` can be simpler."""
    frame = pl.DataFrame({"x": [0.1 * row for row in range(1, 200)]})
    together = frame.select(x / 1.3).to_series().to_list()
    alone = [frame[row : row + 1].select(x / 1.3).item() for row in range(frame.height)]
    repeated = [
        pl.concat([frame[row : row + 1]] * 2, rechunk=True).select(x / 1.3).to_series()[0]
        for row in range(frame.height)
    ]
    assert alone != together
    assert repeated == alone
    assert [evaluate(frame[row], {"v": x / 1.3}).item() for row in _slices(199)] == together


def test_column_that_was_broadcast_from_a_literal_has_the_bits_of_a_column() -> None:
    values = [0.1 * row for row in range(1, 60)]
    for value in values:
        written = pl.DataFrame({"x": [value] * 3})
        broadcast = pl.DataFrame({"k": [1, 2, 3]}).with_columns(x=pl.lit(value))
        expected = evaluate(written, {"v": x / 1.3})
        assert evaluate(broadcast, {"v": x / 1.3}).equals(expected)


def test_streaming_engine_asked_for_elsewhere_does_not_matter() -> None:
    frame = pl.DataFrame({"x": [0.1 * row for row in range(1, 100)]})
    expected = evaluate(frame, {"v": x / 1.3})
    with pl.Config() as config:
        config.set_engine_affinity("streaming")
        assert evaluate(frame, {"v": x / 1.3}).equals(expected)


def test_columns_are_named_by_the_keys_in_their_order() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0], "k": [5, 6]})
    swapped = evaluate(frame, {"y": x, "python": EXPRESSIONS["python"], "x": y.alias("z")})
    assert swapped.columns == ["y", "python", "x"]
    assert swapped["y"].to_list() == [1.0, 2.0]
    assert swapped["x"].to_list() == [3.0, 4.0]


def test_literals_are_repeated_for_each_row() -> None:
    for height in (0, 1, 2, 5):
        frame = pl.DataFrame({"x": [1.0] * height})
        assert evaluate(frame, {"one": pl.lit(1)})["one"].to_list() == [1] * height


def test_empty_frame_has_the_types_and_meets_no_operation() -> None:
    strict = {"n": pl.col("g").cast(pl.Int64), "m": pl.col("g").replace_strict({"a": 1})}
    empty = evaluate(pl.DataFrame(schema={"g": pl.String}), strict)
    assert empty.schema == {"n": pl.Int64, "m": pl.Int64}
    assert empty.height == 0


def test_no_expressions_give_no_columns() -> None:
    assert evaluate(pl.DataFrame({"x": [1.0]}), {}).columns == []


def test_frame_of_the_caller_is_left_alone() -> None:
    frame = pl.concat([pl.DataFrame({"x": [1.0]}), pl.DataFrame({"x": [2.0]})])
    evaluate(frame, {"x": x + 1})
    assert frame["x"].to_list() == [1.0, 2.0]
    assert frame.n_chunks() == 2


def test_unknown_column_is_named_before_anything_runs() -> None:
    with pytest.raises(UnknownColumn, match="'z'"):
        evaluate(pl.DataFrame({"x": [1.0]}), {"v": pl.col("z")})


def test_two_columns_for_one_key_are_an_error() -> None:
    with pytest.raises(ExpressionError, match="2 columns"):
        evaluate(pl.DataFrame({"x": [1.0], "y": [1.0]}), {"v": pl.all()})


def test_selector_by_place_counts_the_columns_of_the_frame() -> None:
    frame = pl.DataFrame({"x": [1.0], "y": [2.0]})
    assert evaluate(frame, {"b": pl.nth(1), "a": pl.nth(0)}).rows() == [(2.0, 1.0)]


def test_a_function_of_python_alone_has_the_rows_of_the_frame() -> None:
    twice = PythonExpression(lambda n: n * 2, pl.Int64())
    frame = pl.DataFrame({"n": [1, 2, 3]})
    assert evaluate(frame, {"twice": twice})["twice"].to_list() == [2, 4, 6]
