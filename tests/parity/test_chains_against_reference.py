"""Chained views equal the reference: the inner view asked by each outer row at its event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.identity import snapshots
from headwater.plan.origins import origins
from headwater.plan.sources import plan_source
from headwater.plan.training_sets import plan_training_set
from headwater.spec.plain import fingerprint
from headwater.testing import reference
from headwater.testing.histories import WINDOWS, History, history

KEY = ("region", "store")
SEEDS = [seed for seed in range(40) if history(seed).rows]
KNOWN: reference.Moments = (("known_time", 0),)


def merged() -> History:
    rows: list[dict[str, Any]] = []
    spine: list[dict[str, Any]] = []
    for seed in SEEDS:
        for old, new in ((history(seed).rows, rows), (history(seed).spine, spine)):
            for row in old:
                region = None if row["region"] is None else f"{seed} {row['region']}"
                new.append(row | {"region": region})
    return History(rows, spine)


def source(name: str, made: History, **given: Any) -> hw.Source:
    early = dict.fromkeys((*KEY, "sequence", "event_time"), hw.ALWAYS)
    return hw.Source(
        name, hw.Frame(made.frames()[0]), event_time="event_time", known_time="known_time",
        known_times=early, null_known_time="never", sequence="sequence", **given,
    )  # fmt: skip


def asked(
    made: History, spine: list[dict[str, Any]], entity: tuple[str, ...], as_of: str,
    feature: reference.Feature,
) -> list[Any]:  # fmt: skip
    return reference.enrich(
        spine, made.rows, entity=entity, as_of=as_of, event_time="event_time",
        sequence="sequence", feature=feature,
    )  # fmt: skip


@pytest.mark.parametrize("window", [*WINDOWS, "all"])
def test_a_chain_of_two_views_equals_the_reference(
    window: str, differing: Callable[..., list[Any]]
) -> None:
    made = merged()
    seen = hw.FeatureView(
        "seen", source("inner", made), entity=KEY,
        features=[hw.Count().within("7d"), hw.Last("amount").over_all()],
    )  # fmt: skip
    outer = source("outer", made, views=[seen])
    features = [
        hw.Mean("seen__count_7d"),
        hw.Last(pl.col("seen__amount_last_all") - pl.col("amount"), name="step"),
        hw.Count("amount", name="busy", where=pl.col("seen__count_7d") > 1),
    ]
    windowed = [one.over_all() if window == "all" else one.within(window) for one in features]
    view = hw.FeatureView("v", outer, entity=KEY, features=windowed)
    found = hw.enrich(made.frames()[1], [view], as_of="as_of")
    count = reference.Feature("count", None, WINDOWS["7d"], clock=())
    last = reference.Feature("last", "amount", None, clock=KNOWN)
    counts, lasts = (asked(made, made.rows, KEY, "event_time", one) for one in (count, last))
    rows = [
        row
        | {
            "n": n,
            "step": None if None in (one, row["amount"]) else one - row["amount"],
            "is_busy": n > 1,
        }
        for row, n, one in zip(made.rows, counts, lasts, strict=True)
    ]
    chained, length = History(rows, made.spine), WINDOWS.get(window)
    for column, what in {
        f"seen__count_7d_mean_{window}": reference.Feature("mean", "n", length, clock=KNOWN),
        f"step_{window}": reference.Feature("last", "step", length, clock=KNOWN),
        f"busy_{window}": reference.Feature(
            "count", "amount", length, clock=KNOWN, where="is_busy"
        ),
    }.items():
        wanted = asked(chained, made.spine, KEY, "as_of", what)
        assert not differing(found[f"v__{column}"].to_list(), wanted, ulps=2)
        assert sum(one not in (None, 0) for one in wanted) > 20


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def shop(**given: Any) -> dict[str, Any]:
    """Visits know what the customer had paid by then; payments are known a day later."""
    payments = pl.DataFrame(
        {
            "who": ["anna", "anna", "bo"],
            "paid": [at(1), at(4), at(2)],
            "amount": [5.0, 7.0, 3.0],
        }
    )
    visits = pl.DataFrame(
        {
            "shop": ["x", "x", "x", "x"],
            "who": ["anna", "bo", "anna", None],
            "came": [at(3), at(3, 1), at(5, 1), at(5, 2)],
        }
    )
    paid = hw.Source("payments", hw.Frame(payments), event_time="paid", delay="1d")
    spent = hw.FeatureView(
        "spent", paid, entity="who", features=[hw.Sum("amount").over_all(), hw.Count().over_all()]
    )
    came = hw.Source(
        "visits", hw.Frame(visits), event_time="came", delay="2h", **{"views": [spent]} | given
    )
    rich = hw.FeatureView(
        "rich", came, entity="shop", features=[hw.Max("spent__amount_sum_all").over_all()]
    )
    return {"payments": payments, "visits": came, "rich": rich}


def test_a_row_sees_what_was_known_at_its_event_and_is_known_when_the_row_is() -> None:
    view = shop()["rich"]
    spine = pl.DataFrame({"shop": ["x"] * 4, "t": [at(3, 2), at(3, 3), at(5, 2), at(5, 3)]})
    found = hw.enrich(spine, [view], as_of="t")
    # the second payment was paid on the fourth and known on the fifth, an hour before the visit
    assert found["rich__spent__amount_sum_all_max_all"].to_list() == [5.0, 5.0, 5.0, 12.0]


def test_one_row_gets_what_many_get() -> None:
    view = shop()["rich"]
    spine = pl.DataFrame({"shop": ["x"] * 3, "t": [at(3, 2), at(5, 2), at(5, 3)]})
    many = hw.enrich(spine, [view], as_of="t")
    for row in range(spine.height):
        for _ in range(2):  # the second is answered by what stands ready
            assert hw.enrich(spine[row], [view], as_of="t").equals(many[row])


def test_the_clock_of_a_chained_column_is_that_of_the_row() -> None:
    plan = plan_source(shop()["visits"], Faults())
    assert plan is not None
    assert str(plan.clocks["spent__amount_sum_all"]) == str(plan.clock) == "came + 2h"
    (origin,) = origins(plan, ["spent__amount_sum_all"])
    assert origin.because == "view 'spent' as of event time, known with the row"


def test_what_a_row_sees_is_not_known_ahead_of_its_event_though_the_row_is() -> None:
    plan = plan_source(replace(shop()["visits"], delay=None, known_time=hw.ALWAYS), Faults())
    assert plan is not None
    assert str(plan.clocks["who"]) == "always"
    assert str(plan.clocks["spent__amount_sum_all"]) == "came"


def test_data_of_the_inner_source_is_part_of_the_identity(tmp_path: Path) -> None:
    payments = shop()["payments"]
    path = tmp_path / "payments.parquet"
    payments.write_parquet(path)

    def inner() -> hw.FeatureView:
        paid = hw.Source("payments", hw.Parquet(path), event_time="paid", delay="1d")
        features = [hw.Sum("amount").over_all()]
        return hw.FeatureView("spent", paid, entity="who", features=features)

    def planned() -> Any:
        visits = shop(views=[inner()])["visits"]
        rich = hw.FeatureView(
            "rich", visits, entity="shop", features=[hw.Max("spent__amount_sum_all").over_all()]
        )
        training_set = hw.TrainingSet(
            "t",
            spine=hw.Spine(visits, as_of=pl.col("came") + pl.duration(days=1)),
            features=[rich],
            label=hw.Label("known", pl.col("who").is_not_null()),
            split=hw.SplitByTime(train=0.5, validation=0.0, test=0.5),
        )  # fmt: skip
        faults = Faults()
        found = plan_training_set(training_set, faults)
        faults.raise_all()
        return found

    first = planned()
    assert sorted(first.sources) == ["payments", "visits"]
    before = snapshots(first)
    payments.with_columns(pl.col("amount") * 2).write_parquet(path)
    after = snapshots(first)
    assert before["visits"] != after["visits"]
    assert before["payments"] != after["payments"]
    assert fingerprint(shop()["visits"].definition()) != fingerprint(
        shop(views=())["visits"].definition()
    )


def test_a_source_stands_for_as_long_as_all_that_it_sees() -> None:
    visits = shop()["visits"]
    other = visits.views[0]
    assert visits.stamp() is not None
    assert visits.stamp() == visits.stamp()
    assert len(visits.stamp()) == 2
    unsure = replace(other, source=replace(other.source, reader=hw.Parquet("not there.parquet")))
    assert replace(visits, views=[unsure]).stamp() is None


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"views": 3}, "HW211", "views="),
    ({"views": ["spent"]}, "HW211", "one of views="),
    ({"views": [hw.FeatureView("a", 3, entity="who", features=[])]}, "HW211", "source="),
]


@pytest.mark.parametrize(("given", "code", "said"), WRONG, ids=["number", "text", "no source"])
def test_what_is_no_view_is_a_fault(given: dict[str, Any], code: str, said: str) -> None:
    faults = Faults()
    plan_source(shop(**given)["visits"], faults)
    with pytest.raises(SpecError) as found:
        faults.raise_all()
    assert code in str(found.value)
    assert said in str(found.value)


def test_a_view_whose_key_is_not_there_or_whose_columns_are_is_a_fault() -> None:
    spent = shop()["visits"].views[0]
    faults = Faults()
    plan_source(shop(views=[spent.on({"nobody": "who"}, name="n"), spent, spent])["visits"], faults)
    with pytest.raises(SpecError) as found:
        faults.raise_all()
    assert "nobody" in str(found.value)
    assert "HW203" in str(found.value)
    assert "spent__amount_sum_all" in str(found.value)


def test_a_static_table_has_no_moment_for_views() -> None:
    spent = shop()["visits"].views[0]
    table = pl.DataFrame({"who": ["anna"], "born": [1990]})
    people = hw.Source("people", hw.Frame(table), static="a fixed list", views=[spent])
    faults = Faults()
    plan_source(people, faults)
    with pytest.raises(SpecError, match="no event_time"):
        faults.raise_all()


def test_keys_of_other_types_are_a_fault() -> None:
    spent = shop()["visits"].views[0]
    faults = Faults()
    plan_source(shop(views=[spent.on({"came": "who"}, name="n")])["visits"], faults)
    with pytest.raises(SpecError, match="HW208"):
        faults.raise_all()
