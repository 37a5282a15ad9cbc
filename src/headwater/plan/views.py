"""A view resolved: its features, or its attributes, over a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headwater.aggregations.base import Aggregation, Ahead, Windowed
from headwater.plan.alike import alike
from headwater.plan.arguments import view_has_kinds
from headwater.plan.attributes import attribute_plans
from headwater.plan.by import Spread, check_number, columns_made, spread
from headwater.plan.faults import REPORTED, Faults
from headwater.plan.features import FeaturePlan as FeaturePlan
from headwater.plan.features import feature_plans, owner_of, place_of
from headwater.plan.kinds import kind_of
from headwater.plan.sources import SourcePlan, plan_source
from headwater.spec.attributes import Attributes
from headwater.spec.cards import card
from headwater.spec.source import Source
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class ViewPlan:
    """A view resolved.

    Args:
        view: As declared.
        source: Its source.
        features: Its columns, in order; of attributes each is the feature `Latest`.
    """

    view: View
    source: SourcePlan
    features: tuple[FeaturePlan, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it adds, in order; each once, though two features share a name."""
        return tuple(dict.fromkeys(feature.column for feature in self.features))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the source that computing this view reads, by name, sorted."""
        source = self.source.source
        names = {name for feature in self.features for name in feature.reads}
        names |= {m.column for feature in self.features for m in feature.mask.moments}
        names |= {*self.view.keys}
        names |= {name for name in (source.event_time, source.sequence) if name}
        return tuple(sorted(names))

    def _repr_html_(self) -> str:
        """Each feature with its clock, for a notebook."""
        return card(f"Plan of {self.view.name!r}", feature_lines([self]))


def feature_lines(views: Sequence[ViewPlan]) -> list[tuple[str, str]]:
    """Each feature of these views with its type and the clock of what it reads."""
    features = [feature for view in views for feature in view.features]
    return [(one.column, f"{one.dtype}, known at {one.clock}") for one in features]


def plan_view(view: View, faults: Faults, *, learns: bool = False) -> ViewPlan | None:
    """Resolve a view; None where its source has no columns to speak of.

    Args:
        view: As declared.
        faults: Hears of faults.
        learns: Whether there are training rows, from which features may learn their values.
    """
    place = place_of(view)
    if not faults.is_a(view.source, Source, f"source= of {owner_of(view)}", place):
        return None
    if not view_has_kinds(view, owner_of(view), faults, place):
        return None
    source = plan_source(view.source, faults)
    if source is None:
        return None
    _check_entity(view, source, faults)
    _check_attached(view, faults)
    features = list(_features(view, source, faults, learns=learns))
    _check_names(view, features, faults)
    return ViewPlan(view, source, tuple(features))


def _check_names(view: View, features: Sequence[FeaturePlan], faults: Faults) -> None:
    """A fault for each name that several features share."""
    named: dict[str, list[FeaturePlan]] = {}
    for feature in features:
        named.setdefault(feature.column, []).append(feature)
    for name, same in sorted(named.items()):
        if len(same) > 1:
            said = f"two features are named {name!r}"
            faults.add("HW203", said, place=place_of(view), hint=_other_name(view, same))


def _other_name(view: View, same: Sequence[FeaturePlan]) -> str:
    """How features of one name get names of their own."""
    if isinstance(view, Attributes):
        return "name each column once"
    word = type(same[0].aggregation).__name__
    zones = {feature.window.zone for feature in same}
    why = "a zone is not in the name of a column: " if len(zones) > 1 else ""
    return f'{why}give one of them another name=, such as hw.{word}(..., name="...")'


def _features(
    view: View, source: SourcePlan, faults: Faults, *, learns: bool
) -> Iterator[FeaturePlan]:
    if isinstance(view, Attributes):
        yield from attribute_plans(view, source, faults)
        return
    if source.source.static is not None:
        faults.add(
            "HW212",
            f"{owner_of(view)} reads source {source.source.name!r}, which is static and has no "
            "history",
            place=place_of(view),
            hint="hw.Attributes reads a static table",
        )
    listed = _given(view, faults)
    making = [_folded(one) for one in listed if columns_made(one)]
    fits = check_number(listed, faults, place_of(view, making[0] if len(making) == 1 else None))
    for given in listed:
        place = place_of(view, _folded(given))
        each = spread(given, source, faults, place, learns=learns, fits=fits)
        yield from _spread_features(view, each, source, faults)


def _spread_features(
    view: View, each: Iterator[Spread], source: SourcePlan, faults: Faults
) -> Iterator[FeaturePlan]:
    """The features of an aggregation, the first of which is checked for all."""
    first, ranked = next(each)
    planned = list(feature_plans(view, first, source, faults))
    yield from (replace(feature, ranked=ranked) for feature in planned)
    for other, ranked in each:
        for feature in planned:
            same = alike(feature, view, first=_folded(first), other=_folded(other))
            yield replace(same, ranked=ranked)


def _folded(given: Windowed | Aggregation) -> Aggregation:
    return given if isinstance(given, Aggregation) else given.aggregation


def _check_entity(view: View, source: SourcePlan, faults: Faults) -> None:
    place = place_of(view)
    if not view.keys:
        faults.add("HW211", f"{owner_of(view)} has no entity", place=place)
    if len(set(view.keys)) < len(view.keys):
        faults.add("HW211", f"entity {list(view.keys)} names a column twice", place=place)
    faults.has_columns(view.keys, source.schema, f"source {view.source.name!r}", place)
    for key in view.keys:
        dtype = source.schema.get(key, REPORTED)
        if dtype != REPORTED and kind_of(dtype) not in ("integer", "string", "boolean", "time"):
            faults.add(
                "HW211",
                f"entity column {key!r} holds {dtype}",
                place=place,
                hint="a key is text, an integer or a date",
            )


def _check_attached(view: View, faults: Faults) -> None:
    """`on` maps columns of the spine to keys of the view, each key once."""
    place = place_of(view)
    mapping: Any = view.attached
    if not isinstance(mapping, Mapping):
        faults.add(
            "HW208",
            f"on() takes a mapping from the spine's columns, found {type(mapping).__name__}",
            place=place,
            hint=f"write {{spine column: key}}; the keys are {', '.join(view.keys)}",
        )
        return
    keys = list(mapping.values())
    for ours, key in mapping.items():
        if not isinstance(ours, str) or not isinstance(key, str) or key not in view.keys:
            faults.add(
                "HW208",
                f"on() maps {ours!r} to {key!r}, which is no key of {owner_of(view)}",
                place=place,
                hint=f"its keys are {', '.join(view.keys)}",
            )
        elif keys.count(key) > 1:
            faults.add("HW208", f"on() maps two columns to key {key!r}", place=place)


def _given(view: Any, faults: Faults) -> Sequence[Windowed | Aggregation]:
    """The features as declared, as far as they are some."""
    place = place_of(view)
    if not isinstance(view.features, Sequence):
        found = type(view.features).__name__
        faults.add("HW211", f"features= takes a list, found {found}", place=place)
        return ()
    if not view.features:
        faults.add("HW211", f"feature view {view.name!r} has no features", place=place)
    listed: Sequence[Any] = view.features
    for one in listed:
        if isinstance(one, Ahead):
            faults.add(
                "HW303",
                f"{type(one.aggregation).__name__} looks ahead, which is not known at as_of",
                place=place_of(view, one.aggregation),
                hint='look back with .within("7d"); only a label looks ahead',
            )
        elif not isinstance(one, Windowed | Aggregation):
            faults.add(
                "HW211",
                f"{one!r} is not an aggregation",
                place=place,
                hint='write features such as hw.Mean("amount").within("7d")',
            )
    return [one for one in listed if isinstance(one, Windowed | Aggregation)]
