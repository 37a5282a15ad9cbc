"""What a clock comparison may be."""

from __future__ import annotations

from typing import Any

import pytest

import headwater as hw
from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.plan.models import VARIANTS, check_comparison


@pytest.mark.parametrize("name", VARIANTS)
def test_the_variant_at_the_event_has_a_name_of_its_own(name: str) -> None:
    faults = Faults()
    check_comparison(hw.ClockComparison("clocks", None, at_event=name), faults)
    assert [fault.code for fault in faults.found] == ["HW211", "HW105"]
    assert f"not {name!r}" in str(faults.found[1])
    assert "test_comparisons.py" in str(faults.found[1])


@pytest.mark.parametrize("place", [None, Place("shop.py", 3)], ids=["nowhere", "somewhere"])
def test_what_compares_no_model_is_refused_where_it_was_made(place: Place | None) -> None:
    wrong: Any = "late"
    faults = Faults()
    check_comparison(hw.ClockComparison("clocks", wrong, place=place), faults)
    (fault,) = faults.found
    assert fault.message == "model of comparison 'clocks' is a str, not a Model"
    assert fault.place == (place and place.of("'clocks'"))
