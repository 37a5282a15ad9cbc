"""What a clock comparison may be."""

from __future__ import annotations

import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.models import VARIANTS, check_comparison


@pytest.mark.parametrize("name", VARIANTS)
def test_the_variant_at_the_event_has_a_name_of_its_own(name: str) -> None:
    faults = Faults()
    check_comparison(hw.ClockComparison("clocks", None, at_event=name), faults)
    assert [fault.code for fault in faults.found] == ["HW211", "HW105"]
    assert f"not {name!r}" in str(faults.found[1])
    assert "test_comparisons.py" in str(faults.found[1])
