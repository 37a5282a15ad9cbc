from __future__ import annotations

import polars as pl
import pytest

from headwater.spec.expression_tree import ExpressionError, Node, nodes_within, tree_of

a = pl.col("a")


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        (a + 1, ["Column", "Literal"]),
        (a.alias("z"), ["Column"]),
        (a.name.keep(), ["Column"]),
        (a.name.suffix("_z"), ["Column"]),
        (a.cast(pl.Int8), ["Column"]),
        (pl.when(a > 1).then(a).otherwise(2), ["BinaryExpr", "Column", "Literal"]),
        (pl.coalesce(a, 1, pl.nth(0)), ["Column", "Literal", "Selector"]),
        (a.list.eval(pl.element().sum()), ["Column"]),
        (a.struct.with_fields(pl.field("f") + 1), ["Column", "BinaryExpr"]),
        (pl.len(), []),
        (a.sum(), []),
    ],
)
def test_inputs_are_the_nodes_whose_rows_are_read(expression: pl.Expr, kinds: list[str]) -> None:
    assert [node.kind for node in tree_of(expression).inputs] == kinds


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        (a.cum_sum(), "cum_sum"),
        (a.is_first_distinct(), "is_first_distinct"),
        (a.dt.offset_by("1d"), "offset_by"),
        (a.list.sort(), "sort"),
        (a.interpolate(), "interpolate"),
        (a.bin_ranks(2, labels=["low", "high"]), "bin"),
        (pl.len(), "len"),
    ],
)
def test_node_is_called_as_the_user_calls_it(expression: pl.Expr, name: str) -> None:
    assert tree_of(expression).name == name


@pytest.mark.parametrize(
    "expression", [a + 1, a.is_in([1, 2]), pl.len(), a.dt.truncate("1d"), pl.nth(0)]
)
def test_expression_is_read_back_from_its_tree(expression: pl.Expr) -> None:
    assert tree_of(expression).to_expression().meta.eq(expression)


def test_nan_is_read_back_as_zero_so_that_types_can_be_asked() -> None:
    read_back = tree_of(a + float("nan")).to_expression()
    assert read_back.meta.eq(a + 0.0)
    assert tree_of(pl.lit(None)).to_expression().meta.eq(pl.lit(None))


def test_nodes_are_found_at_any_depth_but_not_inside_literals() -> None:
    inner = tree_of(a.list.eval(pl.element().map_elements(hash, return_dtype=pl.Int64).sum()))
    assert [node.kind for node in nodes_within(inner.body, frozenset({"AnonymousFunction"}))]
    text = Node("Literal", {"Scalar": {"Struct": [["Column", {"Column": "x"}]]}})
    assert not list(nodes_within({text.kind: text.body}, frozenset({"Column"})))


def test_python_object_cannot_be_written_down() -> None:
    with pytest.raises(ExpressionError, match="cannot be written down"):
        tree_of(pl.lit(object(), allow_object=True))


def test_endless_chain_is_an_error_and_no_crash() -> None:
    total = a
    for _ in range(300):
        total = total + a
    with pytest.raises(ExpressionError, match="nested in each other"):
        tree_of(total)


def test_long_list_does_not_count_as_depth() -> None:
    assert tree_of(a.is_in(list(range(10_000)))).kind == "Function"


def test_a_part_that_polars_does_not_know_is_an_error_of_the_expression() -> None:
    with pytest.raises(ExpressionError, match="cannot be examined"):
        Node("Column", {"name": ["a", "b"]}).to_expression()
