"""The books of a build balance, and what was not known moves nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from headwater.engines.splits import REASONS
from headwater.testing import Feature, enrich, kept_value, reference_split

# the books, against the reference


def micros(series: pl.Series) -> list[int | None]:
    return series.cast(pl.Int64).to_list()


def test_the_books_and_every_value_equal_the_reference(
    builder: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    generator = np.random.default_rng(3)
    rows = parcels.sample(700, seed=1, shuffle=True).with_columns(
        minutes_late=pl.when(pl.Series(generator.random(700) > 0.05)).then("minutes_late"),
        sent_at=pl.col("sent_at").dt.truncate("6h"),
        distance=pl.when(pl.Series(generator.random(700) > 0.05)).then("distance"),
    )
    made, _ = builder.build(
        make_project(rows=rows, replace={"keep=[": 'filter=pl.col("distance") < 25, keep=['})
    )
    manifest = made.manifest
    hour = 3_600_000_000
    sent = micros(rows["sent_at"])
    as_of = [None if at is None else at - hour for at in sent]
    late = [None if value is None else value > 15 for value in rows["minutes_late"]]
    filtered = [not (value is not None and value < 25) for value in rows["distance"]]
    parts, reasons = reference_split(
        as_of, late, label_known=micros(rows["arrived_at"]), fractions=(0.6, 0.2, 0.2),
        filtered=filtered,
    )  # fmt: skip
    counted: list[str | None] = [*reasons]
    assert manifest["excluded"] == {reason: counted.count(reason) for reason in REASONS}
    assert set(REASONS) - {"as_of_null", "label_filtered", "label_not_mature"} == {
        reason for reason, count in manifest["excluded"].items() if count
    }
    assert manifest["rows"] + sum(manifest["excluded"].values()) == manifest["spine_rows"] == 700
    plain = rows.with_columns(pl.col(pl.Datetime).cast(pl.Int64)).to_dicts()
    for row, at in zip(plain, as_of, strict=True):
        row["as_of"], row["early"] = at, row["sent_at"] - 24 * hour
    feature = Feature("count", "minutes_late", 24 * hour, (("arrived_at", 0), ("early", 0)))
    counts = enrich(
        plain, plain, entity=("courier",), as_of="as_of", event_time="sent_at",
        sequence="number", feature=feature,
    )  # fmt: skip
    weights = [
        kept_value(row, "weight", clock=(("weighed_at", 0),), as_of=row["as_of"]) for row in plain
    ]
    masked = sum(
        own is None and row["weight"] is not None for own, row in zip(weights, plain, strict=True)
    )
    assert manifest["masked"] == {"weight": masked}
    for part in made.parts:
        mine = [number for number, name in enumerate(parts) if name == part]
        found = made.to_polars(part)
        assert micros(found["as_of"]) == [as_of[number] for number in mine]
        assert found["late"].to_list() == [late[number] for number in mine]
        assert found["weight"].to_list() == [weights[number] for number in mine]
        assert found["courier__minutes_late_count_1d"].to_list() == [counts[n] for n in mine]


def test_training_rows_are_prepared_out_of_fold_and_others_as_served(ran: Any) -> None:
    def codes(part: str) -> list[int]:
        encoded = ran.artifact.prepared(part)["depot"]
        own = ran.artifact.to_polars(part).select("depot", encoded=encoded)
        counts: list[int] = own.group_by("depot").n_unique()["encoded"].to_list()
        return counts

    assert codes("train") == [5, 5, 5]
    assert codes("validation") == codes("test") == [1, 1, 1]


# what must not move


def test_later_rows_move_no_fitted_state(
    builder: Any, ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    made = ran.artifact
    boundary = pl.Series([made.manifest["boundaries"]["validation"]]).str.to_datetime(
        time_zone="UTC"
    )
    later = pl.col("sent_at") - pl.duration(hours=1) >= boundary[0]
    changed = parcels.with_columns(
        minutes_late=pl.when(later & pl.col("minutes_late").is_not_null())
        .then(100 - pl.col("minutes_late"))
        .otherwise("minutes_late"),
        distance=pl.when(later).then(pl.col("distance") * 7).otherwise("distance"),
        weight=pl.when(later).then(None).otherwise("weight"),
        depot=pl.when(later).then(pl.lit("another depot")).otherwise("depot"),
    )
    other, _ = builder.build(make_project("other", rows=changed))
    assert other.fingerprint != made.fingerprint
    assert (
        builder.digests(other.path)["states/recipe.json"]
        == builder.digests(made.path)["states/recipe.json"]
    )
    assert (
        builder.digests(other.path)["prepared/train.parquet"]
        == builder.digests(made.path)["prepared/train.parquet"]
    )
    assert not other.prepared("test").equals(made.prepared("test"))
    earlier, _ = builder.build(
        make_project("earlier", rows=parcels.with_columns(distance=pl.col("distance") * 7))
    )
    assert (
        builder.digests(earlier.path)["states/recipe.json"]
        != builder.digests(made.path)["states/recipe.json"]
    )


def test_what_was_not_known_at_a_moment_moves_no_bit_of_its_features(
    builder: Any, ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    made = ran.artifact
    whole = pl.concat([made.to_polars(part) for part in made.parts])
    moment = whole["as_of"][whole.height // 2]
    unknown = pl.col("arrived_at").is_null() | (pl.col("arrived_at") > moment)
    changed = parcels.with_columns(
        minutes_late=pl.when(unknown & pl.col("minutes_late").is_not_null())
        .then(pl.col("minutes_late") + 1000)
        .otherwise("minutes_late")
    )
    other, _ = builder.build(make_project("other", rows=changed))
    again = pl.concat([other.to_polars(part) for part in other.parts])
    features = [pl.col("as_of"), *map(pl.col, made.manifest["columns"]["features"])]
    asked = pl.col("as_of") <= moment
    assert again.filter(asked).select(features).equals(whole.filter(asked).select(features))
    assert not again.filter(~asked).select(features).equals(whole.filter(~asked).select(features))
