"""Recipe as a user meets it: the definition, which can also be fitted on a plain frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headwater.spec import recipe as spec

if TYPE_CHECKING:
    from headwater.runtime.fitted_recipes import FittedRecipe


class Recipe(spec.Recipe):
    """Steps that are fitted on training rows one after the other, each on what the former made.

    As `recipe=` of a training set it is fitted on the training part alone, and the plan proves so.
    On a plain frame `fit` takes all rows for training rows, since nobody can say more of them.

    Args:
        steps: In order; without any, numbers pass as they are.

    Raises:
        SpecError: HW211, something is not a step.

    >>> import headwater as hw
    >>> import polars as pl
    >>> flights = pl.DataFrame({"delay": [1.0, None, 5.0], "carrier": ["AA", "UA", "AA"]})
    >>> recipe = hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.EncodeOrdinal(hw.strings()))
    >>> fitted = recipe.fit(flights)
    >>> fitted.apply_one({"delay": None, "carrier": "UA"})
    {'delay': 3.0, 'carrier': 1.0}
    """

    __slots__ = ()

    def fit(
        self,
        frame: Any,
        *,
        label: str | None = None,
        columns: Sequence[str] | None = None,
        seed: int = 0,
    ) -> FittedRecipe:
        """Learn from the rows of a frame, all of which count as training rows.

        Args:
            frame: A frame of Polars (also lazy), pandas or Arrow. Leave out the rows that a model
                will be measured on: nothing here can know which they are.
            label: The column that is predicted, numbers or booleans; only steps that learn from a
                label are shown it, and it is never prepared.
            columns: The columns to prepare, in order; by default all but the label.
            seed: From 0; decides what steps do at random.

        Raises:
            SpecError: HW211, an argument has no meaning; HW601, a step or a column does not fit;
                HW605, a step needs a label and there is none, or it is not a number; HW207, the
                label is among the columns.
            DataError: HW602, the rows do not give what a step needs.
        """
        from headwater.runtime.fitted_recipes import fit  # the engines are not for definitions

        return fit(self, frame, label=label, columns=columns, seed=seed)
