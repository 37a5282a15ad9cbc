"""The training rows on which candidates are judged, and the histories of their entities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
import polars as pl

from headwater.engines.breaking import kept
from headwater.engines.derived import with_derived
from headwater.engines.histories import derived
from headwater.engines.spines import IN_PART, spine_rows
from headwater.engines.top_values import top_values, with_top_values
from headwater.engines.views import view_features
from headwater.plan.faults import reads
from headwater.plan.seeds import derived_seed
from headwater.plan.sources import SourcePlan
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.spec.frame import Frame


def sampled_rows(
    plan: TrainingSetPlan, rows: int, *, seed: int, threads: int
) -> tuple[pl.DataFrame, int]:
    """Training rows with their own inputs, in the order of the spine, and how many rows it has.

    Args:
        plan: The training set.
        rows: How many are drawn at most.
        seed: Decides which.
        threads: The values do not depend on it.
    """
    spine = spine_rows(plan, threads=threads)
    train = spine.frame.filter(pl.col(IN_PART) == "train")
    if train.height > rows:
        draw = np.random.default_rng(derived_seed(seed, "synthesize")).permutation(train.height)
        train = train[np.sort(draw[:rows])]
    as_of = train["as_of"].cast(pl.Int64)
    views = [with_top_values(view, top_values(view, spine)) for view in plan.views]
    found = [view_features(view, train, as_of=as_of, threads=threads) for view in views]
    rows_with_inputs = with_derived(pl.concat([train, *found], how="horizontal"), plan.derived)
    return rows_with_inputs, spine.frame.height


def heights(sources: Iterable[SourcePlan]) -> dict[str, int]:
    """The rows of each of these sources, and of those that their rows see, by name."""
    found: dict[str, int] = {}
    for source in (one for whole in sources for one in whole.seen):
        if source.source.name not in found:
            column = source.source.reader.read([source.read[0]])
            found[source.source.name] = column.height
    return found


@dataclass(frozen=True, slots=True)
class SampledHistories:
    """Histories of the sampled entities alone, which give them the same values, read once.

    Args:
        asked: The sampled rows.
    """

    asked: pl.DataFrame
    _kept: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    _one_by_one: Lock = field(default_factory=Lock)

    def of(self, view: ViewPlan) -> ViewPlan | None:
        """The view over these rows; None where there are none."""
        source = view.source.source
        if source.identity or not set(view.view.keys) <= set(view.source.read):
            return view  # what a version says may move an event to another entity
        with self._one_by_one:
            rows = self._rows(view)
        if not rows.height or _are_set_aside(view.source, rows):
            return None
        small = replace(source, reader=Frame(rows, place=None))
        return replace(view, source=replace(view.source, source=small))

    def _rows(self, view: ViewPlan) -> pl.DataFrame:
        source = view.source.source
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
        return self._kept[label]

    def _columns(self, label: tuple[str, str]) -> set[str]:
        return set(self._kept[label].columns) if label in self._kept else set()


def _are_set_aside(source: SourcePlan, rows: pl.DataFrame) -> bool:
    """Whether checks leave none of these rows."""
    return not kept(source, derived(source, rows, source.set_aside_by).frame).height


def _read(view: ViewPlan) -> set[str]:
    """The columns that a view reads, those from which they are derived or seen included."""
    source = view.source.source
    needed = {*view.columns, str(source.event_time), *view.source.set_aside_by}
    for inner in view.source.views:
        needed |= {*inner.view.spine_keys}
    for name, expression in reversed(list(source.derive.items())):
        if name in needed:
            needed |= set(reads(expression, view.source.schema))
    return needed
