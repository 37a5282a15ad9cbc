"""Lineage: every column that a feature reads has an origin, every prepared column its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Aggregation
from headwater.plan.faults import Faults
from headwater.plan.lineage import feature_origins, prepared_inputs, steps_of
from headwater.plan.origins import Origin
from headwater.plan.views import plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame(
    {
        "user": ["a"],
        "n": [1.5],
        "m": [2.5],
        "quantity": [3],
        "big": [True],
        "seq": [1],
        "at": [AT],
        "seen": [AT],
    }
)
WHERE = pl.col("m") > 1
MEMBERS = {
    name: member.load()
    for name, member in sorted(plugins.members("aggregations").items())
    if "window" in member.load().serves
}


def origins_of(aggregation: Aggregation) -> dict[str, tuple[str, ...]]:
    """The columns of the reader by role, all of which the feature's clock counts."""
    source = hw.Source("s", hw.Frame(FRAME), event_time="at", known_time="seen", sequence="seq")
    view = hw.FeatureView("v", source, entity="user", features=[aggregation.within("1d")])
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    (feature,) = plan.features
    roles: Mapping[str, tuple[Origin, ...]] = feature_origins(plan, feature)
    found = {role: tuple(one.column for one in origins) for role, origins in roles.items()}
    assert {name for names in found.values() for name in names} == set(feature.reads)
    return {role: names for role, names in found.items() if role not in ("entity", "event_time")}


@pytest.mark.parametrize("name", MEMBERS)
def test_the_origins_of_every_member_cover_what_it_reads(name: str) -> None:
    word = MEMBERS[name]
    column = "n" if "float" in word.takes else "big"
    given: dict[str, Any] = {} if word.of_example(column, name="x").parts else {"where": WHERE}
    found = origins_of(word.of_example(column, name="x", **given))
    assert column in found["value"]
    assert ("where" in found) == bool(given)


def test_a_second_column_has_a_role_of_its_own() -> None:
    found = origins_of(hw.Correlation("n", "m", where=pl.col("big"), name="x"))
    assert found == {"value": ("n",), "other": ("m",), "where": ("big",)}


def test_a_feature_made_of_others_comes_from_all_that_these_read() -> None:
    share = hw.Ratio(hw.Sum("n", where=pl.col("big")), hw.Sum("m"), name="share")
    assert origins_of(share) == {"value": ("n", "m"), "where": ("big",)}
    assert origins_of(hw.Change(hw.Correlation("n", "m"))) == {"value": ("n",), "other": ("m",)}


def test_rows_that_are_counted_have_no_value_and_a_condition() -> None:
    share = hw.Ratio(hw.Count(where=pl.col("big")), hw.Count(), name="share")
    assert origins_of(share) == {"where": ("big",)}


def test_the_sequence_is_an_origin_where_order_matters_to_a_part() -> None:
    assert origins_of(hw.Change(hw.Last("n"))) == {"value": ("n",), "sequence": ("seq",)}


def steps(recipe: hw.Recipe, column: str) -> list[str]:
    """The steps of a prepared column, of those that a fit of the recipe has."""
    frame = pl.DataFrame({"n": [1.5, None, 2.0], "m": [3.0, 1.0, 2.0], "word": ["a", "b", None]})
    fitted = recipe.fit(frame, label="m")
    made_of = prepared_inputs(fitted.preparation.program)
    found = steps_of(recipe, column, inputs=fitted.inputs, made_of=made_of)
    return [type(one).__name__ for one in found]


def test_a_prepared_column_goes_through_the_steps_that_choose_it() -> None:
    recipe = hw.Recipe(
        hw.GroupRare(hw.strings(), min_count=1),
        hw.ImputeMedian(hw.columns("n")),
        hw.EncodeTarget(hw.strings()),
        hw.ScaleStandard(hw.numeric() - hw.columns("n")),
    )
    assert steps(recipe, "n") == ["ImputeMedian"]
    assert steps(recipe, "word") == ["GroupRare", "EncodeTarget", "ScaleStandard"]


def test_a_step_that_makes_a_column_is_one_of_those_and_one_beside_it_is_not() -> None:
    recipe = hw.Recipe(
        hw.FlagMissing(hw.numeric() | hw.strings()),
        hw.ImputeMedian(hw.columns("n")),
        hw.EncodeOneHot(hw.strings()),
        hw.ScaleStandard(hw.columns("word=a", "n_missing")),
    )
    assert steps(recipe, "n") == ["ImputeMedian"]
    assert steps(recipe, "n_missing") == ["FlagMissing", "ScaleStandard"]
    assert steps(recipe, "word=a") == ["EncodeOneHot", "ScaleStandard"]
    assert steps(recipe, "word=null") == ["EncodeOneHot"]
    assert steps(recipe, "word_missing") == ["FlagMissing"]


def test_a_column_that_no_step_chooses_goes_through_none() -> None:
    assert steps(hw.Recipe(hw.EncodeOneHot(hw.strings())), "n") == []
    assert steps(hw.Recipe(hw.EncodeOneHot(hw.strings())), "word=b") == ["EncodeOneHot"]
