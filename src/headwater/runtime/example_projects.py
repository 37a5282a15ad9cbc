"""Projects that are shipped: copied into a folder, with the data that their script makes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from headwater.errors import EngineError

_SHIPPED = Path(__file__).parent.parent / "examples"
_CHECKOUT = Path(__file__).parents[3] / "examples"
_RESULTS = {".headwater", "data", "__pycache__"}


def copy_example(name: str, folder: Path) -> None:
    """Copy a shipped project into a folder, without what it made where it was run.

    Args:
        name: Such as "flights".
        folder: May exist; nothing is in it that has the name of a copied file.
    """
    shutil.copytree(_home() / name, folder, dirs_exist_ok=True, ignore=_left_out)


def make_data(script: Path, *, code: str, hint: str | None = None) -> None:
    """Run the script of a project that makes its data.

    Args:
        script: It writes beside itself.
        code: What its failure is.
        hint: What to do then.

    Raises:
        EngineError: The script failed; the message ends with its last words.
    """
    made = subprocess.run(
        [sys.executable, "-B", str(script)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        reason = made.stderr.strip().splitlines() or ["it failed"]
        raise EngineError(code, f"the example's data cannot be made: {reason[-1]}", hint=hint)


def _home() -> Path:
    return _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT


def _left_out(_: str, names: list[str]) -> set[str]:
    return _RESULTS & set(names)
