"""A training set resolved, with the identities of its tasks."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.faults import Faults, reads
from headwater.plan.kinds import kind_of
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import Clock, Moment
from headwater.spec.feature_view import FeatureView
from headwater.spec.training_set import TrainingSet

RESERVED = ("as_of", "label_known_time")
"""Columns that a training set has of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSetPlan:
    """A training set resolved.

    Args:
        training_set: As declared.
        spine: The rows.
        views: The features.
        label_reads: The columns that the label reads.
        label_clock: When a label is known.
        label_dtype: The label's type.
    """

    training_set: TrainingSet
    spine: SpinePlan
    views: tuple[ViewPlan, ...]
    label_reads: tuple[str, ...]
    label_clock: Clock
    label_dtype: pl.DataType

    @property
    def feature_columns(self) -> tuple[str, ...]:
        """The columns of all features, view by view."""
        return tuple(feature.column for view in self.views for feature in view.features)


def plan_training_set(training_set: TrainingSet, faults: Faults) -> TrainingSetPlan | None:
    """Resolve a training set; None where its faults leave nothing to go on with."""
    views = [plan_view(view, faults) for view in training_set.features]
    keys = tuple(dict.fromkeys(key for view in training_set.features for key in view.keys))
    spine = plan_spine(training_set.spine, keys, faults)
    reason = training_set.split.fault()
    if reason is not None:
        faults.add("HW209", reason, place=_at(training_set.split.place, training_set))
    _check_names(training_set, views, faults)
    if spine is None:
        return None
    for view in views:
        if view is not None:
            check_attachment(view, spine, faults)
    label = _plan_label(training_set, spine, faults)
    if label is None or any(view is None for view in views):
        return None
    return TrainingSetPlan(
        training_set, spine, tuple(view for view in views if view is not None), *label
    )


def check_attachment(view: ViewPlan, spine: SpinePlan, faults: Faults) -> None:
    """A fault for each key whose types in view and spine are not comparable."""
    for key in view.view.keys:
        ours, theirs = view.source.schema[key], spine.source.schema[key]
        if kind_of(ours) != kind_of(theirs):
            faults.add(
                "HW208",
                f"key {key!r} is {theirs} in the spine and {ours} in source "
                f"{view.source.source.name!r}",
                place=_at(view.view.place, view.view),
                hint="cast one of them with derive=",
            )


def _plan_label(
    training_set: TrainingSet, spine: SpinePlan, faults: Faults
) -> tuple[tuple[str, ...], Clock, pl.DataType] | None:
    label = training_set.label
    place = _at(label.place, training_set)
    schema = spine.source.schema
    dtype = faults.type_of(label.expression, schema, "the spine", place)
    if dtype is None:
        return None
    if kind_of(dtype) not in ("integer", "float", "boolean"):
        faults.add(
            "HW211", f"label {label.name!r} gives {dtype}, not a boolean or number", place=place
        )
    columns = reads(label.expression, schema)
    for name in sorted(set(columns) & set(training_set.spine.keep)):
        faults.add(
            "HW207",
            f"column {name!r} is read by the label and kept as an input",
            place=place,
            hint="leave it out of keep=; its history may still be a feature",
        )
    clock = spine.source.clock_of(columns)
    if label.known_time is not None and faults.has_columns(
        [label.known_time], schema, "the spine", place
    ):
        clock = Clock((Moment(label.known_time),))
    return columns, clock, dtype


def _check_names(training_set: TrainingSet, views: list[ViewPlan | None], faults: Faults) -> None:
    names = [view.name for view in training_set.features]
    columns = [feature.column for view in views if view is not None for feature in view.features]
    columns += [*training_set.spine.keep, training_set.label.name, *RESERVED]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(
            "HW105",
            f"two feature views are named {name!r}",
            place=_at(training_set.place, training_set),
        )
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        code = "HW207" if name == training_set.label.name else "HW203"
        faults.add(
            code,
            f"two columns of the training set are named {name!r}",
            place=_at(training_set.place, training_set),
        )


def _at(place: Place | None, owner: TrainingSet | FeatureView) -> Place | None:
    kind = "training set" if isinstance(owner, TrainingSet) else "feature view"
    return None if place is None else place.of(f"{kind} {owner.name!r}")
