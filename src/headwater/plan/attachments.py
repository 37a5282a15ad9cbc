"""How the columns of a training set stand beside each other: keys that fit, names that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from headwater.errors import Place
from headwater.plan.by import MOST, columns_made, refuse_number
from headwater.plan.faults import REPORTED, Faults
from headwater.plan.features import place_of
from headwater.plan.kinds import kind_of
from headwater.plan.naming import repeated
from headwater.plan.sources import SourcePlan
from headwater.plan.spines import SpinePlan
from headwater.plan.views import ViewPlan
from headwater.spec.derived import Derived
from headwater.spec.plain import plain
from headwater.spec.source import Source
from headwater.spec.view import View

if TYPE_CHECKING:
    from headwater.spec.training_set import TrainingSet

RESERVED = ("as_of", "label_known_time")
"""Columns that a training set has of its own."""


def check_attachment(view: ViewPlan, spine: SpinePlan, faults: Faults) -> None:
    """A fault for each key whose types in view and spine are not comparable."""
    keys = zip(view.view.spine_keys, view.view.keys, strict=True)
    check_keys(keys, spine.source.schema, view.source, faults, place_of(view.view))


def check_keys(
    keys: Iterable[tuple[str, str]],
    spine: Mapping[str, pl.DataType],
    source: SourcePlan,
    faults: Faults,
    place: Place | None,
) -> None:
    """A fault for each pair of a spine's and a source's column whose types do not compare."""
    for asked, key in keys:
        ours = source.schema.get(key, REPORTED)
        theirs = spine.get(asked, REPORTED)
        if REPORTED not in (ours, theirs) and not _are_comparable(ours, theirs):
            faults.add(
                "HW208",
                f"key {asked!r} is {theirs} in the spine and {ours} in source "
                f"{source.source.name!r}",
                place=place,
                hint="cast one of them: in a frame with cast(), in a source with derive=",
            )


def _are_comparable(one: pl.DataType, other: pl.DataType) -> bool:
    """Whether keys of these types can be equal; one that is null everywhere compares with any."""
    if pl.Null() in (one, other):
        return True
    if kind_of(one) == kind_of(other) == "time":
        zones = [getattr(dtype, "time_zone", None) for dtype in (one, other)]
        return one.base_type() == other.base_type() and zones[0] == zones[1]
    return kind_of(one) == kind_of(other)


def check_sources(sources: Sequence[SourcePlan], faults: Faults) -> None:
    """A fault for each name that two sources share: results are kept under a source's name."""
    known: dict[str, Source] = {}
    for source in (plan.source for plan in sources):
        other = known.setdefault(source.name, source)
        if other is not source and not _is_same(source, other):
            faults.add(
                "HW105",
                f"two sources are named {source.name!r}",
                place=source.place,
                hint="give one of them another name; the rows of a frame are named 'spine'",
            )


def _is_same(one: Source, other: Source) -> bool:
    is_same = one.definition() == other.definition() and one.reader == other.reader
    return is_same and plain(one.contract) == plain(other.contract)


def check_names(training_set: TrainingSet, views: Sequence[ViewPlan], faults: Faults) -> None:
    """A fault for each name that two views, or two columns of the training set, share."""
    place = training_set.place and training_set.place.of(f"training set {training_set.name!r}")
    attached = [one for one in training_set.features if isinstance(one, View)]
    for name in repeated(view.name for view in attached):
        faults.add("HW105", f"two feature views are named {name!r}", place=place)
    keys = {key for view in attached for key in view.spine_keys}
    columns = [column for view in views for column in view.names]
    columns += [one.name for one in training_set.features if isinstance(one, Derived)]
    columns += [*training_set.spine.keep, *(keys - set(training_set.spine.keep))]
    for name in repeated([*columns, training_set.label.name, *RESERVED]):
        code = "HW207" if name == training_set.label.name else "HW203"
        faults.add(code, f"two columns of the training set are named {name!r}", place=place)


def check_columns_by(views: Sequence[View], faults: Faults, place: Place | None) -> None:
    """A fault where `by=` makes more columns of all views together than a model is served by."""
    made = [(view.name, _columns_by(view)) for view in views]
    number = sum(count for _, count in made)
    if number > MOST and all(count <= MOST for _, count in made):  # else a view tells of its own
        each = [f"{count:,} of view {name!r}" for name, count in made if count]
        refuse_number(number, each, faults, place)


def _columns_by(view: View) -> int:
    listed: Any = getattr(view, "features", ())  # attributes have none
    return sum(map(columns_made, listed)) if isinstance(listed, Sequence) else 0
