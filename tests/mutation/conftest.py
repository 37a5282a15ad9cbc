"""The script that runs the mutants, as tests call it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def mutate() -> ModuleType:
    """The script, which is no part of the package."""
    path = Path(__file__).with_name("mutate.py")
    spec = importlib.util.spec_from_file_location("headwater_mutate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
