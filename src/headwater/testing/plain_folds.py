"""An aggregation's own four functions in plain Python: the oracle of a member that is new.

Rows are folded one at a time and merged along random splits, with empty states in between; nothing
of the engine, of its arrangement or of its compiled passes is used.
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
    """The aggregation of these values, which are in event order and not null.

    Args:
        aggregation: With its four functions; nothing is compiled.
        values: Plain Python values.
        kind: The kind of the column that they come from.
        ranks: What orders each value; equal ranks are ties.
        rng: Chooses where the rows are split.

    Returns:
        The result; what the aggregation gives for no row where it has none.
    """
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

        status, result = functions.result(state(0, len(x)), x, scale)
    if status != VALUE:
        return aggregation.when_empty
    if aggregation.returns == "row":
        return values[int(result)]
    is_float = aggregation.returns == "float" or (
        aggregation.returns == "value" and x.dtype == np.float64
    )
    return float(result) if is_float else int(result)


def _operand(aggregation: Any, values: Sequence[Any], kind: Kind) -> tuple[Any, Any]:
    """What the functions read of the values, and the functions that read it."""
    if aggregation.returns == "row" or kind not in NUMBERS:
        return codes(values), aggregation.integers or aggregation
    if kind == "float":
        return np.array(values, np.float64), aggregation
    return np.array(values, np.int64), aggregation.integers or aggregation


def codes(values: Sequence[Any]) -> Any:
    """Codes that order as the values do: -0.0 is next below 0.0, NaN has a code of its own.

    >>> codes([0.0, -0.0, 3.5, -2.0]).tolist()
    [3, 2, 5, 1]
    """
    keys = [None if value != value else _hashable(value) for value in values]
    known = sorted({key for key in keys if key is not None})
    places = {key: 2 * place for place, key in enumerate(known)}
    bits = [isinstance(value, float) and str(value) != "-0.0" for value in values]
    found = [
        NAN_CODE if key is None else places[key] + bit for key, bit in zip(keys, bits, strict=True)
    ]
    return np.array(found, np.int64)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
