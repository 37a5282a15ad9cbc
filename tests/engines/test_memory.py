"""The memory that a view may take: the operator's word, then the project's, then what is free."""

from __future__ import annotations

import pytest

from headwater.engines.memory import SHARE, free_bytes, memory_budget
from headwater.errors import EngineError


def test_the_variable_counts_before_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_MEMORY", "2GB")
    assert memory_budget(5) == 2_000_000_000
    monkeypatch.delenv("HEADWATER_MEMORY")
    assert memory_budget(5) == 5


def test_by_default_it_is_half_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADWATER_MEMORY", raising=False)
    assert SHARE == 0.5
    assert 1_000_000 < memory_budget() < free_bytes()  # others take and give meanwhile


@pytest.mark.parametrize("named", ["much", "0", "-2GB"])
def test_a_variable_that_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("HEADWATER_MEMORY", named)
    with pytest.raises(EngineError) as caught:
        memory_budget(5)
    assert caught.value.code == "HW507"
