"""Checks that set rows aside: which may, and how long what reads the rows has to wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count
from headwater.checks.base import Check, Planted
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.findings import findings
from headwater.plan.identity import artifact_identity, spine_identity, view_identity
from headwater.plan.lineage import feature_origins
from headwater.plan.proof import prove
from headwater.plan.sources import SourcePlan, plan_source
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "at": [AT],
        "paid_at": [AT],
        "scored_at": [AT],
        "customer": ["a"],
        "amount": [1.0],
        "score": [1.0],
        "country": ["CH"],
    }
)
ASIDE: dict[str, Any] = {"on_break": "set_aside"}
MEMBERS = {name: member.load() for name, member in plugins.members("checks").items()}


def source(*contract: Any, name: str = "orders", **changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "at",
        "known_time": "at",
        "known_times": {
            "amount": "paid_at",
            "score": "scored_at",
            "country": pl.col("at") + pl.duration(days=1),
        },
        "contract": contract,
    }
    return hw.Source(name, hw.Frame(ORDERS), **(given | changes))


def planned(*contract: Any, **changes: Any) -> SourcePlan:
    faults = Faults()
    plan = plan_source(source(*contract, **changes), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def faults_of(*contract: Any, **changes: Any) -> list[SpecError]:
    faults = Faults()
    plan_source(source(*contract, **changes), faults)
    return faults.found


def codes(*contract: Any, **changes: Any) -> list[str]:
    return [fault.code for fault in faults_of(*contract, **changes)]


def trained(*contract: Any, as_of: Any = "at", **changes: Any) -> hw.TrainingSet:
    orders = source(*contract, **changes)
    return hw.TrainingSet(
        "orders_set",
        spine=hw.Spine(orders, as_of=as_of),
        features=[
            hw.FeatureView(
                "spend",
                orders,
                entity="customer",
                features=[hw.Count().within("7d"), hw.Mean("amount").within("7d")],
            ),
            hw.Attributes("last", orders, entity="customer", columns=["country"]),
        ],
        label=hw.Label("is_large", pl.col("amount") > 10),
        split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
        recipe=hw.Recipe(hw.EncodeOneHot(hw.strings())),
    )


def resolved(*contract: Any, **given: Any) -> TrainingSetPlan:
    faults = Faults()
    plan = plan_training_set(trained(*contract, **given), faults)
    faults.raise_all()
    assert plan is not None
    return plan


@dataclass(frozen=True, slots=True)
class Told(Check):
    """What tests tell it; nulls pass, no rows pass, order does not matter."""

    column: str
    by: Any

    def wanted(self) -> dict[str, Aggregation]:
        return {"broken": Count()}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"])

    def breaks(self) -> pl.Expr:
        return self.by  # type: ignore[no-any-return]

    @classmethod
    def planted(cls) -> Planted:
        raise NotImplementedError  # no law is tried on it


def case_of(member: type[Check]) -> tuple[Check, pl.DataFrame]:
    planted = member.planted()
    object.__setattr__(planted.check, "on_break", "set_aside")
    return planted.check, pl.DataFrame(dict(planted.keeps), strict=False)


@pytest.mark.parametrize("name", MEMBERS)
def test_exactly_the_checks_that_tell_of_a_row_alone_may_set_rows_aside(name: str) -> None:
    check, rows = case_of(MEMBERS[name])
    faults = Faults()
    declared = hw.Source("rows", hw.Frame(rows), static="invented", contract=[check])
    plan_source(declared, faults)
    assert [one.code for one in faults.found] == ([] if check.breaks() is not None else ["HW215"])
    assert (name in ("Unique", "NoGaps")) <= (check.breaks() is None)


def test_a_check_of_several_rows_is_refused_where_it_stands_and_told_what_to_do() -> None:
    (fault,) = faults_of(hw.Unique("customer", **ASIDE))
    assert fault.code == "HW215"
    assert fault.message.startswith("Unique cannot set rows aside: which row breaks it depends on")
    assert str(fault.place).endswith("source 'orders', Unique")
    assert "hw.NotNull" in str(fault.hint)


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (pl.col("amount") > pl.col("amount").mean(), "HW206"),
        (pl.col("amount") > pl.col("amount").quantile(0.99), "HW206"),
        (pl.col("customer").is_duplicated(), "HW206"),
        (pl.col("amount").shift() > 0, "HW206"),
        (pl.col("amount") * 2, "HW211"),
        (pl.col("amuont") > 2, "HW201"),
        ("amount", "HW211"),
    ],
)
def test_a_limit_that_is_learned_from_other_rows_is_refused(by: Any, code: str) -> None:
    assert codes(Told("amount", by, **ASIDE)) == [code]
    assert codes(Told("amount", by)) == []
    assert codes(Told("amount", pl.col("amount") > 2, **ASIDE)) == []


def test_a_condition_that_is_learned_from_other_rows_is_refused() -> None:
    where = pl.col("amount") > pl.col("amount").mean()
    assert codes(hw.NotNull("customer", where=where, **ASIDE)) == ["HW206"]


def test_what_is_at_fault_already_causes_no_second_fault() -> None:
    assert codes(hw.NotNull("amuont", **ASIDE)) == ["HW201"]
    assert codes(hw.Between("amount", **ASIDE)) == ["HW211"]
    derive = {"double": pl.col("amuont") * 2}
    assert codes(hw.Between("double", 0, 1, **ASIDE), derive=derive) == ["HW201"]
    assert codes(hw.NotNull("customer", on_break="aside")) == ["HW211"]
    assert source(hw.NotNull("customer"), contract=5).sets_aside == ()
    assert source(hw.NotNull("customer", **ASIDE), 5).sets_aside == (
        hw.NotNull("customer", **ASIDE),
    )


def test_the_name_of_a_source_names_the_file_of_what_is_set_aside() -> None:
    (fault,) = faults_of(hw.NotNull("customer", **ASIDE), name="a/b")
    assert (fault.code, fault.message) == ("HW211", "'a/b' cannot name a folder")
    assert codes(hw.NotNull("customer"), name="a/b") == []


def test_all_columns_wait_until_it_is_known_whether_the_row_is_set_aside() -> None:
    plan = planned(hw.Between("score", 0, 9, where=pl.col("amount") > 0, **ASIDE))
    assert plan.set_aside_by == ("amount", "score")
    assert {name: str(clock) for name, clock in plan.clocks.items()} == {
        "at": "at and paid_at and scored_at",
        "paid_at": "at and paid_at and scored_at",
        "scored_at": "at and paid_at and scored_at",
        "customer": "at and paid_at and scored_at",
        "amount": "paid_at and scored_at",
        "score": "paid_at and scored_at",
        "country": "at + 1d and paid_at and scored_at",
    }
    assert plan.own_clocks == planned().clocks == plan.asked().clocks
    assert planned(hw.Between("score", 0, 9)).clocks == planned().clocks
    assert planned().set_aside_by == ()


def test_a_derived_column_is_told_by_what_it_is_derived_from() -> None:
    plan = planned(hw.Between("double", 0, 9, **ASIDE), derive={"double": pl.col("score") * 2})
    assert str(plan.clocks["customer"]) == "at and scored_at"


def test_features_and_attributes_wait_for_the_checks_and_lineage_says_so() -> None:
    plan = resolved(hw.Between("score", 0, 9, **ASIDE))
    clocks = {one.column: str(one.mask) for view in plan.views for one in view.features}
    assert clocks == {
        "spend__count_7d": "at and scored_at",
        "spend__amount_mean_7d": "at and paid_at and scored_at",
        "last__country": "at + 1d and scored_at",
    }
    assert all(proof.verdict == "masked" for proof in prove(plan) if "__" in proof.column)
    roles = feature_origins(plan.views[0], plan.views[0].features[0])
    assert [str(one) for one in roles["set_aside"]] == [
        "orders.score, known at scored_at (known_times of 'score')"
    ]
    assert [str(one) for one in roles["entity"]] == [
        "orders.customer, known at at and scored_at (known_time, and whether a check sets the row "
        "aside)"
    ]
    assert "set_aside" not in feature_origins(resolved().views[0], resolved().views[0].features[0])


def test_the_rows_that_ask_keep_their_own_clocks_and_the_choice_is_a_finding() -> None:
    plan = resolved(hw.Between("score", 0, 9, **ASIDE))
    assert [(str(key.clock), key.verdict) for key in plan.spine.keys] == [("at", "proved")]
    (finding,) = findings(plan)
    assert finding == {
        "code": "HW306",
        "certainty": "suspected",
        "message": "rows of source 'orders' are set aside by what is known at scored_at, which "
        "as_of need not have reached",
    }


def test_rows_that_are_set_aside_by_what_was_known_are_no_finding() -> None:
    assert findings(resolved(hw.NotNull("customer", **ASIDE))) == []
    assert findings(resolved(hw.Between("score", 0, 9))) == []
    by_expression = resolved(hw.NotNull("customer", **ASIDE), as_of=pl.col("at").dt.round("1h"))
    assert [one["code"] for one in findings(by_expression)] == ["HW306"]
    always = resolved(hw.Between("score", 0, 9, **ASIDE), known_times={"score": hw.ALWAYS})
    assert findings(always) == []


def test_a_spine_that_is_chosen_by_what_is_known_later_is_refused() -> None:
    faults = Faults()
    plan_training_set(trained(hw.NotNull("country", **ASIDE)), faults)
    (fault,) = faults.found
    assert fault.code == "HW306"
    assert fault.message == (
        "checks of source 'orders' set rows aside by what is known at at + 1d, which is after "
        "as_of = at; orders.country, known at at + 1d (known_times of 'country')"
    )
    later = resolved(hw.NotNull("country", **ASIDE), as_of=pl.col("at") + pl.duration(days=1))
    assert findings(later) == []


def identities(training_set: TrainingSetPlan) -> list[str]:
    data = {"orders": "data"}
    views = [view_identity(view, "spine", data) for view in training_set.views]
    return [*views, spine_identity(training_set, data)]


def test_only_checks_that_set_rows_aside_are_part_of_what_a_feature_is() -> None:
    bare = resolved()
    for on_break in ("fail", "warn"):
        asked = resolved(hw.NotNull("customer", on_break=on_break))
        assert identities(asked) == identities(bare)
        assert artifact_identity(asked, {}, 0) != artifact_identity(bare, {}, 0)
    aside = resolved(hw.NotNull("customer", **ASIDE))
    other = resolved(hw.NotNull("customer", "amount", **ASIDE))
    for one, two in ((bare, aside), (aside, other)):
        assert not set(identities(one)) & set(identities(two))


def test_the_code_of_a_check_that_sets_rows_aside_is_part_of_what_a_feature_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "checks").mkdir()
    text = (Path(hw.__file__).parent / "checks" / "not_null.py").read_text("utf-8")
    found = []
    for changed in (text, text + "\n# another\n"):
        own = tmp_path / "checks" / "filled.py"
        own.write_text(changed.replace("NotNull", "Filled"), encoding="utf-8")
        plugins.use_project(tmp_path)
        found.append(identities(resolved(hw.Filled("customer", **ASIDE))))
        plugins.forget_projects()
    assert not set(found[0]) & set(found[1])


def test_the_rows_of_a_chained_view_are_set_aside_too() -> None:
    inner = hw.FeatureView(
        "inner",
        source(hw.Between("score", 0, 9, **ASIDE)),
        entity="customer",
        features=[hw.Count().within("7d")],
    )
    outer = hw.Source("outer", hw.Frame(ORDERS), event_time="at", known_time="at", views=[inner])
    bare = hw.Source("outer", hw.Frame(ORDERS), event_time="at", known_time="at")
    plans = []
    for one in (outer, bare):
        view = hw.FeatureView("v", one, entity="customer", features=[hw.Count().within("7d")])
        plan = plan_view(view, Faults())
        assert plan is not None
        plans.append(plan)
    assert [len(plan.source.seen) for plan in plans] == [2, 1]
    data = {"outer": "data"}
    assert view_identity(plans[0], "s", data) != view_identity(plans[1], "s", data)
