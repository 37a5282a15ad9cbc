"""Which steps of a recipe prepare each input, as far as that is known before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from headwater.kernel.row_operations import ColumnKind
from headwater.spec.recipe import Recipe
from headwater.steps.base import Step
from headwater.steps.selectors import Combined, Named, Selector

_LEARNED = "\0"
"""Ends the name that stands for columns whose own names only a fit knows."""


def steps_by_column(
    recipe: Recipe, inputs: Mapping[str, ColumnKind]
) -> dict[str, tuple[Step, ...]]:
    """The steps that prepare each input, or what earlier steps made of it, in order.

    A step that names a column which is not known yet, such as `channel=app`, counts for every input
    of which columns were made whose names only a fit tells.

    Args:
        recipe: Steps that fit these inputs.
        inputs: The columns that go in, with the kind of each.

    Raises:
        SpecError: HW601, a step meets the wrong kind of column.

    >>> from headwater.steps.impute_median import ImputeMedian
    >>> from headwater.steps.selectors import columns
    >>> found = steps_by_column(Recipe(ImputeMedian(columns("a"))), {"a": "number", "b": "number"})
    >>> [(name, len(steps)) for name, steps in found.items()]
    [('a', 1), ('b', 0)]
    """
    walk = _Walk(dict(inputs), {name: name for name in inputs})
    found: dict[str, list[Step]] = {name: [] for name in inputs}
    for step in recipe.steps:
        for name in walk.take(step):
            found[name].append(step)
    return {name: tuple(steps) for name, steps in found.items()}


@dataclass(slots=True)
class _Walk:
    """The columns between two steps.

    Args:
        kinds: Each with its kind.
        made_of: The input that each was made of.
    """

    kinds: dict[str, ColumnKind]
    made_of: dict[str, str] = field(default_factory=dict)

    def take(self, step: Step) -> list[str]:
        """The inputs that a step prepares; the columns become those after it."""
        unknown: dict[str, ColumnKind] = dict.fromkeys(
            _named(step.columns) - self.kinds.keys(), "number"
        )
        chosen = step.columns.resolve({**self.kinds, **unknown})
        known = [name for name in chosen if name not in unknown]
        prepared = {self.made_of[name] for name in known}
        if len(known) < len(chosen):
            prepared |= {self.made_of[name] for name in self.kinds if name.endswith(_LEARNED)}
        for name in known:
            self._prepare(step, name)
        return sorted(prepared)

    def _prepare(self, step: Step, name: str) -> None:
        kind, origin = self.kinds.pop(name), self.made_of.pop(name)
        made = replace(step, columns=Named((name,))).columns_after({name: kind})
        if made is None:
            made = {name.removesuffix(_LEARNED) + _LEARNED: "number"}
        self.kinds |= made
        self.made_of |= dict.fromkeys(made, origin)


def _named(selector: Selector) -> set[str]:
    """The columns that a selector names one by one."""
    if isinstance(selector, Combined):
        return _named(selector.left) | _named(selector.right)
    return set(selector.names) if isinstance(selector, Named) else set()
