"""A label resolved: what it reads, when it is known, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.ahead import AheadPlan, plan_ahead
from headwater.plan.faults import Faults, reads
from headwater.plan.kinds import kind_of
from headwater.plan.sources import is_time, when_over
from headwater.plan.spines import SpinePlan
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest
from headwater.spec.label import Label


@dataclass(frozen=True, slots=True, eq=False)
class LabelPlan:
    """A label resolved.

    Args:
        label: As declared.
        reads: The columns of the spine's own row that it reads, those of its entity included.
        clock: When those are known.
        dtype: Its type.
        ahead: What it reads of the future; None for a label of the own row.
    """

    label: Label
    reads: tuple[str, ...]
    clock: Clock
    dtype: pl.DataType
    ahead: AheadPlan | None = None

    @property
    def known(self) -> str:
        """When it is known, in words."""
        moments = [] if self.ahead is None else [str(self.ahead)]
        if self.clock.moments or not moments:
            moments.append(str(self.clock))
        return " and ".join(moments)


def plan_label(
    label: Label, spine: SpinePlan, faults: Faults, place: Place | None
) -> LabelPlan | None:
    """Resolve a label over the rows of a spine; None where its expression gives no type."""
    ahead = None
    if not faults.is_a(label.ahead, Mapping, f"ahead= of label {label.name!r}", place):
        return None
    declared = _clock(label, spine, faults, place)
    if label.ahead:
        ahead = plan_ahead(label, spine, faults, place)
        if ahead is None:
            return None
    else:
        _check_own(label, faults, place)
    schema = spine.source.schema | ({} if ahead is None else ahead.types)
    dtype = faults.type_of(label.expression, schema, "the spine", place)
    if dtype is None:
        return None
    if kind_of(dtype) not in ("integer", "float", "boolean"):
        faults.add(
            "HW211", f"label {label.name!r} gives {dtype}, not a boolean or number", place=place
        )
    read = set(reads(label.expression, schema))
    _check_reads(label, read, spine, faults, place)
    keys = () if ahead is None else ahead.view.view.keys
    columns = tuple(sorted((read - set(label.ahead)) | set(keys)))
    clock = latest(declared, spine.source.clock_of(columns))
    return LabelPlan(label, columns, clock, dtype, ahead)


def _check_own(label: Label, faults: Faults, place: Place | None) -> None:
    for name in ("source", "entity"):
        if getattr(label, name) is not None:
            faults.add(
                "HW211",
                f"{name}= of label {label.name!r} belongs to ahead=, and there is none",
                place=place,
                hint='declare ahead={"name": hw.Count().ahead("30d")}, or leave it out',
            )


def _check_reads(
    label: Label, read: set[str], spine: SpinePlan, faults: Faults, place: Place | None
) -> None:
    """Faults for an input that is the label's, and for a future that nobody reads."""
    for name in sorted(read & set(spine.spine.keep)):
        faults.add(
            "HW207",
            f"column {name!r} is read by the label and kept as an input",
            place=place,
            hint="leave it out of keep=; its history may still be a feature",
        )
    for name in sorted(set(label.ahead) - read):
        faults.add(
            "HW211",
            f"label {label.name!r} does not read {name!r} of its ahead=",
            place=place,
            hint="read it in the expression, or leave it out: each name makes the label wait",
        )


def _clock(label: Label, spine: SpinePlan, faults: Faults, place: Place | None) -> Clock:
    """The clock that a label declares, which is never all: what it reads has clocks as well."""
    schema, zone = spine.source.schema, spine.source.source.zone
    if label.known_time is None:
        return ALWAYS
    if faults.has_columns([label.known_time], schema, "the spine", place):
        is_declared = spine.spine.history is not None
        is_time(label.known_time, schema, zone, faults, place, is_declared=is_declared)
    return when_over(Clock((Moment(label.known_time),)), schema, spine.source.source.event_time)
