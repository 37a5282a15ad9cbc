"""Builds whose label looks ahead, whose rows are a grid, whose columns are derived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.stores.artifacts import Artifact

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
SPLIT = hw.SplitByTime(train=0.5, validation=0.25, test=0.25)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_orders().write_parquet("orders.parquet")


def made_orders() -> pl.DataFrame:
    """Orders over 120 days; each is paid within a day, some never."""
    generator = np.random.default_rng(5)
    hours = np.sort(generator.integers(0, 120 * 24, 900))
    paid = generator.integers(0, 24, 900)
    unpaid = generator.random(900) < 0.05
    return pl.DataFrame(
        {
            "number": np.arange(900),
            "customer": [f"c{code}" for code in generator.integers(0, 40, 900)],
            "shop": generator.integers(0, 4, 900),
            "amount": generator.integers(1, 90, 900) / 2,
            "ordered_at": [START + timedelta(hours=int(hour)) for hour in hours],
            "paid_at": [
                None if never else START + timedelta(hours=int(hour + wait))
                for never, hour, wait in zip(unpaid, hours, paid, strict=True)
            ],
        },
        schema_overrides={
            "ordered_at": pl.Datetime("us", "UTC"),
            "paid_at": pl.Datetime("us", "UTC"),
        },
    )


def orders(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "ordered_at",
        "known_time": "paid_at",
        "known_times": {"customer": "ordered_at", "ordered_at": "ordered_at", "shop": "ordered_at"},
        "null_known_time": "never",
        "sequence": "number",
        "delay": "1d",
    }
    return hw.Source("orders", hw.Parquet("orders.parquet"), **(given | changes))


def churn(source: hw.Source | None = None, **changes: Any) -> hw.TrainingSet:
    history = orders() if source is None else source
    spend = hw.FeatureView(
        "spend",
        history,
        entity="customer",
        features=[hw.Sum("amount").within("7d", "30d"), hw.Count().within("30d")],
    )
    given: dict[str, Any] = {
        "spine": hw.Spine.every("7d", source=history, entity="customer", active_within="30d"),
        "features": [
            spend,
            hw.Attributes("last", history, entity="customer", columns=["shop"], ttl="90d"),
            hw.Derived("trend", pl.col("spend__amount_sum_7d") / pl.col("spend__amount_sum_30d")),
            hw.Derived("is_rising", pl.col("trend") > 0.25),
            hw.Derived("weekday", pl.col("as_of").dt.weekday()),
        ],
        "label": hw.Label(
            "churned", pl.col("orders") == 0, ahead={"orders": hw.Count("amount").ahead("14d")}
        ),
        "split": SPLIT,
        "recipe": hw.Recipe(hw.ImputeMedian(hw.numeric())),
    } | changes
    return hw.TrainingSet("churn", place=None, **given)


def whole(made: Artifact) -> pl.DataFrame:
    return pl.concat([made.to_polars(part) for part in made.parts])


def test_who_stays_away_is_built_from_a_grid_and_what_comes() -> None:
    made = hw.build(churn())
    manifest, rows = made.manifest, whole(made)
    assert manifest["rows"] + sum(manifest["excluded"].values()) == manifest["spine_rows"]
    assert manifest["excluded"]["label_not_mature"] > 0
    assert manifest["excluded"]["purged"] > 0
    assert manifest["spine_order"] == "as_of, then the entity"
    assert rows.columns == [
        "as_of", "customer", "spend__amount_sum_7d", "spend__amount_sum_30d", "spend__count_30d",
        "last__shop", "trend", "is_rising", "weekday", "churned", "label_known_time",
    ]  # fmt: skip
    assert (rows["label_known_time"] == rows["as_of"] + 15 * DAY).all()
    assert made.prepared("train")["is_rising"].is_in([0.0, 1.0]).all()
    assert hw.build(churn()).cached


def test_its_values_are_those_of_loops_over_the_orders() -> None:
    made = hw.build(churn())
    listed = made_orders().to_dicts()
    for row in whole(made)[::7].iter_rows(named=True):
        mine = [one for one in listed if one["customer"] == row["customer"]]
        at = row["as_of"]
        paid = [one for one in mine if one["paid_at"] is not None]
        ahead = [
            one
            for one in paid
            if at <= one["ordered_at"] < at + 14 * DAY and one["paid_at"] <= at + 15 * DAY
        ]
        assert row["churned"] == (len(ahead) == 0)
        seen = [one for one in paid if one["ordered_at"] < at >= one["paid_at"]]
        sums = [
            [one["amount"] for one in seen if one["ordered_at"] >= at - days * DAY]
            for days in (7, 30)
        ]
        short, long = (sum(amounts) if amounts else None for amounts in sums)
        assert row["spend__amount_sum_30d"] == long
        assert row["trend"] == (None if short is None else short / (long or 1))
        assert row["spend__count_30d"] >= 1


def test_each_label_was_known_when_the_next_part_began() -> None:
    made = hw.build(churn())
    for part, later in (("train", "validation"), ("validation", "test")):
        begins = made.to_polars(later)["as_of"].min()
        latest: Any = made.to_polars(part)["label_known_time"].max()
        assert latest <= begins


def test_what_the_source_learns_later_changes_no_label_that_was_mature() -> None:
    through = START + 90 * DAY
    before = whole(hw.build(churn(orders(complete_through=through))))
    late = made_orders()[:40].with_columns(
        number=pl.col("number") + 10_000, paid_at=pl.lit(through, pl.Datetime("us", "UTC"))
    )
    pl.concat([made_orders(), late]).write_parquet("orders.parquet")
    after = whole(hw.build(churn(orders(complete_through=through))))
    both = before.join(after, on=["as_of", "customer"], suffix="_after")
    assert both.height == before.height > 50
    assert (both["churned"] == both["churned_after"]).all()


def test_a_source_that_is_complete_further_has_more_labels() -> None:
    through = START + 90 * DAY
    short, long = (hw.build(churn(orders(complete_through=to))) for to in (through, None))
    latest: Any = whole(short)["label_known_time"].max()
    assert through - 7 * DAY < latest <= through
    assert whole(long)["label_known_time"].max() > through  # type: ignore[operator]
    assert long.manifest["rows"] > short.manifest["rows"]


def test_a_label_of_another_source_is_read_named_and_watched() -> None:
    returns = made_orders()[::3].select("customer", "ordered_at", "number")
    returns.write_parquet("returns.parquet")

    def returned(source: hw.Source) -> hw.TrainingSet:
        label = hw.Label(
            "returned",
            pl.col("n") > 0,
            ahead={"n": hw.Count().ahead("7d")},
            source=source,
            entity="customer",
        )
        return churn(label=label)

    def made() -> Artifact:
        source = hw.Source("returns", hw.Parquet("returns.parquet"), event_time="ordered_at")
        built: Artifact = hw.build(returned(source))
        return built

    first = made()
    assert set(first.manifest["sources"]) == {"orders", "returns"}
    assert [one["code"] for one in first.manifest["findings"]] == ["HW305"]
    assert made().cached
    returns[::2].write_parquet("returns.parquet")
    again = made()
    assert not again.cached
    assert again.fingerprint != first.fingerprint
    assert whole(again)["returned"].sum() < whole(first)["returned"].sum()


def test_the_source_of_a_label_may_not_change_while_it_is_read() -> None:
    made_orders()[::3].write_parquet("returns.parquet")
    returns = hw.Source("returns", hw.Parquet("returns.parquet"), event_time="ordered_at")
    label = hw.Label(
        "returned",
        pl.col("n") > 0,
        ahead={"n": hw.Count().ahead("7d")},
        source=returns,
        entity="customer",
    )

    def replaced(words: str) -> None:
        if words.startswith("view"):
            made_orders()[::4].write_parquet("returns.parquet")

    with pytest.raises(DataError, match="source 'returns' changed while it was read"):
        hw.build(churn(label=label), say=replaced)


def test_rows_of_a_source_look_ahead_for_an_entity_that_is_named() -> None:
    history = orders()
    label = hw.Label(
        "comes_back",
        pl.col("n") > 1,
        ahead={"n": hw.Count().ahead("7d")},
        entity="customer",
    )
    spine = hw.Spine(
        history,
        as_of="ordered_at",
        label_filter=pl.col("paid_at").is_not_null(),
        label_filter_reason="who never pays is no customer",
    )
    made = hw.build(churn(spine=spine, features=[], label=label, recipe=None))
    excluded = made.manifest["excluded"]
    assert excluded["label_filtered"] == made_orders()["paid_at"].null_count()
    assert excluded["label_not_mature"] > 0
    assert made.manifest["rows"] + sum(excluded.values()) == 900
    finding = made.manifest["findings"][-1]
    assert finding["code"] == "HW306"
    assert "who never pays is no customer" in finding["message"]


def test_derived_columns_over_kept_ones_need_no_view() -> None:
    history = orders(known_times={"amount": "ordered_at"})
    spine = hw.Spine(history, as_of="ordered_at", keep="amount")
    label = hw.Label("same_shop", pl.col("shop") > 1)
    double = hw.Derived("double", pl.col("amount") * 2)
    made = hw.build(churn(spine=spine, features=[double], label=label))
    train = made.to_polars("train")
    assert train["double"].to_list() == [amount * 2 for amount in train["amount"]]
    assert made.manifest["columns"]["features"] == ["double"]
    assert made.prepared("train").columns == ["amount", "double"]


def test_the_number_of_threads_changes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hw.build(churn(), threads=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    made_orders().write_parquet("orders.parquet")
    other = hw.build(churn(), threads=3)
    assert not other.cached
    assert other.path != one.path
    assert other.manifest["files"] == one.manifest["files"]


def test_views_attach_by_other_columns_of_the_row_and_more_than_once() -> None:
    history = orders()
    spend = hw.FeatureView("spend", history, entity="customer", features=[hw.Count().within("30d")])
    pairs = pl.DataFrame(
        {
            "giver": ["c1", "c2", "c3", "c4"] * 5,
            "taker": ["c2", "c1", None, "nobody"] * 5,
            "at": [START + day * DAY for day in range(40, 60)],
        }
    )
    own = hw.Label("known", pl.col("taker").is_not_null())
    made = hw.build(
        churn(
            spine=hw.Spine(pairs, as_of="at"),
            features=[
                spend.on({"giver": "customer"}, name="giver"),
                spend.on({"taker": "customer"}, name="taker"),
                hw.Derived("both", pl.col("giver__count_30d") + pl.col("taker__count_30d")),
            ],
            label=own,
        )
    )
    rows = whole(made)
    plain = hw.enrich(pairs.rename({"giver": "customer"}).drop("taker"), [spend], as_of="at")
    assert rows.columns[:3] == ["as_of", "giver", "taker"]
    assert rows["giver__count_30d"].to_list() == plain["spend__count_30d"].to_list()
    assert rows.filter(pl.col("taker") == "nobody")["taker__count_30d"].unique().to_list() == [0]
    assert (rows["both"] == rows["giver__count_30d"] + rows["taker__count_30d"]).all()


def test_a_horizon_that_reaches_beyond_the_source_leaves_a_part_without_rows() -> None:
    far = hw.Label(
        "churned", pl.col("orders") == 0, ahead={"orders": hw.Count("amount").ahead("200d")}
    )
    with pytest.raises(DataError, match="part 'train' of the split has no rows") as caught:
        hw.build(churn(label=far))
    assert caught.value.code == "HW406"
