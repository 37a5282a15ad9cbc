"""The contract of a peer: a function `enrich(task)`, and `main(enrich)` where it is run.

A peer's module imports its library at the top, so that its start counts. Run as
`python -m bench.peers.<name> TASK STARTED RUNS` it does the job once, then again for what a process
that is already running takes, and prints what it measured as JSON. A job that is short is done
again several times, and the median counts.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

from bench.task import Task

ADDRESS_SPACE_BYTES = 12 << 30
AGAIN_SECONDS = 2.0
"""Once so much has been spent on doing the job again, it is not done any more."""


def main(
    enrich: Callable[[Task], object],
    libraries: Sequence[str],
    *,
    details: Callable[[], dict[str, float]] = dict,
) -> None:
    """Do the job as the command line says and print the measurements.

    Args:
        enrich: The peer.
        libraries: What it is made of, for the versions.
        details: More measurements of the last run.
    """
    task, started, runs = Task.from_json(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    enrich(task)
    found = {
        "process": time.monotonic() - started,
        "process_cpu": time.process_time(),
        "peak_bytes": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024,
    }
    again: dict[str, list[float]] = {}
    while len(again.get("again", ())) < runs - 1 and sum(again.get("again", ())) < AGAIN_SECONDS:
        began, cpu = time.monotonic(), time.process_time()
        enrich(task)
        took = {"again": time.monotonic() - began, "again_cpu": time.process_time() - cpu}
        for name, value in (took | details()).items():
            again.setdefault(name, []).append(value)
    found |= {name: statistics.median(values) for name, values in again.items()}
    versions = {name: version(name) for name in libraries}
    print(json.dumps({"measured": found, "versions": versions}))
