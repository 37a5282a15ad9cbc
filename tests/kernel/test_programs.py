"""Row programs: the algebra, its assembly, and the one interpreter."""

from __future__ import annotations

import math
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headwater.errors import SpecError
from headwater.kernel.assembly import assemble, columns_after
from headwater.kernel.programs import (
    BLOCK,
    Floats,
    Input,
    Program,
    bound_interpreter,
    execute,
    run_program,
)
from headwater.kernel.row_operations import (
    Operation,
    RowOperation,
    affine,
    clip,
    copy,
    drop,
    equals,
    equals_word,
    fill,
    is_missing,
    log1p,
    look_up,
)

NAN, INF = math.nan, math.inf
NUMBERS = [1.5, NAN, -1.0, INF, -INF, -0.0, -2.0, 1e300]
NUMBER_OPERATIONS = st.one_of(
    st.builds(fill, st.just("x"), st.floats(-1e3, 1e3)),
    st.builds(is_missing, st.just("x"), into=st.just("m")),
    st.builds(affine, st.just("x"), shift=st.floats(-1e9, 1e9), scale=st.floats(-1e3, 1e3)),
    st.builds(clip, st.just("x"), low=st.floats(-1e3, 0.0), high=st.floats(0.0, 1e3)),
    st.builds(log1p, st.just("x")),
)


def bits(values: Floats) -> NDArray[np.int64]:
    """The bit patterns, one for all NaN, so that -0.0 is not 0.0."""
    return np.where(np.isnan(values), np.float64(NAN), values).view(np.int64)


def run_one(operation: RowOperation, values: list[float]) -> list[float]:
    """What an operation writes for numbers `x`."""
    program = assemble({"x": "number"}, [operation])
    results = execute(program, [np.array(values)], rows=len(values))
    written: list[float] = results[program.columns.index(operation.into)].tolist()
    return written


def same(found: list[float], expected: list[float]) -> bool:
    return [struct.pack("d", v) for v in found if v == v] == [
        struct.pack("d", v) for v in expected if v == v
    ] and [v != v for v in found] == [v != v for v in expected]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (fill("x", 7.0), [1.5, 7.0, -1.0, INF, -INF, -0.0, -2.0, 1e300]),
        (is_missing("x", into="m"), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (affine("x", shift=1.0, scale=2.0), [1.0, NAN, -4.0, INF, -INF, -2.0, -6.0, 2e300]),
        (clip("x", low=-1.0, high=2.0), [1.5, NAN, -1.0, 2.0, -1.0, -0.0, -1.0, 2.0]),
        (equals("x", -1.0, into="e"), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (equals("x", 0.0, into="e"), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        (log1p("x"), [math.log1p(1.5), NAN, -INF, INF, NAN, -0.0, NAN, math.log1p(1e300)]),
        (copy("x", into="y"), NUMBERS),
    ],
    ids=lambda value: str(value) if isinstance(value, RowOperation) else "",
)
def test_operation_treats_missing_infinite_and_signed_zero(
    operation: RowOperation, expected: list[float]
) -> None:
    assert same(run_one(operation, NUMBERS), expected)


def test_a_new_column_leaves_the_one_it_reads() -> None:
    program = assemble({"x": "number"}, [is_missing("x", into="m"), fill("x", 0.0)])
    assert program.columns == ("x", "m")
    assert execute(program, [np.array([NAN, 3.0])], rows=2).tolist() == [[0.0, 3.0], [1.0, 0.0]]


def test_look_up_knows_words_null_and_unseen() -> None:
    program = assemble({"c": "category"}, [look_up("c", {"b": 2.0, "a": 1.0}, missing=3, unseen=4)])
    assert program.inputs == (Input("c", "category", ("a", "b")),)
    assert execute(program, [np.array([0.0, 1.0, 2.0, 3.0])], rows=4).tolist() == [[1, 2, 3, 4]]


def test_look_up_outside_its_table_is_missing_and_reads_no_foreign_memory() -> None:
    program = assemble({"c": "category"}, [look_up("c", {"a": 1.0}, missing=3, unseen=4)])
    results = execute(program, [np.array([-1.0, 3.0, 1e18, NAN, INF])], rows=5)
    assert np.isnan(results).all()


def test_each_look_up_has_its_own_part_of_the_table() -> None:
    operations = [
        look_up("c", {"a": 1.0}, missing=2, unseen=3),
        look_up("d", {"p": 4.0, "q": 5.0}, missing=6, unseen=7),
    ]
    program = assemble({"c": "category", "d": "category"}, operations)
    assert execute(program, [np.array([0.0]), np.array([1.0])], rows=1).tolist() == [[1.0], [5.0]]


def test_a_category_may_be_read_with_two_vocabularies() -> None:
    operations = [
        equals_word("c", "b", vocabulary=["a", "b"], into="one"),
        look_up("c", {"b": 9.0}, missing=0.0, unseen=0.0),
    ]
    program = assemble({"c": "category"}, operations)
    assert [entry.vocabulary for entry in program.inputs] == [("a", "b"), ("b",)]
    codes = [np.array([1.0]), np.array([0.0])]
    assert dict(zip(program.columns, execute(program, codes, rows=1)[:, 0], strict=True)) == {
        "c": 9.0,
        "one": 1.0,
    }


def test_one_hot_of_null_is_the_code_after_the_words() -> None:
    operation = equals_word("c", None, vocabulary=["a"], into="c=null")
    assert (operation.p, operation.word, str(operation)) == (1.0, None, "c=null = equals(c, None)")


def test_dropped_column_does_not_come_out() -> None:
    program = assemble({"x": "number", "y": "number"}, [drop("x")])
    assert program.columns == ("y",)
    assert execute(program, [np.zeros(2), np.ones(2)], rows=2).tolist() == [[1.0, 1.0]]


def test_a_dropped_name_can_be_made_again() -> None:
    program = assemble(
        {"x": "number", "y": "number"}, [drop("x"), copy("y", into="x"), fill("y", 5.0)]
    )
    results = execute(program, [np.zeros(1), np.array([NAN])], rows=1)
    assert program.columns == ("y", "x")
    assert results[0, 0] == 5.0
    assert math.isnan(results[1, 0])


@pytest.mark.parametrize("rows", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_every_number_of_rows_fits_the_blocks(rows: int) -> None:
    values = np.arange(rows, dtype=np.float64)
    program = assemble({"x": "number"}, [affine("x", shift=1.0, scale=2.0)])
    assert execute(program, [values], rows=rows).tolist() == [((values - 1.0) * 2.0).tolist()]


@given(
    operations=st.lists(NUMBER_OPERATIONS, max_size=6, unique_by=lambda o: o.operation),
    seed=st.integers(0, 2**32),
)
def test_whole_columns_equal_one_row_at_a_time_to_the_bit(
    operations: list[RowOperation], seed: int
) -> None:
    values = np.random.default_rng(seed).normal(scale=1e3, size=BLOCK + 7)
    values[::5] = NAN
    program = assemble({"x": "number"}, operations)
    whole = execute(program, [values], rows=len(values))
    places = [0, 1, 5, BLOCK - 1, BLOCK, BLOCK + 6]
    rows = [execute(program, [values[i : i + 1]], rows=1) for i in places]
    assert (bits(whole[:, places]) == bits(np.hstack(rows))).all()


@given(operations=st.lists(NUMBER_OPERATIONS, max_size=6, unique_by=lambda o: o.operation))
def test_compiled_equals_plain_python_to_the_bit(operations: list[RowOperation]) -> None:
    values = np.array([0.0, -0.0, 1.5, -7.25, NAN, 1e8, 1e-9, 0.1])
    program = assemble({"x": "number"}, operations)
    registers = np.empty((program.registers, len(values)))
    registers[0] = values
    run_program(registers, program.operations, program.parameters, program.table, rows=len(values))
    found = execute(program, [values], rows=len(values))
    assert (bits(registers[[r for _, r in program.outputs]]) == bits(found)).all()


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (fill("y", 0.0), "column 'y' does not exist"),
        (fill("c", 0.0), "column 'c' is a category"),
        (look_up("x", {"a": 1.0}, missing=0, unseen=0), "column 'x' is a number"),
        (is_missing("x", into="z"), "column 'z' would be written over"),
    ],
)
def test_operation_on_a_column_that_does_not_fit_is_an_error(
    operation: RowOperation, message: str
) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        columns_after({"x": "number", "c": "category", "z": "number"}, [operation])
    assert caught.value.code == "HW601"


def test_algebra_refuses_parameters_without_a_meaning() -> None:
    with pytest.raises(ValueError, match="clip"):
        clip("x", low=2.0, high=1.0)
    with pytest.raises(ValueError, match="clip"):
        clip("x", low=NAN, high=1.0)
    with pytest.raises(ValueError, match="NaN"):
        equals("x", NAN, into="y")
    with pytest.raises(ValueError, match="not in"):
        equals_word("c", "z", vocabulary=["a"], into="y")


@pytest.mark.parametrize(
    ("codes", "parameters", "outputs", "message"),
    [
        ([[99, 0, 0]], [[0.0, 0.0]], 0, "not known"),
        ([[0, 0, 0]], [[0.0, 0.0]], 0, "not known"),
        ([[1, 1, 0]], [[0.0, 0.0]], 0, "register"),
        ([[1, 0, -1]], [[0.0, 0.0]], 0, "register"),
        ([[1, 0, 0]], [[0.0, 0.0]], 1, "register"),
        ([[6, 0, 0]], [[0.0, 3.0]], 0, "look-up"),
        ([[6, 0, 0]], [[NAN, 1.0]], 0, "look-up"),
        ([[6, 0, 0]], [[-1.0, 1.0]], 0, "look-up"),
        ([[1, 0, 0]], [[0.0, 0.0], [0.0, 0.0]], 0, "parameters"),
        ([[1, 0]], [[0.0, 0.0]], 0, "operations"),
    ],
)
def test_program_that_points_outside_is_refused(
    codes: list[list[int]], parameters: list[list[float]], outputs: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Program(
            inputs=(Input("x", "number"),),
            operations=np.array(codes, np.int64),
            parameters=np.array(parameters),
            table=np.zeros(2),
            outputs=(("x", outputs),),
            registers=1,
        )


def test_a_bound_interpreter_works_on_the_arrays_that_it_holds() -> None:
    program = assemble({"x": "number"}, [fill("x", 7.0), affine("x", shift=1.0, scale=2.0)])
    registers = np.empty((program.registers, 1))
    arrays = (program.operations, program.parameters, program.table)
    run = bound_interpreter(registers, *arrays, 1)
    for value, expected in [(2.0, 2.0), (NAN, 12.0), (3.0, 4.0)]:
        registers[0, 0] = value
        run()
        assert registers[0, 0] == expected


def test_an_interpreter_is_bound_to_arrays_of_its_types_only() -> None:
    program = assemble({"x": "number"}, [fill("x", 7.0)])
    arrays = (program.operations, program.parameters, program.table)
    if os.environ.get("HEADWATER_COMPILE") == "0":
        return  # plain Python takes any array
    for wrong in (np.empty((1, 1), np.float32), np.empty(1), np.empty((2, 2))[:, :1]):
        with pytest.raises(TypeError):
            bound_interpreter(wrong, *arrays, 1)
    with pytest.raises(TypeError):
        bound_interpreter(np.empty((1, 1)))


@pytest.mark.parametrize("table", [np.zeros((1, 1)), np.zeros(1, np.float32)])
def test_a_table_of_another_shape_or_type_is_refused(table: Floats) -> None:
    with pytest.raises(ValueError, match="the table"):
        Program(
            inputs=(),
            operations=np.empty((0, 3), np.int64),
            parameters=np.empty((0, 2)),
            table=table,
            outputs=(),
            registers=0,
        )


def test_codes_of_operations_are_fixed_because_programs_are_stored() -> None:
    assert {operation.name: int(operation) for operation in Operation} == {
        "DROP": 0,
        "FILL": 1,
        "IS_MISSING": 2,
        "AFFINE": 3,
        "CLIP": 4,
        "EQUALS": 5,
        "LOOK_UP": 6,
        "LOG1P": 7,
        "COPY": 8,
        "RECODE": 9,
    }
