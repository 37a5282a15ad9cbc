"""Enrich at its edges: kinds of frames, types of keys and times, and data that is refused."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas
import polars as pl
import pyarrow
import pytest

import headwater as hw
from headwater.errors import DataError, HeadwaterWarning, SpecError

NEW_YORK = "America/New_York"


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, number, hour, tzinfo=UTC)


ORDERS = pl.DataFrame(
    {
        "customer": ["ü", "b", "ü", None, "ü", "b"],
        "store": [1, 1, 2, 1, 1, None],
        "at": [day(1), day(2), day(3), day(3), day(4), day(4)],
        "paid": [day(2), day(2), day(3), day(3), day(9), day(4)],
        "amount": [1.5, None, 4.0, 100.0, 8.0, 16.0],
        "items": [1, 2, 3, 4, 5, 6],
        "rush": [True, False, None, True, True, True],
        "number": [1, 2, 3, 4, 5, 6],
    }
)
SPINE = pl.DataFrame(
    {
        "customer": ["b", "ü", "zz", None, "ü", "ü", "ü"],
        "store": [1, 1, 1, 1, None, 1, 1],
        "asked_at": [day(5), day(5), day(5), day(5), day(5), None, day(5)],
        "note": ["a", "b", "c", "d", "e", "f", "b"],
    }
)


def orders(frame: Any = ORDERS, **declared: Any) -> Any:
    early = dict.fromkeys(("customer", "store"), hw.ALWAYS)
    given = {"event_time": "at", "known_time": "paid", "known_times": early, "sequence": "number"}
    return hw.Source("orders", hw.Frame(frame), **(given | declared))


def view(source: Any, *features: Any, entity: Any = "customer") -> Any:
    return hw.FeatureView("v", source, entity=entity, features=features)


def values(found: Any, column: str) -> list[Any]:
    listed: list[Any] = found[column].to_list()
    return listed


FEATURES = (hw.Count().within("7d"), hw.Sum("amount").within("7d"), hw.Last("rush").over_all())


def test_one_row_in_is_one_row_out_also_for_null_keys_strangers_and_repeats() -> None:
    found = hw.enrich(SPINE, [view(orders(), *FEATURES)], as_of="asked_at")
    assert found.select(SPINE.columns).equals(SPINE)
    assert values(found, "v__count_7d") == [2, 2, 0, 0, 2, 0, 2]
    assert values(found, "v__amount_sum_7d") == [16.0, 5.5, None, None, 5.5, None, 5.5]
    assert values(found, "v__rush_last_all") == [True, True, None, None, True, None, True]


def test_a_null_in_any_part_of_a_key_is_no_key() -> None:
    given = view(orders(), *FEATURES, entity=("customer", "store"))
    found = hw.enrich(SPINE, [given], as_of="asked_at")
    assert values(found, "v__count_7d") == [1, 1, 0, 0, 0, 0, 1]
    assert values(found, "v__amount_sum_7d") == [None, 1.5, None, None, None, None, 1.5]


def test_keys_that_look_alike_are_not_the_same() -> None:
    keys = ["Zürich", "Zu\u0308rich", "zürich", "Zürich ", ""]
    frame = pl.DataFrame(
        {"customer": keys, "at": [day(1)] * 5, "amount": [1.0, 2.0, 3.0, 4.0, 5.0]}
    )
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    spine = pl.DataFrame({"customer": keys[::-1]}).with_columns(asked_at=pl.lit(day(2)))
    found = hw.enrich(spine, [view(source, hw.Sum("amount").over_all())], as_of="asked_at")
    assert values(found, "v__amount_sum_all") == [5.0, 4.0, 3.0, 2.0, 1.0]


def test_keys_may_have_any_name() -> None:
    for name in ("code", "value", "where", "key 0", "as_of", "rows"):
        source = orders(ORDERS.rename({"customer": name}), known_times={name: hw.ALWAYS})
        spine = SPINE.rename({"customer": name})
        given = view(source, *FEATURES, entity=(name,))
        found = hw.enrich(spine, [given], as_of="asked_at")
        assert values(found, "v__count_7d") == [2, 2, 0, 0, 2, 0, 2]


MOMENT = datetime(2900, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("history", "spine"),
    [
        (pl.Series(["a", "b"]), pl.Series(["b", "zz"], dtype=pl.Categorical)),
        (pl.Series(["a", "b"], dtype=pl.Categorical), pl.Series(["b", "zz"])),
        (pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])), pl.Series(["b", "zz"])),
        (
            pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])),
            pl.Series(["b", "zz"], dtype=pl.Enum(["zz", "b"])),
        ),
        (pl.Series([1, 2], dtype=pl.Int32), pl.Series([2, 2**40])),
        (pl.Series([2**64 - 1, 2], dtype=pl.UInt64), pl.Series([2, -1])),
        (pl.Series([-1, 2], dtype=pl.Int8), pl.Series([2, 255], dtype=pl.UInt8)),
        (pl.Series([True, False]), pl.Series([False, None])),
        (pl.Series([date(2024, 1, 1), date(1900, 1, 1)]), pl.Series([date(1900, 1, 1), None])),
        (
            pl.Series([day(1), MOMENT]),
            pl.Series([MOMENT, MOMENT + timedelta(microseconds=1)]),
        ),
        (
            pl.Series([day(1), day(2)]).dt.cast_time_unit("ms"),
            pl.Series([day(2), day(2) + timedelta(microseconds=1)]).dt.cast_time_unit("ns"),
        ),
    ],
)
def test_keys_of_like_types_meet_by_value(history: pl.Series, spine: pl.Series) -> None:
    frame = pl.DataFrame({"k": history, "at": [day(1), day(1)]})
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    asked = pl.DataFrame({"k": spine, "asked_at": [day(2), day(2)]})
    given = view(source, hw.Count().over_all(), entity="k")
    assert values(hw.enrich(asked, [given], as_of="asked_at"), "v__count_all") == [1, 0]


def test_keys_of_unlike_types_are_refused() -> None:
    asked = SPINE.with_columns(customer=pl.lit(3))
    with pytest.raises(
        SpecError, match="key 'customer' is Int32 in the spine and String"
    ) as caught:
        hw.enrich(asked, [view(orders(), *FEATURES)], as_of="asked_at")
    assert caught.value.code == "HW208"


def test_pandas_in_is_pandas_out_with_its_index() -> None:
    spine = SPINE.to_pandas().set_index(pandas.Index([7, 7, 3, 2, 1, 0, 9], name="row"))
    found = hw.enrich(spine, [view(orders(ORDERS.to_pandas()), *FEATURES)], as_of="asked_at")
    assert isinstance(found, pandas.DataFrame)
    assert found.index.equals(spine.index)
    assert found["v__count_7d"].tolist() == [2, 2, 0, 0, 2, 0, 2]
    sums = found["v__amount_sum_7d"]
    assert sums.isna().tolist() == [False, False, True, True, False, True, False]
    assert sums.dropna().tolist() == [16.0, 5.5, 5.5, 5.5]


def test_arrow_in_is_arrow_out() -> None:
    spine = SPINE.to_arrow()
    found = hw.enrich(spine, [view(orders(ORDERS.to_arrow()), *FEATURES)], as_of="asked_at")
    assert isinstance(found, pyarrow.Table)
    assert found.column_names == [
        *SPINE.columns,
        "v__count_7d",
        "v__amount_sum_7d",
        "v__rush_last_all",
    ]
    expected = hw.enrich(SPINE, [view(orders(), *FEATURES)], as_of="asked_at")
    assert pl.DataFrame(found)["v__amount_sum_7d"].equals(expected["v__amount_sum_7d"])


def test_lazy_in_is_lazy_out() -> None:
    found = hw.enrich(SPINE.lazy(), [view(orders(ORDERS.lazy()), *FEATURES)], as_of="asked_at")
    assert isinstance(found, pl.LazyFrame)
    expected = hw.enrich(SPINE, [view(orders(), *FEATURES)], as_of="asked_at")
    assert found.collect().equals(expected)


def test_chunks_and_slices_of_a_frame_do_not_matter() -> None:
    chunks = pl.concat([ORDERS[:1], ORDERS[1:4], ORDERS[4:]], rechunk=False)
    spine = pl.concat([SPINE[:2], SPINE[2:]], rechunk=False)
    found = hw.enrich(spine, [view(orders(chunks), *FEATURES)], as_of="asked_at")
    assert found.equals(hw.enrich(SPINE, [view(orders(), *FEATURES)], as_of="asked_at"))


def test_no_question_is_no_row_with_all_columns() -> None:
    found = hw.enrich(SPINE.clear(), [view(orders(), *FEATURES)], as_of="asked_at")
    assert found.height == 0
    assert found.schema["v__count_7d"] == pl.Int64
    assert found.schema["v__amount_sum_7d"] == pl.Float64
    assert found.schema["v__rush_last_all"] == pl.Boolean


def test_as_of_may_be_an_expression_and_several_views_stand_side_by_side() -> None:
    second = hw.FeatureView("w", orders(), entity="store", features=[hw.Count().over_all()])
    found = hw.enrich(
        SPINE, [view(orders(), *FEATURES), second], as_of=pl.col("asked_at") - pl.duration(days=2)
    )
    assert found.columns[-2:] == ["v__rush_last_all", "w__count_all"]
    assert values(found, "v__count_7d") == [1, 1, 0, 0, 1, 0, 1]
    assert values(found, "w__count_all") == [2, 2, 2, 2, 0, 0, 2]


def test_a_condition_is_part_of_the_clock_and_null_does_not_meet_it() -> None:
    features = [
        hw.Count("amount", where="rush", name="rush").within("7d"),
        hw.Sum("items", where=pl.col("items") > 1, name="many").within("7d"),
        hw.Count(where=pl.col("amount").is_null(), name="unpriced").over_all(),
    ]
    found = hw.enrich(SPINE[:2], [view(orders(), *features)], as_of="asked_at")
    assert values(found, "v__rush_7d") == [1, 1]
    assert values(found, "v__many_7d") == [8, 3]
    assert values(found, "v__unpriced_all") == [1, 0]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([Decimal("1.50"), Decimal("2.25")]),
        pl.Series([[1, 2], []]),
        pl.Series([{"a": 1, "b": None}, {"a": 2, "b": "x"}]),
        pl.Series([timedelta(days=1), timedelta(days=-2)]),
        pl.Series([day(1), day(2)]).dt.cast_time_unit("ns"),
        pl.Series([date(2024, 1, 1), date(2024, 1, 2)]),
        pl.Series([b"a", b"\x00"]),
        pl.Series(["x", "y"], dtype=pl.Categorical),
        pl.Series([2**64 - 1, 2**63], dtype=pl.UInt64),
        pl.Series([0.1, 0.2], dtype=pl.Float32),
        pl.Series([True, False]),
    ],
    ids=lambda column: str(column.dtype)[:12],
)
def test_the_last_value_keeps_its_type(column: pl.Series) -> None:
    frame = pl.DataFrame({"k": [1, 1], "at": [day(2), day(1)], "x": column})
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    asked = pl.DataFrame({"k": [1, 2, None], "asked_at": [day(3), day(3), day(3)]})
    given = view(source, hw.Last("x").over_all(), hw.Count("x").within("1d"), entity="k")
    found = hw.enrich(asked, [given], as_of="asked_at")
    assert found.schema["v__x_last_all"] == column.dtype
    assert values(found, "v__x_last_all") == [column.to_list()[0], None, None]
    assert values(found, "v__x_count_1d") == [1, 0, 0]


@pytest.mark.parametrize(
    ("unit", "event", "known", "asked", "count"),
    [
        ("ns", 999, 0, 1000, 1),
        ("ns", 1999, 0, 1999, 0),
        ("ns", 1000, 0, 1999, 0),
        ("ns", 0, 1001, 1999, 0),
        ("ns", 0, 1000, 1999, 1),
        ("ns", 0, 1001, 2000, 1),
        ("ns", -1, -1, 0, 1),
        ("ns", -1, -1001, -1, 0),
        ("ns", -1001, -1000, -1, 1),
        ("ns", -1001, -999, -1, 0),
        ("ms", 0, 1, 1, 1),
        ("ms", 1, 1, 1, 0),
        ("us", 5, 6, 6, 1),
        ("us", 5, 7, 6, 0),
    ],
)
def test_event_times_are_rounded_down_and_known_times_up(
    unit: Any, event: int, known: int, asked: int, count: int
) -> None:
    def at(ticks: int) -> pl.Series:
        return pl.Series([ticks]).cast(pl.Datetime(unit, "UTC"))

    frame = pl.DataFrame({"k": [1], "at": at(event), "paid": at(known)})
    source = hw.Source(
        "s", hw.Frame(frame), event_time="at", known_time="paid",
        known_times={"k": "paid", "at": "paid"},
    )  # fmt: skip
    spine = pl.DataFrame({"k": [1], "asked_at": at(asked)})
    found = hw.enrich(spine, [view(source, hw.Count().over_all(), entity="k")], as_of="asked_at")
    assert values(found, "v__count_all") == [count]


def naive(rows: list[tuple[datetime, datetime]], zone: str) -> Any:
    frame = pl.DataFrame(
        {"k": [1] * len(rows), "at": [r[0] for r in rows], "paid": [r[1] for r in rows]}
    )
    return hw.Source(
        "s", hw.Frame(frame), event_time="at", zone=zone, known_time="paid",
        known_times={"k": "paid", "at": "paid"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "hour", "all_history"),
    [
        (datetime(2024, 11, 3, 5, 30, tzinfo=UTC), 0, 0),
        (datetime(2024, 11, 3, 6, 29, tzinfo=UTC), 0, 0),
        (datetime(2024, 11, 3, 6, 30, tzinfo=UTC), 1, 1),
        (datetime(2024, 11, 3, 6, 31, tzinfo=UTC), 0, 1),
    ],
)
def test_in_an_hour_that_repeats_a_row_happens_first_and_is_known_last(
    asked: datetime, hour: int, all_history: int
) -> None:
    """1:30 in New York is 5:30 and again 6:30 in UTC."""
    twice = datetime(2024, 11, 3, 1, 30)
    features = hw.Count().within("1h"), hw.Count().over_all()
    given = view(naive([(twice, twice)], NEW_YORK), *features, entity="k")
    found = hw.enrich(pl.DataFrame({"k": [1], "asked_at": [asked]}), [given], as_of="asked_at")
    assert (values(found, "v__count_1h"), values(found, "v__count_all")) == ([hour], [all_history])


def test_a_window_of_a_day_is_24_hours_across_a_change_of_clocks() -> None:
    noon = [datetime(2024, 3, 9, 12), datetime(2024, 3, 9, 13)]
    given = view(naive([(at, at) for at in noon], NEW_YORK), hw.Count().within("1d"), entity="k")
    asked = datetime(2024, 3, 10, 13, tzinfo=UTC) + timedelta(hours=4)
    found = hw.enrich(pl.DataFrame({"k": [1], "asked_at": [asked]}), [given], as_of="asked_at")
    assert values(found, "v__count_1d") == [2]
    later = pl.DataFrame({"k": [1], "asked_at": [asked + timedelta(microseconds=1)]})
    assert values(hw.enrich(later, [given], as_of="asked_at"), "v__count_1d") == [1]


def test_a_local_time_that_does_not_exist_is_refused() -> None:
    skipped = datetime(2024, 3, 10, 2, 30)
    given = view(naive([(skipped, skipped)], NEW_YORK), hw.Count().over_all(), entity="k")
    with pytest.raises(DataError, match="'at'") as caught:
        hw.enrich(pl.DataFrame({"k": [1], "asked_at": [day(1)]}), [given], as_of="asked_at")
    assert caught.value.code == "HW408"


def test_a_date_is_the_midnight_of_the_declared_zone() -> None:
    frame = pl.DataFrame({"k": [1], "at": [date(2024, 7, 1)]})
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at", zone=NEW_YORK)
    midnight = datetime(2024, 7, 1, 4, tzinfo=UTC)
    asked = [midnight, midnight + timedelta(microseconds=1)]
    spine = pl.DataFrame({"k": [1, 1], "asked_at": asked})
    found = hw.enrich(spine, [view(source, hw.Count().over_all(), entity="k")], as_of="asked_at")
    assert values(found, "v__count_all") == [0, 1]


def test_times_before_1970_are_times() -> None:
    frame = pl.DataFrame({"k": [1, 1], "at": [datetime(1950, 1, d, tzinfo=UTC) for d in (1, 2)]})
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    spine = pl.DataFrame({"k": [1], "asked_at": [datetime(1950, 1, 2, tzinfo=UTC)]})
    given = view(source, hw.Count().within("1d"), hw.Last("at").over_all(), entity="k")
    found = hw.enrich(spine, [given], as_of="asked_at")
    assert found.row(0)[2:] == (1, datetime(1950, 1, 1, tzinfo=UTC))


def test_a_clock_that_would_pass_the_end_of_time_hides_its_rows() -> None:
    frame = pl.DataFrame({"k": [1], "at": [day(1)]})
    late = pl.col("at") + pl.duration(days=106_751_991)
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time=late)
    spine = pl.DataFrame({"k": [1], "asked_at": [day(9)]})
    found = hw.enrich(spine, [view(source, hw.Count().over_all(), entity="k")], as_of="asked_at")
    assert values(found, "v__count_all") == [0]


def refused(code: str, source: Any, *features: Any, message: str) -> str:
    with pytest.raises(DataError, match=message) as caught:
        hw.enrich(SPINE, [view(source, *features)], as_of="asked_at")
    assert caught.value.code == code
    assert "test_enrich_kinds_and_edges.py" in str(caught.value.place)
    return str(caught.value.hint)


def test_a_null_event_time_is_refused() -> None:
    broken = ORDERS.with_columns(pl.when(pl.col("items") != 4).then("at").alias("at"))
    message = "column 'at' of source 'orders' is null in 1 rows"
    refused("HW408", orders(broken), hw.Count().over_all(), message=message)


def test_a_null_clock_is_refused_until_it_is_declared() -> None:
    broken = ORDERS.with_columns(pl.when(pl.col("items") != 1).then("paid").alias("paid"))
    message = "clock 'paid' of source 'orders' is null in 1 rows"
    hint = refused("HW403", orders(broken), hw.Sum("amount").over_all(), message=message)
    assert 'null_known_time="never"' in hint
    declared = orders(broken, null_known_time="never")
    given = view(declared, hw.Sum("amount").over_all())
    found = hw.enrich(SPINE[1:2], [given], as_of="asked_at")
    assert values(found, "v__amount_sum_all") == [4.0]


def test_a_tie_is_refused_with_key_and_time_until_a_sequence_orders_it() -> None:
    tied = pl.concat([ORDERS, ORDERS[2:3].with_columns(amount=5.0, number=pl.lit(7, pl.Int64))])
    last = hw.Last("amount").over_all()
    message = r"rows of \{'customer': 'ü'\} at 2024-01-03T00:00:00\+00:00 tie with different values"
    hint = refused("HW404", orders(tied, sequence=None), last, message=message)
    assert hint == "declare sequence= in source 'orders'"
    found = hw.enrich(SPINE[1:2], [view(orders(tied), last)], as_of="asked_at")
    assert values(found, "v__amount_last_all") == [5.0]
    # a tie of equal values, a tie in a row that a later one covers, and no need for an order
    equal = pl.concat([ORDERS, ORDERS[2:3]])
    for source, feature in (
        (orders(equal, sequence=None), last),
        (orders(tied, sequence=None), hw.Sum("amount").over_all()),
        (orders(tied, sequence=None), hw.Last("rush").over_all()),
    ):
        hw.enrich(SPINE, [view(source, feature)], as_of="asked_at")


def test_an_integer_sum_beyond_64_bits_is_refused_only_where_it_is_asked() -> None:
    large = ORDERS.with_columns(items=pl.lit(2**62))
    message = r"the sum 'v__items_sum_all' of \{'customer': 'b'\} does not fit 64 bits"
    refused("HW407", orders(large), hw.Sum("items").over_all(), message=message)
    given = view(orders(large), hw.Sum("items").within("1d"), hw.Mean("items").over_all())
    found = hw.enrich(SPINE[:2], [given], as_of="asked_at")
    assert values(found, "v__items_sum_1d") == [2**62, None]
    assert values(found, "v__items_mean_all") == [2.0**62, 2.0**62]


def test_a_source_without_any_clock_is_warned_of_once() -> None:
    source = hw.Source("clockless orders", hw.Frame(ORDERS), event_time="at")
    given = view(source, hw.Count().over_all())
    with pytest.warns(
        HeadwaterWarning, match="source 'clockless orders' declares no clock"
    ) as seen:
        hw.enrich(SPINE, [given], as_of="asked_at")
    assert len(seen) == 1
    assert seen[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hw.enrich(SPINE, [given], as_of="asked_at")


def test_a_naive_as_of_is_refused() -> None:
    spine = SPINE.with_columns(pl.col("asked_at").dt.replace_time_zone(None))
    with pytest.raises(SpecError, match="holds times without a zone") as caught:
        hw.enrich(spine, [view(orders(), *FEATURES)], as_of="asked_at")
    assert caught.value.code == "HW302"
