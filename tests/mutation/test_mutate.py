"""The script that runs the mutants tells a survivor from a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


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
