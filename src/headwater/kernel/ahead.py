"""Passes that will be needed are compiled beside the caller, in a process of their own.

Threads do not help: a compiler written in Python holds the GIL. The other process begins with what
is needed last, while the caller compiles what it comes to; neither makes what the other has begun.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from headwater.kernel.compile import compile_missing

Needed = tuple[Any, str, Any, tuple[str, ...]]
"""The arguments of `headwater.kernel.compile.compiled`."""

FEWEST = 2
"""Passes for which starting a process is worth it."""
_BEGIN = "import sys\nfrom headwater.kernel.ahead import compile_told\ncompile_told(sys.argv[1])"
_begun: list[subprocess.Popen[bytes]] = []


def compile_ahead(needed: Sequence[Needed]) -> bool:
    """Begin to compile passes that are not compiled yet; whether a process was begun for it.

    Only what another process finds under the same name is told to it: members of this package.

    Args:
        needed: In the order in which they will be called.

    Environment:
        HEADWATER_COMPILE=0 begins nothing.
    """
    told = [one for one in map(_told, reversed(needed)) if one is not None]
    is_plain = os.environ.get("HEADWATER_COMPILE") == "0"
    if is_plain or len(told) < FEWEST or not _runs_python(sys.executable):
        return False
    _begun[:] = [one for one in _begun if one.poll() is None]
    words = [sys.executable, "-P", "-c", _BEGIN, json.dumps(told)]
    silent = subprocess.DEVNULL
    _begun.append(subprocess.Popen(words, stdin=silent, stdout=silent, stderr=silent))
    return True


def compile_told(text: str) -> None:
    """What the other process does: compile each pass, unless somebody else has or does."""
    for function, signature, fold, extras in json.loads(text):
        named = None if fold is None else _named(*fold)
        compile_missing(_named(*function), signature, named, tuple(extras))


@atexit.register
def stop() -> None:
    """End what was begun; what it has compiled is kept."""
    while _begun:
        one = _begun.pop()
        one.terminate()
        one.wait()


def _runs_python(executable: str) -> bool:
    """Whether this is Python, not a program that has it inside."""
    return Path(executable).name.startswith("python")


def _told(one: Needed) -> list[Any] | None:
    """What a process is told of a pass; None where it could not find the same."""
    function, signature, fold, extras = one
    names = [_name(part) for part in (function, fold) if part is not None]
    if None in names:
        return None
    return [names[0], signature, names[1] if len(names) > 1 else None, list(extras)]


def _name(part: Any) -> tuple[str, str] | None:
    """The module and the name by which this is imported; None of what others wrote."""
    name = part.__module__, part.__qualname__
    is_own = name[0].partition(".")[0] == __name__.partition(".")[0]
    return name if is_own and "<" not in name[1] else None


def _named(module: str, name: str) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
