"""Every registered check x every law; the laws find members that break them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count
from headwater.checks import base
from headwater.checks.base import Check, Planted
from headwater.engines.checking import check_rows
from headwater.errors import DataError
from headwater.testing.aggregation_laws import Law
from headwater.testing.check_laws import check_laws, laws_of

MEMBERS = {name: member.load() for name, member in plugins.members("checks").items()}
LAWS = [
    pytest.param(law, id=f"{name}: {law.name}")
    for name, member in MEMBERS.items()
    for law in laws_of(member)
]
LINES = 20
"""A complete check may have so many lines, imports not counted."""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "checks").mkdir()
    plugins.use_project(tmp_path)
    yield tmp_path
    plugins.forget_projects()


def example() -> str:
    """The complete member in the docstring of the contract."""
    found = re.search(r"```python\n(.*?)```", base.__doc__ or "", re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_registry_holds_the_first_checks() -> None:
    assert {"Between", "NotNull", "Unique"} <= MEMBERS.keys()


@pytest.mark.parametrize("law", LAWS)
def test_member_meets_the_law(law: Law) -> None:
    law.check()


def test_the_example_of_the_contract_is_a_word_of_a_project_that_meets_every_law(
    project: Path,
) -> None:
    (project / "checks" / "positive.py").write_text(example(), encoding="utf-8")
    check_laws(hw.Positive)
    rows = pl.DataFrame({"price": [1.0, 0.0, None, -2.0]})
    found = check_rows(hw.Positive("price", at_most=1), rows, source="orders")
    assert (found.broken, found.allowed, found.passed) == (2, 1, False)


def test_the_example_of_the_contract_is_short() -> None:
    written = [line for line in example().splitlines() if line.strip()]
    assert len([line for line in written if not line.startswith(("from ", "import "))]) < LINES


@dataclass(frozen=True, slots=True)
class Sound(Check):
    """Zeros: nulls pass, no rows pass, order does not matter."""

    column: str = "a"

    def wanted(self) -> dict[str, Aggregation]:
        return {"broken": Count(where=pl.col("a") != 0), "rows": Count()}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"])

    @classmethod
    def planted(cls) -> Planted:
        return Planted(cls(), keeps={"a": [0, 0, None]}, breaks={"a": [1, 2, 3]})


class Undocumented(Sound):
    """Zeros."""


class OffByOne(Sound):
    __doc__ = Sound.__doc__

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"]) + 1


class NotOfItsPart(Sound):
    __doc__ = Sound.__doc__

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"]) if statistics["rows"] == 6 else 0


class WithoutItsColumn(Sound):
    __doc__ = Sound.__doc__

    @property
    def named(self) -> tuple[str, ...]:
        return ("b",)


class NotPlain(Sound):
    __doc__ = Sound.__doc__

    @classmethod
    def planted(cls) -> Planted:
        made = Sound.planted()
        return Planted(cls(where=object()), keeps=made.keeps, breaks=made.breaks)


class PassesWhatItPlants(Sound):
    __doc__ = Sound.__doc__

    @classmethod
    def planted(cls) -> Planted:
        return Planted(cls(), keeps={"a": [0]}, breaks={"a": [0, 5]})


def test_a_sound_member_meets_every_law() -> None:
    check_laws(Sound)


@pytest.mark.parametrize(
    ("member", "broken"),
    [
        (Undocumented, "its docstring says"),
        (OffByOne, "rows that keep it pass"),
        (NotOfItsPart, "counts of parts add up"),
        (WithoutItsColumn, "a plan accepts it"),
        (PassesWhatItPlants, "planted rows are counted exactly"),
    ],
)
def test_a_member_that_breaks_a_law_is_found(member: type[Check], broken: str) -> None:
    with pytest.raises(AssertionError, match=f"{member.__name__}: {broken}"):
        check_laws(member)


def test_a_definition_that_is_not_plain_is_found() -> None:
    law = {law.name: law for law in laws_of(NotPlain)}["its definition is plain"]
    with pytest.raises(TypeError, match="not JSON serializable"):
        law.check()


def test_an_example_of_uneven_columns_is_refused() -> None:
    class Uneven(Sound):
        @classmethod
        def planted(cls) -> Planted:
            return Planted(cls(), keeps={"a": [0], "b": []}, breaks={"a": [1], "b": []})

    with pytest.raises(AssertionError, match="same columns"):
        laws_of(Uneven)


def test_a_statistic_that_meets_a_value_it_cannot_compute_is_the_data_s_fault() -> None:
    class Cast(Sound):
        def wanted(self) -> dict[str, Aggregation]:
            return {"broken": Count(where=pl.col("a").cast(pl.Int8) != 0)}

    with pytest.raises(DataError) as caught:
        check_rows(Cast(), pl.DataFrame({"a": [1, 1000]}), source="orders")
    assert caught.value.code == "HW410"
    assert "1000" not in str(caught.value)
