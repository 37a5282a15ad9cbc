"""A training set resolved, with the identities of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.arguments import label_has_kinds, spine_has_kinds
from headwater.plan.attachments import (
    check_attachment,
    check_columns_by,
    check_names,
    check_sources,
)
from headwater.plan.derived import MOMENT, DerivedPlan, Readable, has_name, plan_derived
from headwater.plan.faults import REPORTED, Faults
from headwater.plan.labels import LabelPlan, plan_label
from headwater.plan.recipes import check_recipe, is_recipe
from headwater.plan.sources import SourcePlan
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.views import ViewPlan, feature_lines, plan_view
from headwater.schema.clocks import Clock
from headwater.spec.cards import card, describe
from headwater.spec.derived import Derived
from headwater.spec.label import Label
from headwater.spec.recipe import Recipe
from headwater.spec.spine import Spine
from headwater.spec.split_by_time import SplitByTime
from headwater.spec.training_set import TrainingSet
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSetPlan:
    """A training set resolved.

    Args:
        training_set: As declared.
        spine: The rows.
        views: The features.
        derived: The columns derived from them, in the order of reading.
        label: What is predicted.
    """

    training_set: TrainingSet
    spine: SpinePlan
    views: tuple[ViewPlan, ...]
    derived: tuple[DerivedPlan, ...]
    label: LabelPlan

    @property
    def feature_columns(self) -> tuple[str, ...]:
        """The columns of all features, view by view, then those derived from them."""
        columns = [feature.column for view in self.views for feature in view.features]
        return (*columns, *(derived.column for derived in self.derived))

    @property
    def inputs(self) -> dict[str, pl.DataType]:
        """The inputs of a model before preparation, by type: kept columns, then features."""
        columns = {column.name: column.dtype for column in self.spine.kept}
        columns |= {one.column: one.dtype for view in self.views for one in view.features}
        return columns | {derived.column: derived.dtype for derived in self.derived}

    @property
    def sources(self) -> dict[str, SourcePlan]:
        """Every source that is read, for rows, features and label, by name, sorted."""
        read = [self.spine.history, *(view.source for view in self.views)]
        read += [] if self.label.ahead is None else [self.label.ahead.source]
        named: dict[str, SourcePlan] = {}
        for source in (one for whole in read for one in whole.seen):
            named.setdefault(source.source.name, source)
        return dict(sorted(named.items()))

    @property
    def label_reads(self) -> tuple[str, ...]:
        """The columns of the spine's own row that the label reads."""
        return self.label.reads

    @property
    def label_clock(self) -> Clock:
        """When those are known."""
        return self.label.clock

    @property
    def label_dtype(self) -> pl.DataType:
        """The label's type."""
        return self.label.dtype

    def _repr_html_(self) -> str:
        """The rows, each input and the label with their clocks, for a notebook."""
        declared = self.training_set
        kept = [(c.name, f"{c.dtype}, known at {c.clock}, {c.verdict}") for c in self.spine.kept]
        derived = [
            (one.column, f"{one.dtype}, from {', '.join(one.reads)}") for one in self.derived
        ]
        return card(
            f"Plan of {declared.name!r}",
            [
                ("rows", describe(declared.spine)),
                *kept,
                *feature_lines(self.views),
                *derived,
                (declared.label.name, f"label, {self.label_dtype}, known at {self.label_clock}"),
                ("split", describe(declared.split)),
                ("recipe", describe(declared.recipe)),
            ],
        )


def plan_training_set(training_set: TrainingSet, faults: Faults) -> TrainingSetPlan | None:
    """Resolve a training set; None where its faults leave nothing to go on with."""
    own = Faults()
    plan = _planned(training_set, own)
    faults.take(own.found)
    return plan


def _planned(training_set: TrainingSet, faults: Faults) -> TrainingSetPlan | None:
    faults.names_folder(training_set.name, _at(training_set.place, training_set))
    if not _has_kinds(training_set, faults):
        return None
    attached = [one for one in training_set.features if isinstance(one, View)]
    planned = [plan_view(view, faults, learns=True) for view in attached]
    views = tuple(view for view in planned if view is not None)
    check_columns_by(attached, faults, _at(training_set.place, training_set))
    keys = tuple(dict.fromkeys(key for view in attached for key in view.spine_keys))
    spine = plan_spine(training_set.spine, keys, faults)
    reason = training_set.split.fault()
    if reason is not None:
        faults.add("HW209", reason, place=_at(training_set.split.place, training_set))
    check_names(training_set, views, faults)
    if spine is None:
        return None
    label = plan_label(
        training_set.label, spine, faults, _at(training_set.label.place, training_set)
    )
    ahead = [] if label is None or label.ahead is None else [label.ahead.source]
    read = [spine.history, *(view.source for view in views), *ahead]
    check_sources([one for source in read for one in source.seen], faults)
    for view in views:
        check_attachment(view, spine, faults)
    readable = _readable(training_set, spine)
    derived = plan_derived(training_set.features, planned, readable, faults)
    if label is None or len(views) < len(planned):
        return None
    plan = TrainingSetPlan(training_set, spine, views, derived, label)
    if not faults.found:  # a column that is missing for a fault of its own is no second one
        _check_recipe(plan, faults)
    return plan


def _readable(training_set: TrainingSet, spine: SpinePlan) -> Readable:
    """What derived columns may read of a row besides features."""
    kept = {column.name: column.dtype for column in spine.kept}
    missing = dict.fromkeys(set(spine.spine.keep) - kept.keys(), REPORTED)
    return Readable(
        {"as_of": MOMENT, **kept, **missing},
        label={training_set.label.name, "label_known_time"},
        unkept=spine.source.schema.keys() - kept.keys(),
    )


def _has_kinds(training_set: TrainingSet, faults: Faults) -> bool:
    """Whether the arguments are what they should be; each that is not is a fault."""
    place = _at(training_set.place, training_set)
    owner = f"training set {training_set.name!r}"
    kinds: dict[str, type] = {
        "spine": Spine,
        "features": Sequence,
        "label": Label,
        "split": SplitByTime,
    }
    asked = [
        faults.is_a(getattr(training_set, name), kind, f"{name}= of {owner}", place)
        for name, kind in kinds.items()
    ]
    asked.append(is_recipe(training_set.recipe, f"recipe= of {owner}", faults, place))
    if not all(asked):
        return False
    at = _at(training_set.label.place, training_set)
    asked = [
        spine_has_kinds(training_set.spine, faults),
        label_has_kinds(training_set.label, faults, at),
    ]
    what = f"a feature view of {owner}"
    found = [
        has_name(one, faults) if isinstance(one, Derived) else faults.is_a(one, View, what, place)
        for one in training_set.features
    ]
    return all([*asked, *found])


def _check_recipe(plan: TrainingSetPlan, faults: Faults) -> None:
    training_set = plan.training_set
    recipe = training_set.recipe or Recipe()
    place = training_set.place if training_set.recipe is None else recipe.place
    check_recipe(recipe, plan.inputs, faults, _at(place, training_set))


def _at(place: Place | None, training_set: TrainingSet) -> Place | None:
    return None if place is None else place.of(f"training set {training_set.name!r}")
