"""TrainingSet: spine, features, label, split and recipe, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.errors import Place, caller
from headwater.spec.cards import definition_card
from headwater.spec.derived import Derived
from headwater.spec.label import Label
from headwater.spec.recipe import Recipe
from headwater.spec.spine import Spine
from headwater.spec.split_by_time import SplitByTime
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """What a model learns from: rows, features, label, split and preparation.

    Args:
        name: Unique in a project, and a folder's name.
        spine: The rows and the moment each looks back from.
        features: Feature views and attributes that attach to the spine, and columns derived from
            what stands before them.
        label: What is predicted.
        split: How rows become parts.
        recipe: The preparation, fitted on training rows only; None leaves features raw.
    """

    name: str
    spine: Spine = field(kw_only=True)
    features: Sequence[View | Derived] = field(kw_only=True)
    label: Label = field(kw_only=True)
    split: SplitByTime = field(kw_only=True)
    recipe: Recipe | None = field(default=None, kw_only=True)
    description: str = field(default="", kw_only=True)
    owner: str = field(default="", kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    version: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this training set is, as plain values."""
        return {
            "name": self.name,
            "spine": self.spine.definition(),
            "features": [one.definition() for one in self.features],
            "label": self.label.definition(),
            "split": self.split.definition(),
            "recipe": None if self.recipe is None else self.recipe.definition(),
        }
