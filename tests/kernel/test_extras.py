"""Templates get the arrays that a fold reads besides: in parameters, calls and signatures."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from headwater.kernel.compile import compiled
from headwater.kernel.extras import definition_of, extended, with_extras
from headwater.kernel.module_texts import module_texts

EVERYTHING = ("time", "other", "parameters", "as_of", "into")
SIGNATURE = "void(const float64[::1], int64[:,::1], uint8[:,::1])"


def template(fold: Any, x: Any, out: Any, status: Any) -> None:
    for w in range(out.shape[0]):
        for j in range(out.shape[1]):
            scale = fold.prepare(x, w)
            found = max(scale, 0)
            status[w, j], out[w, j] = fold.result(found, x, scale)


def grouped(fold: Any, x: Any, out: Any, status: Any) -> None:
    values = x[1:]
    for g in range(out.shape[0]):
        status[g], out[g] = fold.result(g, values)


class Takes:
    """Reads all there is where a value is folded."""

    @staticmethod
    def prepare(x: Any, w: int) -> int:
        return len(x) + w

    @staticmethod
    def result(
        state: int,
        x: Any,
        time: Any,
        other: Any,
        parameters: Any,
        scale: int,
        as_of: int,
        into: Any,
    ) -> tuple[int, int]:
        into[0] = scale
        return 1, int(x[0] + time[0] + other[0] + parameters[0]) + as_of + state


class TakesParameters:
    """A fold over values, whose result is told its parameters."""

    @staticmethod
    def result(state: int, x: Any, parameters: Any) -> tuple[int, int]:
        return state, int(x[0] * parameters[0])


class TakesNothing:
    """Its functions are called as they are, whatever else there would be."""

    @staticmethod
    def prepare(x: Any, w: int) -> int:
        return w

    @staticmethod
    def result(state: int, x: Any, scale: int) -> tuple[int, int]:
        return 1, 10 * state + scale


def written(function: Any, fold: type, extras: tuple[str, ...]) -> str:
    return ast.unparse(definition_of(function, fold, extras))


def test_arrays_follow_x_and_the_moment_and_the_items_end_the_result() -> None:
    text = written(template, Takes, EVERYTHING)
    given = "x, x_time, x_other, x_parameters"
    assert f"fold: Any, {given}, x_as_of, x_into, out: Any" in text.replace("x: Any", "x")
    assert f"fold.result(found, {given}, scale, x_as_of[j], x_into[w, j])" in text
    assert "fold.prepare(x, w)" in text


def test_a_fold_over_values_is_told_its_parameters_with_the_result() -> None:
    text = written(grouped, TakesParameters, ("parameters", "as_of", "into"))
    assert "fold.result(g, values, x_parameters, x_as_of[g], x_into[g])" in text


def test_without_extras_a_template_stays_what_it_is() -> None:
    assert with_extras(template, Takes, ()) is template
    assert extended(SIGNATURE, ()) is SIGNATURE


def test_items_have_one_dimension_more_than_results() -> None:
    one = extended("void(const float64[::1], int64[::1], uint8[::1])", ("as_of", "into"))
    assert one == "void(const float64[::1], const int64[::1], int64[:,::1], int64[::1], uint8[::1])"
    many = extended(SIGNATURE, EVERYTHING)
    assert many.split(", ")[1:6] == [
        "const int64[::1]",
        "const float64[::1]",
        "const float64[::1]",
        "const int64[::1]",
        "int64[:,:,::1]",
    ]


def run(fold: type) -> tuple[Any, Any, Any]:
    out, status = np.zeros((2, 2), np.int64), np.zeros((2, 2), np.uint8)
    into = np.zeros((2, 2, 3), np.int64)
    given = (np.array([100]), np.array([20.0]), np.array([0.5]), np.array([1000, 2000]), into)
    compiled(template, SIGNATURE, fold, EVERYTHING)(np.array([3.5, 0.0]), *given, out, status)
    return out, status, into


def test_what_is_compiled_and_what_python_runs_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = run(Takes)
    compiled.cache_clear()
    monkeypatch.setenv("HEADWATER_COMPILE", "0")
    python = run(Takes)
    compiled.cache_clear()
    assert machine[0].tolist() == python[0].tolist() == [[1126, 2126], [1127, 2127]]
    assert machine[1].tolist() == python[1].tolist() == [[1, 1], [1, 1]]
    assert machine[2][:, :, 0].tolist() == python[2][:, :, 0].tolist() == [[2, 2], [3, 3]]


def test_functions_that_take_no_more_are_given_no_more() -> None:
    out, _, into = run(TakesNothing)
    assert (out.tolist(), into.any()) == ([[0, 0], [11, 11]], False)


def test_python_runs_the_lines_where_they_are_written() -> None:
    made: Any = with_extras(template, Takes, EVERYTHING)
    assert made.__code__.co_filename == template.__code__.co_filename
    lines = {line for _, _, line in made.__code__.co_lines() if line is not None}
    own = {line for _, _, line in template.__code__.co_lines() if line is not None}
    assert lines == own


def test_other_extras_are_other_code() -> None:
    class One:
        @staticmethod
        def result(state: int, x: Any, more: Any) -> tuple[int, int]:
            return state, int(x[0] * more[0])

    names = {
        list(module_texts(grouped, extended(SIGNATURE, (extra,)), One, (extra,)))[-1]
        for extra in ("other", "parameters")
    }
    assert len(names) == 2
