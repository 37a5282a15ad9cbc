"""Synthesize: propose features over related tables, and keep those that earn their cost.

Candidates are computed for a sample of the training rows with the clocks that a build would mind,
and ranked by what they add on rows that taught them nothing; see `headwater.models.gains`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl

from headwater.engines.histories import read_rows
from headwater.errors import DataError, SpecError, caller
from headwater.kernel.pool import default_threads
from headwater.models.gains import Choice, Column, Rows, bins_of, chosen, importance
from headwater.plan.candidates import Table, candidates
from headwater.plan.faults import Faults
from headwater.plan.prediction import UnitCosts
from headwater.plan.seeds import derived_seed
from headwater.plan.sources import plan_source
from headwater.plan.spines import plan_spine
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime.build import planned
from headwater.runtime.candidate_rows import SampledHistories, heights, sampled_rows
from headwater.runtime.candidate_trials import Trial, Tried, singles
from headwater.runtime.predictions import kept_costs
from headwater.runtime.progress import Say, silent
from headwater.runtime.proposals import Counts, Proposal, Proposals
from headwater.runtime.whole_numbers import check_whole
from headwater.schema.durations import parse_duration
from headwater.spec.plain import names
from headwater.spec.source import Source
from headwater.spec.training_set import TrainingSet
from headwater.spec.view import View

ROWS = 20_000
"""Training rows that are asked, by default."""
MOST = 20
"""Features that are proposed at most."""
CANDIDATES = 1_000
"""Features that are generated at most, by default."""


def synthesize(
    entity: str | Sequence[str],
    sources: Sequence[Source],
    *,
    training_set: TrainingSet,
    depth: int = 2,
    budget: str | timedelta = "60s",
    most_ms_per_row: float | None = None,
    most_candidates: int = CANDIDATES,
    rows: int = ROWS,
    seed: int = 0,
    threads: int | None = None,
    costs: UnitCosts | None = None,
    say: Say = silent,
) -> Proposals:
    """Propose features of an entity that tell its label better than what is there.

    Columns are folded over windows that fit the rhythm of their table, numbers also as they were
    some rows before; with `depth=2` also what its rows see of other tables by a column that both
    have. The most promising columns, inputs among them, are multiplied, divided or paired; such a
    cross has to say more than both of its columns do apart. Each candidate is computed for a sample
    of the training rows as of their moments, and taken where its gain in the loss is more than luck
    for so many candidates; see `headwater.models.gains`. Nothing is taken from noise.

    Args:
        entity: The columns that the spine has and by which the sources are folded.
        sources: Tables with the entity's columns, and those that their rows refer to.
        training_set: Says rows, label and parts; its own features come first. Only training rows
            are asked.
        depth: 1 for the entity's own tables, 2 for what is related to them, too.
        budget: How long candidates may be computed; those left are counted.
        most_ms_per_row: What the proposed features may cost together, in milliseconds of one thread
            for each row of the spine; by default anything. It is never exceeded: what features
            share, such as reading their table, counts for each.
        most_candidates: How many features are generated; no more are made.
        rows: How many training rows to ask.
        seed: Which rows these are.
        threads: How many candidates are computed at a time; by default as many as there are
            processors at hand.
        costs: What works cost on the machine that is to compute the features; by default this one,
            measured once and kept.
        say: Hears what is being done.

    Raises:
        SpecErrors: The faults of the definitions; HW211, an argument is none that it takes.
        DataError: HW406, the training rows cannot tell a gain: too few, or labels all alike.

    The same data, seed and costs give the same proposals with any number of threads. A cost is
    predicted from counts of rows, never measured while candidates are computed. Two things can
    differ: where the budget is spent, how many candidates were tried; and on a machine whose costs
    are measured anew, which of two gains for close costs comes first, or fits into
    `most_ms_per_row`.
    """
    _check(depth=depth, rows=rows, seed=seed, most_candidates=most_candidates, threads=threads)
    limit = _limit(most_ms_per_row)
    ends = time.monotonic() + _seconds(budget)
    threads = threads or default_threads()
    plan, tables = _resolved(training_set, entity, sources)
    asked, size = sampled_rows(plan, rows, seed=seed, threads=threads)
    labelled = _labelled(asked, plan, entity, seed)
    inputs = [Column(name, bins_of(asked[name], ~labelled.is_later)) for name in plan.inputs]
    baseline = importance(inputs, labelled, threads=threads)
    trial = Trial(
        asked=asked,
        rows=labelled,
        spine=plan.spine,
        size=size,
        heights=heights(table.source for table in tables),
        costs=costs or kept_costs(threads=1, say=say).units,
        histories=SampledHistories(asked),
        ends=ends,
        threads=threads,
    )
    listed, is_capped = _first(candidates(entity, tables, depth=depth), most_candidates)
    say(f"{len(listed)} candidate views on {asked.height} training rows")
    tried = trial.tried(listed)
    tried += trial.crossed(inputs, tried, most=most_candidates - tried.generated)
    columns = [one.column for one in tried.found]
    say(f"{tried.judged} candidate features are judged")
    choice = chosen(
        columns,
        baseline.rows,
        most=MOST,
        most_ms_per_row=limit,
        among=tried.judged,
        threads=threads,
    )
    return Proposals(
        _proposed(choice, tried),
        baseline.gains,
        _counts(tried, is_capped=is_capped),
        choice.too_dear,
        asked.height,
        "nats" if labelled.is_binary else "squared units",
    )


def _check(**given: int | None) -> None:
    for name, value in given.items():
        check_whole(value, name, least=0 if name == "seed" else 1)


def _limit(given: Any) -> float:
    """The budget of cost; none is without end."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if given is not None and not (is_number and given >= 0):
        message = f"most_ms_per_row= takes a number from 0, found {given!r}"
        raise SpecError("HW211", message, place=caller())
    return math.inf if given is None else float(given)


def _seconds(budget: Any) -> float:
    try:
        return parse_duration(budget) / 1e6
    except (ValueError, TypeError) as error:
        message = f"budget= takes a length of time such as '60s', found {budget!r}"
        raise SpecError("HW211", message, place=caller()) from error


def _resolved(
    training_set: TrainingSet, entity: Any, sources: Any
) -> tuple[TrainingSetPlan, list[Table]]:
    plan, faults = planned(training_set), Faults()
    tables = [_table(source, entity, faults) for source in _listed(sources, faults)]
    plan = _with_keys(plan, entity, faults)
    faults.raise_all()
    return plan, [table for table in tables if table is not None]


def _with_keys(plan: TrainingSetPlan, entity: Any, faults: Faults) -> TrainingSetPlan:
    """The plan whose rows have the entity's columns, though no view of it may ask for them yet."""
    keys = *(own.name for own in plan.spine.keys), *names(entity)
    spine = plan_spine(plan.spine.spine, keys, faults)
    return plan if spine is None else replace(plan, spine=spine)


def _listed(sources: Any, faults: Faults) -> list[Source]:
    if not faults.is_a(sources, Sequence, "sources=", caller()):
        return []
    return [one for one in sources if faults.is_a(one, Source, "one of sources=", caller())]


def _table(source: Source, entity: Any, faults: Faults) -> Table | None:
    """A source with its rhythm; None where it is at fault."""
    plan = plan_source(source, faults)
    if plan is None or faults.found:
        return None
    keys = [key for key in names(entity) if key in plan.schema]
    if source.event_time is None:
        return Table(plan, 0, 0)
    rows = read_rows(plan, {*keys, source.event_time})
    times = rows.event_times()
    frame = pl.DataFrame([*rows.frame.select(keys), times.alias("time")]).sort("time")
    gaps = pl.col("time").diff()
    steps = frame.select((gaps.over(keys) if keys else gaps).alias("gap"))["gap"].drop_nulls()
    step = int(steps.median() or 0)  # type: ignore[arg-type]
    return Table(plan, step, int(times.max() or 0) - int(times.min() or 0))  # type: ignore[arg-type]


def _labelled(asked: pl.DataFrame, plan: TrainingSetPlan, entity: Any, seed: int) -> Rows:
    label = asked[plan.training_set.label.name]
    codes = asked.select(pl.struct(names(entity)).rank("dense").cast(pl.Int64) - 1).to_series()
    rows = Rows.of(
        label.cast(pl.Float64).to_numpy(),
        codes.to_numpy(),
        asked["as_of"].cast(pl.Int64).to_numpy(),
        seed=derived_seed(seed, "halves"),
    )
    if not rows.can_tell:
        raise DataError(
            "HW406",
            f"{asked.height} training rows cannot tell a gain: they have to be halved by time and "
            "by entity, and each half needs labels that differ",
            place=plan.training_set.place,
            hint="ask more rows, or a longer time of training",
        )
    return rows


def _first(views: Iterable[View], most: int) -> tuple[list[View], bool]:
    """The first views that have so many features together at most; whether there were more."""
    taken, size = list[View](), 0
    for view in views:
        size += sum(1 for _ in singles(view))
        if size > most:
            return taken, True
        taken.append(view)
    return taken, False


def _proposed(choice: Choice, tried: Tried) -> tuple[Proposal, ...]:
    by_name = {one.column.name: one for one in tried.found}
    taken = ((by_name[gain.name], gain) for gain in choice.gains)
    return tuple(Proposal(one.made, gain, one.needs) for one, gain in taken)


def _counts(tried: Tried, *, is_capped: bool) -> Counts:
    return Counts(
        generated=tried.generated,
        judged=tried.judged,
        refused=tried.refused,
        constant=tried.constant,
        untried=tried.untried,
        is_capped=is_capped,
    )
