"""An aggregation's own functions in plain Python: the oracle of a member that is new.

Rows are folded one at a time and merged along random splits, with empty states in between, or added
in any order while others come and go; nothing of the engine, of its arrangement or of its compiled
passes is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np

from headwater.aggregations.base import (
    LISTS,
    NAN_CODE,
    NUMBERS,
    POSITIONS,
    VALUE,
    Aggregation,
    Kind,
)
from headwater.testing.reference_sketches import signed_hash
from headwater.testing.reference_words import Counted

DECIMALS = 2
"""Digits after the point of the decimals that laws are checked on."""
_EXACT = 1 << 53
"""Integers up to here are float64 exactly."""


def plain_result(
    aggregation: Aggregation,
    rows: Sequence[Counted],
    kind: Kind,
    *,
    as_of: int | None = None,
    rng: Random,
) -> Any:
    """The aggregation of these rows, which are in event order; null values only where they count.

    Args:
        aggregation: With its four functions; nothing is compiled.
        rows: With plain Python values; equal ranks are ties.
        kind: The kind of the column that the values come from.
        as_of: The moment that asks, in microseconds.
        rng: Chooses where the rows are split.

    Returns:
        The result; what the aggregation gives for no row where it has none.
    """
    into = np.zeros(2 * aggregation.most, np.int64)
    last: list[Any] = [as_of] if "as_of" in aggregation.reads_also else []
    last += [into] if aggregation.returns in LISTS else []
    fold = _of_values if aggregation.folds == "values" else _of_states
    numbers = [replace(row, value=_folded(aggregation, row.value, kind)) for row in rows]
    status, result = fold(aggregation, numbers, kind, last, rng)
    if status != VALUE:
        return aggregation.when_empty
    if aggregation.returns in LISTS:
        return _listed(aggregation, rows, into.tolist(), int(result))
    return _told(aggregation, rows, kind, result)


def _folded(aggregation: Aggregation, value: Any, kind: Kind) -> Any:
    """What stands for a value: of decimals the number of their last digit, or the nearest float."""
    if kind != "decimal" or value is None or aggregation.returns in POSITIONS or aggregation.hashes:
        return value
    if aggregation.returns == "float" and not aggregation.unit_power:
        return float(value)
    return int(value.scaleb(DECIMALS))


def combined(member: Any, results: Sequence[Any]) -> Any:
    """What a composite makes of the plain results of its parts."""
    arrays = [
        np.array([result or 0], np.float64 if isinstance(result, float | Decimal) else np.int64)
        for result in results
    ]
    missing = [np.array([result is None]) for result in results]
    with np.errstate(all="ignore"):
        out, is_null = member.combine(*arrays, *missing, np.array(member.parameters, np.float64))
    if is_null[0]:
        return None
    value = out[0].item()
    return bool(value) if member.returns == "boolean" else value


def _told(aggregation: Aggregation, rows: Sequence[Counted], kind: Kind, result: Any) -> Any:
    """One result as a plain value."""
    returns = aggregation.returns
    if returns == "row":
        return _value(aggregation, rows, int(result))
    if returns == "boolean":
        return bool(result)
    follows = returns in ("value", "difference")
    if kind == "decimal" and follows:
        return Decimal(int(result)).scaleb(-DECIMALS)
    if kind == "decimal" and returns == "float":
        return float(result) / 10.0 ** (DECIMALS * aggregation.unit_power)
    if kind == "duration" and aggregation.unit_power == 1:
        return round(result)
    return float(result) if returns == "float" or (follows and kind == "float") else int(result)


def _listed(
    aggregation: Aggregation, rows: Sequence[Counted], into: list[int], size: int
) -> list[Any]:
    if aggregation.returns == "integers":
        return into[:size]
    if aggregation.returns == "rows":
        return [_value(aggregation, rows, place) for place in into[:size]]
    pairs = zip(into[: 2 * size : 2], into[1 : 2 * size : 2], strict=True)
    return [{"value": _value(aggregation, rows, row), "count": count} for row, count in pairs]


def _value(aggregation: Aggregation, rows: Sequence[Counted], place: int) -> Any:
    value = rows[place].value
    return _one_zero(value) if aggregation.folds == "values" or aggregation.hashes else value


def _of_states(
    aggregation: Any, rows: Sequence[Counted], kind: Kind, last: list[Any], rng: Random
) -> tuple[int, Any]:
    x, functions = _operand(aggregation, [row.value for row in rows], kind)
    ranks = [row.rank for row in rows]
    rank = np.array([ranks.index(own) for own in ranks], np.int64)
    also = _arrays(aggregation, rows, x)

    def call(name: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
        """With what the function reads besides `x`, if it takes so much."""
        return _called(getattr(functions, name), (*before, x), also, after)

    with np.errstate(all="ignore"):
        scale, words = call("prepare", (), (np.ones(len(x), np.bool_), 0, len(x)))

        def state(start: int, stop: int) -> Any:
            if stop - start == 1 and rng.random() < 0.9:
                one = np.zeros(words, np.int64)
                call("lift", (one,), (start, scale))
                return one
            if stop == start:
                return np.zeros(words, np.int64)
            cut = rng.randint(start, stop)
            left, right = state(start, cut), state(cut, stop)
            into = (left, right, np.empty(words, np.int64))[rng.randrange(3)]
            call("merge", (into, left, right), (rank,))
            return into

        found: tuple[int, Any] = _called(
            functions.result, (state(0, len(x)), x), also, (scale,), last
        )
        return found


def _of_values(
    aggregation: Any, rows: Sequence[Counted], kind: Kind, last: list[Any], rng: Random
) -> tuple[int, Any]:
    """Each value is added, in any order; now and then one is removed and comes back."""
    values, also = [row.value for row in rows], _arrays(aggregation, rows)
    halves = (codes(values) >> 1).tolist()
    known = sorted(set(halves))
    numbers = [known.index(half) for half in halves]
    told = [halves.index(half) for half in known]
    is_told = aggregation.returns in ("float", "value", "difference", "duration")
    if is_told and _is_number(aggregation, kind):
        told = [_one_zero(values[place]) for place in told]
    x = np.array(told, np.float64 if told and isinstance(told[0], float) else np.int64)
    functions = aggregation.integers or aggregation if x.dtype == np.int64 else aggregation
    state = np.zeros(functions.room(len(known)), np.int64)
    inside: list[int] = []
    with np.errstate(all="ignore"):
        for code in rng.sample(numbers, len(numbers)):
            functions.add(state, code, x)
            inside.append(code)
            again = inside[rng.randrange(len(inside))]
            functions.remove(state, again, x)
            functions.add(state, again, x)
        found: tuple[int, Any] = _called(functions.result, (state, x), also, (), last)
        return found


def _called(
    function: Callable[..., Any],
    before: Sequence[Any],
    also: Sequence[Any],
    after: Sequence[Any],
    last: Sequence[Any] = (),
) -> Any:
    """The function's own arguments, and the others between and after where it takes more."""
    code: Any = function.__code__
    if code.co_argcount == len(before) + len(after):
        return function(*before, *after)
    return function(*before, *also, *after, *last)


def _arrays(aggregation: Aggregation, rows: Sequence[Counted], x: Any = ()) -> list[Any]:
    """What follows `x`, in its order."""
    made: dict[str, Callable[[], Any]] = {
        "time": lambda: np.array([row.time for row in rows], np.int64),
        "other": lambda: np.array([row.other for row in rows], np.float64),
        "parameters": lambda: np.array(aggregation.parameters, np.float64),
        "index": lambda: np.array([list(x).index(one) for one in sorted(set(x))], np.int64),
    }
    return [make() for name, make in made.items() if name in aggregation.reads_also]


def _one_zero(value: Any) -> Any:
    return 0.0 if isinstance(value, float) and value == 0.0 else value


def _operand(aggregation: Any, values: Sequence[Any], kind: Kind) -> tuple[Any, Any]:
    """What the functions read of the values, and the functions that read it."""
    if aggregation.reads == "rows":
        return np.zeros(len(values), np.int64), aggregation.integers or aggregation
    if aggregation.hashes:
        return np.array([signed_hash(value) for value in values], np.int64), aggregation
    if aggregation.returns in POSITIONS or not _is_number(aggregation, kind):
        return codes(values), aggregation.integers or aggregation
    is_exact = all(abs(value) <= _EXACT for value in values if isinstance(value, int))
    in_floats = aggregation.computes_in == "float" and not aggregation.integers and is_exact
    if kind == "float" or in_floats or any(isinstance(value, float) for value in values):
        return np.array(values, np.float64), aggregation
    return np.array(values, np.int64), aggregation.integers or aggregation


def _is_number(aggregation: Aggregation, kind: Kind) -> bool:
    return kind in NUMBERS or (aggregation.ticks and kind in ("time", "duration"))


def codes(values: Sequence[Any]) -> Any:
    """Codes that order as the values do: -0.0 is next below 0.0, NaN and null have their own.

    >>> codes([0.0, -0.0, 3.5, -2.0, None]).tolist()
    [3, 2, 5, 1, -2]
    """
    keys = [_hashable(value) for value in values]
    known = sorted({key for key in keys if key is not None and key == key})
    places = {key: 2 * place for place, key in enumerate(known)}

    def code(key: Any) -> int:
        if key is None:
            return -2
        bit = isinstance(key, float) and str(key) != "-0.0"
        return places[key] + bit if key == key else NAN_CODE

    return np.array([code(key) for key in keys], np.int64)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
