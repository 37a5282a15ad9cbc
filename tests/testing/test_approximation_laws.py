"""The law of approximate members notices what promises too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from headwater.aggregations.approximate_count_distinct import ApproximateCountDistinct
from headwater.aggregations.approximate_quantile import ApproximateQuantile
from headwater.aggregations.approximate_top_k import ApproximateTopK
from headwater.aggregations.base import Aggregation, Error
from headwater.aggregations.mean import Mean
from headwater.testing.aggregation_laws import laws_of
from headwater.testing.approximation_laws import exact_of, generated, keeps_its_promise


@dataclass(frozen=True, slots=True)
class Boaster(ApproximateQuantile):
    """Says that it is ten times as near as it is."""

    @property
    def error(self) -> Error:
        return Error("Quantile", self.accuracy / 10, "values", 1.0)


@dataclass(frozen=True, slots=True)
class Coarse(ApproximateCountDistinct):
    """Says the error of more registers than it has."""

    @property
    def error(self) -> Error:
        return Error("CountDistinct", 0.01, "result", 0.95)


@dataclass(frozen=True, slots=True)
class Narrow(ApproximateTopK):
    """Says the error of wider lines than it has."""

    @property
    def error(self) -> Error:
        return Error("TopK", 0.0005, "rows", 0.999)


@pytest.mark.parametrize("member", [Boaster("x"), Coarse("x", 4), Narrow("x", 10, 4)])
def test_who_promises_too_much_is_noticed(member: Aggregation) -> None:
    with pytest.raises(AssertionError, match=rf"{type(member).__name__} over .* promised"):
        keeps_its_promise(member, generated(40))


def test_the_exact_member_has_the_arguments_that_both_have() -> None:
    quantile: Any = exact_of(ApproximateQuantile("number", 0.9, 0.1, where="flag"))
    assert (type(quantile).__name__, quantile.q, quantile.where) == ("Quantile", 0.9, "flag")
    assert exact_of(Mean("number")) == Mean("number")


def test_a_member_without_an_error_has_nothing_to_promise() -> None:
    with pytest.raises(AssertionError, match="Mean has no error to check"):
        keeps_its_promise(Mean("number"))


def test_the_law_is_one_of_those_of_approximate_members_only() -> None:
    def names(member: Callable[..., Aggregation]) -> list[str]:
        return [law.name for law in laws_of(member, histories=1)]

    promise = "it keeps its promise against the exact member"
    assert promise in names(ApproximateTopK)
    assert promise not in names(Mean)
