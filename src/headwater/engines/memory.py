"""How much memory a view may take: what was declared, else a share of what is free."""

from __future__ import annotations

import os
from pathlib import Path

from headwater.errors import EngineError
from headwater.schema.sizes import parse_size

VARIABLE = "HEADWATER_MEMORY"
SHARE = 0.5
"""Of the machine's free memory, what a view may take by default."""
_FREE = Path("/proc/meminfo")
_LIMIT, _TAKEN = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def memory_budget(declared: int | None = None) -> int:
    """Bytes that a view may take before it goes out of core.

    `HEADWATER_MEMORY`, else what the project declares, else half of the memory that is free, within
    the limit of the container that this process is in.

    Args:
        declared: What the project declares, in bytes.

    Raises:
        EngineError: HW507, the variable is not a size of memory.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return int(free_bytes() * SHARE) if declared is None else declared
    try:
        return parse_size(named)
    except ValueError as error:
        raise EngineError(
            "HW507",
            f"{VARIABLE} is {named!r}, not a size of memory",
            hint='write a number of bytes, or such as "2GB" or "512MiB"',
        ) from error


def is_declared(declared: int | None) -> bool:
    """Whether somebody said how much a view may take, so that it is no default."""
    return declared is not None or bool(os.environ.get(VARIABLE))


def free_bytes() -> int:
    """The machine's free memory, what files in its cache take counted as free."""
    found = [_free_of_machine()]
    try:
        limit = _LIMIT.read_text()
        if limit.strip().isdecimal():
            found.append(int(limit) - int(_TAKEN.read_text()))
    except OSError:
        pass  # in no container
    return max(min(found), 1)


def _free_of_machine() -> int:
    """What can be taken without anything being swapped out; all there is where nothing tells."""
    try:
        for line in _FREE.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1_024
    except OSError:
        pass  # not on Linux
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
