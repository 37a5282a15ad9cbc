"""The results in Markdown: nothing rounded up, and a target that was missed is called missed."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from bench.contest import HEADWATER
from bench.measure import Record

MARKERS = ("<!-- bench -->", "<!-- /bench -->")
_HEAD = (
    "| | a process, s | CPU, s | again, s | CPU, s | peak, MB | × Headwater, a process "
    "| × Headwater, again | largest difference |"
)
_SPEED = (
    ("duckdb_prefix", "2 times faster than expert running sums on DuckDB", 2.0),
    ("duckdb_windows", "15 times faster than range windows on DuckDB", 15.0),
    ("pandas_rolling", "50 times faster than pandas", 50.0),
)
_COST = (
    ("one_entity", "one_thread", "in the passes, one entity costs at most 2 times many", 2.0),
    ("row_clock", HEADWATER, "in the passes, a clock of each row at most 5 times event time", 5.0),
)


def render(records: Mapping[str, Record], sizes: str, command: str) -> str:
    """All tables with what they were measured on."""
    parts = [_setting(records, sizes, command), _peers(records)]
    parts += [_conditions(records), _targets(records)]
    return "\n\n".join(parts)


def between_markers(text: str, content: str) -> str:
    """The text with `content` between the markers.

    Raises:
        ValueError: The markers are not there.
    """
    before, opening, rest = text.partition(MARKERS[0])
    _, closing, after = rest.partition(MARKERS[1])
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
            worst = "" if one.module == "headwater_enrich" else f"{record.worst:.0e}"
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


def _targets(records: Mapping[str, Record]) -> str:
    """Each target with what was measured."""
    peak = records[HEADWATER].median("peak_bytes") / 1e6
    rows = ["| Target | a process | again | |", "| --- " * 4 + "|"]
    rows += _speed_targets(records)
    rows.append(_target("under 600 MB", [f"{peak:.0f} MB", ""], is_met=[peak < 600]))
    return "\n".join(rows + _pass_targets(records))


def _speed_targets(records: Mapping[str, Record]) -> list[str]:
    rows = []
    for name, words, least in _SPEED:
        if name in records:
            rival = records[name].contestant.rival
            rival = rival if rival in records else HEADWATER
            found = [_ratio(records, name, rival, at) for at in ("process", "again")]
            cells = [f"{down(ratio)} ×" for ratio in found]
            rows.append(_target(words, cells, is_met=[ratio >= least for ratio in found]))
    return rows


def _pass_targets(records: Mapping[str, Record]) -> list[str]:
    rows = []
    if {"one_thread", HEADWATER} <= records.keys():
        ratio = _ratio(records, "one_thread", HEADWATER, "kernel")
        words = "in the passes, two threads 1.7 times faster than one"
        rows.append(_target(words, ["", f"{down(ratio)} ×"], is_met=[ratio >= 1.7]))
    for left, right, words, most in _COST:
        if {left, right} <= records.keys():
            ratio = _ratio(records, left, right, "kernel")
            rows.append(_target(words, ["", f"{up(ratio)} ×"], is_met=[ratio <= most]))
    return rows


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
