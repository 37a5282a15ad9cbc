from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numba
import polars as pl
import polars.selectors as cs
import pytest
from polars.plugins import register_plugin_function

from headwater.spec.expression_tree import ExpressionError
from headwater.spec.row_expressions import PythonExpression
from headwater.spec.row_guard import row_wise_fault
from headwater.spec.row_probe import probe_fault

SCHEMA: dict[str, pl.DataType] = {
    "a": pl.Int64(),
    "b": pl.Float64(),
    "p": pl.Boolean(),
    "g": pl.String(),
    "s": pl.String(),
    "t": pl.Datetime("us"),
    "d": pl.Duration("us"),
    "day": pl.Date(),
    "l": pl.List(pl.Int64()),
    "texts": pl.List(pl.String()),
    "pair": pl.Array(pl.Int64(), 2),
    "st": pl.Struct({"f": pl.Int64(), "h": pl.Int64()}),
    "raw": pl.Binary(),
    "cat": pl.Categorical(),
}
a, b, g, t, p = pl.col("a"), pl.col("b"), pl.col("g"), pl.col("t"), pl.col("p")
texts, st, day = pl.col("texts"), pl.col("st"), pl.col("day")
lists = pl.col("l").list
one = pl.element()
hour = dt.timedelta(hours=1)


def python(value: object) -> object:
    """Global and opaque, so that Polars does not warn of a lambda it could replace."""
    return hash(value)


REFUSED: dict[str, tuple[pl.Expr, str]] = {
    # Polars calls these row separable, and they are not
    "minus mean": (b - b.mean(), "mean() aggregates"),
    "when with mean": (pl.when(a > a.mean()).then(1).otherwise(0), "mean() aggregates"),
    "filled with max": (a.fill_null(a.max()), "max() aggregates"),
    "clip at min": (b.clip(b.min(), 3), "min() aggregates"),
    "coalesce with mean": (pl.coalesce(a, a.mean()), "mean() aggregates"),
    "list with sum": (pl.concat_list(a, a.sum()), "sum() aggregates"),
    "contains max": (lists.contains(a.max()), "max() aggregates"),
    "struct with sum": (pl.struct(a, a.sum().alias("q")), "sum() aggregates"),
    "shift inside": ((a.shift(1) * 0).fill_null(0) + a, "shift() looks at"),
    "filter": (b.filter(a > 1), "number of rows"),
    "explode": (pl.col("l").explode(), "number of rows"),
    "list.explode": (lists.explode(), "number of rows"),
    "drop_nulls": (a.drop_nulls(), "drop_nulls()"),
    "list.sample": (lists.sample(1), "chance"),
    "list.sample with seed": (lists.sample(fraction=1.0, seed=1), "chance"),
    "is_in a column": (a.is_in(a + 1), "holds no lists"),
    "is_in a list of the column": (a.is_in(a.implode()), "implode() aggregates"),
    "is_in a Series": (a.is_in(pl.Series([1, 2])), "give a list"),
    "replace_strict with Series": (
        a.replace_strict(pl.Series([1]), pl.Series([2]), default=None),
        "give a list",
    ),
    "set_sorted": (a.set_sorted() > 2, "lets comparisons skip rows"),
    "codes of a categorical": (g.cast(pl.Categorical).to_physical(), "differ from run to run"),
    "codes of a categorical column": (pl.col("cat").cat.physical(), "differ from run to run"),
    "aggregation of a literal": (pl.lit(5).sum() + a, "sum() aggregates"),
    # Polars cannot say, for the tree needs a schema
    "selector minus its mean": (cs.by_name("a") - cs.by_name("a").mean(), "mean() aggregates"),
    "sum of centred columns": (
        pl.sum_horizontal(cs.float() - cs.float().mean()),
        "mean() aggregates",
    ),
    "cumulative_eval": (a.cumulative_eval(one.sum()), "cumulative_eval()"),
    "append": (b.append(b), "append()"),
    "struct field minus mean": (
        st.struct.with_fields(pl.field("f") - pl.field("f").mean()),
        "mean() aggregates",
    ),
    "struct with a sum outside": (st.struct.with_fields(a.sum()), "sum() aggregates"),
    "shuffle in lists": (lists.eval(one.shuffle(seed=1)), "chance"),
    "sample in lists": (lists.eval(one.sample(1)), "chance"),
    "mode in lists": (texts.list.eval(one.mode()), "order to chance"),
    "value_counts in lists": (texts.list.eval(one.value_counts()), "order to chance"),
    "Python in lists": (
        lists.eval(one.map_elements(python, return_dtype=pl.Int64)),
        "Python function",
    ),
    "Series in lists": (lists.eval(one + pl.lit(pl.Series([1, 2]))), "give a list"),
    "set_sorted in lists": (lists.eval(one.set_sorted()), "set_sorted()"),
    "codes in lists": (
        texts.list.eval(one.cast(pl.Categorical).to_physical()),
        "differ from run to run",
    ),
    "bin_quantiles": (b.bin_quantiles([0.5], labels=["low", "high"]), "bin()"),
    "bin_ranks": (b.bin_ranks(2, labels=["low", "high"]), "bin()"),
    # Python functions and plugins
    "map_elements": (a.map_elements(python, return_dtype=pl.Int64), "Python function"),
    "map_batches": (a.map_batches(python, return_dtype=pl.Int64), "Python function"),
    "map_batches declared elementwise": (
        a.map_batches(python, return_dtype=pl.Int64, is_elementwise=True),
        "Python function",
    ),
    "pl.map_batches": (
        pl.map_batches(["a", "b"], python, return_dtype=pl.Float64),
        "Python function",
    ),
    "rolling_map": (b.rolling_map(python, 2), "rolling"),
    "fold": (pl.fold(pl.lit(0), lambda x, y: x + y, [a, b]), "Python function"),
    "reduce": (pl.reduce(lambda x, y: x + y, [a, b]), "Python function"),
    "cum_fold": (pl.cum_fold(pl.lit(0), lambda x, y: x + y, [a, b]), "Python function"),
    "inspect": (a.inspect(), "Python function"),
    "pipe_with_dtype": (a.pipe_with_dtype(lambda column, _: column + 1), "Python function"),
    "name.map": (a.name.map(str.upper), "Python function"),
    "name.map_fields": (st.name.map_fields(str.upper), "Python function"),
    "Python object": (pl.lit(object(), allow_object=True), "cannot be written down"),
    "plugin": (
        register_plugin_function(
            plugin_path=next(Path(numba.__file__).parent.rglob("*.so")),
            function_name="nothing",
            args=[a],
            is_elementwise=True,
        ),
        "plugin",
    ),
    # Polars says so itself
    "Series": (pl.lit(pl.Series([1, 2, 3])), "give a list"),
    "Series of one value": (pl.lit(pl.Series([1])) + a, "give a list"),
    "over": (b.sum().over("g"), "over()"),
    "over with order": (b.shift(1).over("g", order_by="t"), "over()"),
    "over without aggregation": (a.over("g"), "over()"),
    "sort": (a.sort(), "sort()"),
    "sort_by": (b.sort_by("a"), "sort_by()"),
    "rank": (a.rank(), "rank()"),
    "shift": (a.shift(1), "shift()"),
    "diff": (b.diff(), "diff()"),
    "pct_change": (b.pct_change(), "pct_change()"),
    "cum_sum": (b.cum_sum(), "cum_sum()"),
    "cum_count": (a.cum_count(), "cum_count()"),
    "sample": (b.sample(fraction=1.0, shuffle=True, seed=1), "chance"),
    "shuffle": (b.shuffle(seed=1), "chance"),
    "sum": (b.sum(), "sum() aggregates"),
    "first": (b.first(), "first() aggregates"),
    "count": (a.count(), "count() aggregates"),
    "quantile": (b.quantile(0.5), "quantile()"),
    "any": (p.any(), "any()"),
    "null_count": (a.null_count(), "null_count()"),
    "has_nulls": (a.has_nulls(), "has_nulls()"),
    "len": (pl.len(), "len()"),
    "int_range": (pl.int_range(pl.len()), "number"),
    "row_index": (pl.row_index(), "number"),
    "repeat": (pl.repeat(1, 24), "repeat()"),
    "rolling_mean": (b.rolling_mean(2), "rolling"),
    "rolling": (b.sum().rolling("t", period="2d"), "rolling()"),
    "rolling_mean_by": (b.rolling_mean_by("t", "2d"), "rolling"),
    "ewm_mean": (b.ewm_mean(alpha=0.5), "ewm_mean()"),
    "is_duplicated": (a.is_duplicated(), "is_duplicated()"),
    "is_unique": (a.is_unique(), "is_unique()"),
    "is_first_distinct": (a.is_first_distinct(), "is_first_distinct()"),
    "forward fill": (a.fill_null(strategy="forward"), "looks at other rows"),
    "backward_fill": (a.backward_fill(), "looks at other rows"),
    "fill with mean": (a.fill_null(strategy="mean"), "looks at other rows"),
    "interpolate": (b.interpolate(), "interpolate()"),
    "interpolate_by": (b.interpolate_by("a"), "interpolate_by()"),
    "reverse": (b.reverse(), "reverse()"),
    "unique": (a.unique(), "unique()"),
    "head": (b.head(2), "slicing"),
    "gather": (b.gather([0]), "gather()"),
    "get": (b.get(0), "gather()"),
    "rle_id": (a.rle_id(), "looks at other rows"),
    "search_sorted": (b.search_sorted(3.0), "search_sorted()"),
    "index_of": (b.index_of(2.0), "index_of()"),
    "peak_max": (b.peak_max(), "peak_max()"),
    "mode": (a.mode(), "mode()"),
    "value_counts": (a.value_counts(), "value_counts()"),
    "hist": (b.hist(bin_count=2), "hist()"),
    "arg_sort": (b.arg_sort(), "arg_sort()"),
    "extend_constant": (b.extend_constant(1, 2), "extend_constant()"),
    "dot": (a.dot(b), "sum() aggregates"),
    "str.join": (g.str.join("-"), "looks at other rows"),
    "guessed date": (g.str.to_date(), "format is guessed"),
    "guessed datetime": (g.str.to_datetime(strict=False), "format is guessed"),
    "guessed time": (g.str.to_time(strict=False), "format is guessed"),
    "computed type": (a.cast(pl.dtype_of("b")), "computed type"),
}

ACCEPTED: dict[str, pl.Expr] = {
    "arithmetic": a + 1,
    "division": (b - 0.1) / 1.3,
    "integer division": a // 2,
    "power": a**2 + b**0.5,
    "negation": -b,
    "comparison with NaN": b > float("nan"),
    "infinite literal": b.fill_null(float("inf")),
    "literal": pl.lit(3),
    "null literal": pl.lit(None),
    "computed literal": pl.lit(1) + 2,
    "list literal": pl.lit([1, 2]),
    "boolean algebra": (p & ~p) | (a > 1),
    "alias": a.alias("z").name.keep(),
    "suffix": a.name.suffix("_x"),
    "replace": a.replace({1: 9}),
    "replace_strict": g.replace_strict({"a": 1, "B": 2}, default=0),
    "replace_strict with default column": a.replace_strict([1, 2], [3, 4], default=a),
    "json_decode": g.str.json_decode(pl.Struct({"a": pl.Int64()})),
    "json_path_match": g.str.json_path_match("$.a"),
    "struct": pl.struct("a", "b"),
    "struct.field": st.struct.field("f"),
    "struct.with_fields": st.struct.with_fields(pl.field("f") + 1),
    "struct.with_fields of a column": st.struct.with_fields(a),
    "struct.json_encode": st.struct.json_encode(),
    "struct of a selector": pl.struct(cs.numeric()),
    "selector": cs.by_name("a") * 2,
    "regular expression": pl.col("^a$") + 1,
    "nth": pl.nth(1) + 1,
    "by dtype": ~pl.col(pl.Boolean),
    "sum_horizontal of a selector": pl.sum_horizontal(cs.numeric() * 2),
    "max_horizontal": pl.max_horizontal("a", "b"),
    "mean_horizontal": pl.mean_horizontal("a", "b"),
    "any_horizontal": pl.any_horizontal(a > 1, b > 1),
    "fill_null": a.fill_null(0),
    "fill_null with column": b.fill_null(a),
    "fill_null with zero": a.fill_null(strategy="zero"),
    "fill_nan": b.fill_nan(0),
    "is_null": a.is_null(),
    "is_close": b.is_close(1.5),
    "eq_missing": a.eq_missing(b),
    "bin_intervals": b.bin_intervals([1, 2], labels=["low", "middle", "high"]),
    "when": pl.when(a > 1).then(b).otherwise(0),
    "when without otherwise": pl.when(p).then(g),
    "is_in list": a.is_in([1, 2]),
    "is_in set": g.is_in({"a", "B"}),
    "is_in tuple": a.is_in((1, None)),
    "is_in empty list": a.is_in([]),
    "is_in list column": a.is_in(pl.col("l")),
    "is_between": a.is_between(1, 3),
    "hash": g.hash(1),
    "round": b.round(1),
    "clip": b.clip(0, 1),
    "clip with columns": b.clip(a, a + 1),
    "log": b.log1p() + b.log(2),
    "trigonometry": b.sin() + b.arctan() + pl.arctan2("b", "a"),
    "reinterpret": a.reinterpret(signed=False),
    "bits": a.bitwise_count_ones(),
    "repeat_by": a.repeat_by(2),
    "cast": a.cast(pl.String),
    "strict cast": g.cast(pl.Int64),
    "cast that may fail": g.cast(pl.Int64, strict=False),
    "cast to categorical": g.cast(pl.Categorical),
    "compared categorical": pl.col("cat") == "a",
    "physical time": t.to_physical(),
    "list.sum": lists.sum(),
    "list.eval": lists.eval(one + 1).list.sum() + 1,
    "list.eval with mean": lists.eval(one - one.mean()),
    "list.eval with rank": lists.eval(one.rank()),
    "list.eval with len": lists.eval(pl.len()),
    "list.eval with ordered mode": lists.eval(one.mode(maintain_order=True)),
    "list.agg": lists.agg(one.sum()),
    "list.filter": lists.filter(one > 1),
    "list.gather": lists.gather([0], null_on_oob=True),
    "list.get": lists.get(0, null_on_oob=True),
    "list.contains column": lists.contains(a),
    "list.sort": lists.sort(descending=True),
    "list.unique": lists.unique(),
    "list.set_union": lists.set_union([1]),
    "list.join": texts.list.join("-"),
    "list.to_struct": texts.list.to_struct(fields=["x", "y"]),
    "concat_list": pl.concat_list("a", "b"),
    "arr.sum": pl.col("pair").arr.sum(),
    "arr.to_struct": pl.col("pair").arr.to_struct(fields=["x", "y"]),
    "datetime with format": g.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False),
    "date with format": g.str.to_date("%Y-%m-%d", strict=False),
    "to_integer": g.str.to_integer(strict=False),
    "text": g.str.to_uppercase().str.slice(0, 1) + pl.lit("!"),
    "contains": g.str.contains("a|B"),
    "contains_any": g.str.contains_any(["a", "B"]),
    "replace_many": g.str.replace_many({"a": "b"}),
    "split": g.str.split("-"),
    "extract": g.str.extract(r"(\d+)").cast(pl.Int64),
    "concat_str": pl.concat_str("g", "s", separator="-"),
    "format": pl.format("{}-{}", "g", "a"),
    "hour": t.dt.hour(),
    "weekday": t.dt.weekday() >= 6,
    "truncate": t.dt.truncate("1mo"),
    "offset_by": t.dt.offset_by("1mo"),
    "zone": t.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo").dt.hour(),
    "time plus duration": t + pl.duration(hours=2) - hour,
    "duration of columns": t + pl.duration(minutes=a),
    "difference of times": (t - t).dt.total_minutes(),
    "from_epoch": pl.from_epoch("a"),
    "is_business_day": day.dt.is_business_day(),
    "holidays": day.dt.is_business_day(holidays=[dt.date(2024, 2, 29)]),
    "binary": pl.col("raw").bin.encode("hex"),
    "sql": pl.sql_expr("a + 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_expression_that_mixes_rows_is_refused_with_its_reason(name: str) -> None:
    expression, reason = REFUSED[name]
    fault = row_wise_fault(expression, SCHEMA)
    assert fault is not None
    assert reason in fault


@pytest.mark.parametrize("name", ACCEPTED)
def test_expression_over_one_row_is_accepted(name: str) -> None:
    assert row_wise_fault(ACCEPTED[name], SCHEMA) is None


@pytest.mark.parametrize(
    "name",
    ["minus mean", "is_in a column", "cum_sum", "shift", "reverse", "is_unique", "rank"],
)
def test_trial_on_invented_rows_finds_mixed_rows_without_looking_at_the_structure(
    name: str,
) -> None:
    fault = probe_fault(REFUSED[name][0], SCHEMA)
    assert fault == "on invented rows it gave a row another value beside other rows than alone"


def test_trial_in_which_every_invented_row_fails_says_nothing() -> None:
    assert probe_fault(g.str.to_datetime("%Y/%m/%d"), SCHEMA) is None


@pytest.mark.parametrize(
    "expression",
    [
        *(g.dt.hour(), t.dt.base_utc_offset(), a.is_in(pl.lit(1)), a.replace({1: "one"})),
        *(g == 1, st < st, (a > 1) & (pl.col("l") < pl.col("l"))),
    ],
)
def test_operation_on_the_wrong_type_is_an_error_of_the_expression(expression: pl.Expr) -> None:
    with pytest.raises(ExpressionError):
        row_wise_fault(expression, SCHEMA)


def test_comparison_has_a_fault_where_what_is_compared_has_one() -> None:
    assert row_wise_fault((a > 1) & (b < a) | p, SCHEMA) is None
    fault = row_wise_fault((a > 1) & (b > b.mean()), SCHEMA)
    assert fault == "mean() aggregates rows into one value"
    assert row_wise_fault((a > 1) & (b / 3 > 1), SCHEMA) is None


def test_polars_lets_set_sorted_change_a_comparison() -> None:
    frame = pl.DataFrame({"a": [3, 1, 2, 5]})
    assert frame.select(a.set_sorted() > 2).to_series().to_list() == [False, False, False, True]


def test_polars_calls_a_sampled_list_row_separable() -> None:
    assert lists.sample(1).meta.is_row_separable()
    assert (b - b.mean()).meta.is_row_separable()
    assert a.is_in(a + 1).meta.is_row_separable()


def test_python_expression_is_believed() -> None:
    assert row_wise_fault(PythonExpression(lambda a: a, pl.Int64()), SCHEMA) is None


def test_python_expression_that_needs_several_rows_is_refused() -> None:
    expression = PythonExpression(lambda a: a, pl.Int64(), row_wise=False)
    assert row_wise_fault(expression, SCHEMA) == "the function is declared with row_wise=False"


@pytest.mark.parametrize("length", [70, pytest.param(150, marks=pytest.mark.slow)])
def test_long_chain_is_accepted_and_an_endless_one_refused_without_a_crash(length: int) -> None:
    def chain(length: int) -> pl.Expr:
        total = a
        for _ in range(length):
            total = total + a
        return total

    assert row_wise_fault(chain(length), SCHEMA) is None
    assert "nested in each other" in str(row_wise_fault(chain(2_000), SCHEMA))


def test_unknown_kind_of_node_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    written: Callable[..., object] = lambda *_, **__: '{"Teleport": {"Column": "a"}}'  # noqa: E731
    monkeypatch.setattr("polars.expr.meta.ExprMetaNameSpace.serialize", written)
    assert row_wise_fault(a, SCHEMA) == "teleport() is not known to work row by row"


def test_names_within_a_list_may_be_changed_but_not_by_a_python_function() -> None:
    schema = {"a": pl.List(pl.Int64())}
    suffixed = pl.col("a").list.eval(pl.element().name.suffix("_z"))
    called = pl.col("a").list.eval(pl.element().name.map(str.upper))
    assert row_wise_fault(suffixed, schema) is None
    assert "Python function" in (row_wise_fault(called, schema) or "")
