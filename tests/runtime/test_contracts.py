"""Contracts at work: what breaks one is refused before anything is computed, every time."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import CheckError, DataError, HeadwaterWarning
from headwater.runtime.build import build_in
from headwater.runtime.check import check
from headwater.runtime.contracts import Memory, enforced
from headwater.runtime.project import Project
from headwater.runtime.run import build_project, session_of
from headwater.spec.training_set import TrainingSet
from headwater.stores.artifacts import Artifact

CONTRACT = 'sequence="number",\n    contract=[{}],'
AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "at": [AT, AT + timedelta(hours=1)],
        "known": [AT, AT + timedelta(hours=1)],
        "customer": ["a", "a"],
        "amount": [1.0, None],
    }
)
SPINE = pl.DataFrame({"customer": ["a"], "asked": [AT + timedelta(days=1)]})


def with_contract(*checks: str) -> dict[str, str]:
    return {'sequence="number",': CONTRACT.format(", ".join(checks))}


def built(project: Project, heard: list[str] | None = None) -> Artifact:
    say = (lambda _: None) if heard is None else heard.append
    training_set = project.only(TrainingSet, None, "training set")
    return build_in(training_set, session_of(project, say))


def orders(*contract: Any, rows: pl.DataFrame = ORDERS, name: str = "orders") -> hw.Source:
    return hw.Source(name, hw.Frame(rows), event_time="at", known_time="known", contract=contract)


def enriched(*sources: hw.Source) -> pl.DataFrame:
    views = [
        hw.FeatureView(
            f"of_{source.name}",
            source,
            entity="customer",
            features=[hw.Count("amount").within("7d")],
        )
        for source in sources
    ]
    return hw.enrich(SPINE, views, as_of="asked")  # type: ignore[no-any-return]


def test_a_contract_that_is_kept_is_told_in_the_manifest(make_project: Any) -> None:
    heard: list[str] = []
    checks = with_contract('hw.Unique("number")', 'hw.NotNull("minutes_late", at_most=0.1)')
    artifact = built(make_project(replace=checks), heard)
    found = artifact.manifest["checks"]
    assert [(one["check"], one["passed"], one["allowed"]) for one in found] == [
        ("Unique", True, 0),
        ("NotNull", True, 200),
    ]
    assert 0 < found[1]["broken"] < 200
    assert heard.count("source 'parcels': 2 checks") == 1


def test_rows_that_break_a_contract_are_refused_before_anything_is_computed(
    make_project: Any,
) -> None:
    checks = with_contract('hw.NotNull("minutes_late")', 'hw.Between("distance", 1, 2)')
    project = make_project(replace=checks)
    heard: list[str] = []
    with pytest.raises(CheckError) as caught:
        built(project, heard)
    error = caught.value
    assert (error.code, error.exit_code, isinstance(error, DataError)) == ("HW411", 1, True)
    assert "2 of 2 checks failed" in error.message
    assert "parcels, NotNull(minutes_late)" in error.message
    assert "parcels, Between(distance)" in error.message
    assert [one["broken"] > 0 for one in error.to_dict()["checks"]] == [True, True]
    assert str(error.place).endswith("source 'parcels'")
    assert not any("view" in said for said in heard)
    assert not list((project.home.artifacts / "late_parcels").glob("*"))


def test_a_refused_build_is_refused_again_without_asking_the_rows_again(
    make_project: Any,
) -> None:
    project = make_project(replace=with_contract('hw.NotNull("minutes_late")'))
    for times in (1, 0):
        heard: list[str] = []
        with pytest.raises(CheckError):
            built(project, heard)
        assert heard.count("source 'parcels': 1 checks") == times


def test_a_contract_that_becomes_stricter_refuses_what_was_built_before(
    make_project: Any,
) -> None:
    before = built(make_project(replace=with_contract('hw.NotNull("weight")')))
    heard: list[str] = []
    project = make_project(replace=with_contract('hw.NotNull("weight", "minutes_late")'))
    with pytest.raises(CheckError):
        built(project, heard)
    project = make_project(replace=with_contract('hw.NotNull("weight", "courier")'))
    after = built(project, heard)
    assert after.fingerprint != before.fingerprint
    assert not any(said.startswith(("view", "rows of")) for said in heard)  # features are kept
    raw = [pl.read_parquet(one.path / "raw" / "train.parquet") for one in (before, after)]
    assert raw[0].equals(raw[1])


def test_a_check_that_warns_lets_rows_pass_and_is_a_measured_finding(
    make_project: Any,
) -> None:
    checks = with_contract('hw.NotNull("minutes_late", on_break="warn")', 'hw.Unique("number")')
    project = make_project(replace=checks)
    result = build_project(project)
    (finding,) = result["findings"]
    assert (finding["code"], finding["certainty"]) == ("HW411", "measured")
    assert finding["message"].startswith("source 'parcels', NotNull(minutes_late): ")
    assert finding["message"].endswith(" of 2,000 rows break it, none may")
    assert build_project(project)["findings"] == result["findings"]


def test_check_reads_no_rows_unless_it_is_asked_to(make_project: Any) -> None:
    project = make_project(replace=with_contract('hw.NotNull("minutes_late")'))
    assert "checks" not in check(project)
    result = check(project, data=True)
    assert [(one["check"], one["passed"]) for one in result["checks"]] == [("NotNull", False)]
    assert result["passed"] is False
    warns = with_contract('hw.NotNull("minutes_late", on_break="warn")')
    assert check(make_project(replace=warns), data=True)["passed"] is True
    assert check(make_project(), data=True)["checks"] == []


def test_enrich_refuses_rows_that_break_a_contract_and_tells_all_of_them() -> None:
    sources = [
        orders(hw.NotNull("amount"), name="first"),
        orders(hw.Unique("customer"), hw.NotNull("at"), name="second"),
    ]
    for _ in range(2):
        with pytest.raises(CheckError, match="2 of 3 checks failed") as caught:
            enriched(*sources)
        assert "first, NotNull(amount)" in caught.value.message
        assert "second, Unique(customer)" in caught.value.message
        assert "NotNull(at)" not in caught.value.message


def test_enrich_passes_rows_that_keep_a_contract() -> None:
    found = enriched(orders(hw.NotNull("amount", at_most=1)))
    assert found["of_orders__amount_count_7d"].to_list() == [1]


def test_enrich_warns_once_of_a_check_that_may_break() -> None:
    warned = orders(hw.NotNull("amount", on_break="warn"), name="warned")
    with pytest.warns(HeadwaterWarning, match=r"source 'warned', NotNull\(amount\): 1 of 2 rows"):
        found = enriched(warned)
    assert found["of_warned__amount_count_7d"].to_list() == [1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        enriched(warned)


def test_rows_that_changed_are_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    ORDERS.drop_nulls().write_parquet(path)
    source = hw.Source(
        "orders",
        hw.Parquet(str(path)),
        event_time="at",
        known_time="known",
        contract=[hw.NotNull("amount")],
    )
    enriched(source)
    ORDERS.write_parquet(path)
    with pytest.raises(CheckError):
        enriched(source)


def test_rows_that_change_while_they_are_asked_are_not_vouched_for() -> None:
    memory = Memory()
    declared = orders(hw.NotNull("at"))
    with pytest.raises(DataError) as caught:
        enforced({"orders": declared}, {"orders": "what it was before"}, memory)
    assert caught.value.code == "HW409"


def test_memory_forgets_all_when_there_is_too_much_of_it() -> None:
    memory = Memory(most=2)
    for name in ("a", "b", "c"):
        memory.keep_json(name, {"results": []})
    assert memory.load_json("a") is None
    assert memory.load_json("c") == {"results": []}
