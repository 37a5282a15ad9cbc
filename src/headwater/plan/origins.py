"""Origins: the columns of a reader that a column comes from, and why each is known when it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headwater.plan.faults import reads
from headwater.plan.sources import SourcePlan
from headwater.schema.clocks import ALWAYS, Clock, Moment


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


def late_origins(source: SourcePlan, columns: Iterable[str], as_of: Moment) -> tuple[Origin, ...]:
    """Those of the origins that are provably not known at `as_of`: the chain of a refusal."""
    return tuple(
        origin for origin in origins(source, columns) if origin.clock.known_by(as_of) == "refused"
    )


def chain_of(source: SourcePlan, columns: Iterable[str], as_of: Moment) -> str:
    """Why columns are known too late, to be added to a refusal; from each back to its source."""
    return "".join(f"; {origin}" for origin in late_origins(source, columns, as_of))


def _followed(source: SourcePlan, column: str, through: tuple[str, ...]) -> Iterator[Origin]:
    derived = source.source.derive.get(column)
    if derived is not None and column not in source.source.known_times:
        for part in reads(derived, source.schema):
            yield from _followed(source, part, (*through, column))
        return
    clock = source.clocks.get(column, ALWAYS)
    yield Origin(source.source.name, column, through, clock, _because(source, column))


def _because(source: SourcePlan, column: str) -> str:
    """Which declaration gives a column its clock, and what makes it wait longer than that."""
    said = _declared(source, column)
    waits = source.waits_for_checks(column)
    return f"{said}, and whether a check sets the row aside" if waits else said


def _declared(source: SourcePlan, column: str) -> str:
    declared = source.source
    given = {one.column: view.view.name for view in source.views for one in view.features}
    if column in given:
        return f"view {given[column]!r} as of event time, known with the row"
    if declared.static is not None:
        return "static"
    if column in declared.known_times:
        return f"known_times of {column!r}"
    if declared.known_time is not None:
        return "known_time"
    if declared.delay is not None:
        return "delay"
    return "assumed: no clock is declared"
