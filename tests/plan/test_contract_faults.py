"""Contracts of sources: faults before a row is read, what is read, what decides the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Aggregation
from headwater.checks.base import Check, Planted
from headwater.errors import SpecError
from headwater.plan.checks import contract_of, read_by
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.plan.training_sets import plan_training_set
from headwater.spec.plain import fingerprint

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {"at": [AT], "amount": [1.0], "note": ["x"], "is_paid": [True], "items": [[1]]}
)
SCHEMA = dict(ORDERS.schema)


def source(*contract: Any, **changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "at", "contract": contract}
    return hw.Source("orders", hw.Frame(ORDERS), **(given | changes))


def faults(*contract: Any, **changes: Any) -> list[SpecError]:
    found = Faults()
    plan_source(source(*contract, **changes), found)
    return found.found


def messages(*contract: Any) -> list[tuple[str, str]]:
    return [(fault.code, fault.message) for fault in faults(*contract)]


def test_a_sound_contract_has_no_faults() -> None:
    checks = [
        hw.NotNull("amount", "note", at_most=0.1, where="is_paid"),
        hw.Between("amount", 0, at_most=3, where=pl.col("note") != "", on_break="warn"),
        hw.Unique("note", "items"),
    ]
    assert faults(*checks) == []


@pytest.mark.parametrize(
    ("check", "code", "message"),
    [
        (hw.NotNull(), "HW211", "NotNull takes names of columns, found []"),
        (hw.Unique(1, "note"), "HW211", "Unique takes names of columns, found [1, 'note']"),
        (hw.NotNull("amuont"), "HW201", "column 'amuont' is not in source 'orders'"),
        (hw.Between("amount"), "HW211", "Between: it has neither low= nor high="),
        (hw.Between("amount", 2, 1), "HW211", "Between: low= 2 is above high= 1"),
        (
            hw.Between("note", 1),
            "HW211",
            "Between: low= 1 is no bound for String: give text",
        ),
        (
            hw.NotNull("note", on_break="stop"),
            "HW211",
            "on_break= takes 'fail', 'warn' or 'set_aside', found 'stop'",
        ),
        (
            hw.NotNull("note", where="nowhere"),
            "HW201",
            "column 'nowhere' is not in source 'orders'",
        ),
        (hw.NotNull("note", where="amount"), "HW211", "where= gives Float64, not true or false"),
        (hw.NotNull("note", where=5), "HW211", "expected a row expression, found int"),
    ],
)
def test_a_fault_of_a_check_is_told(check: Check, code: str, message: str) -> None:
    assert messages(check) == [(code, message)]


@pytest.mark.parametrize("at_most", [-1, True, 1.5, -0.1, float("nan"), "2"])
def test_what_may_break_is_a_number_of_rows_or_a_share(at_most: Any) -> None:
    said = "at_most= takes a number of rows or a share from 0.0 to 1.0, found "
    assert messages(hw.NotNull("note", at_most=at_most)) == [("HW211", f"{said}{at_most!r}")]


@pytest.mark.parametrize("at_most", [0, 7, 0.0, 0.5, 1.0])
def test_a_number_of_rows_and_a_share_may_break(at_most: Any) -> None:
    assert messages(hw.NotNull("note", at_most=at_most)) == []


def test_all_faults_are_told_together_each_at_its_line() -> None:
    found = faults(hw.NotNull("a"), hw.Between("amount"), hw.NotNull, sequence="b")
    assert [fault.code for fault in found] == ["HW201", "HW201", "HW211", "HW211"]
    places = [str(fault.place) for fault in found]
    assert places[1].endswith("source 'orders', NotNull")
    assert places[2].endswith("source 'orders', Between")
    assert "test_contract_faults.py" in places[1]
    assert found[3].hint == 'write checks such as hw.NotNull("carrier")'


def test_a_contract_that_is_no_list_is_a_fault() -> None:
    found = faults(contract=hw.NotNull("note"))
    assert [fault.message for fault in found] == [
        "contract= of source 'orders' is a NotNull, not a list"
    ]


def test_a_column_with_a_fault_of_its_own_causes_no_second_one() -> None:
    derive = {"rest": pl.col("nowhere") - 1}
    found = faults(hw.Between("rest", 0), hw.NotNull("note", where="rest"), derive=derive)
    assert [fault.message for fault in found] == ["column 'nowhere' is not in source 'orders'"]


def test_a_check_without_a_known_place_is_told_without_one() -> None:
    check = hw.NotNull("nowhere")
    object.__setattr__(check, "place", None)
    (fault,) = faults(check)
    assert fault.place is None


@dataclass(frozen=True, slots=True)
class Strange(Check):
    """Asks for a statistic as it is told."""

    statistic: Any = None
    column: str = "amount"

    def wanted(self) -> dict[str, Aggregation]:
        return {"one": self.statistic}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["one"])

    @classmethod
    def planted(cls) -> Planted:
        return Planted(cls(), keeps={}, breaks={})


@pytest.mark.parametrize(
    ("statistic", "code", "message"),
    [
        (hw.Last("amount"), "HW205", "Last is for features, not a statistic over all rows"),
        (hw.Sum("note"), "HW205", "Sum cannot take String"),
        (hw.Sum("nowhere"), "HW201", "column 'nowhere' is not in source 'orders'"),
        (hw.Count(where=pl.col("amount")), "HW211", "where= gives Float64, not true or false"),
    ],
)
def test_a_statistic_that_cannot_be_had_is_a_fault(
    statistic: Aggregation, code: str, message: str
) -> None:
    assert messages(Strange(statistic)) == [(code, message)]


def test_what_a_check_reads_are_its_columns_its_condition_and_its_statistics() -> None:
    check = Strange(hw.Sum("amount", where=pl.col("note") == "x"), where="is_paid")
    assert read_by(check, SCHEMA) == ("amount", "is_paid", "note")
    assert read_by(hw.NotNull("note", "amount"), SCHEMA) == ("amount", "note")


def test_a_contract_is_no_part_of_what_decides_a_value() -> None:
    assert fingerprint(source(hw.NotNull("note"))) == fingerprint(source())


@pytest.mark.parametrize(
    "other",
    [
        hw.NotNull("note", "amount"),
        hw.NotNull("note", at_most=1),
        hw.NotNull("note", where="is_paid"),
        hw.NotNull("note", on_break="warn"),
        hw.Unique("note"),
        hw.Between("note", "a"),
    ],
)
def test_a_contract_is_identified_by_its_checks_and_their_arguments(other: Check) -> None:
    assert contract_of(source(hw.NotNull("note"))) == contract_of(source(hw.NotNull("note")))
    assert fingerprint(contract_of(source(other))) != fingerprint(
        contract_of(source(hw.NotNull("note")))
    )


@pytest.mark.parametrize("bound", [date(2024, 3, 1), AT, "2024", 1, 1.5])
def test_bounds_of_any_kind_can_be_identified(bound: Any) -> None:
    one, other = source(hw.Between("at", bound)), source(hw.Between("at", None, bound))
    assert fingerprint(contract_of(one)) != fingerprint(contract_of(other))


def test_a_contract_is_identified_by_the_code_of_its_checks_too(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    file = tmp_path / "checks" / "settled.py"
    code = "from headwater.checks.not_null import NotNull\nclass Settled(NotNull):\n    pass\n"
    file.write_text(code, encoding="utf-8")
    plugins.use_project(tmp_path)
    try:
        check = hw.Settled("note")
        before = contract_of(source(check))
        file.write_text(f"{code}    # changed\n", encoding="utf-8")
        assert contract_of(source(check)) != before
    finally:
        plugins.forget_projects()


def test_two_sources_of_one_name_with_other_contracts_are_a_fault() -> None:
    one, other = source(hw.NotNull("note")), source(hw.NotNull("amount"))
    view = hw.FeatureView("v", other, entity="note", features=[hw.Mean("amount").within("7d")])
    made = hw.TrainingSet(
        "t",
        spine=hw.Spine(one, as_of="at"),
        features=[view],
        label=hw.Label("large", pl.col("amount") > 1),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    )
    found = Faults()
    plan_training_set(made, found)
    assert [fault.code for fault in found.found if "two sources" in fault.message] == ["HW105"]
