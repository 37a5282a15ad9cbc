"""Candidates computed for sampled rows, several at a time, each with what it would cost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from headwater.aggregations.base import Windowed
from headwater.engines.views import view_features
from headwater.kernel.pool import in_order
from headwater.models.gains import FINE_BINS, Column, Rows, bins_of, leading, says_more
from headwater.plan.attachments import check_attachment
from headwater.plan.crosses import Cross, crosses
from headwater.plan.faults import Faults
from headwater.plan.prediction import UnitCosts, whole_view_seconds
from headwater.plan.spines import SpinePlan
from headwater.plan.views import ViewPlan, plan_view
from headwater.runtime.candidate_rows import SampledHistories
from headwater.spec.feature_view import FeatureView
from headwater.spec.view import View

CROSSED = 6
"""So many columns are crossed with each other."""
CROSSES = 30
"""Crosses that are generated at most."""
_TEXT_BYTES = 8
"""What a text takes beside its letters: where it begins."""
_IS_THERE = 1 / 8
"""What says that a value is there takes a bit."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A feature computed for the sampled rows.

    Args:
        column: Its bins and costs.
        values: What was computed.
        made: A view with this feature alone, or two columns made one.
        needs: The views that a cross reads.
    """

    column: Column
    values: pl.Series
    made: View | Cross
    needs: tuple[View, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What became of candidate features.

    Args:
        found: Those that say something.
        refused: How many a build would refuse.
        constant: How many have one value in all rows.
        untried: How many were left when the time was spent.
        apart: How many crosses say no more than their columns do apart.
    """

    found: tuple[Candidate, ...] = ()
    refused: int = 0
    constant: int = 0
    untried: int = 0
    apart: int = 0

    @property
    def judged(self) -> int:
        """Those whose gain is measured."""
        return len(self.found) + self.apart

    @property
    def generated(self) -> int:
        """All of them."""
        return self.judged + self.refused + self.constant + self.untried

    def __add__(self, other: Tried) -> Tried:
        return Tried(
            self.found + other.found,
            self.refused + other.refused,
            self.constant + other.constant,
            self.untried + other.untried,
            self.apart + other.apart,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The rows for which candidates are computed.

    Args:
        asked: The rows with their inputs.
        rows: Their labels, before anything predicts them.
        spine: Of the training set.
        size: How many rows the whole spine has.
        heights: The rows of each source, by name.
        costs: What works cost, with one thread.
        histories: Of the sampled entities.
        ends: Until when candidates may be begun, by `time.monotonic`.
        threads: How many are computed at a time.
    """

    asked: pl.DataFrame
    rows: Rows
    spine: SpinePlan
    size: int
    heights: Mapping[str, int]
    costs: UnitCosts
    histories: SampledHistories
    ends: float
    threads: int

    @property
    def is_over(self) -> bool:
        """Whether the time is spent."""
        return time.monotonic() > self.ends

    def tried(self, views: Sequence[View]) -> Tried:
        """These candidates, in their order."""
        return sum(in_order(self._view, views, self.threads), Tried())

    def crossed(self, inputs: Sequence[Column], tried: Tried, *, most: int) -> Tried:
        """Crosses of the columns of which the rows that teach say most.

        Args:
            inputs: What the training set has.
            tried: Candidates, to be crossed with those and each other.
            most: How many crosses to make at most.
        """
        if most < 1 or self.is_over:
            return Tried()
        known = {one.column.name: one for one in tried.found}
        columns = [*inputs, *(one.column for one in tried.found)]
        led = leading(columns, self.rows, most=CROSSED, threads=self.threads)
        named = [one.name for one in columns if one.name in led]  # a pair is in the rows' order
        values = {name: known[name].values if name in known else self.asked[name] for name in named}
        frame = pl.DataFrame([one.alias(name) for name, one in values.items()])
        listed = crosses(dict(frame.schema), most=min(most, CROSSES))
        new = [one for one in listed if one.derived.name not in self.asked.columns]

        fine = {one.name: self._fine(one) for one in frame.iter_columns()}

        def tried_one(cross: Cross) -> Tried:
            tried = self._cross(cross, frame, known)
            apart = fine[cross.left], fine[cross.right]
            is_more = all(
                says_more(one.column, apart, self.rows, among=len(new)) for one in tried.found
            )
            return tried if is_more else Tried(apart=1)

        return sum(in_order(tried_one, new, self.threads), Tried())

    def _cross(self, cross: Cross, frame: pl.DataFrame, known: Mapping[str, Candidate]) -> Tried:
        derived = cross.derived
        values = frame.select(derived.expression).to_series().alias(derived.name)  # type: ignore[arg-type]
        parents = [known[name] for name in (cross.left, cross.right) if name in known]
        cost = self.costs.recipe_cell * 1e3 + sum(one.column.ms_per_row for one in parents)
        needs = tuple(one.made for one in parents if isinstance(one.made, View))
        return self._judged(values, cost, cross, needs)

    def _fine(self, values: pl.Series) -> Column:
        return Column(values.name, bins_of(values, ~self.rows.is_later, bins=FINE_BINS))

    def _view(self, view: View) -> Tried:
        """What a candidate view gives; nothing is begun once the time is spent."""
        single = list(singles(view))
        if self.is_over:
            return Tried(untried=len(single))
        plan = self._planned(view)
        if plan is None:
            return Tried(refused=len(single))
        small = self.histories.of(plan)
        if small is None:
            return Tried(constant=len(single))
        as_of = self.asked["as_of"].cast(pl.Int64)
        columns = view_features(small, self.asked, as_of=as_of, threads=1)
        found = zip(columns.iter_columns(), plan.features, single, strict=True)
        return sum(
            (
                self._judged(values, self._ms_per_row(replace(plan, features=(feature,))), alone)
                for values, feature, alone in found
            ),
            Tried(),
        )

    def _planned(self, view: View) -> ViewPlan | None:
        """A view that a build would take; None where it would refuse."""
        faults = Faults()
        plan = plan_view(view, faults)
        if plan is not None and not faults.found:
            check_attachment(plan, self.spine, faults)
        return None if faults.found else plan

    def _ms_per_row(self, plan: ViewPlan) -> float:
        seconds = whole_view_seconds(plan, self.costs, heights=self.heights, spine=self.size)
        return seconds / max(self.size, 1) * 1e3

    def _judged(
        self, values: pl.Series, ms_per_row: float, made: View | Cross, needs: tuple[View, ...] = ()
    ) -> Tried:
        if values.n_unique() < 2:
            return Tried(constant=1)
        bins = bins_of(values, ~self.rows.is_later)
        column = Column(values.name, bins, ms_per_row, bytes_per_row(values))
        return Tried((Candidate(column, values, made, needs),))


def singles(view: View) -> Iterator[View]:
    """The same view with each of its features alone, in order."""
    if not isinstance(view, FeatureView):
        yield view
        return
    for one in view.features:
        if isinstance(one, Windowed):
            for window in one.windows:
                yield replace(view, features=[replace(one, windows=(window,))])


def bytes_per_row(values: pl.Series) -> float:
    """What a value takes in memory with the bit that says it is there, texts as they are long.

    >>> bytes_per_row(pl.Series([1.0, None])), bytes_per_row(pl.Series(["ab", "abcd"]))
    (8.125, 11.125)
    """
    if values.dtype in (pl.String, pl.Categorical, pl.Enum):
        letters = values.cast(pl.String).str.len_bytes().fill_null(0)
        return int(letters.sum()) / max(len(letters), 1) + _TEXT_BYTES + _IS_THERE
    if values.dtype == pl.Boolean:
        return 2 * _IS_THERE
    return pl.Series([0, 0]).cast(values.dtype).estimated_size() / 2 + _IS_THERE
