"""What a feature is called where its author gives no name: by what it reads, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation, Earlier
from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.spec.row_expressions import PythonExpression


def repeated(names: Iterable[str]) -> list[str]:
    """The names that are given more than once, sorted.

    >>> repeated(["b", "a", "b", "c", "a"])
    ['a', 'b']
    """
    return sorted(name for name, times in Counter(names).items() if times > 1)


def expression_of(given: Any) -> Any:
    """A column's name as a row expression; everything else as it is."""
    return pl.col(given) if isinstance(given, str) else given


def folded(part: Aggregation | Earlier) -> Aggregation:
    """What a part folds, whichever window it is of."""
    return part.aggregation if isinstance(part, Earlier) else part


def feature_name(aggregation: Aggregation, faults: Faults, place: Place | None) -> str | None:
    """The name of a feature without its window; None where it has none, with a fault.

    Without one where an argument is no expression, of which another fault tells.
    """
    if aggregation.name is not None:
        is_text = faults.is_text(aggregation.name, "name=", place)
        return aggregation.name if is_text else None
    parts = [folded(part) for part in aggregation.parts] or [aggregation]
    names = [_own_name(part) for part in parts]
    if None not in names:
        own = [_last_words(aggregation)] if aggregation.parts else []
        return "_".join([*dict.fromkeys(map(str, names)), *own])
    given = [one for part in parts for one in _read_by(part)]
    if all(isinstance(one, str | pl.Expr | PythonExpression | None) for one in given):
        faults.add(
            "HW204",
            f"{type(aggregation).__name__} of an expression needs a name",
            place=place,
            hint='add name="..."; the window is appended',
        )
    return None


def _own_name(aggregation: Aggregation) -> str | None:
    """The columns and the word; None of expressions, and where a condition is to be named."""
    if aggregation.name is not None:
        return str(aggregation.name)
    columns = [one for one in map(expression_of, _read_by(aggregation)) if one is not None]
    if aggregation.where is not None or not all(map(_is_column, columns)):
        return None
    return "_".join([*(one.meta.output_name() for one in columns), _last_words(aggregation)])


def _read_by(aggregation: Aggregation) -> Iterator[Any]:
    yield aggregation.column
    if "other" in aggregation.reads_also:
        yield getattr(aggregation, "other", None)


def _is_column(expression: Any) -> bool:
    return isinstance(expression, pl.Expr) and expression.meta.is_column()


def _last_words(aggregation: Aggregation) -> str:
    return "_".join((aggregation.word, *aggregation.label))
