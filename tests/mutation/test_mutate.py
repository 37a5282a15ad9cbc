"""The mutants fit the code, and the script that runs them tells a survivor from a finding."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
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


def test_each_mutant_finds_its_text_exactly_once(mutate: Any) -> None:
    """Where this fails the code has moved: change the mutant in `mutate.py` as the code was."""
    assert [fault for one in mutate.MUTANTS for fault in mutate.misfits(one, ROOT)] == []
    names = [one.name for one in mutate.MUTANTS]
    assert len(set(names)) == len(names) >= 25


def test_a_text_that_is_not_there_once_is_told(mutate: Any) -> None:
    cases = {
        "schema/durations.py: nothing": "there is no nothing in schema/durations.py",
        "schema/nothing.py: parse_duration": "there is no file schema/nothing.py",
        "schema/durations.py: parse_duration": "'no such text' is 0 times in",
    }
    for inside, expected in cases.items():
        one = mutate.mutant("broken", "tests", (inside, "no such text", ""))
        (fault,) = mutate.misfits(one, ROOT)
        assert expected in fault


@pytest.mark.slow
def test_a_mutant_that_breaks_nothing_survives_and_one_that_does_is_found(
    mutate: Any, tmp_path: Path
) -> None:
    test = "tests/engines/test_splits.py::test_ties_at_a_boundary_go_to_the_later_part"
    where = "engines/splits.py: assign_parts"
    harmless = mutate.mutant("harmless", test, (where, '"""Assign each', '"""We assign each'))
    harmful = mutate.mutant("harmful", test, (where, "moments >= boundary", "moments > boundary"))
    broken = mutate.mutant("broken", test, (where, "moments >= boundary", "moments >="))
    with mutate.copies(tmp_path) as places:
        (fault,) = mutate.check([harmless], places)
        assert "mutant 'harmless' survives" in fault
        assert mutate.check([harmful], places) == []
        (fault,) = mutate.check([broken], places)
        assert "mutant 'broken' ends pytest with" in fault
        place = places.get()
    copied = (place / "src" / "headwater" / "engines" / "splits.py").read_text("utf-8")
    assert copied == (ROOT / "src" / "headwater" / "engines" / "splits.py").read_text("utf-8")
