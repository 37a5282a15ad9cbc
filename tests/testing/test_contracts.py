"""The contract of a word is that of its family."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import plugins, testing
from headwater.errors import SpecError
from headwater.testing.contracts import check_contract, contract_of


@pytest.mark.parametrize("family", ["aggregations", "steps", "checks"])
def test_every_word_of_a_family_has_a_contract_of_sentences(family: str) -> None:
    for member in plugins.members(family).values():
        names = [law.name for law in contract_of(member.load())]
        assert len(names) == len(set(names)) >= 5
        assert all(len(name.split()) >= 3 for name in names)


@pytest.mark.parametrize("word", [int, "Mean", None])
def test_what_is_of_no_family_is_refused_with_the_families(word: Any) -> None:
    with pytest.raises(SpecError) as caught:
        contract_of(word)
    assert caught.value.code == "HW211"
    assert "Aggregation, Step, Check" in str(caught.value)


def test_checking_a_contract_stops_at_a_broken_law() -> None:
    class Undocumented(plugins.find("Between")):  # type: ignore[misc]
        pass

    with pytest.raises(AssertionError, match="docstring"):
        check_contract(Undocumented)


def test_the_kit_offers_every_name_that_it_lists() -> None:
    assert [name for name in testing.__all__ if not hasattr(testing, name)] == []
    assert {"check_contract", "contract_of", "edge_frames"} <= set(testing.__all__)
    with pytest.raises(AttributeError, match="nothing_such"):
        testing.nothing_such  # noqa: B018
