"""Lineage: from which columns of which sources a value comes, and why it is known when it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from headwater.kernel.programs import Program
from headwater.plan.faults import reads
from headwater.plan.labels import LabelPlan
from headwater.plan.sources import SourcePlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import ALWAYS, Clock, Moment

Roles = Mapping[str, tuple["Origin", ...]]


@dataclass(frozen=True, slots=True)
class Origin:
    """A column of a reader, as a value comes to read it.

    Args:
        source: The source's name.
        column: The column that the reader has.
        through: Derived columns between the value and it, the value's side first.
        clock: When it is known.
        because: Which declaration says so.
    """

    source: str
    column: str
    through: tuple[str, ...]
    clock: Clock
    because: str

    def __str__(self) -> str:
        path = "".join(f"{name} <- " for name in self.through)
        return f"{path}{self.source}.{self.column}, known at {self.clock} ({self.because})"


def origins(source: SourcePlan, columns: Iterable[str]) -> tuple[Origin, ...]:
    """Where these columns come from, derived ones followed to what the reader has."""
    found = [origin for column in columns for origin in _followed(source, column, ())]
    return tuple(dict.fromkeys(found))


def feature_origins(view: ViewPlan, feature: FeaturePlan) -> Roles:
    """Where a feature comes from, by the role that each column plays in it."""
    schema, declared = view.source.schema, view.source.source
    by_role = {
        "value": reads(feature.value, schema),
        "where": reads(feature.where, schema),
        "entity": view.view.keys,
        "event_time": (declared.event_time,) if declared.event_time else (),
        "sequence": (declared.sequence,) if declared.sequence in feature.reads else (),
    }
    return {
        role: origins(view.source, [column for column in columns if column is not None])
        for role, columns in by_role.items()
        if columns
    }


def label_origins(spine: SourcePlan, label: LabelPlan) -> Roles:
    """Where a label comes from: the row itself, and what it looks ahead to."""
    roles = {"value": origins(spine, label.reads)}
    if label.ahead is not None:
        view = label.ahead.view
        roles |= {
            f"ahead {feature.column.partition('__')[2]}": origins(view.source, feature.reads)
            for feature in view.features
        }
    return roles


def late_origins(source: SourcePlan, columns: Iterable[str], as_of: Moment) -> tuple[Origin, ...]:
    """Those of the origins that are provably not known at `as_of`: the chain of a refusal."""
    return tuple(
        origin for origin in origins(source, columns) if origin.clock.known_by(as_of) == "refused"
    )


def prepared_inputs(program: Program) -> dict[str, tuple[str, ...]]:
    """The inputs of a row program that each of its outputs reads, sorted."""
    holds: dict[int, frozenset[str]] = {
        register: frozenset({entry.column}) for register, entry in enumerate(program.inputs)
    }
    for _, read, written in program.operations.tolist():
        holds[written] = holds.get(read, frozenset())
    return {name: tuple(sorted(holds[register])) for name, register in program.outputs}


def _followed(source: SourcePlan, column: str, through: tuple[str, ...]) -> Iterator[Origin]:
    derived = source.source.derive.get(column)
    if derived is not None and column not in source.source.known_times:
        for part in reads(derived, source.schema):
            yield from _followed(source, part, (*through, column))
        return
    clock = source.clocks.get(column, ALWAYS)
    yield Origin(source.source.name, column, through, clock, _because(source, column))


def _because(source: SourcePlan, column: str) -> str:
    """Which declaration gives a column its clock."""
    declared = source.source
    if column in declared.known_times:
        return f"known_times of {column!r}"
    if declared.known_time is not None:
        return "known_time"
    return "assumed: no clock is declared"
