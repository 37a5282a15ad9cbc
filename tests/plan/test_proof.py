"""The proof that nothing reaches an input before it is known, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import EngineError
from headwater.plan.derived import DerivedPlan
from headwater.plan.faults import Faults
from headwater.plan.graph import graph
from headwater.plan.identity import snapshots
from headwater.plan.lineage import (
    feature_origins,
    label_origins,
    own_origins,
    prepared_inputs,
)
from headwater.plan.origins import late_origins, origins
from headwater.plan.proof import covers, prove, prove_views
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import plan_view
from headwater.schema.clocks import ALWAYS, Clock, Moment

AT = datetime(2024, 3, 1, tzinfo=UTC)
FRAME = pl.DataFrame(
    {"user": ["a", "b"], "n": [1, 2], "m": [0, 1], "seq": [1, 2], "at": [AT, AT], "seen": [AT, AT]}
)

RATIO = hw.Derived("ratio", pl.col("m") / pl.col("v__count_1d"))


def planned(*, as_of: Any = "at", with_derived: bool = False, **source: Any) -> TrainingSetPlan:
    given: dict[str, Any] = {
        "event_time": "at",
        "known_time": "seen",
        "known_times": {"user": "at", "at": "at", "m": pl.col("at") - pl.duration(hours=1)},
        "derive": {"double": pl.col("n") * 2, "half": pl.col("double") / 4},
        "sequence": "seq",
    }
    users = hw.Source("users", hw.Frame(FRAME), **(given | source))
    view = hw.FeatureView(
        "v",
        users,
        entity="user",
        features=[
            hw.Mean("half").within("7d"),
            hw.Last("m").within("7d"),
            hw.Count().within("1d"),
            hw.Count("m", where=pl.col("n") > 1, name="big").within("1d"),
        ],
    )
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "users",
            spine=hw.Spine(users, as_of=as_of, keep=["m"]),
            features=[view, *([RATIO] if with_derived else [])],
            label=hw.Label("large", pl.col("n") > 1),
            split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    return plan


def without_masks(plan: TrainingSetPlan, mask: Clock = ALWAYS) -> TrainingSetPlan:
    views = tuple(
        replace(view, features=tuple(replace(one, mask=mask) for one in view.features))
        for view in plan.views
    )
    return replace(plan, views=views)


def test_each_input_is_proved_or_masked_and_says_by_which_comparison() -> None:
    said = {proof.column: (proof.verdict, proof.because) for proof in prove(planned())}
    assert said == {
        "user": ("proved", "at is never after as_of = at"),
        "m": ("proved", "at - 1h is never after as_of = at"),
        "v__half_mean_7d": ("masked", "rows count only where at <= as_of and seen <= as_of"),
        "v__m_last_7d": ("masked", "rows count only where at <= as_of and seen <= as_of"),
        "v__count_1d": ("proved", "windows end before as_of: at"),
        "v__big_1d": ("masked", "rows count only where at <= as_of and seen <= as_of"),
    }


def test_a_plan_without_its_masks_is_refused_with_the_chain_that_shows_why() -> None:
    with pytest.raises(EngineError) as caught:
        prove(without_masks(planned()))
    assert caught.value.code == "HW505"
    assert "'v__half_mean_7d'" in caught.value.message
    assert "half <- double <- users.n, known at seen (known_time)" in caught.value.message


def test_a_mask_that_is_too_early_is_refused() -> None:
    early = Clock((Moment("at"), Moment("seen", -1)))
    with pytest.raises(EngineError, match="HW505"):
        prove(without_masks(planned(), early))


def test_a_mask_that_is_later_than_it_must_be_is_accepted() -> None:
    late = Clock((Moment("at", 5), Moment("seen", 1)))
    assert len(prove(without_masks(planned(), late))) == 6


def test_the_sequence_counts_only_where_order_does() -> None:
    plan = planned(known_times={"user": "at", "at": "at", "m": "at", "seq": "seen", "n": "at"})
    verdicts = {proof.column: proof.verdict for proof in prove(plan)}
    assert verdicts["v__m_last_7d"] == "masked"
    assert verdicts["v__big_1d"] == "proved"


def test_a_kept_column_whose_clock_is_not_compared_is_refused() -> None:
    plan = planned(known_times={"user": "at", "at": "at", "m": "seen"})
    assert {p.column: p.verdict for p in prove(plan)}["m"] == "masked"
    [kept] = plan.spine.kept
    for wrong in (replace(kept, verdict="proved"), replace(kept, clock=ALWAYS)):
        spine = replace(plan.spine, kept=(wrong,))
        with pytest.raises(EngineError, match="HW505"):
            prove(replace(plan, spine=spine))


def test_a_column_that_is_always_known_is_proved_for_any_moment() -> None:
    always = {"user": hw.ALWAYS, "at": "at", "m": hw.ALWAYS}
    plan = planned(as_of=pl.max_horizontal("at", "seen"), known_times=always)
    assert {p.column: p.because for p in prove(plan)}["m"] == (
        "always is never after as_of = any moment"
    )


def test_event_time_needs_no_mask_and_what_is_later_does() -> None:
    assert covers(ALWAYS, Clock((Moment("at"),)), event_time="at")
    assert covers(ALWAYS, Clock((Moment("at", -3),)), event_time="at")
    assert not covers(ALWAYS, Clock((Moment("at", 1),)), event_time="at")
    assert covers(ALWAYS, ALWAYS, event_time=None)


def test_lineage_follows_derived_columns_to_what_the_reader_has() -> None:
    plan = planned()
    [view] = plan.views
    roles = feature_origins(view, view.features[0])
    assert {role: [str(one) for one in found] for role, found in roles.items()} == {
        "value": ["half <- double <- users.n, known at seen (known_time)"],
        "entity": ["users.user, known at at (known_times of 'user')"],
        "event_time": ["users.at, known at at (known_times of 'at')"],
    }
    assert list(feature_origins(view, view.features[1])) == [
        "value",
        "entity",
        "event_time",
        "sequence",
    ]


def test_a_derived_column_with_a_clock_of_its_own_is_where_its_chain_ends() -> None:
    clocks = {"user": "at", "at": "at", "half": "at"}
    [found] = origins(planned(known_times=clocks).views[0].source, ["half"])
    assert str(found) == "users.half, known at at (known_times of 'half')"


def test_a_clock_that_is_assumed_says_so() -> None:
    [found] = origins(planned(known_time=None).views[0].source, ["n"])
    assert found.because == "assumed: no clock is declared"


def test_a_clock_that_is_a_delay_or_not_needed_says_so() -> None:
    delayed = planned(known_time=None, delay="2h").views[0].source
    [found] = origins(delayed, ["n"])
    assert str(found) == "users.n, known at at + 2h (delay)"
    registry = hw.Source("registry", hw.Frame(FRAME), static="a list without dates")
    faults = Faults()
    plan = plan_view(hw.Attributes("kept", registry, entity="user", columns=["m"]), faults)
    faults.raise_all()
    assert plan is not None
    assert str(origins(plan.source, ["m"])[0]) == "registry.m, known at always (static)"
    [proof] = prove_views([plan])
    assert (proof.verdict, proof.because) == ("proved", "it is always known")


def test_a_derived_column_is_proved_by_what_it_reads() -> None:
    plan = planned(with_derived=True)
    proof = prove(plan)[-1]
    assert (proof.column, proof.verdict) == ("ratio", "proved")
    assert proof.because == "it reads nothing but m, v__count_1d of its own row"
    with pytest.raises(EngineError, match="'ratio' is derived from v__count_1d"):
        prove(replace(plan, views=()))


def test_the_chain_of_a_refusal_names_what_is_late_and_nothing_else() -> None:
    source = planned().views[0].source
    late = Clock((Moment("at", 10),))
    source = replace(source, clocks={**source.clocks, "n": late})
    [found] = late_origins(source, ["half", "m"], Moment("at"))
    assert found.column == "n"
    assert found.through == ("half", "double")


def test_prepared_inputs_are_followed_through_the_program() -> None:
    from headwater.engines.preparation import fit

    frame = pl.DataFrame({"x": [1.0, None, 3.0], "c": ["a", "b", "a"]})
    recipe = hw.Recipe(
        hw.ImputeMedian(hw.numeric()),
        hw.EncodeOneHot(hw.columns("c")),
        hw.ScaleStandard(hw.columns("x")),
    )
    program = fit(recipe, frame, columns=["x", "c"], seed=0).program
    assert prepared_inputs(program) == {"x": ("x",), "c=a": ("c",), "c=b": ("c",)}


def test_a_derived_column_is_proved_by_what_it_reads_and_refused_beside_anything_else() -> None:
    plan = planned()
    twice = DerivedPlan(hw.Derived("twice", pl.col("m") * 2), ("m",), pl.Int64())
    again = DerivedPlan(hw.Derived("again", pl.col("twice")), ("as_of", "twice"), pl.Int64())
    proofs = {p.column: p for p in prove(replace(plan, derived=(twice, again)))}
    assert proofs["again"].verdict == "proved"
    assert proofs["again"].because == "it reads nothing but as_of, twice of its own row"
    with pytest.raises(EngineError, match="'again' is derived from twice, of which"):
        prove(replace(plan, derived=(again, twice)))


def test_a_label_that_looks_no_way_ahead_comes_from_its_row_alone() -> None:
    plan = planned()
    assert list(label_origins(plan.spine, plan.label)) == ["value"]


def test_a_label_comes_from_its_row_and_from_what_it_looks_ahead_to() -> None:
    users = hw.Source("users", hw.Frame(FRAME), event_time="at", known_time="seen")
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "users",
            spine=hw.Spine(users, as_of="at"),
            features=[
                hw.FeatureView("v", users, entity="user", features=[hw.Count("n").within("1d")])
            ],
            label=hw.Label(
                "gone",
                (pl.col("seen_again") == 0) & (pl.col("n") > 0),
                ahead={"seen_again": hw.Count("m").ahead("7d")},
                source=users,
                entity="user",
            ),
            split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    found = label_origins(plan.spine, plan.label)
    columns = {role: {origin.column for origin in roles} for role, roles in found.items()}
    assert columns["value"] == {"n", "user"}
    assert columns["ahead seen_again"] == {"at", "m", "user"}


def test_the_keys_of_a_grid_come_from_the_source_whose_rows_make_an_entity_active() -> None:
    users = hw.Source("users", hw.Frame(FRAME), event_time="at", known_time="seen")
    view = hw.FeatureView("v", users, entity="user", features=[hw.Count().within("1d")])
    faults = Faults()
    plan = plan_training_set(
        hw.TrainingSet(
            "users",
            spine=hw.Spine.every("7d", source=users, entity="user", active_within="90d"),
            features=[view],
            label=hw.Label("gone", pl.col("n") == 0, ahead={"n": hw.Count().ahead("30d")}),
            split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    key = prove(plan)[0]
    assert (key.column, key.verdict) == ("user", "masked")
    assert key.because == (
        "only entities with rows that count by as_of are asked: rows count only where seen <= as_of"
    )
    assert str(own_origins(plan.spine, "user")["value"][0]) == (
        "users.user, known at seen (known_time)"
    )
    tasks = graph(plan, snapshots(plan), seed=0)
    rows = next(task for task in tasks if task.kind == "rows")
    assert (rows.reads, rows.cost) == (("source users",), None)
