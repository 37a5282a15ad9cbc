"""The results in Markdown: nothing rounded up, and a target that was missed is called missed."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from bench.contest import GOALS, HEADWATER, MEMORY_MB, Goal
from bench.measure import Record

_HEAD = (
    "| | a process, s | CPU, s | again, s | CPU, s | peak, MB | × Headwater, a process "
    "| × Headwater, again | largest difference |"
)


def render(
    records: Mapping[str, Record],
    sizes: str,
    command: str,
    *,
    goals: Sequence[Goal] = GOALS,
    memory_mb: int = MEMORY_MB,
) -> str:
    """All tables with what they were measured on."""
    parts = [_setting(records, sizes, command), _peers(records)]
    parts += [_conditions(records), _targets(records, goals, memory_mb)]
    return "\n\n".join(parts)


def between_markers(text: str, content: str, name: str = "bench") -> str:
    """The text with `content` between the markers of this name.

    Raises:
        ValueError: The markers are not there.
    """
    marks = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, opening, rest = text.partition(marks[0])
    _, closing, after = rest.partition(marks[1])
    if not opening or not closing:
        raise ValueError("the markers are missing")
    return f"{before}{opening}\n{content}\n{closing}{after}"


def _setting(records: Mapping[str, Record], sizes: str, command: str) -> str:
    versions = {name: v for record in records.values() for name, v in record.versions.items()}
    listed = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    runs = len(records[HEADWATER].measured["process"])
    return (
        f"`{command}`: {sizes}; medians (least to greatest) of {runs} interleaved runs. "
        "Ratios are cut, not rounded.\n\n"
        f"{_processor()}, {len(os.sched_getaffinity(0))} threads, Python "
        f"{platform.python_version()}, {listed}. Load average at the end: "
        f"{os.getloadavg()[0]:.1f}; above 2 or so, other work made times longer."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")


def _peers(records: Mapping[str, Record]) -> str:
    rows = [_HEAD, "| --- " * 9 + "|"]
    for record in records.values():
        one = record.contestant
        if one.is_peer:
            rival = one.rival if one.rival in records else HEADWATER
            ratios = [_ratio(records, one.name, rival, name) for name in ("process", "again")]
            worst = (
                ""
                if one.module.startswith("headwater") or one.name == "floor"
                else f"{record.worst:.0e}"
            )
            rows.append(_row(record, *map(down, ratios), worst))
    return "\n".join(rows)


def _row(record: Record, *more: str) -> str:
    peak = f"{record.median('peak_bytes') / 1e6:.0f}"
    names = ("process", "process_cpu", "again", "again_cpu")
    cells = [spread(record, name) for name in names]
    return f"| {' | '.join([record.contestant.title, *cells, peak, *more])} |"


def _conditions(records: Mapping[str, Record]) -> str:
    rows = ["| | a process, s | again, s | of that compiled passes, s |", "| --- " * 4 + "|"]
    for record in records.values():
        if record.contestant.module == "headwater_enrich":
            cells = [spread(record, name) for name in ("process", "again", "kernel")]
            rows.append(f"| {' | '.join([record.contestant.title, *cells])} |")
    return "\n".join(rows)


def _targets(records: Mapping[str, Record], goals: Sequence[Goal], memory_mb: int) -> str:
    """Each goal with what was measured."""
    peak = records[HEADWATER].median("peak_bytes") / 1e6
    rows = ["| Target | a process | again | |", "| --- " * 4 + "|"]
    rows += [_judged(records, goal) for goal in goals if goal.left in records]
    memory = [f"{peak:.0f} MB", ""]
    return "\n".join([*rows, _target(f"under {memory_mb} MB", memory, is_met=[peak < memory_mb])])


def _judged(records: Mapping[str, Record], goal: Goal) -> str:
    right = goal.right if goal.right in records else HEADWATER
    ratios = [_ratio(records, goal.left, right, name) for name in goal.of]
    is_met = [ratio >= goal.bound if goal.is_least else ratio <= goal.bound for ratio in ratios]
    cells = [f"{down(ratio) if goal.is_least else up(ratio)} ×" for ratio in ratios]
    return _target(goal.words, [""] * (2 - len(cells)) + cells, is_met=is_met)


def _ratio(records: Mapping[str, Record], left: str, right: str, name: str) -> float:
    return records[left].median(name) / records[right].median(name)


def _target(words: str, cells: list[str], *, is_met: list[bool]) -> str:
    verdict = "met" if all(is_met) else "met again, missed in a new process"
    verdict = verdict if any(is_met[-1:]) else "missed"
    return f"| {' | '.join([words, *cells, verdict])} |"


def spread(record: Record, name: str) -> str:
    """`median (least to greatest)`."""
    least, most = record.range(name)
    return f"{record.median(name):.2f} ({least:.2f} to {most:.2f})"


def down(ratio: float) -> str:
    """A ratio cut after its first decimal, so that it is never more than was measured.

    >>> down(1.99)
    '1.9'
    """
    return str(Decimal(repr(ratio)).quantize(Decimal("0.1"), ROUND_DOWN))


def up(ratio: float) -> str:
    """A ratio that should be small, raised to its first decimal.

    >>> up(1.01)
    '1.1'
    """
    return str(Decimal(repr(ratio)).quantize(Decimal("0.1"), "ROUND_UP"))
