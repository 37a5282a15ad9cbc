"""An aggregation's own functions in plain Python: the oracle of a member that is new.

Rows are folded one at a time and merged along random splits, with empty states in between, or added
in any order while others come and go; nothing of the engine, of its arrangement or of its compiled
passes is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from headwater.aggregations.base import NAN_CODE, NUMBERS, VALUE, Aggregation, Kind


def plain_result(
    aggregation: Aggregation,
    values: Sequence[Any],
    kind: Kind,
    *,
    ranks: Sequence[Any],
    rng: Random,
) -> Any:
    """The aggregation of these values, which are in event order; null where nulls count only.

    Args:
        aggregation: With its four functions; nothing is compiled.
        values: Plain Python values.
        kind: The kind of the column that they come from.
        ranks: What orders each value; equal ranks are ties.
        rng: Chooses where the rows are split.

    Returns:
        The result; what the aggregation gives for no row where it has none.
    """
    if aggregation.folds == "values":
        status, result = _of_values(aggregation, values, kind, rng)
    else:
        status, result = _of_states(aggregation, values, kind, ranks=ranks, rng=rng)
    if status != VALUE:
        return aggregation.when_empty
    if aggregation.returns == "row":
        return _one_zero(values[int(result)]) if aggregation.folds == "values" else values[result]
    is_float = aggregation.returns == "float" or (
        aggregation.returns == "value" and kind == "float"
    )
    return float(result) if is_float else int(result)


def _of_states(
    aggregation: Any, values: Sequence[Any], kind: Kind, *, ranks: Sequence[Any], rng: Random
) -> tuple[int, Any]:
    x, functions = _operand(aggregation, values, kind)
    rank = np.array([list(ranks).index(own) for own in ranks], np.int64)
    with np.errstate(all="ignore"):
        scale, words = functions.prepare(x, np.ones(len(x), np.bool_), 0, len(x))

        def state(start: int, stop: int) -> Any:
            if stop - start == 1 and rng.random() < 0.9:
                one = np.zeros(words, np.int64)
                functions.lift(one, x, start, scale)
                return one
            if stop == start:
                return np.zeros(words, np.int64)
            cut = rng.randint(start, stop)
            left, right = state(start, cut), state(cut, stop)
            into = (left, right, np.empty(words, np.int64))[rng.randrange(3)]
            functions.merge(into, left, right, x, rank)
            return into

        return functions.result(state(0, len(x)), x, scale)  # type: ignore[no-any-return]


def _of_values(aggregation: Any, values: Sequence[Any], kind: Kind, rng: Random) -> tuple[int, Any]:
    """Each value is added, in any order; now and then one is removed and comes back."""
    halves = (codes(values) >> 1).tolist()
    known = sorted(set(halves))
    numbers = [known.index(half) for half in halves]
    told = [halves.index(half) for half in known]
    if aggregation.returns in ("float", "value") and kind in NUMBERS:
        told = [_one_zero(values[place]) for place in told]
    x = np.array(told, np.float64 if told and isinstance(told[0], float) else np.int64)
    state = np.zeros(aggregation.room(len(known)), np.int64)
    inside: list[int] = []
    with np.errstate(all="ignore"):
        for code in rng.sample(numbers, len(numbers)):
            aggregation.add(state, code, x)
            inside.append(code)
            again = inside[rng.randrange(len(inside))]
            aggregation.remove(state, again, x)
            aggregation.add(state, again, x)
        return aggregation.result(state, x)  # type: ignore[no-any-return]


def _one_zero(value: Any) -> Any:
    return 0.0 if isinstance(value, float) and value == 0.0 else value


def _operand(aggregation: Any, values: Sequence[Any], kind: Kind) -> tuple[Any, Any]:
    """What the functions read of the values, and the functions that read it."""
    if aggregation.returns == "row" or kind not in NUMBERS:
        return codes(values), aggregation.integers or aggregation
    if kind == "float":
        return np.array(values, np.float64), aggregation
    return np.array(values, np.int64), aggregation.integers or aggregation


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
