"""The Polars rendering of row programs against the interpreter."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headwater.engines.border import enter, run
from headwater.engines.program_rendering import to_expressions
from headwater.kernel.assembly import assemble
from headwater.kernel.row_operations import (
    ColumnKind,
    RowOperation,
    affine,
    clip,
    copy,
    equals,
    equals_word,
    fill,
    is_missing,
    log1p,
    look_up,
    recode,
)

KINDS: dict[str, ColumnKind] = {"x": "number", "n": "number", "c": "category"}
WORDS = ("", "null", "ä", "日本")
FRAME = pl.DataFrame(
    {
        "x": [1.5, None, math.nan, math.inf, -math.inf, -0.0, -1.0, -2.0, 1e8, 0.1],
        "n": [1, None, -7, 2**53 + 1, 0, 5, 6, 7, 8, 9],
        "c": ["", None, "null", "unseen", "ä", "日本", "ä", "a", None, ""],
    }
)
BOUND = st.floats(-1e6, 1e6)
OPERATIONS = st.tuples(
    st.just(is_missing("x", into="m")),
    st.builds(equals_word, st.just("c"), st.sampled_from([*WORDS, None]), vocabulary=st.just(WORDS),
              into=st.just("one")),
    st.builds(copy, st.just("x"), into=st.just("y")),
    st.builds(equals, st.just("n"), st.sampled_from([0.0, 5.0]), into=st.just("e")),
    st.builds(fill, st.just("x"), BOUND),
    st.builds(affine, st.just("x"), shift=BOUND, scale=BOUND),
    st.builds(clip, st.just("y"), low=st.floats(-10.0, 0.0), high=st.floats(0.0, 10.0)),
    st.builds(recode, st.just("c"), st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS)),
              missing=st.none() | st.just("null"), unseen=st.none() | st.just("ä")),
    st.just(is_missing("c", into="cm")),
    st.builds(look_up, st.just("c"), st.fixed_dictionaries(dict.fromkeys(WORDS, BOUND)),
              missing=BOUND, unseen=BOUND),
    st.builds(affine, st.just("c"), shift=BOUND, scale=BOUND),
)  # fmt: skip


def bits(frame: pl.DataFrame) -> NDArray[np.int64]:
    values = frame.to_numpy().astype(np.float64)
    return np.where(np.isnan(values), np.nan, values).view(np.int64)


@given(operations=OPERATIONS)
def test_program_equals_its_polars_rendering_to_the_bit(
    operations: tuple[RowOperation, ...],
) -> None:
    program = assemble(KINDS, operations)
    interpreted = run(program, enter(FRAME, KINDS))
    rendered = FRAME.select(**to_expressions(program))
    assert rendered.columns == interpreted.columns == ["x", "n", "c", "m", "one", "y", "e", "cm"]
    assert rendered.null_count().equals(interpreted.null_count())
    assert (bits(rendered) == bits(interpreted)).all()


@settings(max_examples=25)
@given(operations=OPERATIONS)
def test_rendering_of_one_row_equals_that_of_all(operations: tuple[RowOperation, ...]) -> None:
    rendered = to_expressions(assemble(KINDS, operations))
    rows = [FRAME[i : i + 1].select(**rendered) for i in range(FRAME.height)]
    assert (bits(pl.concat(rows)) == bits(FRAME.select(**rendered))).all()


def test_log1p_agrees_within_a_unit_in_the_last_place() -> None:
    frame = pl.DataFrame({"x": [0.0, -0.0, -1.0, -1.5, None, math.inf, 1e-17, 0.1, 3.7, 1e8]})
    program = assemble({"x": "number"}, [log1p("x")])
    interpreted = run(program, frame)["x"]
    rendered = frame.select(**to_expressions(program))["x"]
    assert interpreted.is_null().to_list() == rendered.is_null().to_list()
    np.testing.assert_array_max_ulp(
        interpreted.drop_nulls().to_numpy(), rendered.drop_nulls().to_numpy(), maxulp=1
    )


def test_a_category_without_training_values_renders_too() -> None:
    program = assemble({"c": "category"}, [look_up("c", {}, missing=1.0, unseen=2.0)])
    frame = pl.DataFrame({"c": ["a", None]})
    assert frame.select(**to_expressions(program))["c"].to_list() == [2.0, 1.0]
    assert run(program, frame)["c"].to_list() == [2.0, 1.0]
