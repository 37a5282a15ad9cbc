"""The catalog of a project: every feature once, with what it is and who uses it."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import plugins
from headwater.errors import EngineError, SpecError, SpecErrors
from headwater.reports.catalog import markdown
from headwater.runtime.catalog import about_nulls, catalog_project, meaning
from headwater.runtime.explain import explain_project

LONE = """
lone = hw.FeatureView(
    "lone",
    parcels,
    entity=("courier", "depot"),
    features=[hw.Count().within("1h"), hw.TopK("depot", k=2, name="top").within("1d", min_rows=3)],
    description="nobody trains on it",
    owner="post",
    tags=["new"],
    version="2",
)
late = hw.TrainingSet("""
DERIVED = {
    "features=[courier, depot],": """features=[
            courier,
            depot,
            depot.on({"courier": "depot"}, name="elsewhere"),
            hw.Derived("ratio", pl.col("depot__minutes_late_mean_1d") / 60, description="hours"),
        ],"""
}


def features(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for view in found["views"] for one in view["features"]}


@pytest.fixture
def found(make_project: Any) -> dict[str, Any]:
    return catalog_project(make_project(replace={"late = hw.TrainingSet(": LONE, **DERIVED}))


def test_every_feature_of_every_view_is_there_once_in_order(found: dict[str, Any]) -> None:
    assert [view["name"] for view in found["views"]] == ["courier", "depot", "elsewhere", "lone"]
    assert list(features(found)) == [
        "courier__minutes_late_mean_6h",
        "courier__minutes_late_mean_1d",
        "courier__late_share_6h",
        "courier__minutes_late_count_1d",
        "depot__minutes_late_mean_1d",
        "elsewhere__minutes_late_mean_1d",
        "lone__count_1h",
        "lone__top_1d_min_3rows",
    ]
    assert [one["name"] for one in found["derived"]] == ["ratio"]


def test_a_feature_says_what_it_is_made_of(found: dict[str, Any]) -> None:
    one = features(found)["courier__minutes_late_mean_6h"]
    assert (one["aggregation"], one["type"], one["entity"]) == ("Mean", "Float64", ["courier"])
    assert one["what"] == "Mean of minutes_late"
    assert one["columns"] == ["parcels.minutes_late"]
    assert one["means"].startswith("The arithmetic mean")
    assert "Nulls are skipped" in one["nulls"]
    assert one["window"]["words"] == "the 6 hours before as_of"
    assert one["boundary"]["words"] == (
        "rows with sent_at from as_of - 6h (included) to before as_of (excluded)"
    )
    assert one["lag"]["words"] == "differs from row to row: until arrived_at"
    assert one["availability"]["clock"] == "arrived_at and sent_at - 1d"
    share = features(found)["courier__late_share_6h"]
    assert share["what"] == 'Mean of [(col("minutes_late")) > (dyn int: 15)]'
    assert features(found)["lone__count_1h"]["columns"] == []
    assert features(found)["lone__count_1h"]["what"] == "Count of rows"


def test_what_stands_where_no_row_counts_is_said(found: dict[str, Any]) -> None:
    def empty(name: str) -> dict[str, Any]:
        return dict(features(found)[name]["empty"])

    assert empty("courier__minutes_late_mean_6h") == {
        "value": None,
        "min_rows": 0,
        "words": "null where no row counts",
    }
    assert empty("courier__minutes_late_count_1d")["words"] == "0 where no row counts"
    assert empty("lone__top_1d_min_3rows") == {
        "value": None,
        "min_rows": 3,
        "words": "null where fewer than 3 rows count",
    }


def test_it_is_said_who_uses_a_feature(found: dict[str, Any]) -> None:
    one = features(found)["depot__minutes_late_mean_1d"]
    assert one["training_sets"] == ["late_parcels"]
    assert one["models"] == ["late_model"]
    assert one["derived"] == ["ratio"]
    lone = features(found)["lone__count_1h"]
    assert (lone["training_sets"], lone["models"], lone["derived"]) == ([], [], [])
    (ratio,) = found["derived"]
    assert ratio["reads"] == ["depot__minutes_late_mean_1d"]
    assert (ratio["training_sets"], ratio["models"]) == (["late_parcels"], ["late_model"])
    assert ratio["description"] == "hours"


def test_a_view_says_where_it_reads_and_what_its_author_said(found: dict[str, Any]) -> None:
    views = {view["name"]: view for view in found["views"]}
    lone, elsewhere = views["lone"], views["elsewhere"]
    said = {name: lone[name] for name in ("description", "owner", "version", "tags")}
    assert said == {
        "description": "nobody trains on it",
        "owner": "post",
        "version": "2",
        "tags": ["new"],
    }
    assert lone["source"]["reader"]["path"] == "parcels.parquet"
    assert lone["source"]["identity"] == ["number"]
    assert lone["defined"].startswith("definitions.py:")
    assert (elsewhere["entity"], elsewhere["attaches_by"]) == (["depot"], ["courier"])


def test_explain_says_the_same_of_a_feature(make_project: Any) -> None:
    project = make_project()
    for name, one in features(catalog_project(project)).items():
        explained = explain_project(project, name)
        assert explained["reads"] == one["reads"]
        assert explained["computed"] == one["computed"]
        said = {key: one["availability"][key] for key in ("clock", "verdict", "because")}
        assert explained["known"] == said
        assert explained["used_by"] == one["models"]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("depot", ["depot__minutes_late_mean_1d"]),
        ("courier__late_share_6h", ["courier__late_share_6h"]),
        ("lone__count_1h", ["lone__count_1h"]),
    ],
)
def test_a_name_narrows_to_a_view_or_a_feature(
    make_project: Any, name: str, names: list[str]
) -> None:
    project = make_project(replace={"late = hw.TrainingSet(": LONE})
    found = catalog_project(project, name)
    assert list(features(found)) == names
    assert found["derived"] == []


def test_a_derived_column_is_found_by_its_name(make_project: Any) -> None:
    found = catalog_project(make_project(replace=DERIVED), "ratio")
    assert (found["views"], [one["name"] for one in found["derived"]]) == ([], ["ratio"])
    assert "### ratio" in markdown(found)


def test_a_name_that_is_none_is_refused_with_the_nearest(make_project: Any) -> None:
    with pytest.raises(SpecError) as caught:
        catalog_project(make_project(), "courier__late_share_7h")
    assert caught.value.code == "HW104"
    assert "did you mean 'courier__late_share_6h'?" in str(caught.value.hint)


def test_all_faults_of_the_definitions_are_told_together(make_project: Any) -> None:
    wrong = {
        'hw.Count("minutes_late")': 'hw.Count("minutes")',
        'entity="depot"': 'entity="depott"',
    }
    with pytest.raises(SpecErrors) as caught:
        catalog_project(make_project(replace=wrong))
    assert len(caught.value.faults) >= 2


def test_a_plan_with_a_gap_has_no_catalog(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gap(_: Any) -> None:
        raise EngineError("HW505", "the plan lets a value through")

    monkeypatch.setattr("headwater.runtime.catalog.prove", gap)
    with pytest.raises(EngineError, match="lets a value through"):
        catalog_project(make_project())


def test_no_row_is_read_and_nothing_is_written(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()

    def asked(*_: Any) -> None:
        raise AssertionError("the catalog reads no rows")

    for name in ("read", "scan", "snapshot"):
        monkeypatch.setattr(f"headwater.sources.parquet.Parquet.{name}", asked)
    assert len(features(catalog_project(project))) == 5
    assert not (project.folder / ".headwater").exists()


def test_the_page_is_the_same_each_time_and_shows_names_as_they_are(found: dict[str, Any]) -> None:
    page = markdown(found)
    assert page == markdown(found)
    assert page.count("\n### ") == 9
    assert page.count("\n## ") == 5
    assert "### courier\\_\\_minutes\\_late\\_mean\\_6h" in page
    assert "- **of each**: depot (the row's courier)" in page
    assert "- **versions**: rows with the same number: the newest that is known stands" in page
    assert "- **used by**: no training set" in page
    assert (
        "- **used by**: training set late\\_parcels; model late\\_model; derived column ratio"
        in (page)
    )
    assert "\n\n\n" not in page


def test_every_aggregation_says_what_it_means_and_what_it_does_with_nulls() -> None:
    for name, member in plugins.members("aggregations").items():
        assert len(meaning(member.load()).split()) > 3, name
        assert "null" in about_nulls(member.load()).lower(), name
        assert "Args" not in meaning(member.load()) + about_nulls(member.load()), name
