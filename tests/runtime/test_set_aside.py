"""Builds that set rows aside: nothing is lost without a word, and the bytes are the same."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.views import view_features
from headwater.errors import CheckError, DataError, HeadwaterWarning
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.runtime.candidate_rows import SampledHistories
from headwater.runtime.check import check
from headwater.runtime.contracts import Memory, enforced, rows_set_aside
from headwater.runtime.project import Project
from headwater.runtime.run import build_project, run_project

ASIDE = 'on_break="set_aside"'
DISTANT = f'hw.Between("distance", 0, None, {ASIDE})'
LIGHT = f'hw.Between("weight", 1, None, {ASIDE})'
BAD = 40


def with_contract(*checks: str) -> dict[str, str]:
    return {'sequence="number",': f'sequence="number",\n    contract=[{", ".join(checks)}],'}


@pytest.fixture
def spoilt(parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels of which every fiftieth goes no distance, and has another courier."""
    is_bad = pl.int_range(pl.len()) % 50 == 7
    return parcels.with_columns(
        distance=pl.when(is_bad).then(-1 - pl.col("distance")).otherwise("distance"),
        courier=pl.when(is_bad).then(pl.lit("nobody")).otherwise("courier"),
    )


def frames(artifact: Any) -> list[pl.DataFrame]:
    return [artifact.to_polars(part) for part in artifact.parts]


def test_a_build_is_that_of_the_rows_which_are_kept(
    make_project: Any, builder: Any, spoilt: pl.DataFrame
) -> None:
    project = make_project("aside", replace=with_contract(DISTANT), rows=spoilt)
    made, _ = builder.build(project)
    kept = spoilt.filter(pl.col("distance") >= 0)
    expected, _ = builder.build(make_project("kept", rows=kept))
    assert [one.equals(two) for one, two in zip(frames(made), frames(expected), strict=True)] == [
        True,
        True,
        True,
    ]
    assert made.manifest["spine_rows"] == kept.height == spoilt.height - BAD
    assert made.fingerprint != expected.fingerprint


def test_each_row_that_is_read_is_kept_or_set_aside_with_a_reason(
    make_project: Any, builder: Any, spoilt: pl.DataFrame
) -> None:
    made, _ = builder.build(make_project(replace=with_contract(DISTANT), rows=spoilt))
    manifest = made.manifest
    assert manifest["set_aside"] == {
        "parcels": {"rows": 2000, "kept": 2000 - BAD, "set_aside": BAD}
    }
    assert manifest["rows"] + sum(manifest["excluded"].values()) == manifest["spine_rows"]
    assert manifest["spine_rows"] == manifest["set_aside"]["parcels"]["kept"]
    assert "set_aside/parcels.parquet" in manifest["files"]
    found = pl.read_parquet(made.path / "set_aside" / "parcels.parquet")
    assert found.equals(made.set_aside("parcels"))
    assert found["row"].to_list() == list(range(7, 2000, 50))
    assert found["reasons"].to_list() == [["Between('distance', low=0, high=None)"]] * BAD
    assert found["values"].struct.unnest().equals(spoilt[found["row"]])
    (finding,) = [one for one in manifest["findings"] if one["code"] == "HW411"]
    assert finding["certainty"] == "measured"
    assert finding["message"].endswith(f"{BAD} of 2,000 rows break it and are set aside")
    assert "set aside" in made._repr_html_()
    with pytest.raises(KeyError, match="of parcels"):
        made.set_aside("orders")


def test_where_nothing_is_set_aside_the_books_say_so(make_project: Any, builder: Any) -> None:
    bare, _ = builder.build(make_project("bare"))
    assert bare.manifest["set_aside"] == {}
    assert not (bare.path / "set_aside").exists()
    with pytest.raises(KeyError, match="of none"):
        bare.set_aside("parcels")
    clean, _ = builder.build(make_project("clean", replace=with_contract(DISTANT)))
    assert clean.manifest["set_aside"]["parcels"] == {"rows": 2000, "kept": 2000, "set_aside": 0}
    assert clean.set_aside("parcels").height == 0
    assert not [one for one in clean.manifest["findings"] if one["code"] == "HW411"]


@pytest.mark.parametrize("replace", [{'    identity=("number",),\n': ""}, {}], ids=["rows", "all"])
def test_threads_memory_and_place_change_no_byte(
    make_project: Any, builder: Any, spoilt: pl.DataFrame, replace: dict[str, str]
) -> None:
    changes = replace | with_contract(DISTANT, LIGHT)
    expected, _ = builder.build(make_project("one", replace=changes, rows=spoilt), threads=1)
    digests = builder.digests(expected.path)
    assert "set_aside/parcels.parquet" in digests
    threads, _ = builder.build(make_project("two", replace=changes, rows=spoilt), threads=5)
    assert builder.digests(threads.path) == digests
    split, heard = builder.build(make_project("split", replace=changes, rows=spoilt), memory=80_000)
    assert any("partitions on disk" in one for one in heard)
    assert builder.digests(split.path) == digests


def test_the_fingerprint_knows_what_sets_rows_aside(
    make_project: Any, builder: Any, spoilt: pl.DataFrame
) -> None:
    def fingerprint(*checks: str) -> str:
        made, _ = builder.build(make_project(replace=with_contract(*checks), rows=spoilt))
        return str(made.fingerprint)

    other = f'hw.Between("distance", 3, None, {ASIDE})'
    found = [fingerprint(*checks) for checks in ((DISTANT,), (other,), (DISTANT, LIGHT))]
    assert len(set(found)) == 3
    assert fingerprint(DISTANT) == found[0]


def test_features_that_were_kept_without_the_check_are_not_taken(
    make_project: Any, builder: Any, spoilt: pl.DataFrame
) -> None:
    bare, _ = builder.build(make_project(rows=spoilt))
    made, heard = builder.build(make_project(replace=with_contract(DISTANT)))
    assert "view 'courier'" in heard.tasks()
    assert sum(one.height for one in frames(made)) < sum(one.height for one in frames(bare))


def test_more_than_may_be_set_aside_is_refused_with_code_1(
    make_project: Any, builder: Any, spoilt: pl.DataFrame
) -> None:
    few = DISTANT.replace(ASIDE, f"at_most={BAD - 1}, {ASIDE}")
    project = make_project(replace=with_contract(few), rows=spoilt)
    with pytest.raises(CheckError) as caught:
        builder.build(project)
    assert (caught.value.code, caught.value.exit_code) == ("HW411", 1)
    assert "40 of 2,000 rows break it, 39 may" in caught.value.message
    assert not list((project.home.artifacts / "late_parcels").glob("*"))
    assert check(project, data=True)["passed"] is False
    enough = DISTANT.replace(ASIDE, f"at_most={BAD}, {ASIDE}")
    builder.build(make_project(replace=with_contract(enough)))


def test_a_build_that_fails_leaves_nothing_of_what_was_set_aside(
    make_project: Any, builder: Any, spoilt: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(replace=with_contract(DISTANT), rows=spoilt)

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("headwater.runtime.build.finish_manifest", full)
        with pytest.raises(hw.EngineError) as caught:
            builder.build(project)
    assert caught.value.code == "HW502"
    assert not list((project.home.artifacts / "late_parcels").glob("*"))
    assert builder.staging(project) == []
    builder.build(project)


def test_rows_that_changed_while_they_were_set_aside_are_not_written(
    make_project: Any, builder: Any, spoilt: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(replace=with_contract(DISTANT), rows=spoilt)

    def changed(source: Any) -> Any:
        path = project.folder / "data" / "parcels.parquet"
        spoilt.with_columns(distance=pl.lit(-1.0)).write_parquet(path)
        return rows_set_aside(source)

    monkeypatch.setattr("headwater.runtime.build.rows_set_aside", changed)
    with pytest.raises(DataError) as caught:
        builder.build(project)
    assert caught.value.code == "HW409"
    assert not list((project.home.artifacts / "late_parcels").glob("*"))


def test_a_run_and_its_report_say_what_was_set_aside(
    make_project: Any, spoilt: pl.DataFrame
) -> None:
    project: Project = make_project(replace=with_contract(DISTANT), rows=spoilt)
    result = run_project(project)
    books = {"rows": 2000, "kept": 2000 - BAD, "set_aside": BAD}
    assert result["training_set"]["set_aside"] == {"parcels": books}
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert "2,000 rows = 1,960 kept + 40 set aside" in page
    record = json.loads(next(project.home.runs.glob("*.json")).read_text(encoding="utf-8"))
    assert record["training_set"]["set_aside"] == {"parcels": books}
    assert build_project(project)["training_set"]["set_aside"] == {"parcels": books}


def checked(name: str, frame: pl.DataFrame) -> hw.Source:
    """A source that sets rows with a distance below zero aside."""
    return hw.Source(
        name,
        hw.Frame(frame),
        event_time="sent_at",
        known_time="sent_at",
        contract=[hw.Between("distance", 0, on_break="set_aside")],
    )


def test_kept_answers_of_checks_say_the_same_again(spoilt: pl.DataFrame) -> None:
    source = checked("parcels", spoilt)
    memory, data = Memory(), {"parcels": source.snapshot()}
    first = enforced({"parcels": source}, data, memory)
    assert [one.broken for one in first] == [BAD]
    assert enforced({"parcels": source}, data, memory) == first


def test_enrich_warns_once_of_what_is_set_aside(spoilt: pl.DataFrame) -> None:
    source = checked("spoilt_parcels", spoilt)
    view = hw.FeatureView("v", source, entity="courier", features=[hw.Count().over_all()])
    spine = pl.DataFrame({"courier": ["nobody"], "at": [spoilt["sent_at"].max()]})
    with pytest.warns(HeadwaterWarning, match="40 of 2,000 rows break it and are set aside"):
        found = hw.enrich(spine, [view], as_of="at")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hw.enrich(spine, [view], as_of="at")
    assert found["v__count_all"].to_list() == [0]


def test_the_sampled_histories_of_proposals_leave_out_what_is_set_aside(
    spoilt: pl.DataFrame,
) -> None:
    def view(contract: Any, rows: pl.DataFrame) -> ViewPlan:
        source = hw.Source(
            "parcels",
            hw.Frame(rows),
            event_time="sent_at",
            known_time="sent_at",
            contract=contract,
        )
        features = [hw.Count().over_all(), hw.Mean("weight").within("7d")]
        plan = plan_view(hw.FeatureView("v", source, entity="courier", features=features), Faults())
        assert plan is not None
        return plan

    aside = view([hw.Between("distance", 0, on_break="set_aside")], spoilt)
    kept = view([], spoilt.filter(pl.col("distance") >= 0))
    asked = pl.DataFrame({"courier": ["courier 1", "nobody", "courier 2"]})
    as_of = pl.Series([spoilt["sent_at"].max()] * 3).cast(pl.Int64)
    small = SampledHistories(asked).of(aside)
    assert small is not None
    expected = view_features(kept, asked, as_of=as_of)
    assert view_features(small, asked, as_of=as_of).equals(expected)
    assert expected["v__count_all"].to_list()[1] == 0
    assert SampledHistories(asked[1:2]).of(aside) is None
