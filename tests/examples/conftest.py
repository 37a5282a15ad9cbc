"""The flights as the example prepares them from the real package."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "flights" / "data.py"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files, made anew."""
    target = tmp_path_factory.mktemp("flights")
    runpy.run_path(str(SCRIPT))["prepare"](target)
    return target
