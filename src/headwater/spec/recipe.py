"""Recipe: the preparation steps of a training set, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headwater.errors import Place, SpecError, caller
from headwater.spec.cards import card
from headwater.spec.plain import plain
from headwater.steps.base import Step


@dataclass(frozen=True, slots=True, init=False)
class Recipe:
    """Steps that are fitted on training rows one after the other, each on what the former made.

    Args:
        steps: In order; without any, numbers pass as they are.

    Raises:
        SpecError: HW211, something is not a step.

    >>> from headwater.steps.impute_median import ImputeMedian
    >>> from headwater.steps.selectors import numeric
    >>> [step["is"] for step in Recipe(ImputeMedian(numeric())).definition()["steps"]]
    ['ImputeMedian']
    """

    steps: tuple[Step, ...]
    place: Place | None = field(compare=False, repr=False)

    def __init__(self, *steps: Step) -> None:
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "place", caller())
        for step in steps:
            if not isinstance(step, Step):
                found = step.__name__ if isinstance(step, type) else type(step).__name__
                hint = "write steps as hw.ImputeMedian(hw.numeric()), one after the other"
                message = f"a recipe is made of steps, not of {found!r}"
                raise SpecError("HW211", message, place=self.place, hint=hint)

    def definition(self) -> dict[str, Any]:
        """What this recipe is, as plain values."""
        return {"steps": [plain(step) for step in self.steps]}

    def _repr_html_(self) -> str:
        """The steps in order, for a notebook."""
        steps = [(str(place), str(step)) for place, step in enumerate(self.steps, start=1)]
        return card("Recipe", steps or [("steps", "none: numbers pass as they are")])
