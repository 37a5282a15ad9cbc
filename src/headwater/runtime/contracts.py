"""Contracts of sources: asked before anything is computed from their rows.

The answer is kept by what decides it: the rows, the checks and their code. A build that was refused
is refused again, and one that was not is not asked twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from headwater.engines.checking import CheckResult, check_source
from headwater.engines.set_aside import SetAside
from headwater.engines.set_aside import set_aside as found_set_aside
from headwater.errors import CheckError, DataError
from headwater.plan.checks import SET_ASIDE, contract_of
from headwater.plan.faults import Faults
from headwater.plan.identity import versions
from headwater.plan.sources import SourcePlan, plan_source
from headwater.runtime.progress import Say, silent
from headwater.spec.plain import fingerprint
from headwater.spec.source import Source


class Keeper(Protocol):
    """What keeps answers by fingerprint: the cache of a project, or the memory of this process."""

    def load_json(self, fingerprint: str, /) -> dict[str, Any] | None:
        """The facts that were kept; None where there are none."""
        ...

    def keep_json(self, fingerprint: str, facts: Mapping[str, Any], /) -> None:
        """Keep facts."""
        ...


class Memory:
    """A keeper that forgets with the process, and all at once when there is too much of it."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._kept: dict[str, dict[str, Any]] = {}

    def load_json(self, fingerprint: str, /) -> dict[str, Any] | None:
        """The facts that were kept; None where there are none."""
        return self._kept.get(fingerprint)

    def keep_json(self, fingerprint: str, facts: Mapping[str, Any], /) -> None:
        """Keep facts."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[fingerprint] = dict(facts)


_OF_THIS_PROCESS = Memory()


def enforced(
    sources: Mapping[str, Source], data: Mapping[str, str], keeper: Keeper, say: Say = silent
) -> list[CheckResult]:
    """What the checks of these sources find; all of them are asked, then the broken ones refused.

    Args:
        sources: Those that are about to be read, by name.
        data: What each source's data is now, by the source's name.
        keeper: Where answers are kept.
        say: Hears what is being done.

    Raises:
        CheckError: HW411, a check is broken by more rows than may break it, and is not `warn`.
        DataError: HW409, a source changed while it was read.
    """
    found = []
    for name, source in sources.items():
        if source.contract:
            found += _known(source, data[name], keeper, say)
    _refuse_broken(found, sources)
    return found


def enforced_at_once(sources: Iterable[Source]) -> list[CheckResult]:
    """`enforced` for rows as they are now, with answers kept for as long as this process lives.

    Raises:
        CheckError: HW411, as in `enforced`.
        DataError: HW409, a source changed while it was read.
    """
    declared = [source for source in sources if source.contract]
    found = []
    for source in declared:
        found += _known(source, source.reader.snapshot(), _OF_THIS_PROCESS, silent)
    _refuse_broken(found, {source.name: source for source in declared})
    return found


def asked(source: Source) -> list[CheckResult]:
    """What the checks of one source find in its rows now."""
    return check_source(_planned(source))


def _planned(source: Source) -> SourcePlan:
    faults = Faults()
    plan = plan_source(source, faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a source that cannot be planned has faults")
    return plan


def is_refused(result: CheckResult) -> bool:
    """Whether a check failed that must not."""
    return not result.passed and result.on_break != "warn"


def set_aside(source: Source) -> pl.DataFrame:
    """The rows of a source that its checks set aside, in the order of the data.

    Args:
        source: One whose `contract` has checks with `on_break="set_aside"`.

    Returns:
        `row`, the place in the source, counted from 0; `checks`, the names of those that the row
        breaks; `reasons`, the same with their arguments; `values`, a struct of the row's columns as
        they are read, which `.unnest("values")` lays out.

    Raises:
        SpecError: A fault of the source's definition; several are reported together.
        DataError: The source cannot be read.
    """
    return rows_set_aside(source).frame


def rows_set_aside(source: Source) -> SetAside:
    """The same, with the books of the source."""
    return found_set_aside(_planned(source))


def contract_findings(found: Iterable[CheckResult]) -> list[dict[str, str]]:
    """The findings of checks that failed and only warn, or set rows aside, in their order."""
    return [
        {"code": "HW411", "certainty": "measured", "message": f"source {one.source!r}, {one}"}
        for one in found
        if not is_refused(one) and (not one.passed or (one.broken and one.on_break == SET_ASIDE))
    ]


def check_unchanged(source: Source, snapshot: str) -> None:
    """A source that was replaced while it was read must not stand under the old snapshot's name.

    Raises:
        DataError: HW409.
    """
    if source.snapshot() != snapshot:
        raise DataError(
            "HW409",
            f"source {source.name!r} changed while it was read",
            place=source.place,
            hint="run again once it is complete",
        )


def _refuse_broken(found: Sequence[CheckResult], sources: Mapping[str, Source]) -> None:
    """Raise what failed, all of it together.

    Raises:
        CheckError: HW411.
    """
    failed = [result for result in found if is_refused(result)]
    if failed:
        listed = "; ".join(f"{result.source}, {result}" for result in failed)
        source = sources[failed[0].source]
        raise CheckError(
            "HW411",
            f"{len(failed)} of {len(found)} checks failed: {listed}",
            place=source.place and source.place.of(f"source {source.name!r}"),
            hint='mend the rows, allow some with at_most=, let it pass with on_break="warn", or '
            'leave such rows out with on_break="set_aside"',
            checks=[result.to_dict() for result in found],
        )


def _known(source: Source, snapshot: str, keeper: Keeper, say: Say) -> list[CheckResult]:
    identity = fingerprint(
        {
            "task": "contract",
            "source": source.definition(),
            "contract": contract_of(source),
            "snapshot": snapshot,
            "versions": versions(),
        }
    )
    kept: Any = keeper.load_json(identity)
    if kept is not None:
        return [CheckResult.of(result) for result in kept["results"]]
    say(f"source {source.name!r}: {len(source.contract)} checks")
    found = asked(source)
    check_unchanged(source, snapshot)
    keeper.keep_json(identity, {"results": [result.to_dict() for result in found]})
    return found
