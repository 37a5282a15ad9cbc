"""What child processes run: build a project while something happens to it.

Given as globals: `folder`, `mode`, the `answers` connection, and by mode `rename`, `moment`,
`limit`. The answer is `(renames, error)`; a process that is killed gives none.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

GIVEN: dict[str, Any] = globals()
RENAMES = ("os.rename", "os.replace")


def kill_at_rename(renames: list[str]) -> None:
    """Die by SIGKILL just before a rename, or at the next thing that happens after it."""
    is_armed = False

    def strike(event: str, _: Any) -> None:
        nonlocal is_armed
        if event == "os.kill":
            return
        is_the_one = event in RENAMES and len(renames) == GIVEN["rename"] + 1
        if is_armed or (is_the_one and GIVEN["moment"] == "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        is_armed = is_the_one

    sys.addaudithook(strike)


def limit_files(_: list[str]) -> None:
    """No file may grow beyond a limit, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (GIVEN["limit"], GIVEN["limit"]))


def drop_rights(_: list[str]) -> None:
    """Go on as a user for whom the permissions of files count, as they do not for root."""
    if os.geteuid() == 0:
        system = ctypes.CDLL(None, use_errno=True)
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the third version of the call, this process
        rights = (ctypes.c_uint32 * 6)()
        system.capget(header, rights)
        for word in (0, 1):  # effective, permitted
            rights[word] &= ~(1 << 1)  # to override permissions of files
        if system.capset(header, rights):
            raise OSError(ctypes.get_errno(), "capset")


def replace_source(_: list[str]) -> None:
    """Put another file in the place of the source once the build has seen what it is."""
    folder = Path(GIVEN["folder"])

    def replace(event: str, given: Any) -> None:
        other = folder / "other.parquet"
        if event == "open" and str(given[0]).endswith("/lock") and other.exists():
            other.rename(folder / "orders.parquet")

    sys.addaudithook(replace)


MODES = {
    "kill": kill_at_rename,
    "full": limit_files,
    "stranger": drop_rights,
    "replace": replace_source,
}


def build() -> None:
    """Build as the mode says, and answer."""
    from headwater.errors import HeadwaterError
    from headwater.runtime.project import load_project
    from headwater.runtime.run import build_project

    project = load_project(Path(GIVEN["folder"]))
    renames: list[str] = []
    sys.addaudithook(lambda event, _: renames.append(event) if event in RENAMES else None)
    if GIVEN["mode"] in MODES:
        MODES[GIVEN["mode"]](renames)
    error = None
    try:
        build_project(project)
    except HeadwaterError as refused:
        error = str(refused)
    GIVEN["answers"].send((len(renames), error))


if __name__ == "__main__":
    build()
