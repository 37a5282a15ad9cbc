"""Versions of events: what was known of each at a moment (R6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines.histories import Rows
from headwater.engines.versions import Events, read_events
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.schema.clocks import ALWAYS, Clock, Moment

TIME = pl.Datetime("us", "UTC")
OWN = Clock((Moment("told"),))


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of orders; times are microseconds."""
    made = pl.DataFrame(rows, infer_schema_length=None)
    times = [name for name in made.columns if name.endswith(("_at", "told"))]
    return made.with_columns(pl.col(times).cast(pl.Int64).cast(TIME))


def plan(rows: list[dict[str, Any]], **declared: Any) -> SourcePlan:
    given: dict[str, Any] = {"event_time": "event_at", "known_time": "told", "identity": "order"}
    faults = Faults()
    found = plan_source(hw.Source("orders", hw.Frame(frame(rows)), **(given | declared)), faults)
    faults.raise_all()
    assert found is not None
    return found


def events(rows: list[dict[str, Any]], **declared: Any) -> Events:
    made = plan(rows, **declared)
    return read_events(made, made.schema)


def spans(found: Rows, column: str) -> list[tuple[Any, int, int | None]]:
    """Value, begin and end of each composed row."""
    known = found.known_times(OWN).tolist()
    until = found.until_times(OWN)
    ends = [NEVER] * len(known) if until is None else until.tolist()
    return [
        (value, begin, None if end == NEVER else end)
        for value, begin, end in zip(found.frame[column].to_list(), known, ends, strict=True)
    ]


def order(number: int = 1, /, **values: Any) -> dict[str, Any]:
    return {"order": number, "user": "a", "event_at": 10, "told": 20, "amount": 1.0} | values


READ = ("amount", "event_at", "user")


def test_a_version_counts_from_when_it_is_known_until_a_newer_one_is() -> None:
    rows = [order(told=30, amount=3.0), order(told=20, amount=2.0), order(told=50, amount=5.0)]
    found = events(rows).composed(READ, OWN)
    assert spans(found, "amount") == [(2.0, 20, 30), (3.0, 30, 50), (5.0, 50, None)]


def test_events_follow_one_another_as_the_data_first_speaks_of_them() -> None:
    rows = [order(7, told=9), order(3, told=1), order(7, told=2), order(3, told=4)]
    found = events(rows)
    assert found.newest().frame.select("order", "told").cast(pl.Int64).rows() == [(7, 9), (3, 4)]
    assert found.codes.tolist() == [0, 0, 1, 1]
    assert not found.is_plain


def test_a_column_that_the_newest_version_never_knew_falls_back_to_the_one_before() -> None:
    rows = [
        order(told=20, amount_told=25, amount=2.0, user="a"),
        order(told=30, amount_told=None, amount=3.0, user="b"),
    ]
    found = events(rows, known_times={"amount": "amount_told"}, null_known_time="never")
    composed = found.composed(READ, Clock((Moment("amount_told"), Moment("told"))))
    assert spans(composed, "amount") == [(2.0, 25, 30), (2.0, 30, None)]
    assert composed.frame["user"].to_list() == ["a", "b"]


def test_a_column_of_a_newer_version_can_be_known_before_the_rest_of_it() -> None:
    """Columns of one event come from different versions, each from the newest that knew it."""
    rows = [
        order(told=20, amount_told=20, amount=2.0, user="a"),
        order(told=40, amount_told=30, amount=4.0, user="b"),
    ]
    found = events(rows, known_times={"amount": "amount_told"})
    composed = found.composed(READ, Clock((Moment("amount_told"), Moment("told"))))
    assert spans(composed, "amount") == [(2.0, 20, 30), (4.0, 30, 40), (4.0, 40, None)]
    assert composed.frame["user"].to_list() == ["a", "a", "b"]


def test_an_event_that_is_deleted_counts_again_when_it_is_revived() -> None:
    rows = [
        order(told=20, gone=False, amount=2.0),
        order(told=30, gone=True, amount=3.0),
        order(told=40, gone=None, amount=4.0),
    ]
    found = events(rows, deleted="gone")
    assert spans(found.composed(READ, OWN), "amount") == [(2.0, 20, 30), (4.0, 40, None)]
    assert found.is_deleted.tolist() == [False]


def test_a_deletion_has_its_own_clock() -> None:
    rows = [order(told=20, gone=False, gone_told=20), order(told=30, gone=True, gone_told=55)]
    found = events(rows, deleted="gone", known_times={"gone": "gone_told"})
    composed = found.composed(READ, OWN)
    assert spans(composed, "amount") == [(1.0, 20, 30), (1.0, 30, 55)]
    assert found.is_deleted.tolist() == [True]


def test_a_single_row_that_says_deleted_is_no_plain_row() -> None:
    rows = [order(1, told=20, gone=True, gone_told=30), order(2, told=20, gone=False, gone_told=99)]
    found = events(rows, deleted="gone", known_times={"gone": "gone_told"})
    assert not found.is_plain
    composed = found.composed(READ, OWN)
    assert spans(composed, "amount") == [(1.0, 20, 30), (1.0, 20, 99), (1.0, 99, None)]
    kept = [order(1, told=20, gone=False), order(2, told=20, gone=None)]
    assert events(kept, deleted="gone").is_plain


def test_what_is_less_than_the_clocks_lets_versions_through_earlier() -> None:
    """The mask decides, and not the clocks that the source declares: a wrong one shows."""
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0)]
    found = events(rows)
    assert spans(found.composed(READ, ALWAYS), "amount") == [(3.0, -NEVER, None)]
    early = Clock((Moment("told", -15),))
    assert spans(found.composed(READ, early), "amount") == [(2.0, 5, 15), (3.0, 15, None)]


def test_what_a_mask_asks_beyond_the_clocks_is_asked_of_each_column() -> None:
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0)]
    later = Clock((Moment("told", 5),))
    assert spans(events(rows).composed(READ, later), "amount") == [(2.0, 25, 35), (3.0, 35, None)]
    other = Clock((Moment("event_at", 100), Moment("told")))
    assert spans(events(rows).composed(READ, other), "amount") == [(3.0, 110, None)]


def test_rows_that_never_end_say_so() -> None:
    rows = [order(1), order(2, told=NEVER // 4), order(2, told=None)]
    found = events(rows, null_known_time="never").composed(READ, OWN)
    assert found.until_times(OWN) is None


def test_the_sequence_of_composed_rows_is_that_of_their_event_time() -> None:
    rows = [
        order(told=20, number=8, amount_told=20),
        order(told=30, number=9, amount_told=25),
    ]
    declared: dict[str, Any] = {"sequence": "number", "known_times": {"amount": "amount_told"}}
    read = ("amount", "event_at")
    mask = Clock((Moment("amount_told"), Moment("told")))
    composed = events(rows, **declared).composed(read, mask)
    assert composed.frame["number"].to_list() == [8, 8, 9]


# the order of versions


def test_versions_that_are_known_together_follow_their_sequence_nulls_first() -> None:
    rows = [
        order(amount=2.0, number=2),
        order(amount=9.0, number=None),
        order(amount=3.0, number=3),
    ]
    assert events(rows, sequence="number").newest().frame["amount"].to_list() == [3.0]


def test_a_version_that_is_never_known_is_the_newest() -> None:
    rows = [order(told=None, amount=9.0), order(told=20, amount=2.0)]
    found = events(rows, null_known_time="never")
    assert found.newest().frame["amount"].to_list() == [9.0]
    assert spans(found.composed(READ, OWN), "amount") == [(2.0, 20, None)]


def test_without_a_known_time_versions_follow_their_event_time() -> None:
    rows = [order(event_at=12, amount=2.0), order(event_at=11, amount=1.0)]
    found = events(rows, known_time=None)
    assert found.newest().frame["amount"].to_list() == [2.0]


def test_equal_versions_count_once() -> None:
    rows = [order(amount=float("nan")), order(amount=float("nan")), order(2, told=None)]
    found = events(rows, null_known_time="never")
    assert found.versions.frame.height == 2
    assert found.is_plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"amount": 1.0}, {"amount": 2.0}),
        ({"amount": 1.0}, {"amount": None}),
        ({"amount": 0.0}, {"amount": -0.0}),
        ({"amount": float("nan")}, {"amount": 1.0}),
        ({"tags": ["x"]}, {"tags": ["x", "y"]}),
        ({"user": "a"}, {"user": "b"}),
    ],
)
def test_versions_of_one_order_that_differ_are_refused(one: Any, other: Any) -> None:
    with pytest.raises(DataError) as caught:
        events([order(2), order(**one), order(**other)])
    assert caught.value.code == "HW405"
    (column,) = one
    assert caught.value.message == (
        "identity ['order'] of source 'orders' repeats in 1 rows that are known together and "
        f"differ in {column!r}"
    )
    assert "sequence=" in str(caught.value.hint)


def test_columns_that_are_not_read_do_not_make_versions_differ() -> None:
    made = plan([order(amount=1.0), order(amount=2.0)])
    assert read_events(made, ["user", "event_at"]).is_plain


def test_an_identity_that_repeats_as_null_is_refused() -> None:
    rows = [order(shop=None), order(told=21, shop=None), order(told=22, shop="x")]
    with pytest.raises(DataError, match="is null in rows that repeat") as caught:
        events(rows, identity=("order", "shop"))
    assert caught.value.code == "HW405"
    alone = [order(shop=None), order(2, shop=None), order(told=22, shop="x"), order(shop="x")]
    found = events(alone, identity=("order", "shop"))
    assert found.newest().frame.height == 3


def test_a_version_with_an_undeclared_null_clock_is_refused() -> None:
    with pytest.raises(DataError, match="clock 'told' of source 'orders' is null in 1 rows"):
        events([order(told=None), order(told=20)])


def test_a_version_without_an_event_time_is_refused() -> None:
    found = events([order(event_at=None), order(told=21)])
    with pytest.raises(DataError, match="'event_at' of source 'orders' is null") as caught:
        found.composed(READ, OWN)
    assert caught.value.code == "HW408"


# the columns of an event at a moment of its own


def test_the_columns_of_an_event_are_those_of_its_moment() -> None:
    rows = [
        order(1, told=20, amount=2.0),
        order(1, told=30, amount=3.0),
        order(2, told=25, amount=9.0),
        order(3, told=20, amount=None),
    ]
    found = events(rows)
    for moments, values, hidden in (
        ([19, 24, 20], [None, None, None], [True, True, False]),
        ([20, 25, 20], [2.0, 9.0, None], [False, False, False]),
        ([29, 25, 19], [2.0, 9.0, None], [False, False, True]),
        ([30, None, None], [3.0, 9.0, None], [False, False, False]),
    ):
        known = found.known_at({"amount": OWN}, pl.Series(moments, dtype=pl.Int64))
        assert known.frame["amount"].to_list() == values
        assert known.hidden["amount"].tolist() == hidden


def test_an_event_shows_nothing_while_it_is_known_to_be_deleted() -> None:
    rows = [
        order(told=20, gone=None),
        order(told=30, gone=True),
        order(told=40, gone=False, amount=4.0),
    ]
    found = events(rows, deleted="gone")
    shown = [
        found.known_at({"amount": OWN}, pl.Series([at])).frame["amount"][0]
        for at in (19, 20, 30, 39, 40)
    ]
    assert shown == [None, 1.0, None, None, 4.0]


def test_each_column_has_the_clock_that_it_is_given() -> None:
    rows = [order(told=20, amount=2.0), order(told=30, amount=3.0, user="b")]
    clocks = {"amount": ALWAYS, "user": OWN}
    known = events(rows).known_at(clocks, pl.Series([20]))
    assert known.frame.rows() == [(3.0, "a")]


# what is read


class Reader:
    """Notes which columns are read."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.asked: list[tuple[str, ...]] = []

    def schema(self) -> dict[str, pl.DataType]:
        return dict(self.frame.schema)

    def read(self, columns: Any) -> pl.DataFrame:
        self.asked.append(tuple(columns))
        return self.frame.select(columns)

    def snapshot(self) -> str:
        return "rows"

    def definition(self) -> dict[str, Any]:
        return {}


def asked_of(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    reader = Reader(frame(rows))
    source = hw.Source(
        "orders", reader, event_time="event_at", known_time="told", identity="order",
        known_times={"amount": "amount_told", "event_at": "event_at"},
    )  # fmt: skip
    found = plan_source(source, Faults())
    assert found is not None
    read_events(found, ["event_at", "amount"])
    return reader.asked


def test_the_order_of_versions_is_read_only_where_there_are_some() -> None:
    once = [order(1, amount_told=1), order(2, amount_told=1)]
    assert asked_of(once) == [("amount", "event_at", "order")]
    again = [order(1, amount_told=1), order(1, amount_told=1, told=21)]
    assert asked_of(again)[1:] == [("amount", "amount_told", "event_at", "order", "told")]


def test_without_identity_each_row_is_an_event() -> None:
    found = events([order(), order()], identity=())
    assert found.is_plain
    assert np.array_equal(found.last, [0, 1])
    assert found.newest() is found.versions
