from __future__ import annotations

import math
import operator
import re
import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.spec.evaluation import evaluate
from headwater.spec.expression_tree import ExpressionError
from headwater.spec.integer_overflow import DoesNotFit
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


NARROW = pl.DataFrame(
    {
        "a": pl.Series([100, -128, 127, 5], dtype=pl.Int8),
        "u": pl.Series([0, 255, 7, 1], dtype=pl.UInt8),
        "l": [2**62, -(2**63), 5, None],
        "big": pl.Series([2**64 - 1, 0, 1, 2], dtype=pl.UInt64),
        "few": [1, 2, 3, None],
        "x": [1.5, 1e300, float("inf"), float("nan")],
        "yes": [True, False, True, None],
        "lists": pl.Series([[100, 1], [1], [], None], dtype=pl.List(pl.Int8)),
        "longs": [[2**62, 2**62], [1], [], None],
        "pairs": pl.Series([[100, 1], [1, 1], [0, 0], None], dtype=pl.Array(pl.Int8, 2)),
        "at": pl.Series([2**62, 3, -1, None]).cast(pl.Datetime("us")),
        "took": pl.Series([2**62, 3, -(2**62) - 1, None]).cast(pl.Duration("us")),
        "slow": pl.Series([2**54, 3, 4, None]).cast(pl.Duration("ms")),
        "day": pl.Series([19_000, 0, -1, None], dtype=pl.Int32).cast(pl.Date),
    }
).with_columns(record=pl.struct(a="a"))
a, u, few, took = pl.col("a"), pl.col("u"), pl.col("few"), pl.col("took")
OVERFLOWS: dict[str, tuple[pl.Expr, str, int]] = {
    "times": (a * 2, "Int8 result of *", 3),
    "within_a_comparison": (a * 2 > 150, "Int8 result of *", 3),
    "within_a_float": ((a * 2) / 3, "Int8 result of *", 3),
    "within_a_cast": ((a * 2).cast(pl.Int64), "Int8 result of *", 3),
    "a_wider_literal": (a * 300, "Int16 result of *", 2),
    "plus": (a + a, "Int8 result of +", 3),
    "minus": (u - 1, "UInt8 result of -", 1),
    "negative": (-a, "Int8 result of negate", 1),
    "magnitude": (a.abs(), "Int8 result of abs", 1),
    "power": (a**2, "Int8 result of pow", 3),
    "power_beyond_bounds": ((few + 2) ** (few + 200), "Int64 result of pow", 3),
    "whole_division": (a // -1, "Int8 result of //", 1),
    "sum_of_columns": (pl.sum_horizontal("a", "a"), "Int8 result of sum_horizontal", 3),
    "mean_of_columns": (pl.mean_horizontal("a", "a"), "Int8 result of sum_horizontal", 3),
    "selected": (pl.sum_horizontal(cs.by_name("a", "few", "x") * 2), "result of *", 3),
    "long": (pl.col("l") * 4, "Int64 result of *", 2),
    "unsigned_long": (pl.col("big") * pl.col("big"), "UInt64 result of *", 1),
    "sum_of_a_list": (pl.col("longs").list.sum(), "Int64 result of sum", 1),
    "list": (pl.col("lists") + pl.col("lists"), "List(Int8) result of +", 1),
    "elements": (pl.col("lists").list.eval(pl.element() * 2), "Int8 result of *", 1),
    "array": (pl.col("pairs") * 2, "result of *", 1),
    "elements_by_no_name": (pl.col("lists").list.eval(pl.col("") * 2), "Int8 result of *", 1),
    "elements_of_an_array": (pl.col("pairs").arr.eval(pl.element() * 2), "Int8 result of *", 1),
    "field": (pl.col("record").struct.with_fields(pl.field("a") * 2), "Int8 result of *", 3),
    "time": (pl.col("at") + took, "result of +", 1),
    "span": (took * 2, "result of *", 2),
    "spans_of_two_units": (pl.col("slow") * 2**9 + took, "result of *", 1),
    "span_of_days": (pl.duration(days=pl.col("l")), "result of duration", 2),
    "unit": (took.dt.total_nanoseconds(), "Int64 result of total_nanoseconds", 2),
    "branch": (pl.when(a > 5).then(a * 2).otherwise(0), "Int8 result of *", 2),
}


@pytest.mark.parametrize("name", OVERFLOWS)
def test_whole_numbers_that_leave_their_type_are_counted_and_refused(name: str) -> None:
    expression, what, rows = OVERFLOWS[name]
    with pytest.raises(DoesNotFit, match=re.escape(f"{what} does not fit in {rows} row")) as info:
        evaluate(NARROW, {"other": few, "value": expression})
    assert info.value.name == "value"


FITTING: dict[str, tuple[pl.Expr, list[object]]] = {
    "widened_first": (a.cast(pl.Int64) * 2, [200, -256, 254, 10]),
    "other_branch": (pl.when(a.is_between(-60, 60)).then(a * 2).otherwise(0), [0, 0, 0, 10]),
    "fallback": (few.cast(pl.Int8).fill_null(a * 2), [1, 2, 3, 10]),
    "later_choice": (pl.coalesce(a, a * 2), [100, -128, 127, 5]),
    "small": (((few * 2 - 7).abs() // 3) ** 2 - few % 2, [0, 1, -1, None]),
    "bounded": (pl.max_horizontal(few, 2).clip(0, 5) * -1, [-2, -2, -3, -2]),
    "remainder": (a % 3 * 40, [40, 40, 40, 80]),
    "booleans": (pl.col("yes") + pl.col("yes"), [2, 0, 2, None]),
    "wide": (pl.lit(2**62) * 4, [2**64] * 4),
    "null": (pl.lit(None, pl.Int8) * few, [None] * 4),
    "named": (few.alias("z").name.keep() * 2, [2, 4, 6, None]),
    "floats": (pl.col("x") * 2 > 0, [True, True, True, True]),
    "float_columns": (pl.sum_horizontal(cs.by_name("x", "few") * 2), [5.0, 2e300, math.inf]),
    "sum_of_short_lists": (pl.col("lists").list.sum() * 100, [10100, 100, 0, None]),
    "calendar": (pl.col("day").dt.month() * 10, [10, 10, 120, None]),
    "text": (pl.lit("a") + pl.col("few").cast(pl.String), ["a1", "a2", "a3", None]),
    "days": ((pl.col("day") - pl.date(1970, 1, 1)).dt.total_days(), [19_000, 0, -1, None]),
    "week": ((pl.duration(days=few) + pl.duration(weeks=1)).dt.total_days(), [8, 9, 10, None]),
}


@pytest.mark.parametrize("name", FITTING)
def test_whole_numbers_that_fit_are_what_polars_makes_of_them(name: str) -> None:
    expression, expected = FITTING[name]
    found = evaluate(NARROW, {"value": expression})["value"].to_list()
    assert found[: len(expected)] == expected


def test_hint_names_a_type_that_has_room() -> None:
    hints = {}
    for name in ("times", "long", "unsigned_long", "span"):
        with pytest.raises(DoesNotFit) as info:
            evaluate(NARROW, {"value": OVERFLOWS[name][0]})
        hints[name] = info.value.hint
    assert "cast(pl.Int64)" in hints["times"]
    assert "cast(pl.Float64)" in hints["long"]
    assert "cast(pl.Float64)" in hints["unsigned_long"]
    assert "give null" in hints["span"]


def test_overflow_in_a_single_row_is_one_row() -> None:
    with pytest.raises(DoesNotFit, match=r"in 1 row$"):
        evaluate(NARROW.head(1), {"value": a * 2})


def test_what_a_function_of_python_does_is_not_examined() -> None:
    mapped = pl.col("few").map_batches(lambda n: n + 1, pl.Int64())
    found = evaluate(NARROW.head(3), {"value": mapped * 2})
    assert found["value"].to_list() == [4, 6, 8]


def test_expression_that_cannot_be_examined_is_an_error() -> None:
    lock = threading.Lock()
    mapped = pl.col("few").map_batches(lambda n: n if lock.locked() else n + 1, pl.Int64())
    with pytest.raises(ExpressionError, match="Python object"):
        evaluate(NARROW, {"value": mapped * 2})


@given(
    st.lists(st.tuples(st.integers(-128, 127), st.integers(-128, 127)), min_size=1, max_size=6),
    st.sampled_from(
        [
            lambda p, q: p + q,
            lambda p, q: p - q * 2,
            lambda p, q: abs(p) * q,
            lambda p, q: -p // (q * q + 1),
            lambda p, q: p % (abs(q) + 1) - q,
            lambda p, q: (p - q) ** 2,
        ]
    ),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_result_is_that_of_python_or_refused(
    values: list[tuple[int, int]], compute: Callable[[Any, Any], Any]
) -> None:
    frame = pl.DataFrame(values, schema={"p": pl.Int8, "q": pl.Int8}, orient="row")
    expression = compute(pl.col("p"), pl.col("q"))
    try:
        found = evaluate(frame, {"value": expression})["value"].to_list()
    except DoesNotFit:
        assert any(not _fits_on_the_way(compute, p, q) for p, q in values)
        return
    assert found == [compute(p, q) for p, q in values]


def _fits_on_the_way(compute: Callable[[Any, Any], Any], p: int, q: int) -> bool:
    """Whether all that is computed on the way to a result has eight bits."""
    try:
        compute(_Byte(p), _Byte(q))
    except OverflowError:
        return False
    return True


class _Byte:
    """An integer that refuses to leave eight bits."""

    def __init__(self, value: int) -> None:
        if not -128 <= value <= 127:
            raise OverflowError
        self.value = value

    def _with(self, other: Any, compute: Callable[[int, int], int]) -> _Byte:
        return _Byte(compute(self.value, other.value if isinstance(other, _Byte) else other))

    def __add__(self, other: Any) -> _Byte:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> _Byte:
        return self._with(other, operator.sub)

    def __mul__(self, other: Any) -> _Byte:
        return self._with(other, operator.mul)

    def __floordiv__(self, other: Any) -> _Byte:
        return self._with(other, operator.floordiv)

    def __mod__(self, other: Any) -> _Byte:
        return self._with(other, operator.mod)

    def __pow__(self, other: Any) -> _Byte:
        return self._with(other, operator.pow)

    def __neg__(self) -> _Byte:
        return _Byte(-self.value)

    def __abs__(self) -> _Byte:
        return _Byte(abs(self.value))
