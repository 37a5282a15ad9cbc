"""Tests of proposed features: what tells the label is found and written, noise gives nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError, HeadwaterError
from headwater.plan.prediction import FoldCost, UnitCosts
from headwater.spec.plain import fingerprint

ORDERS = 12_000
DAY = 86_400_000_000
KINDS: Any = ("sums", "newest", "choices", "states", "values", "tree of sums", "tree of states")
COSTS = UnitCosts(
    start=0.1, task=0.01, digest_byte=1e-9, read_cell=1e-8, read_text=5e-8, arrange_row=1e-7,
    arrange_text=1e-7, version_row=1e-6, ask_row=2e-7, limit_row=1e-7, limit_answer=1e-7,
    folds=dict.fromkeys(KINDS, FoldCost(5e-8, 1e-7, 1e-8)), spine_row=1e-6, write_cell=1e-8,
    recipe_cell=1e-8, compile_pass=0.0, quick_from=100_000, process_bytes=0,
)  # fmt: skip
"""Of no machine, so that what is proposed depends on none."""


def moments(days: Any) -> pl.Series:
    start = pl.Series([datetime(2025, 1, 1, tzinfo=UTC)]).cast(pl.Datetime("us", "UTC"))
    moved: pl.Series = start.to_physical()[0] + pl.Series((days * DAY).astype(np.int64))
    return moved.cast(pl.Datetime("us", "UTC"))


def shop(kind: str, seed: int = 0) -> dict[str, Any]:
    """Orders whose label is noise, or follows the customer's last amount or the shop's mood."""
    random = np.random.default_rng(seed)
    customers, shops = random.integers(0, 400, ORDERS), random.integers(0, 40, ORDERS)
    at = np.sort(random.uniform(30, 365, ORDERS))
    amount = random.lognormal(3, 0.7, ORDERS).round(2)
    moods = random.normal(size=40)
    before: dict[int, int] = {}
    odds = np.full(ORDERS, -1.0)
    for i, who in enumerate(customers):
        last = before.get(who)
        if last is not None and kind == "amount":
            odds[i] += 1.2 * np.log(amount[last] / 20)
        if last is not None and kind == "mood":
            odds[i] += 1.5 * moods[shops[last]]
        before[who] = i
    bad = random.random(ORDERS) < 1 / (1 + np.exp(-odds))
    told = random.uniform(0, 365, 8_000)
    where = random.integers(0, 40, 8_000)
    orders = hw.Source(
        "orders",
        hw.Frame(
            pl.DataFrame(
                {
                    "number": np.arange(ORDERS), "customer": customers, "shop": shops,
                    "amount": amount, "at": moments(at), "bad": bad,
                }
            )
        ),
        event_time="at", known_times={"bad": pl.col("at") + pl.duration(days=3)},
        delay="0s", sequence="number",
    )  # fmt: skip
    reviews = hw.Source(
        "reviews",
        hw.Frame(pl.DataFrame({"shop": where, "told": moments(told), "stars": moods[where]})),
        event_time="told", delay="1h",
    )  # fmt: skip
    training_set = hw.TrainingSet(
        "bad",
        spine=hw.Spine(orders, as_of="at", keep=["amount"]),
        features=[
            hw.FeatureView("known", orders, entity="customer", features=[hw.Count().within("7d")])
        ],
        label=hw.Label("bad", pl.col("bad")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    )
    return {"orders": orders, "reviews": reviews, "training_set": training_set}


def proposals(made: dict[str, Any], **given: Any) -> Any:
    sources = [made["orders"], made["reviews"]]
    return hw.synthesize(
        "customer", sources, training_set=made["training_set"], **{"costs": COSTS} | given
    )


@cache
def told() -> tuple[dict[str, Any], Any]:
    """A shop whose last amounts tell the label, and what is proposed at depth 1."""
    made = shop("amount")
    return made, proposals(made, depth=1, rows=6_000)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_from_noise_nothing_is_proposed(seed: int) -> None:
    found = proposals(shop("noise", seed), seed=seed, rows=4_000)
    assert found.proposals == ()
    assert found.counts.judged > 80
    assert str(found).endswith("\n# 0 proposed")
    assert found.code() == ""


def test_what_tells_the_label_is_proposed_and_its_code_defines_it() -> None:
    made, found = told()
    first = found.proposals[0]
    assert first.gain.name == "orders_by_customer__amount_last_all"
    assert 0 < first.gain.low < first.gain.gain
    names: dict[str, Any] = {"hw": hw, **made}
    exec(str(found), names)
    view = names["orders_by_customer"]
    wanted = replace(view, features=list(view.features))
    assert fingerprint(view.definition()) == fingerprint(wanted.definition())
    spine = pl.DataFrame({"customer": [3, 5], "t": moments(np.array([300.0, 301.0]))})
    ours = hw.enrich(spine, [view], as_of="t")
    theirs = hw.enrich(spine, [first.made], as_of="t")
    assert ours[first.gain.name].equals(theirs[first.gain.name])


def test_a_training_set_without_features_is_where_one_begins() -> None:
    made = shop("amount")
    bare = replace(made["training_set"], features=[])
    found = proposals(made | {"training_set": bare}, depth=1, rows=6_000)
    assert found.proposals[0].gain.name == "orders_by_customer__amount_last_all"


def test_a_related_table_is_seen_through_the_rows_that_refer_to_it() -> None:
    made = shop("mood")
    found = proposals(made, rows=5_000)
    names = [one.gain.name for one in found.proposals]
    assert names
    assert all("reviews_by_shop" in name for name in names)
    assert "reviews" not in str(proposals(made, depth=1, rows=4_000))
    known: dict[str, Any] = {"hw": hw, **made}
    exec(found.code(), known)
    view = known["orders_by_customer_reviews_by_shop"]
    assert view.source.views[0].name == "reviews_by_shop"


def crossed(is_told: bool) -> dict[str, Any]:
    """Orders with four columns of their own, of which pairs tell the label, or nothing does."""
    random = np.random.default_rng(5)
    amount, limit = random.lognormal(3, 1, (2, ORDERS)).round(2)
    is_web, is_new = random.random((2, ORDERS)) < 0.5
    odds = np.where(is_told, 2 * np.log(amount / limit) + 4 * (is_web & is_new), 0.0) - 1
    frame = pl.DataFrame(
        {
            "customer": random.integers(0, 400, ORDERS), "amount": amount, "limit": limit,
            "channel": np.where(is_web, "web", "app"), "kind": np.where(is_new, "new", "old"),
            "at": moments(np.sort(random.uniform(30, 365, ORDERS))),
            "bad": random.random(ORDERS) < 1 / (1 + np.exp(-odds)),
        }
    )  # fmt: skip
    orders = hw.Source(
        "orders", hw.Frame(frame), event_time="at", delay="0s",
        known_times={"bad": pl.col("at") + pl.duration(days=3)},
    )  # fmt: skip
    training_set = hw.TrainingSet(
        "bad",
        spine=hw.Spine(orders, as_of="at", keep=["amount", "limit", "channel", "kind"]),
        features=[],
        label=hw.Label("bad", pl.col("bad")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        recipe=hw.Recipe(hw.EncodeOneHot(hw.strings()), hw.ImputeMedian(hw.numeric())),
    )
    return {"orders": orders, "training_set": training_set}


def test_pairs_of_columns_that_tell_more_together_are_proposed_as_calls_of_templates() -> None:
    made = crossed(is_told=True)
    found = hw.synthesize(
        "customer", [made["orders"]], training_set=made["training_set"], rows=6_000, costs=COSTS
    )
    assert {one.gain.name for one in found.proposals} == {"amount_per_limit", "channel_and_kind"}
    names: dict[str, Any] = {"hw": hw}
    exec(found.code(), names)
    features = [one for proposal in found.proposals for one in proposal.features]
    given = [names[one.gain.name] for one in found.proposals]
    assert [one.definition() for one in given] == [one.definition() for one in features]
    again = replace(made["training_set"], features=features)
    more = hw.synthesize("customer", [made["orders"]], training_set=again, rows=6_000, costs=COSTS)
    assert more.proposals == ()
    assert len({gain.name for gain in more.baseline}) == len(more.baseline) == 6


def test_pairs_of_columns_that_tell_nothing_are_not_proposed() -> None:
    made = crossed(is_told=False)
    for seed in range(3):
        found = hw.synthesize(
            "customer", [made["orders"]], training_set=made["training_set"], rows=3_000,
            costs=COSTS, seed=seed,
        )  # fmt: skip
        assert found.proposals == ()
        assert found.counts.judged > 20


def test_a_cross_of_candidates_brings_the_views_that_it_reads() -> None:
    made = shop("mood")
    found = proposals(made, rows=8_000)
    crosses = [one for one in found.proposals if len(one.features) > 1]
    assert crosses
    spine = pl.DataFrame({"customer": [3, 5], "t": moments(np.array([300.0, 301.0]))})
    columns = hw.enrich(spine, list(crosses[0].features), as_of="t").columns
    assert columns[-1] == crosses[0].gain.name


def test_a_source_that_a_build_would_refuse_and_one_without_our_rows_are_counted() -> None:
    made = shop("noise")
    at = made["orders"].reader.rows["at"][:5]
    other = {"customer": ["a"] * 5, "at": at, "x": [1.0] * 5}
    nobody = {"customer": [-1] * 5, "at": at, "x": [1.0] * 5}
    sources = [
        hw.Source(name, hw.Frame(pl.DataFrame(rows)), event_time="at", delay="0s")
        for name, rows in (("other", other), ("nobody", nobody))
    ]
    found = hw.synthesize(
        "customer", sources, training_set=made["training_set"], rows=2_000, costs=COSTS
    )
    counts = found.counts
    assert counts.refused == counts.constant > 5
    assert counts.generated == counts.refused + counts.constant + counts.judged
    assert f"{counts.refused} refused by the plan" in str(found)


def test_rows_of_the_sample_get_the_values_that_a_build_gives() -> None:
    made = shop("amount")
    spine = pl.DataFrame({"customer": [3, 5, 7], "t": moments(np.array([300.0, 301.0, 302.0]))})
    first = told()[1].proposals[0]
    orders = made["orders"].reader.rows
    few = replace(made["orders"], reader=hw.Frame(orders.filter(pl.col("customer") < 9)))
    part = replace(first.made, source=few)
    whole = hw.enrich(spine, [first.made], as_of="t")
    assert hw.enrich(spine, [part], as_of="t").equals(whole)


def test_each_candidate_is_counted_once_and_the_counts_add_up() -> None:
    counts = proposals(shop("noise"), rows=2_000).counts
    assert counts.generated == counts.judged + counts.refused + counts.constant + counts.untried
    assert (counts.untried, counts.is_capped) == (0, False)


def test_what_the_budget_leaves_untried_is_counted() -> None:
    found = proposals(shop("noise"), budget="0s")
    assert found.counts.judged == 0
    assert found.counts.untried == found.counts.generated > 50
    assert f"{found.counts.untried} untried" in str(found)
    assert "the budget was spent" in found._repr_html_()


@pytest.mark.parametrize("most", [1, 10, 40])
def test_no_more_candidates_are_generated_than_asked_for(most: int) -> None:
    found = proposals(shop("noise"), most_candidates=most, rows=2_000)
    assert 0 < found.counts.generated <= most
    assert found.counts.is_capped
    assert "were generated: most_candidates=" in str(found)


def test_the_same_is_proposed_on_any_number_of_threads() -> None:
    made = shop("mood")
    alone, many = (proposals(made, rows=2_000, threads=n) for n in (1, 3))
    assert alone.proposals
    assert str(alone) == str(many)
    assert alone.counts == many.counts


def test_inputs_that_are_there_are_listed_with_their_importance_before_the_proposals() -> None:
    _, found = told()
    assert {gain.name for gain in found.baseline} == {"amount", "known__count_7d"}
    text = str(found)
    assert text.index("known__count_7d") < text.index("candidate features") < text.index("proposed")


def test_each_proposal_says_its_gain_and_what_a_row_costs() -> None:
    _, found = told()
    gain = found.proposals[0].gain
    assert gain.low < gain.gain < gain.high
    assert gain.bytes_per_row == 8.125
    own = ORDERS * (3e-8 + 1e-7 + 5e-8 + 1e-8) + ORDERS * 3e-7
    assert gain.ms_per_row == pytest.approx(own / ORDERS * 1e3, rel=0.15)
    assert f"{gain.ms_per_row:.2g} ms and 8.12 bytes per row" in str(found)


def test_proposals_never_cost_more_than_their_budget() -> None:
    made, whole = told()
    dear = sum(one.gain.ms_per_row for one in whole.proposals)
    found = proposals(made, depth=1, rows=6_000, most_ms_per_row=dear)
    assert sum(one.gain.ms_per_row for one in found.proposals) <= dear
    nothing = proposals(made, depth=1, rows=6_000, most_ms_per_row=0)
    assert nothing.proposals == ()
    assert "orders_by_customer__amount_last_all" in nothing.too_dear
    assert "over most_ms_per_row=: " in str(nothing)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"budget": "soon"}, "HW211"),
        ({"budget": 3}, "HW211"),
        ({"depth": 0}, "HW211"),
        ({"rows": 0}, "HW211"),
        ({"threads": 0}, "HW211"),
        ({"most_candidates": 0}, "HW211"),
        ({"most_ms_per_row": -1.0}, "HW211"),
        ({"most_ms_per_row": float("nan")}, "HW211"),
        ({"most_ms_per_row": True}, "HW211"),
        ({"most_ms_per_row": "1ms"}, "HW211"),
    ],
)
def test_arguments_that_are_none_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(HeadwaterError, match=code):
        proposals(shop("noise"), **given)


def test_sources_and_entities_that_are_none_are_refused() -> None:
    made = shop("noise")
    for sources in (3, [3]):
        with pytest.raises(HeadwaterError, match="HW211"):
            hw.synthesize("customer", sources, training_set=made["training_set"])
    with pytest.raises(HeadwaterError, match="nobody"):
        hw.synthesize("nobody", [made["orders"]], training_set=made["training_set"])


def test_too_few_rows_cannot_tell() -> None:
    with pytest.raises(DataError, match="cannot tell a gain"):
        proposals(shop("noise"), rows=3)
