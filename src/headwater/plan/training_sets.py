"""A training set resolved, with the identities of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.faults import REPORTED, Faults, reads
from headwater.plan.kinds import kind_of
from headwater.plan.recipes import check_recipe
from headwater.plan.sources import SourcePlan, is_time
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import Clock, Moment
from headwater.spec.feature_view import FeatureView
from headwater.spec.label import Label
from headwater.spec.recipe import Recipe
from headwater.spec.source import Source
from headwater.spec.spine import Spine
from headwater.spec.split_by_time import SplitByTime
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
    own = Faults()
    plan = _planned(training_set, own)
    faults.take(own.found)
    return plan


def _planned(training_set: TrainingSet, faults: Faults) -> TrainingSetPlan | None:
    faults.names_folder(training_set.name, _at(training_set.place, training_set))
    if not _has_kinds(training_set, faults):
        return None
    planned = [plan_view(view, faults) for view in training_set.features]
    views = tuple(view for view in planned if view is not None)
    keys = tuple(dict.fromkeys(key for view in training_set.features for key in view.keys))
    spine = plan_spine(training_set.spine, keys, faults)
    reason = training_set.split.fault()
    if reason is not None:
        faults.add("HW209", reason, place=_at(training_set.split.place, training_set))
    _check_names(training_set, views, faults)
    if spine is None:
        return None
    _check_sources([spine.source, *(view.source for view in views)], faults)
    for view in views:
        check_attachment(view, spine, faults)
    label = _plan_label(training_set, spine, faults)
    if not faults.found:  # a column that is missing for a fault of its own is no second one
        _check_recipe(training_set, spine, views, faults)
    if label is None or len(views) < len(planned):
        return None
    return TrainingSetPlan(training_set, spine, views, *label)


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
    if training_set.recipe is not None:
        kinds["recipe"] = Recipe
    asked = [
        faults.is_a(getattr(training_set, name), kind, f"{name}= of {owner}", place)
        for name, kind in kinds.items()
    ]
    if not all(asked):
        return False
    what = f"a feature view of {owner}"
    found = [faults.is_a(view, FeatureView, what, place) for view in training_set.features]
    return all(found)


def _check_sources(sources: Sequence[SourcePlan], faults: Faults) -> None:
    """A fault for each name that two sources share: results are kept under a source's name."""
    known: dict[str, Source] = {}
    for source in (plan.source for plan in sources):
        other = known.setdefault(source.name, source)
        is_same = source.definition() == other.definition() and source.reader == other.reader
        if other is not source and not is_same:
            faults.add(
                "HW105",
                f"two sources are named {source.name!r}",
                place=source.place,
                hint="give one of them another name; the rows of a frame are named 'spine'",
            )


def check_attachment(view: ViewPlan, spine: SpinePlan, faults: Faults) -> None:
    """A fault for each key whose types in view and spine are not comparable."""
    for key in view.view.keys:
        ours = view.source.schema.get(key, REPORTED)
        theirs = spine.source.schema.get(key, REPORTED)
        if REPORTED not in (ours, theirs) and not _are_comparable(ours, theirs):
            faults.add(
                "HW208",
                f"key {key!r} is {theirs} in the spine and {ours} in source "
                f"{view.source.source.name!r}",
                place=_at(view.view.place, view.view),
                hint="cast one of them with derive=",
            )


def _check_recipe(
    training_set: TrainingSet, spine: SpinePlan, views: Sequence[ViewPlan], faults: Faults
) -> None:
    inputs = {column.name: column.dtype for column in spine.kept}
    inputs |= {feature.column: feature.dtype for view in views for feature in view.features}
    recipe = training_set.recipe or Recipe()
    place = training_set.place if training_set.recipe is None else recipe.place
    check_recipe(recipe, inputs, faults, _at(place, training_set))


def _are_comparable(one: pl.DataType, other: pl.DataType) -> bool:
    if kind_of(one) == kind_of(other) == "time":
        zones = [getattr(dtype, "time_zone", None) for dtype in (one, other)]
        return one.base_type() == other.base_type() and zones[0] == zones[1]
    return kind_of(one) == kind_of(other)


def _plan_label(
    training_set: TrainingSet, spine: SpinePlan, faults: Faults
) -> tuple[tuple[str, ...], Clock, pl.DataType] | None:
    label = training_set.label
    place = _at(label.place, training_set)
    schema = spine.source.schema
    own_clock = _clock(label, spine, faults, place)
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
    return columns, own_clock or spine.source.clock_of(columns), dtype


def _clock(label: Label, spine: SpinePlan, faults: Faults, place: Place | None) -> Clock | None:
    """The clock that a label declares; None where it declares none."""
    schema, zone = spine.source.schema, spine.source.source.zone
    if label.known_time is None:
        return None
    if faults.has_columns([label.known_time], schema, "the spine", place):
        is_time(label.known_time, schema, zone, faults, place)
    return Clock((Moment(label.known_time),))


def _check_names(training_set: TrainingSet, views: Sequence[ViewPlan], faults: Faults) -> None:
    names = [view.name for view in training_set.features]
    keys = {key for view in training_set.features for key in view.keys}
    columns = [feature.column for view in views for feature in view.features]
    columns += [*training_set.spine.keep, *(keys - set(training_set.spine.keep))]
    columns += [training_set.label.name, *RESERVED]
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
