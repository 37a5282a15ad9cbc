"""Errors: who has to act, where, and what to do."""

from __future__ import annotations

import pytest

from headwater.errors import (
    CheckError,
    DataError,
    EngineError,
    HeadwaterError,
    Place,
    SpecError,
    SpecErrors,
    caller,
    closest,
    raise_all,
)

ONE = SpecError("HW201", "column 'amuont' is not there", place=Place("shop.py", 3), hint="look")
TWO = SpecError("HW202", "window '0d' is not longer than zero")


@pytest.mark.parametrize(
    ("error", "code"),
    [(CheckError, 1), (SpecError, 2), (DataError, 3), (EngineError, 4), (HeadwaterError, 4)],
)
def test_the_exit_code_says_who_has_to_act(error: type[HeadwaterError], code: int) -> None:
    assert error("HW401", "broken").exit_code == code


def test_an_error_reads_as_message_place_and_hint() -> None:
    assert str(ONE) == "[HW201] column 'amuont' is not there\n  at shop.py:3\n  hint: look"
    assert str(TWO) == "[HW202] window '0d' is not longer than zero"


def test_an_error_is_plain_values_too() -> None:
    assert ONE.to_dict() == {
        "code": "HW201",
        "message": "column 'amuont' is not there",
        "place": "shop.py:3",
        "hint": "look",
    }
    assert (TWO.to_dict()["place"], TWO.to_dict()["hint"]) == (None, None)


def test_a_failed_check_is_told_with_what_each_check_found() -> None:
    found = {"check": "unique", "rows": 3}
    error = CheckError("HW411", "1 of 2 checks fails", checks=[found])
    assert error.to_dict()["checks"] == [found]
    assert CheckError("HW411", "one").to_dict()["checks"] == []


def test_no_fault_raises_nothing_one_itself_and_more_are_told_together() -> None:
    raise_all([])
    with pytest.raises(SpecError) as alone:
        raise_all([ONE])
    assert alone.value is ONE
    with pytest.raises(SpecErrors) as both:
        raise_all([ONE, TWO])
    assert both.value.faults == (ONE, TWO)
    assert both.value.code == "HW201"
    assert both.value.message == "2 faults in the definitions"
    assert str(both.value) == f"{ONE}\n{TWO}"


def test_a_place_is_a_file_by_its_name_a_line_and_what_was_made_there() -> None:
    place = Place("projects/shop/definitions.py", 12)
    assert str(place) == "definitions.py:12"
    assert str(place.of("view 'spend'")) == "definitions.py:12, view 'spend'"


def test_the_caller_is_the_nearest_line_that_is_not_headwaters() -> None:
    place = caller()
    assert place is not None
    assert place.file == __file__


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (["price", "amount"], "did you mean 'amount'? columns: amount, price"),
        (["at"], "columns: at"),
        ([], "columns: none"),
        (
            [f"c{number:02}" for number in range(13)],
            "columns: c00, c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, ...",
        ),
    ],
    ids=["a near one", "none near", "none at all", "too many"],
)
def test_a_hint_names_the_nearest_and_then_some_of_all(known: list[str], said: str) -> None:
    assert closest("amuont", known) == said
    assert closest("amuont", known, "features") == said.replace("columns", "features")
