"""Enrich, end to end: versions, deletions, attributes, static tables, what a store had received."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError, SpecError

TIME = pl.Datetime("us", "UTC")
TIMES = ("at", "told", "amount_told", "as_of", "complete")


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows whose times are whole seconds."""
    made = pl.DataFrame(rows, infer_schema_length=None)
    times = [name for name in made.columns if name in TIMES]
    return made.with_columns((pl.col(times).cast(pl.Int64) * 1_000_000).cast(TIME))


def order(number: int = 1, /, **values: Any) -> dict[str, Any]:
    return {"order": number, "user": "a", "at": 10, "told": 20, "amount": 1.0} | values


def source(rows: list[dict[str, Any]], **declared: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "told", "identity": "order"}
    return hw.Source("orders", hw.Frame(frame(rows)), **(given | declared))


def seen(
    rows: list[dict[str, Any]], *moments: int | None, feature: Any, user: str = "a", **declared: Any
) -> list[Any]:
    """A feature of one user at some moments."""
    view = hw.FeatureView("v", source(rows, **declared), entity="user", features=[feature])
    spine = frame([{"user": user, "as_of": at} for at in moments])
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of")
    return found[found.columns[-1]].to_list()


TOTAL = hw.Sum("amount").over_all()


# versions


def test_a_version_is_seen_from_the_very_moment_when_it_is_known() -> None:
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0)]
    assert seen(rows, 19, 20, 29, 30, 31, feature=TOTAL) == [None, 2.0, 2.0, 3.0, 3.0]
    assert seen(rows, 19, 20, 29, 30, feature=hw.Count().over_all()) == [0, 1, 1, 1]


def test_a_version_moves_its_event_to_another_entity() -> None:
    rows = [order(told=20, user="a", amount=2.0), order(told=30, user="b", amount=3.0)]
    assert seen(rows, 29, 30, feature=TOTAL, user="a") == [2.0, None]
    assert seen(rows, 29, 30, feature=TOTAL, user="b") == [None, 3.0]


def test_a_version_moves_its_event_out_of_the_window_and_after_as_of() -> None:
    rows = [order(at=10, told=12), order(at=4, told=14), order(at=16, told=15)]
    within = hw.Count().within("5s")
    assert seen(rows, 11, 12, 13, 14, 15, 16, 17, feature=within) == [0, 1, 1, 0, 0, 0, 1]


def test_a_deleted_event_is_gone_until_it_is_revived() -> None:
    rows = [
        order(told=20, gone=False, amount=2.0),
        order(told=30, gone=True, amount=2.0),
        order(told=40, gone=False, amount=4.0),
        order(2, told=20, gone=False, amount=100.0),
    ]
    found = seen(rows, 20, 29, 30, 39, 40, feature=TOTAL, deleted="gone")
    assert found == [102.0, 102.0, 100.0, 100.0, 104.0]


def test_a_row_that_only_deletes_is_never_there() -> None:
    assert seen([order(gone=True), order(2, gone=None)], 50, feature=TOTAL, deleted="gone") == [1.0]


def test_a_column_falls_back_to_the_newest_version_that_knew_it() -> None:
    rows = [
        order(told=20, amount_told=20, amount=2.0, user="a"),
        order(told=30, amount_told=None, amount=3.0, user="b"),
        order(told=35, amount_told=40, amount=4.0, user="b"),
    ]
    given: dict[str, Any] = {"known_times": {"amount": "amount_told"}, "null_known_time": "never"}
    assert seen(rows, 30, 39, 40, feature=TOTAL, user="b", **given) == [2.0, 2.0, 4.0]


def test_features_of_one_view_that_read_other_columns_see_other_versions() -> None:
    rows = [
        order(told=20, amount_told=20, amount=2.0, price=20.0),
        order(told=30, amount_told=50, amount=3.0, price=30.0),
    ]
    features = [
        hw.Sum("price").over_all(),
        TOTAL,
        hw.Count().within("1h"),
        hw.Sum("price").within("1h"),
    ]
    made = source(rows, known_times={"amount": "amount_told"})
    view = hw.FeatureView("v", made, entity="user", features=features)
    spine = frame([{"user": "a", "as_of": at} for at in (25, 35, 50)])
    found = hw.enrich(spine, [view], as_of="as_of").drop("user", "as_of")
    assert found.columns == [
        "v__price_sum_all", "v__amount_sum_all", "v__count_1h", "v__price_sum_1h",
    ]  # fmt: skip
    assert found.rows() == [(20.0, 2.0, 1, 20.0), (30.0, 2.0, 1, 30.0), (30.0, 3.0, 1, 30.0)]


def test_versions_of_one_event_do_not_tie_with_each_other_but_events_do() -> None:
    newest = hw.Last("amount").over_all()
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0)]
    assert seen(rows, 25, 30, feature=newest) == [2.0, 3.0]
    with pytest.raises(DataError) as caught:
        seen([*rows, order(2, told=25, amount=9.0)], 26, feature=newest)
    assert caught.value.code == "HW404"
    earlier = [*rows, order(2, at=9, told=25, amount=9.0)]
    assert seen(earlier, 26, feature=newest) == [2.0]


def test_an_event_with_a_null_in_its_key_belongs_to_none() -> None:
    rows = [
        order(told=20, shop="x", amount=2.0),
        order(told=30, shop=None, amount=3.0),
        order(told=40, shop="x", amount=4.0),
    ]
    view = hw.FeatureView("v", source(rows), entity=("user", "shop"), features=[TOTAL])
    asked = [
        {"user": user, "shop": shop, "as_of": at}
        for user, shop, at in [
            ("a", "x", 20), ("a", "x", 30), ("a", "x", 40), ("a", None, 40), (None, "x", 40),
        ]
    ]  # fmt: skip
    found = hw.enrich(frame(asked), [view], as_of="as_of")
    assert found["v__amount_sum_all"].to_list() == [2.0, None, 4.0, None, None]


# attributes


def attribute(rows: list[dict[str, Any]], *moments: int | None, **given: Any) -> list[Any]:
    declared = {"identity": (), **given.pop("declared", {})}
    view = hw.Attributes(
        "p", source(rows, **declared), entity="user", columns="amount", ttl=given.get("ttl")
    )
    spine = frame([{"user": "a", "as_of": at} for at in moments])
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of")
    return found["p__amount"].to_list()


def test_an_attribute_is_the_latest_value_and_null_is_one() -> None:
    rows = [order(at=10, told=10, amount=1.0), order(at=20, told=30, amount=None)]
    assert attribute(rows, 10, 11, 29, 30) == [None, 1.0, 1.0, None]


def test_an_attribute_expires_after_its_ttl() -> None:
    rows = [order(at=10, told=10, amount=1.0)]
    assert attribute(rows, 10, 11, 15, 16, None, ttl="5s") == [None, 1.0, 1.0, None, None]


def test_columns_of_one_entity_come_from_the_rows_that_were_known() -> None:
    rows = [
        order(at=10, told=10, amount_told=10, amount=1.0, size=1),
        order(at=20, told=20, amount_told=40, amount=2.0, size=2),
    ]
    made = source(rows, identity=(), known_times={"amount": "amount_told"})
    view = hw.Attributes("p", made, entity="user", columns=["size", "amount"])
    spine = frame([{"user": "a", "as_of": at} for at in (15, 25, 40)])
    found = hw.enrich(spine, [view], as_of="as_of").select("p__size", "p__amount")
    assert found.rows() == [(1, 1.0), (2, 1.0), (2, 2.0)]


def test_attributes_of_versions_follow_them() -> None:
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0)]
    found = attribute(rows, 19, 20, 30, declared={"identity": "order"})
    assert found == [None, 2.0, 3.0]


PLANES = pl.DataFrame({"tail": ["x", "y", None, None], "built": [1990, 2001, 1, 2]})


def planes(rows: pl.DataFrame = PLANES) -> hw.Attributes:
    register = hw.Source("planes", hw.Frame(rows), static="the register is complete")
    return hw.Attributes("plane", register, entity="tail", columns="built")


def test_a_static_table_is_known_at_every_moment() -> None:
    spine = frame([
        {"tail": tail, "as_of": at}
        for tail, at in [("x", -(10**12)), ("y", 10**12), ("z", 5), (None, 5), ("x", None)]
    ])  # fmt: skip
    found = hw.enrich(spine, [planes()], as_of="as_of")
    assert found["plane__built"].to_list() == [1990, 2001, None, None, None]


def test_a_static_table_whose_key_repeats_is_refused_with_the_count() -> None:
    twice = pl.concat([PLANES, PLANES.head(1), PLANES.head(1)])
    with pytest.raises(DataError) as caught:
        hw.enrich(frame([{"tail": "y", "as_of": 5}]), [planes(twice)], as_of="as_of")
    assert caught.value.code == "HW405"
    assert caught.value.message == ("key ['tail'] of static source 'planes' repeats in 2 rows")


# where a view attaches


def test_one_view_attaches_twice() -> None:
    wind = [
        {"user": "JFK", "at": 1, "told": 1, "amount": 1.0},
        {"user": "LAX", "at": 1, "told": 1, "amount": 2.0},
    ]
    weather = hw.Attributes("w", source(wind, identity=()), entity="user", columns="amount")
    spine = frame(
        [{"from": "JFK", "to": "LAX", "as_of": 5}, {"from": "LAX", "to": None, "as_of": 5}]
    )
    views = [weather.on({"from": "user"}, name="here"), weather.on({"to": "user"}, name="there")]
    found = hw.enrich(spine, views, as_of="as_of").select("here__amount", "there__amount")
    assert found.rows() == [(1.0, 2.0), (2.0, None)]


def test_two_keys_may_attach_by_one_column() -> None:
    rows = [order(buyer="a", seller="a"), order(2, buyer="a", seller="b", amount=5.0)]
    view = hw.FeatureView("v", source(rows), entity=("buyer", "seller"), features=[TOTAL])
    spine = frame([{"buyer": "a", "as_of": 30}])
    found = hw.enrich(spine, [view.on({"buyer": "seller"}, name="self")], as_of="as_of")
    assert found["self__amount_sum_all"].to_list() == [1.0]


# what a store had received


def received(
    rows: list[dict[str, Any]], asked: list[tuple[Any, Any]], **declared: Any
) -> list[Any]:
    view = hw.FeatureView(
        "v", source(rows, **declared), entity="user", features=[hw.Count().within("10s")]
    )
    spine = frame([{"user": "a", "as_of": at, "complete": through} for at, through in asked])
    found = hw.enrich(spine, [view], as_of="as_of", complete_through="complete")
    return found["v__count_10s"].to_list()  # type: ignore[no-any-return]


def test_what_became_known_after_the_store_was_complete_is_not_seen() -> None:
    rows = [order(1, at=10, told=12), order(2, at=11, told=14)]
    asked = [(20, 11), (20, 12), (20, 13), (20, 14), (20, 99), (13, 14), (20, None), (None, 99)]
    assert received(rows, asked) == [0, 1, 1, 2, 2, 1, 0, 0]


def test_windows_end_at_as_of_wherever_the_store_stood() -> None:
    rows = [order(1, at=10, told=12), order(2, at=11, told=14)]
    assert received(rows, [(21, 12), (21, 14), (22, 14)]) == [0, 1, 0]


def test_of_versions_those_that_the_store_had_received_are_seen() -> None:
    rows = [order(told=12, user="a"), order(told=14, user="b"), order(told=16, user="a")]
    assert received(rows, [(20, 12), (20, 13), (20, 14), (20, 15), (20, 16)]) == [1, 1, 0, 0, 1]


def test_where_nothing_was_received_not_even_what_was_always_known_is_seen() -> None:
    rows = [order(1, at=10)]
    assert received(rows, [(20, None), (20, -99)], known_time=hw.ALWAYS) == [0, 1]


# derived columns


def test_a_derived_column_reads_the_frame_features_and_what_was_derived() -> None:
    view = hw.FeatureView("v", source([order(amount=3.0)]), entity="user", features=[TOTAL])
    double = hw.Derived("double", pl.col("v__amount_sum_all") * pl.col("factor"))
    late = hw.Derived("late", (pl.col("double") > 5) & (pl.col("as_of").dt.second() > 20))
    spine = frame(
        [{"user": "a", "factor": 2, "as_of": 30}, {"user": "b", "factor": 2, "as_of": 30}]
    )
    found = hw.enrich(spine, [view, double, late], as_of="as_of")
    assert found.columns[-3:] == ["v__amount_sum_all", "double", "late"]
    assert found.select("double", "late").rows() == [(6.0, True), (None, None)]


def test_a_derived_column_may_read_the_moment_where_the_frame_has_none_by_that_name() -> None:
    spine = frame([{"user": "a", "as_of": 30}]).rename({"as_of": "asked_at"})
    second = hw.Derived("second", pl.col("as_of").dt.second())
    found = hw.enrich(spine, [second], as_of=pl.col("asked_at") - pl.duration(seconds=5))
    assert found.columns == ["user", "asked_at", "second"]
    assert found["second"].to_list() == [25]


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_threads_are_a_whole_number(threads: Any) -> None:
    spine = frame([{"user": "a", "as_of": 30}])
    with pytest.raises(SpecError, match="threads= takes a whole number from 1"):
        hw.enrich(spine, [hw.Derived("x", pl.lit(1))], as_of="as_of", threads=threads)


def test_a_key_that_is_null_in_every_row_gives_the_empty_result() -> None:
    view = hw.FeatureView(
        "v", source([order()]), entity="user", features=[TOTAL, hw.Count().over_all()]
    )
    spine = frame([{"as_of": 30}]).with_columns(user=None)
    assert spine.schema["user"] == pl.Null
    for rows in (spine, pl.concat([spine] * 200)):
        found = hw.enrich(rows, [view], as_of="as_of")
        assert found.select(pl.col("^v__.*$")).unique().rows() == [(None, 0)]


def test_the_kind_of_frame_stays_what_it_was() -> None:
    spine = frame([{"user": "a", "as_of": 30}]).lazy()
    found = hw.enrich(spine, [hw.Derived("x", pl.lit(1))], as_of="as_of")
    assert isinstance(found, pl.LazyFrame)
    assert found.collect()["x"].to_list() == [1]
