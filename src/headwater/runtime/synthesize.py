"""Synthesize: propose features over related tables, and keep those that earn their cost.

Candidates are computed for a sample of the training rows with the clocks that a build would mind,
and ranked by what they add on rows that taught them nothing; see `headwater.models.gains`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import Windowed
from headwater.engines.derived import with_derived
from headwater.engines.histories import read_rows
from headwater.engines.spines import IN_PART, spine_rows
from headwater.engines.top_values import top_values, with_top_values
from headwater.engines.views import view_features
from headwater.errors import DataError, SpecError, caller
from headwater.models.gains import Column, Gain, Rows, bins_of, chosen
from headwater.plan.attachments import check_attachment
from headwater.plan.candidates import Table, candidates
from headwater.plan.faults import Faults, reads
from headwater.plan.seeds import derived_seed
from headwater.plan.sources import plan_source
from headwater.plan.spines import plan_spine
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan, plan_view
from headwater.runtime.build import planned
from headwater.runtime.progress import Say, silent
from headwater.runtime.whole_numbers import check_whole
from headwater.schema.durations import parse_duration
from headwater.spec.cards import card
from headwater.spec.feature_view import FeatureView
from headwater.spec.frame import Frame
from headwater.spec.plain import names
from headwater.spec.source import Source
from headwater.spec.training_set import TrainingSet
from headwater.spec.written import program

ROWS = 20_000
"""Training rows that are asked, by default."""
MOST = 20
"""Features that are proposed at most."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One feature that is worth its cost.

    Args:
        view: The view with this feature alone.
        gain: What it adds beyond what stands before it.
    """

    view: FeatureView
    gain: Gain


@dataclass(frozen=True, slots=True)
class Proposals:
    """What `synthesize` found; printed, it is the program that defines it.

    Args:
        proposals: In the order of choice: gain for its cost, beyond what is there already.
        tried: How many candidates were computed.
        untried: How many were left when the budget was spent.
        rows: How many training rows were asked.
        unit: What a gain is measured in.
    """

    proposals: tuple[Proposal, ...]
    tried: int
    untried: int
    rows: int
    unit: str

    def code(self) -> str:
        """Definitions to paste, from variables named like the sources."""
        return program([one.view for one in self.proposals])

    def __str__(self) -> str:
        lines = [f"# {line}" for line in self._said()]
        return "\n".join([*lines, *([self.code()] if self.proposals else [])])

    def _said(self) -> Iterator[str]:
        yield f"{self.tried} candidates on {self.rows} training rows, {len(self.proposals)} kept"
        if self.untried:
            yield f"{self.untried} more were not tried: the budget was spent"
        for one in self.proposals:
            gain = one.gain
            yield (
                f"{gain.name}: {gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}) {self.unit}, "
                f"{gain.share:.1%} of the loss, {gain.milliseconds:.1f} ms for 1,000 rows"
            )

    def _repr_html_(self) -> str:
        """Each proposal with its gain, for a notebook."""
        return card("Proposals", [("", line) for line in self._said()])


def synthesize(
    entity: str | Sequence[str],
    sources: Sequence[Source],
    *,
    training_set: TrainingSet,
    depth: int = 2,
    budget: str | timedelta = "60s",
    rows: int = ROWS,
    seed: int = 0,
    say: Say = silent,
) -> Proposals:
    """Propose features of an entity that tell its label better than what is there.

    Columns are folded over windows that fit the rhythm of their table; with `depth=2` also what its
    rows see of other tables by a column that both have. Each candidate is computed for a sample of
    the training rows as of their moments, and taken where its gain in the loss is more than luck
    for so many candidates; see `headwater.models.gains`. Nothing is taken from noise.

    Args:
        entity: The columns that the spine has and by which the sources are folded.
        sources: Tables with the entity's columns, and those that their rows refer to.
        training_set: Says rows, label and parts; its own features come first. Only training rows
            are asked.
        depth: 1 for the entity's own tables, 2 for what is related to them, too.
        budget: How long candidates may be computed; those left are counted.
        rows: How many training rows to ask.
        seed: Which rows these are.
        say: Hears what is being done.

    Raises:
        SpecErrors: The faults of the definitions; HW211, an argument is none that it takes.
        DataError: HW406, the training rows cannot tell a gain: too few, or labels all alike.

    The ranks depend on measured times, and so may differ from run to run where gains are close;
    what is more than luck does not.
    """
    for given, what, least in ((depth, "depth", 1), (rows, "rows", 1), (seed, "seed", 0)):
        check_whole(given, what, least=least)
    ends = time.monotonic() + _seconds(budget)
    plan = planned(training_set)
    faults = Faults()
    tables = [_table(source, entity, faults) for source in _listed(sources, faults)]
    plan = _with_keys(plan, entity, faults)
    faults.raise_all()
    asked = _sample(plan, rows, seed)
    known = _labelled(asked, plan, entity, seed)
    _, known = chosen(_inputs(asked, plan, known), known, most=MOST)
    columns: list[Column] = []
    views: dict[str, FeatureView] = {}
    sampled = _Sampled(asked)
    listed = list(candidates(entity, [table for table in tables if table], depth=depth))
    tried = 0
    for view in listed:
        if time.monotonic() > ends:
            break
        found = list(_computed(view, asked, known, plan, sampled.of, say))
        tried += 1
        columns += [column for column, _ in found]
        views |= {column.name: single for column, single in found}
    gains, _ = chosen(columns, known, most=MOST)
    proposals = tuple(Proposal(views[gain.name], gain) for gain in gains)
    unit = "nats" if known.is_binary else "squared units"
    return Proposals(proposals, len(columns), len(listed) - tried, asked.height, unit)


def _with_keys(plan: TrainingSetPlan, entity: Any, faults: Faults) -> TrainingSetPlan:
    """The plan whose rows have the entity's columns, though no view of it may ask for them yet."""
    keys = *(own.name for own in plan.spine.keys), *names(entity)
    spine = plan_spine(plan.spine.spine, keys, faults)
    return plan if spine is None else replace(plan, spine=spine)


def _seconds(budget: Any) -> float:
    try:
        return parse_duration(budget) / 1e6
    except (ValueError, TypeError) as error:
        message = f"budget= takes a length of time such as '60s', found {budget!r}"
        raise SpecError("HW211", message, place=caller()) from error


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


def _sample(plan: TrainingSetPlan, rows: int, seed: int) -> pl.DataFrame:
    """Training rows with their own inputs, in the order of the spine."""
    spine = spine_rows(plan)
    whole = spine.frame
    train = whole.filter(pl.col(IN_PART) == "train")
    if train.height > rows:
        draw = np.random.default_rng(derived_seed(seed, "synthesize")).permutation(train.height)
        train = train[np.sort(draw[:rows])]
    as_of = train["as_of"].cast(pl.Int64)
    views = [with_top_values(view, top_values(view, spine)) for view in plan.views]
    found = [view_features(view, train, as_of=as_of) for view in views]
    return with_derived(pl.concat([train, *found], how="horizontal"), plan.derived)


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


def _inputs(asked: pl.DataFrame, plan: TrainingSetPlan, rows: Rows) -> list[Column]:
    """What the training set has already."""
    return [Column(name, bins_of(asked[name], ~rows.is_later)) for name in plan.inputs]


def _computed(
    view: FeatureView,
    asked: pl.DataFrame,
    rows: Rows,
    plan: TrainingSetPlan,
    sampled: Callable[[ViewPlan], ViewPlan | None],
    say: Say,
) -> Iterator[tuple[Column, FeatureView]]:
    """The columns of a candidate, with a view of each alone; nothing where it cannot be had."""
    faults = Faults()
    planned_view = plan_view(view, faults)
    if planned_view is None or faults.found:
        return
    check_attachment(planned_view, plan.spine, faults)
    if faults.found:
        return
    say(f"{planned_view.features[0].column} and {len(planned_view.features) - 1} more")
    small = sampled(planned_view)
    if small is None:
        return
    few = asked.head(1)  # compiles what is missing, which is no cost of the feature
    view_features(small, few, as_of=few["as_of"].cast(pl.Int64))
    started = time.process_time()
    found = view_features(small, asked, as_of=asked["as_of"].cast(pl.Int64))
    spent = (time.process_time() - started) * 1e3
    cost = spent / len(planned_view.features) / asked.height * 1e3
    for column, single in zip(found.iter_columns(), _singles(view), strict=True):
        if column.n_unique() > 1:
            yield Column(column.name, bins_of(column, ~rows.is_later), cost), single


def _singles(view: FeatureView) -> Iterator[FeatureView]:
    """The same view with each of its features alone, in order."""
    for one in view.features:
        if isinstance(one, Windowed):
            for window in one.windows:
                yield replace(view, features=[replace(one, windows=(window,))])


@dataclass(frozen=True, slots=True)
class _Sampled:
    """Histories of the sampled entities alone, which give them the same values, read once.

    Args:
        asked: The sampled rows.
    """

    asked: pl.DataFrame
    _kept: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def of(self, view: ViewPlan) -> ViewPlan | None:
        """The view over these rows; None where there are none."""
        source = view.source.source
        if source.identity or not set(view.view.keys) <= set(view.source.read):
            return view  # what a version says may move an event to another entity
        keys = dict(zip(view.view.spine_keys, view.view.keys, strict=True))
        ours = self.asked.select(pl.col(name).alias(key) for name, key in keys.items())
        columns = [name for name in view.source.read if name in _read(view)]
        label = (source.name, ",".join(view.view.keys))
        missing = [name for name in columns if name not in self._columns(label)]
        if missing:
            wanted = list(dict.fromkeys((*view.view.keys, *missing)))
            found = source.reader.read(wanted).join(
                ours.unique(), on=view.view.keys, how="semi", maintain_order="left"
            )
            self._kept[label] = found.with_columns(self._kept.get(label, found).get_columns())
        rows = self._kept[label]
        if not rows.height:
            return None
        small = replace(source, reader=Frame(rows, place=None))
        return replace(view, source=replace(view.source, source=small))

    def _columns(self, label: tuple[str, str]) -> set[str]:
        return set(self._kept[label].columns) if label in self._kept else set()


def _read(view: ViewPlan) -> set[str]:
    """The columns that a view reads, those from which they are derived or seen included."""
    source = view.source.source
    needed = {*view.columns, str(source.event_time)}
    for inner in view.source.views:
        needed |= {*inner.view.spine_keys}
    for name, expression in reversed(list(source.derive.items())):
        if name in needed:
            needed |= set(reads(expression, view.source.schema))
    return needed
