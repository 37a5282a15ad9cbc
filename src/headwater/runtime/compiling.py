"""What a build has to compile begins before its data is read, beside what else it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from headwater.engines.folding import fold_pass
from headwater.engines.needed_passes import missing_passes
from headwater.engines.passes import QUICK_FROM
from headwater.kernel.ahead import Needed, compile_ahead
from headwater.kernel.compile import is_compiled
from headwater.kernel.pool import default_threads
from headwater.kernel.programs import SIGNATURE, run_program
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.runtime.sessions import Session
from headwater.spec.reader import Sized
from headwater.steps.base import Grouped, Step

_NOTHING = pl.DataFrame(schema={"value": pl.Float64, "where": pl.Boolean})


def compile_passes(plan: TrainingSetPlan, session: Session) -> bool:
    """Begin to compile what a training set needs; whether another process does.

    Args:
        plan: What will be built.
        session: With one thread, nothing is begun.
    """
    if (session.threads or default_threads()) == 1:
        return False
    return compile_ahead(list(dict.fromkeys(_missing(plan))))


def _missing(plan: TrainingSetPlan) -> Iterator[Needed]:
    """In the order of use, as far as it is known."""
    for view in plan.views:
        yield from missing_passes(view, _rows(view))
    steps = () if plan.training_set.recipe is None else plan.training_set.recipe.steps
    yield from (one for one in _fits(steps) if not is_compiled(*one))


def _fits(steps: Sequence[Step]) -> Iterator[Needed]:
    """The passes of a recipe's statistics, were its columns floats, and that of its operations."""
    own = [step for step in steps if type(step).__module__.startswith("headwater.steps.")]
    for step in own:  # what others wrote is not asked twice
        for wanted in step.wanted(["value"]).values():
            statistic = wanted.aggregation if isinstance(wanted, Grouped) else wanted
            if statistic.folds == "states" and not hasattr(statistic, "summarise"):
                yield fold_pass(statistic, _NOTHING)
    if steps:
        yield run_program, SIGNATURE, None, ()


def _rows(view: ViewPlan) -> int:
    """How many rows a view's source has; many where it does not say."""
    reader = view.source.source.reader
    rows = reader.size().rows if isinstance(reader, Sized) else None
    return QUICK_FROM if rows is None else rows
