"""Selectors: which columns a step means."""

from __future__ import annotations

import pytest

from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.steps.selectors import columns, numeric, strings

COLUMNS: dict[str, ColumnKind] = {"b": "number", "c": "category", "a": "number"}


def test_kinds_select_in_the_order_of_the_columns() -> None:
    assert numeric().resolve(COLUMNS) == ("b", "a")
    assert strings().resolve(COLUMNS) == ("c",)


def test_names_select_in_the_order_of_the_columns_and_once() -> None:
    assert columns("a", "b", "a").resolve(COLUMNS) == ("b", "a")


def test_selectors_combine_as_sets() -> None:
    assert (numeric() - columns("a")).resolve(COLUMNS) == ("b",)
    assert (strings() | columns("a")).resolve(COLUMNS) == ("c", "a")
    assert (numeric() & columns("a", "c")).resolve(COLUMNS) == ("a",)
    assert (numeric() - numeric()).resolve(COLUMNS) == ()


def test_misspelt_name_is_told_with_the_nearest_even_where_it_is_taken_away() -> None:
    with pytest.raises(SpecError, match="column 'bb' does not exist") as caught:
        (numeric() - columns("bb")).resolve(COLUMNS)
    assert caught.value.code == "HW601"
    assert caught.value.hint == "did you mean 'b'? columns: a, b, c"


def test_selectors_are_shown_as_they_were_written() -> None:
    shown = numeric() - columns("a") & (strings() | columns("b", "c"))
    assert str(shown) == "(numeric() - columns('a')) & (strings() | columns('b', 'c'))"
