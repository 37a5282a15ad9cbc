"""What a build's single works cost on this machine, measured on small workloads."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from headwater.engines.passes import QUICK_FROM
from headwater.plan.prediction import FoldCost, PassKind, UnitCosts
from headwater.runtime.small_workloads import (
    COLUMNS,
    PER_ENTITY,
    QUICK,
    READ,
    SLOW,
    WINDOWS,
    History,
    Work,
    quick_works,
    small_works,
)

_LEAST = 1e-11
"""Seconds that nothing is cheaper than; what is measured as less was lost in noise."""
_WAITING = ("task",)
"""Works that wait for the disk."""
_STARTING = ("small many", "tree of sums few", "deciding", "write", "read", "recipe", "task")
"""Works of the kinds that each build does, whose first time links and imports."""
_LIKE_STARTING = 10
"""Tasks that take about as long as that, where compiling left it unmeasured."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the workloads are.

    Args:
        quick: History rows for passes that are used from so many on.
        small: History rows for all others.
        seconds: Of computing, until which all are repeated; once, they are in any case.
    """

    quick: int = QUICK_FROM
    small: int = 50_000
    seconds: float = 2.0


def machine_costs(*, threads: int | None = None, sizes: Sizes | None = None) -> UnitCosts:
    """Measure; it takes little more than `sizes.seconds` once its passes are compiled.

    Args:
        threads: By default the processors at hand.
        sizes: How large the workloads are.
    """
    sizes = sizes or Sizes()
    small = History(sizes.small, threads)
    with TemporaryDirectory() as folder:
        works = small_works(small, Path(folder))
        first = {name: _took(name, work) for name, work in works.items()}
        held, is_compiled = _held_bytes(), "numba" not in sys.modules
        quick = History(sizes.quick, threads)
        larger = quick_works(quick)
        for work in larger.values():  # linked, or compiled
            work()
        least = _repeated(works | larger, sizes.seconds)
        read_bytes = (Path(folder) / READ).stat().st_size
    start = sum(max(first[name] - least[name], 0.0) for name in _STARTING)
    facts = _Facts(start if is_compiled else _LIKE_STARTING * least["task"], read_bytes, held)
    return _costs(least, quick, small, facts)


def _repeated(works: Mapping[str, Work], seconds: float) -> dict[str, float]:
    """The least that each takes, in rounds that end after so many seconds of computing."""
    least = {name: _took(name, work) for name, work in works.items()}
    spent = sum(least.values())
    while spent < seconds:
        for name, work in works.items():
            now = _took(name, work)
            least[name], spent = min(least[name], now), spent + now
    return least


def took(work: Work, *, waits: bool = False) -> float:
    """Seconds by the clock, or of computing where these are fewer, as where others compute too.

    Args:
        work: What is timed.
        waits: Whether it waits for the disk, which is part of what it takes.
    """
    started, computed = time.perf_counter(), time.process_time()
    work()
    passed, computed = time.perf_counter() - started, time.process_time() - computed
    return passed if waits else min(passed, computed)


def _took(name: str, work: Work) -> float:
    return took(work, waits=name in _WAITING)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is not read off a repeated workload.

    Args:
        start: What first works took more.
        read_bytes: The size of the file that is read.
        held_bytes: What the process held after small workloads.
    """

    start: float
    read_bytes: int
    held_bytes: int


def _costs(least: Mapping[str, float], quick: History, small: History, facts: _Facts) -> UnitCosts:
    """From what workloads least to what one of each costs."""
    folds: dict[PassKind, FoldCost] = {}
    for history, kinds in ((quick, QUICK), (small, SLOW)):
        size = "quick" if history is quick else "small"
        for kind in kinds:
            more = [(least[f"{kind} {n}"] - least[f"{size} {n}"]) / 3 for n in ("few", "many")]
            folds[kind] = FoldCost(*_two(history, *more))
    windows = (least["values windows"] - least["values few"]) / 3 / (len(WINDOWS) - 1)
    window_row = max(windows / small.rows - folds["values"].answer / PER_ENTITY, _LEAST)
    folds["values"] = FoldCost(
        max(folds["values"].row - window_row, _LEAST), folds["values"].answer, window_row
    )
    limits = [least[f"limit {name}"] - least[f"small {name}"] for name in ("few", "many")]
    limit_row, limit_answer = _two(small, *limits)
    arrange_row, ask_row = _two(quick, least["quick few"], least["quick many"])
    cells = small.rows * len(COLUMNS)
    return UnitCosts(
        start=facts.start,
        task=least["task"],
        digest_byte=least["digest"] / facts.read_bytes,
        read_cell=least["read"] / cells,
        read_text=least["read text"] / small.rows,
        arrange_row=arrange_row,
        arrange_text=max((least["text"] - least["small few"]) / small.rows, _LEAST),
        version_row=least["versions"] / small.rows,
        ask_row=ask_row,
        limit_row=limit_row,
        limit_answer=limit_answer,
        folds=folds,
        spine_row=least["deciding"] / small.rows,
        write_cell=least["write"] / cells,
        recipe_cell=least["recipe"] / (2 * cells),
        compile_pass=0.0,
        quick_from=QUICK_FROM,
        process_bytes=facts.held_bytes,
    )


def _two(history: History, few: float, many: float) -> tuple[float, float]:
    """What a history row and what a spine row costs, of two workloads with the same history."""
    answer = max((many - few) / (history.many - history.few), _LEAST)
    return max((few - answer * history.few) / history.rows, _LEAST), answer


def _held_bytes() -> int:
    """What this process holds in memory now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
