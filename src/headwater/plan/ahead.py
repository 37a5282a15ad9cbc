"""What a label reads of the future, resolved: aggregations over `[as_of, as_of + h)` (R8).

Such an aggregation is the feature of the same window at `as_of + h`, with every clock earlier by
the source's delay: rows that were known by `as_of + h + delay` count, and no later ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation, Ahead, Windowed
from headwater.errors import Place
from headwater.plan.attachments import check_keys
from headwater.plan.by import refuse_by, without_by
from headwater.plan.faults import Faults, retold
from headwater.plan.features import FeaturePlan
from headwater.plan.sources import SourcePlan, has_an_end
from headwater.plan.spines import SpinePlan
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import LONGEST, positive
from headwater.schema.clocks import Clock, Moment
from headwater.schema.durations import format_duration
from headwater.spec.feature_view import FeatureView
from headwater.spec.label import Label
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class AheadPlan:
    """What a label reads of the future.

    Args:
        names: What the label's expression calls each feature of `view`, in their order.
        view: The aggregations as features at the end of their horizon, with shifted clocks.
    """

    names: tuple[str, ...]
    view: ViewPlan

    @property
    def source(self) -> SourcePlan:
        """Where the future is read."""
        return self.view.source

    @property
    def horizon(self) -> int:
        """The longest horizon in microseconds, after which the label is known but for the delay."""
        return max(feature.window.length for feature in self.view.features)

    @property
    def types(self) -> dict[str, pl.DataType]:
        """The type of each name."""
        features = self.view.features
        return {name: one.dtype for name, one in zip(self.names, features, strict=True)}

    def only(self, *features: FeaturePlan) -> ViewPlan:
        """The view with these features only."""
        return replace(self.view, features=features)

    def __str__(self) -> str:
        late = f" + {format_duration(self.source.delay)}" if self.source.delay else ""
        return f"as_of + {format_duration(self.horizon)}{late}"


def plan_ahead(
    label: Label, spine: SpinePlan, faults: Faults, place: Place | None
) -> AheadPlan | None:
    """Resolve what a label reads of the future; None where it has faults."""
    source = spine.spine.history if label.source is None else label.source
    if label.entity is not None and not faults.is_names(label.entity, "entity=", place):
        return None
    keys = label.keys or spine.spine.entity
    given = _given(label, faults, place)
    if source is None:
        faults.add(
            "HW211",
            f"label {label.name!r} looks ahead in no source",
            place=place,
            hint="the spine has no source of its own: give source=",
        )
    if not keys:
        faults.add(
            "HW211",
            f"label {label.name!r} looks ahead for no entity",
            place=place,
            hint="name with entity= the column by which a row finds what comes",
        )
    _check_taken(label, spine, faults, place)
    if source is None or not keys:
        return None
    return _resolved(label, _view(label, source, keys, given), spine, faults)


def _given(label: Label, faults: Faults, place: Place | None) -> dict[str, Windowed]:
    """The aggregations that are usable, each with its horizon as a window and under its name."""
    given: dict[str, Windowed] = {}
    listed: Mapping[Any, Any] = label.ahead
    for name, one in listed.items():
        if not isinstance(one, Ahead) or not isinstance(one.aggregation, Aggregation):
            _refuse(name, one, faults, place)
        elif not isinstance(name, str):
            faults.add("HW211", f"ahead= takes names as text, found {name!r}", place=place)
        elif _is_horizon(one.horizon, faults, place):
            refuse_by(one.aggregation, f"{name!r} of ahead=", faults, place)
            alone = replace(without_by(one.aggregation), name=name)
            given[name] = Windowed(alone, (one.horizon,))
    return given


def _refuse(name: str, found: Any, faults: Faults, place: Place | None) -> None:
    if isinstance(found, Windowed):
        words = f"{name!r} of ahead= looks back"
    elif isinstance(found, Aggregation):
        words = f"{name!r} of ahead= has no horizon"
    else:
        words = f"{name!r} of ahead= is a {type(found).__name__}"
    faults.add("HW211", words, place=place, hint='write it such as hw.Count().ahead("30d")')


def _is_horizon(given: Any, faults: Faults, place: Place | None) -> bool:
    if given is None:
        words = f"a label looks ahead for a time that ends, up to {LONGEST} microseconds"
        faults.add("HW202", words, place=place)
        return False
    return positive(given, "horizon", faults, place) is not None


def _check_taken(label: Label, spine: SpinePlan, faults: Faults, place: Place | None) -> None:
    for name in label.ahead:
        if name in spine.source.schema:
            faults.add(
                "HW203",
                f"{name!r} of ahead= is a column of the spine's row already",
                place=place,
                hint="give what comes another name",
            )


def _view(
    label: Label, source: Source, keys: tuple[str, ...], given: Mapping[str, Windowed]
) -> FeatureView:
    return FeatureView(
        label.name, source, entity=keys, features=list(given.values()), place=label.place
    )


def _resolved(
    label: Label, view: FeatureView, spine: SpinePlan, faults: Faults
) -> AheadPlan | None:
    own = Faults()
    plan = plan_view(view, own) if view.features else None
    # a delay is measured against the shifted clocks below, not as a feature's would be
    said, meant = f"feature view {label.name!r}", f"label {label.name!r}"
    faults.take(retold(one, said, meant) for one in own.found if one.code != "HW303")
    if plan is None:
        return None
    shifted = _shifted(plan)
    place = None if label.place is None else label.place.of(f"label {label.name!r}")
    _check_keys(view.keys, spine, shifted.source, faults, place)
    _check_known(shifted, faults, place)
    if len(shifted.features) < len(label.ahead):
        return None
    return AheadPlan(tuple(label.ahead), shifted)


def _shifted(view: ViewPlan) -> ViewPlan:
    """The same with every clock earlier by the delay of the source."""
    source, delay = view.source, view.source.delay
    clocks = {column: _earlier(clock, delay) for column, clock in source.clocks.items()}
    features = [_feature_shifted(one, delay) for one in view.features]
    return replace(view, source=replace(source, clocks=clocks), features=tuple(features))


def _feature_shifted(feature: FeaturePlan, delay: int) -> FeaturePlan:
    clock, mask = (_earlier(one, delay) for one in (feature.clock, feature.mask))
    parts = tuple(_feature_shifted(part, delay) for part in feature.parts)
    return replace(feature, clock=clock, mask=mask, parts=parts)


def _earlier(clock: Clock, delay: int) -> Clock:
    return Clock(tuple(Moment(one.column, one.offset - delay) for one in clock.moments))


def _check_keys(
    keys: tuple[str, ...],
    spine: SpinePlan,
    source: SourcePlan,
    faults: Faults,
    place: Place | None,
) -> None:
    schema = spine.source.schema
    for key in keys:
        if key not in schema:
            words = f"the spine has no column {key!r}, by which its label looks ahead"
            faults.add("HW208", words, place=place)
    check_keys(zip(keys, keys, strict=True), schema, source, faults, place)


def _check_known(view: ViewPlan, faults: Faults, place: Place | None) -> None:
    """Faults where no row of the horizon is known when the label is, or nobody knows how far."""
    source = view.source
    has_an_end(source, faults, place)
    for feature in view.features:
        late = [m for m in feature.clock.moments if m.column == source.source.event_time]
        if any(moment.offset >= feature.window.length for moment in late):
            faults.add(
                "HW303",
                f"no row of {feature.window} ahead is known when they have passed",
                place=place,
                hint="look further ahead, or declare delay= in the source",
            )
