"""SplitByTime: train on the past, validate and test on what came later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headwater.errors import Place, caller
from headwater.spec.cards import definition_card

PARTS = ("train", "validation", "test")
"""The parts in the order of time."""


@dataclass(frozen=True, slots=True)
class SplitByTime:
    """Parts by time, with rows purged whose label was not known when the next part begins (R9).

    Args:
        train: The fraction of labelled rows, before purging, that comes first.
        validation: The fraction after it; may be 0.
        test: The rest; the three add up to 1.
    """

    train: float = field(kw_only=True)
    validation: float = field(kw_only=True)
    test: float = field(kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False, compare=False)

    @property
    def fractions(self) -> dict[str, float]:
        """The fractions of the parts that are asked for, in the order of time."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {part: fraction for part, fraction in named.items() if fraction}

    def fault(self) -> str | None:
        """Why this is not a split, or None."""
        values = (self.train, self.validation, self.test)
        if not all(isinstance(value, float | int) for value in values):
            return f"fractions must be numbers, found {values}"
        if any(not 0 <= value <= 1 for value in values) or not self.train:
            return f"fractions must lie in [0, 1] and train be above 0, found {values}"
        if abs(sum(values) - 1) > 1e-9:
            return f"fractions must add up to 1, found {sum(values):g}"
        return None

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """The split as plain values."""
        return {"train": self.train, "validation": self.validation, "test": self.test}
