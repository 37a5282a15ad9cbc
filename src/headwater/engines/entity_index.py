"""Where the rows of an entity lie in a history that is arranged for all its entities.

Batch joins the keys of history and spine (see `arrangement`). A few keys are found here in a
dictionary, by the same values in the same types: whole numbers of any width, text as text, moments
of any unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.arrangement import NANOSECONDS, Arranged, arrange
from headwater.engines.histories import Rows
from headwater.plan.views import ViewPlan

BYTES_PER_ENTITY = 250
"""About what an entry of the dictionary takes."""


@dataclass(frozen=True, slots=True, eq=False)
class EntityIndex:
    """A history in the kernel's order, with the place of each entity.

    Args:
        arranged: The rows of all entities, asked by none.
        edges: `(history start, history stop)` per entity.
        places: The position in `edges` by key, which is a tuple where there are several columns.
    """

    arranged: Arranged
    edges: Sequence[tuple[int, int]]
    places: Mapping[Any, int]

    @classmethod
    def of(cls, view: ViewPlan, history: Rows) -> EntityIndex:
        """Arrange a history for every key that is in it.

        Raises:
            DataError: HW408, an event time is null.
        """
        keys = history.frame.select(view.view.keys).drop_nulls().unique()
        every = pl.repeat(0, keys.height, dtype=pl.Int64, eager=True)
        arranged = arrange(view, history, keys, every)
        # each key asked once, so that the groups say which rows are whose
        owners = keys[arranged.spine]
        nobody = np.zeros(0, np.int64)
        return cls(
            replace(arranged, spine=nobody, as_of=nobody, groups=arranged.groups[:0]),
            [(int(start), int(stop)) for start, stop in arranged.groups[:, :2]],
            {key: place for place, key in enumerate(keys_in(owners))},
        )

    def edges_of(self, key: Any) -> tuple[int, int]:
        """Where the rows of an entity begin and end; the same twice for one that has none."""
        place = self.places.get(key)
        return (0, 0) if place is None else self.edges[place]

    def asked(self, keys: pl.DataFrame, as_of: pl.Series) -> Arranged:
        """The same rows with these questions, in the kernel's order.

        Args:
            keys: The entity's columns, by the view's names.
            as_of: Int64 microseconds.
        """
        asking: dict[Any, list[tuple[int, int]]] = {}
        for row, (key, moment) in enumerate(zip(keys_in(keys), as_of.to_list(), strict=True)):
            if key is not None and moment is not None:
                asking.setdefault(key, []).append((moment, row))
        groups: list[tuple[int, ...]] = []
        ordered: list[tuple[int, int]] = []
        for key, questions in asking.items():
            groups.append((*self.edges_of(key), len(ordered), len(ordered) + len(questions)))
            ordered += sorted(questions)
        return replace(
            self.arranged,
            spine=np.array([row for _, row in ordered], np.int64),
            as_of=np.array([moment for moment, _ in ordered], np.int64),
            groups=np.array(groups, np.int64).reshape(-1, 4),
        )


def keys_in(frame: pl.DataFrame) -> Iterator[Any]:
    """The key of each row, a tuple where there are several columns; None where one is null."""
    columns = [_plain(column) for column in frame.iter_columns()]
    if len(columns) == 1:
        return iter(columns[0])
    return (None if None in key else key for key in zip(*columns, strict=True))


def _plain(column: pl.Series) -> list[Any]:
    """Values that are equal where keys are, as Python has them."""
    if isinstance(column.dtype, pl.Datetime):
        unit = NANOSECONDS[column.dtype.time_unit]
        return [None if one is None else one * unit for one in column.cast(pl.Int64).to_list()]
    return column.to_list()
