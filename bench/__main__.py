"""`python -m bench`: run the contest, print the tables, write them into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contest import (
    CONTESTANTS,
    GOALS,
    HEADWATER,
    LARGE,
    LARGE_GOALS,
    LARGE_MEMORY_MB,
    MEMORY_MB,
    SAME,
    Contestant,
)
from bench.measure import ROOT, Disagreement, contest, make_workload, python
from bench.table import between_markers, render
from bench.task import WINDOWS, WORDS

DOCS = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Run as the command line says; the exit code."""
    asked = _asked()
    with tempfile.TemporaryDirectory() as own:
        folder = Path(asked.folder or own)
        entities = max(20, asked.events // 50)
        for name, spread_over in (("many", entities), ("one", 1)):
            make_workload(folder / name, events=asked.events, rows=asked.rows, entities=spread_over)
        try:
            records = contest(_chosen(asked), folder, WORDS, times=asked.times, say=_say)
        except (Disagreement, subprocess.SubprocessError) as error:
            _say(f"the contest ended: {error}")
            return 1
    sizes = (
        f"{asked.events:,} events of {entities:,} entities, {asked.rows:,} spine rows, "
        f"{len(WINDOWS)} windows x {len(WORDS)} aggregations ({', '.join(WORDS)})"
    )
    text = render(
        records,
        sizes,
        f"python -m bench {' '.join(sys.argv[1:])}".strip(),
        goals=LARGE_GOALS if asked.large else GOALS,
        memory_mb=LARGE_MEMORY_MB if asked.large else MEMORY_MB,
    )
    print(text)
    if not asked.small and not asked.peers:
        page = DOCS.read_text(encoding="utf-8")
        page = between_markers(page, text, "large" if asked.large else "bench")
        if not asked.large:
            requests = python("bench.request")
            print(requests)
            page = between_markers(page, requests.strip(), "request")
        DOCS.write_text(page, encoding="utf-8")
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5, help="runs of each contestant")
    parser.add_argument("--large", action="store_true", help="ten times as many, fewer peers")
    parser.add_argument("--small", action="store_true", help="2,000 events; docs stay as they are")
    parser.add_argument("--peers", help="names with commas between; docs stay as they are")
    parser.add_argument("--without", default="", help="names with commas between, which sit out")
    parser.add_argument("--folder", help="where the data go, and stay")
    asked = parser.parse_args()
    if asked.large:
        asked.events, asked.rows = 10 * asked.events, 10 * asked.rows
    if asked.small:
        asked.events, asked.rows = 2_000, 200
    return asked


def _chosen(asked: argparse.Namespace) -> list[Contestant]:
    left_out = asked.without.split(",")
    known = [one for one in (LARGE if asked.large else CONTESTANTS) if one.name not in left_out]
    if asked.peers is None:
        return known
    wanted = {HEADWATER, SAME, *asked.peers.split(",")}
    unknown = wanted - {one.name for one in known}
    if unknown:
        sys.exit(f"no contestant is called {', '.join(sorted(unknown))}")
    return [one for one in known if one.name in wanted]


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
