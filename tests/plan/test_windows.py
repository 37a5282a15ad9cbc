"""Windows of every kind: what they resolve to, what they are called, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Aggregation, Composite, Earlier
from headwater.errors import EngineError, SpecError
from headwater.plan.faults import Faults
from headwater.plan.identity import view_identity
from headwater.plan.proof import prove_views
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import Window, window_name
from headwater.schema.durations import DAY, MICROSECONDS
from headwater.schema.windows import Hopping, NewestRows, Session, SoFar

HOUR = MICROSECONDS["h"]
ROWS = pl.DataFrame(
    {
        "k": ["a"],
        "at": [datetime(2024, 1, 1, tzinfo=UTC)],
        "n": [1],
        "x": [1.0],
    }
)


def source(**declared: Any) -> Any:
    given: dict[str, Any] = {"event_time": "at", "known_time": "at", "sequence": "n"}
    return hw.Source("s", hw.Frame(ROWS), **(given | declared))


def planned(*features: Any, of: Any = None, **declared: Any) -> tuple[ViewPlan, list[SpecError]]:
    faults = Faults()
    view = hw.FeatureView("v", of or source(), entity="k", features=features, **declared)
    plan = plan_view(view, faults)
    assert plan is not None
    return plan, faults.found


def windows(*features: Any, **declared: Any) -> dict[str, Window]:
    plan, faults = planned(*features, **declared)
    assert faults == []
    return {feature.column: feature.window for feature in plan.features}


def test_windows_of_all_kinds_of_one_aggregation_have_columns_of_their_own() -> None:
    one = hw.Sum("x")
    found = windows(
        one.within("7d", timedelta(hours=36)),
        one.within("1d", hop="5m"),
        one.over_rows(1, 10),
        one.over_rows(10, within="7d"),
        one.so_far("day", "quarter", zone="Europe/Zurich"),
        one.over_session("30m"),
        one.over_all(),
    )
    assert found == {
        "v__x_sum_7d": Window(length=7 * DAY),
        "v__x_sum_1d12h": Window(length=36 * HOUR),
        "v__x_sum_1d_hop_5m": Window(length=DAY, hop=HOUR // 12),
        "v__x_sum_1rows": Window(rows=1),
        "v__x_sum_10rows": Window(rows=10),
        "v__x_sum_10rows_7d": Window(rows=10, length=7 * DAY),
        "v__x_sum_day_so_far": Window(period="day", zone="Europe/Zurich"),
        "v__x_sum_quarter_so_far": Window(period="quarter", zone="Europe/Zurich"),
        "v__x_sum_session_30m": Window(gap=HOUR // 2),
        "v__x_sum_all": Window(),
    }


def test_a_period_is_by_default_of_the_zone_of_the_source() -> None:
    found = windows(hw.Count().so_far("day"), of=source(zone="Asia/Tokyo"))
    assert found == {"v__count_day_so_far": Window(period="day", zone="Asia/Tokyo")}


def test_a_ttl_cuts_every_window_and_changes_no_length() -> None:
    one, ttl = hw.Count(), 7 * DAY
    found = windows(
        one.within("1d", "30d"),
        one.within("2d", hop="1h"),
        one.over_rows(3),
        one.over_all(),
        ttl="7d",
    )
    assert found == {
        "v__count_1d": Window(length=DAY, ttl=ttl),
        "v__count_30d": Window(length=30 * DAY, ttl=ttl),
        "v__count_2d_hop_1h": Window(length=2 * DAY, hop=HOUR, ttl=ttl),
        "v__count_3rows": Window(rows=3, ttl=ttl),
        "v__count_all": Window(ttl=ttl),
    }
    reaches = [DAY, ttl, 2 * DAY, ttl, ttl]
    assert [window.reach for window in found.values()] == reaches
    assert [window.longest for window in found.values()] == reaches
    assert (Window().reach, Window(gap=DAY, ttl=ttl).longest) == (-1, DAY)


def test_only_a_window_by_rows_reads_the_sequence() -> None:
    plan, _ = planned(hw.Count().over_rows(3), hw.Count().over_session("1h"))
    assert [feature.reads for feature in plan.features] == [("at", "k", "n"), ("at", "k")]
    plan, _ = planned(hw.Count().over_rows(3), of=source(sequence=None))
    assert plan.features[0].reads == ("at", "k")


def test_a_window_by_rows_waits_for_the_clock_of_the_sequence() -> None:
    late = {"k": "at", "at": "at", "x": "at", "n": pl.col("at") + pl.duration(hours=1)}
    plan, _ = planned(hw.Sum("x").over_rows(3), hw.Sum("x").over_all(), of=source(known_times=late))
    ordered, plain = plan.features
    assert [proof.verdict for proof in prove_views([plan])] == ["masked", "proved"]
    assert str(ordered.mask) == "at + 1h"
    with pytest.raises(EngineError, match="HW505"):
        prove_views([replace(plan, features=(replace(ordered, mask=plain.mask),))])


BAD: dict[str, tuple[Any, str, str]] = {
    "no length": (hw.Count().within("0d"), "HW202", "window '0d' is not longer than zero"),
    "a negative length": (hw.Count().within(timedelta(-1)), "HW202", "is negative"),
    "no hop": (hw.Count().within("1d", hop="0m"), "HW202", "hop '0m' is not longer than zero"),
    "a hop of text": (hw.Count().within("1d", hop="often"), "HW202", "'often' is not a duration"),
    "a hop beyond time": (hw.Count().within("1d", hop="99999999w"), "HW202", "longer than what"),
    "a length beside a hop": (hw.Count().within("later", hop="1h"), "HW202", "'later' is not"),
    "no rows": (hw.Count().over_rows(0), "HW202", "0 rows is not a number above zero"),
    "fewer than no rows": (hw.Count().over_rows(-3), "HW202", "-3 rows is not"),
    "too many rows": (
        hw.Count().over_rows(1 << 63),
        "HW202",
        "rows is more than 4611686018427387904",
    ),
    "rows as text": (hw.Count().over_rows("7d"), "HW211", "numbers of rows, found str"),
    "rows as a truth": (hw.Count().over_rows(True), "HW211", "numbers of rows, found bool"),
    "rows of no length": (hw.Count().over_rows(2, within="0s"), "HW202", "within= '0s' is not"),
    "no such period": (hw.Count().so_far("days", zone="UTC"), "HW202", "'days' is no period"),
    "no such zone": (hw.Count().so_far("day", zone="Zurich"), "HW211", "zone 'Zurich' is not"),
    "an empty zone": (hw.Count().so_far("day", zone=""), "HW211", "zone '' is not known"),
    "no zone": (hw.Count().so_far("day"), "HW302", "depends on the zone"),
    "no gap": (hw.Count().over_session("0m"), "HW202", "gap '0m' is not longer than zero"),
    "a gap as a number": (hw.Count().over_session(30), "HW211", "gap takes a duration"),
    "nothing": (hw.Count().over_rows(), "HW202", "Count has no window"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_window_that_is_none_is_refused(name: str) -> None:
    feature, code, words = BAD[name]
    plan, faults = planned(feature)
    assert [fault.code for fault in faults] == [code]
    assert words in faults[0].message
    assert "v" in str(faults[0].place)
    assert plan.features == ()


def test_all_faults_of_windows_are_told_together() -> None:
    _, faults = planned(
        hw.Count().over_rows(0, within="0d"),
        hw.Count().so_far("fortnight", zone="Nowhere"),
        hw.Sum("x").within("1d"),
        ttl="0d",
    )
    assert [fault.code for fault in faults] == ["HW202"] * 4 + ["HW211"]
    assert "periods: day, month, quarter, week, year" in str(faults[3])


def test_the_zone_of_the_source_has_one_fault_only() -> None:
    _, faults = planned(hw.Count().so_far("day"), of=source(zone="Nowhere"))
    assert [fault.message for fault in faults] == ["zone 'Nowhere' is not known"]


@pytest.mark.parametrize(
    ("make", "delay", "refused"),
    [
        (lambda: hw.Count("x").over_session("2h"), 1, False),
        (lambda: hw.Count("x").over_session("2h"), 2, True),
        (lambda: hw.Count("x").over_rows(5), 999, False),
        (lambda: hw.Count("x").over_rows(5, within="3h"), 3, True),
        (lambda: hw.Count("x").within("2h", hop="1h"), 2, True),
        (lambda: hw.Count("x").so_far("day", zone="UTC"), 25, False),
        (lambda: hw.Count("x").so_far("day", zone="UTC"), 26, True),
    ],
)
def test_a_window_that_has_passed_before_its_rows_are_known_is_refused(
    make: Any, delay: int, refused: bool
) -> None:
    late = source(known_time=pl.col("at") + pl.duration(hours=delay))
    _, faults = planned(make(), of=late)
    assert [fault.code for fault in faults] == (["HW303"] if refused else [])


def test_a_ttl_that_is_not_longer_than_the_delay_is_refused() -> None:
    late = source(known_time=pl.col("at") + pl.duration(hours=5))
    _, faults = planned(hw.Count("x").within("7d"), of=late, ttl="4h")
    assert "5h after an event, and its window of 7d, ttl 4h has passed" in faults[0].message


@dataclass(frozen=True, slots=True)
class Growth(Composite):
    """The sum, and the sum just before."""

    returns = "float"

    @property
    def parts(self) -> tuple[Aggregation | Earlier, ...]:
        return hw.Sum(self.column), Earlier(hw.Sum(self.column))


def test_the_window_just_before_is_one_of_a_length() -> None:
    plan, faults = planned(Growth("x").within("1d"), Growth("x", name="h").within("1d", hop="1h"))
    assert faults == []
    assert [[str(part.window) for part in one.parts] for one in plan.features] == [
        ["1d", "before 1d"],
        ["1d in hops of 1h", "before 1d in hops of 1h"],
    ]
    plan, faults = planned(Growth("x").within("5d"), Growth("x").within("6d", hop="1d"), ttl="7d")
    assert faults == []
    assert [[str(part.window) for part in one.parts] for one in plan.features] == [
        ["5d, ttl 7d", "before 5d, ttl 7d"],
        ["6d in hops of 1d, ttl 7d", "before 6d in hops of 1d, ttl 7d"],
    ]
    for kind in (
        Growth("x").over_all(),
        Growth("x").over_rows(3),
        Growth("x").over_session("1h"),
        Growth("x").so_far("day", zone="UTC"),
    ):
        plan, faults = planned(kind)
        assert [fault.code for fault in faults] == ["HW202"]
        assert "there is no earlier window of the same length" in faults[0].message
        assert plan.features == ()


def test_a_window_says_what_it_holds() -> None:
    texts = {
        Window(): ("all history", [], []),
        Window(length=DAY): ("1d", ["as_of - 1d"], []),
        Window(length=DAY, hop=HOUR, ttl=2 * DAY): (
            "1d in hops of 1h, ttl 2d",
            ["as_of - 1d rounded down to 1h", "as_of - 2d"],
            [],
        ),
        Window(period="week", zone="UTC"): (
            "week so far in UTC",
            ["the start of the week of as_of in UTC"],
            [],
        ),
        Window(rows=1): ("1 row", [], ["the newest 1 row"]),
        Window(rows=3, length=DAY): ("3 rows, 1d", ["as_of - 1d"], ["the newest 3 rows"]),
        Window(gap=HOUR): ("session with gaps up to 1h", [], ["no gap over 1h until as_of"]),
        Window(length=7 * DAY, ttl=2 * DAY): ("7d, ttl 2d", ["as_of - 2d"], []),
        Window(ttl=2 * DAY): ("all history, ttl 2d", ["as_of - 2d"], []),
        Window(length=DAY, is_earlier=True): ("before 1d", ["as_of - 2d"], []),
        Window(length=DAY, hop=HOUR, ttl=2 * DAY, is_earlier=True): (
            "before 1d in hops of 1h, ttl 2d",
            ["(as_of - 1d rounded down to 1h) - 1d rounded down to 1h", "as_of - 2d"],
            [],
        ),
    }
    for window, text in texts.items():
        assert (str(window), list(window.starts()), list(window.limits())) == text
    assert Window(length=DAY, is_earlier=True).end == "as_of - 1d"
    hopping = Window(length=DAY, hop=HOUR, is_earlier=True)
    assert hopping.end == "as_of - 1d rounded down to 1h"
    assert Window(length=DAY).end == "as_of"


def test_names_are_as_written() -> None:
    names: dict[Any, str] = {
        Hopping(timedelta(hours=1), "1m"): "1h_hop_1m",
        NewestRows(2, timedelta(days=7)): "2rows_7d",
        SoFar("year", "UTC"): "year_so_far",
        Session("90m"): "session_90m",
        "0090s": "0090s",
    }
    assert {window_name(given): name for given, name in names.items()} == {
        name: name for name in names.values()
    }


def test_windows_of_one_length_in_hops_and_without_stand_side_by_side() -> None:
    one = hw.Count()
    found = windows(one.within("2d"), one.within("2d", hop="1d"), one.within("2d", hop="12h"))
    assert list(found) == ["v__count_2d", "v__count_2d_hop_1d", "v__count_2d_hop_12h"]


def test_one_period_of_two_zones_asks_for_names_of_their_own() -> None:
    one, zones = hw.Count(), ("Europe/Zurich", "Asia/Tokyo")
    _, faults = planned(*(one.so_far("day", zone=zone) for zone in zones))
    assert [(fault.code, fault.hint) for fault in faults] == [
        (
            "HW203",
            "a zone is not in the name of a column: give one of them another name=, such as "
            'hw.Count(..., name="...")',
        )
    ]
    named = hw.Count(name="in_tokyo").so_far("day", zone="Asia/Tokyo")
    assert list(windows(one.so_far("day", zone="Europe/Zurich"), named)) == [
        "v__count_day_so_far",
        "v__in_tokyo_day_so_far",
    ]


def test_the_definition_of_a_window_is_in_the_fingerprint() -> None:
    one = hw.Count(name="n")
    declared = [
        one.within("1d"),
        one.within("1d", hop="5m"),
        one.within("1d", hop="6m"),
        one.over_rows(1),
        one.over_rows(2),
        one.over_rows(2, within="1d"),
        one.so_far("day", zone="UTC"),
        one.so_far("day", zone="Europe/Zurich"),
        one.so_far("week", zone="UTC"),
        one.over_session("1d"),
        one.over_all(),
    ]
    found = {view_identity(planned(each)[0], "spine", {"s": "data"}) for each in declared}
    found.add(view_identity(planned(one.within("1d"), ttl="7d")[0], "spine", {"s": "data"}))
    assert len(found) == len(declared) + 1
    same = planned(one.so_far("day"), of=source(zone="Asia/Tokyo"))[0]
    other = planned(one.so_far("day"), of=source(zone="UTC"))[0]
    assert view_identity(same, "", {"s": ""}) != view_identity(other, "", {"s": ""})
