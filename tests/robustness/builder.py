"""What child processes run: build a project while something happens to it.

Given as globals: `folder`, `mode`, the `answers` connection, and what the mode wants: see each.
The answer is `(renames, error)`; a process that is killed gives none.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

GIVEN: dict[str, Any] = globals()
RENAMES = ("os.rename", "os.replace")
SET_OWNER, OWNER_IS_A_THREAD = 15, 0  # of fcntl(2), for which Python has no names


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
    """Put another file in the place of the source at one moment of one of the reads of it.

    Given: the `act` of the reader (`read` or `snapshot`), the `number` of the call of it, counted
    from 1, and the `moment`: `before` it, `after` it, or `open`, while the file is.
    """
    act, number, moment = GIVEN["act"], GIVEN["number"], GIVEN["moment"]
    calls = chunks = 0

    def watch(frame: FrameType, event: str, called: Any) -> None:
        nonlocal calls, chunks
        code = frame.f_code
        is_act = code.co_name == act and "/sources/" in code.co_filename
        calls += is_act and event == "call"
        if calls != number:
            return
        chunks += event == "c_call" and called.__name__ == "readinto"
        if is_act and (event, moment) in (("call", "before"), ("return", "after")):
            strike()
        elif is_act and (event, moment, act) == ("call", "open", "read"):
            strike_at_next_open()
        elif (moment, act, chunks) == ("open", "snapshot", 2):
            strike()

    def strike() -> None:
        sys.setprofile(None)
        with Path(GIVEN["source"]).open("rb+") as held:
            put_other(held)

    def strike_at_next_open() -> None:
        sys.setprofile(None)
        hold_until_opened(put_other)

    sys.setprofile(watch)


def put_other(held: BinaryIO) -> None:
    """The other file in the place of the source, or its bytes in the source itself."""
    if GIVEN["how"] == "renamed":
        os.replace(GIVEN["other"], GIVEN["source"])
    else:
        held.write(Path(GIVEN["other"]).read_bytes())
        held.truncate()


def hold_until_opened(act: Callable[[BinaryIO], None]) -> None:
    """Act once anybody opens the source, who is kept waiting meanwhile.

    The lease on a file is Linux's own: its holder is told before another one has the file open.
    """
    is_held = threading.Event()

    def wait() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
        with Path(GIVEN["source"]).open("rb+") as held:
            told = struct.pack("ii", OWNER_IS_A_THREAD, threading.get_native_id())
            fcntl.fcntl(held, SET_OWNER, told)
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            is_held.set()
            signal.sigwait([signal.SIGIO])
            act(held)
            held.flush()
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    threading.Thread(target=wait, daemon=True).start()
    if not is_held.wait(10):
        raise TimeoutError("the source is still open from an earlier read")


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
