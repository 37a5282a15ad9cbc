"""What the laws of steps are tried on: a step and its arguments, rows to learn from, other rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headwater.engines.preparation import FittedPreparation, fit
from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.spec.recipe import Recipe
from headwater.steps.base import Step
from headwater.steps.encode_ordinal import EncodeOrdinal
from headwater.steps.selectors import numeric, strings

FEATURES: dict[ColumnKind, tuple[str, ...]] = {
    "number": ("x", "offset", "constant", "integer", "flag"),
    "category": ("c", "d"),
}
"""The columns of `rows` by their kind."""

_WORDS = ("", "ä", "日本", "NaN", "a=b", None)


def rows(seed: int, height: int) -> pl.DataFrame:
    """Rows with nulls, NaN, ties, a constant, large offsets, integers beyond 2**53, unicode."""
    chance = Random(seed)
    words = (*_WORDS, f"only in {seed}")
    unit = [chance.gauss(0.0, 1.0) for _ in range(height)]
    return pl.DataFrame(
        {
            "c": [chance.choice(words) for _ in unit],
            "x": [None if i % 7 == 0 else math.nan if i % 11 == 0 else x
                  for i, x in enumerate(unit)],
            "offset": [1e8 + x for x in unit],
            "constant": [0.1] * height,
            "integer": [2**53 + chance.randrange(5) for _ in unit],
            "flag": [chance.random() < 0.3 for _ in unit],
            "d": [chance.choice(_WORDS[1:4]) for _ in unit],
        },
        schema_overrides={"c": pl.String},
    )  # fmt: skip


TRAINING = rows(1, 200)
OTHERS = rows(2, 530)
LABEL = pl.Series("y", [Random(3 + i).randrange(2) for i in range(200)], pl.Float64)


@dataclass(frozen=True, slots=True)
class StepCase:
    """A step over the columns of one kind.

    Args:
        make: The step's class.
        arguments: Beside the columns.
        kind: Of the columns.
    """

    make: type[Step]
    arguments: Mapping[str, Any]
    kind: ColumnKind

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it prepares."""
        return FEATURES[self.kind]

    def step(self) -> Step:
        """The step itself."""
        return self.make(numeric() if self.kind == "number" else strings(), **self.arguments)

    def fitted(
        self, training: pl.DataFrame = TRAINING, label: pl.Series | None = LABEL
    ) -> FittedPreparation:
        """A recipe of this step, and of an encoding where it leaves categories, as fitted."""
        steps = [self.step()]
        after = steps[0].columns_after(dict.fromkeys(self.columns, self.kind))
        if after is not None and "category" in after.values():
            steps.append(EncodeOrdinal(strings()))
        recipe = Recipe(*steps)
        columns = self.columns
        return fit(recipe, training, columns=columns, label=label, seed=4, fingerprint="rows")

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.make.__name__}({given}) on columns of kind {self.kind}"


def cases_of(make: type[Step]) -> Iterator[StepCase]:
    """The step with each of its `examples`, over columns of each kind that it takes."""
    for arguments in make.examples:
        for kind in FEATURES:
            case = StepCase(make, arguments, kind)
            if _fits(case):
                yield case


def _fits(case: StepCase) -> bool:
    try:
        case.step().select(dict.fromkeys(case.columns, case.kind))
    except SpecError:
        return False
    return True


def bits(values: Any) -> NDArray[np.int64]:
    """The bits of floats, with one NaN for all."""
    floats = np.asarray(values, np.float64)
    return np.where(np.isnan(floats), np.nan, floats).view(np.int64)
