"""The small pictures: where things are drawn, and what is said of them in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.reports import (
    axes,
    calibration_picture,
    importance_picture,
    inputs,
    strip_picture,
    timeline_picture,
)

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


def bucket(start: str, part: str, rows: int, share: float | None) -> dict[str, Any]:
    return {"start": start, "part": part, "rows": rows, "prevalence": share}


# axes


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6), most=st.integers(2, 10))
def test_round_marks_enclose_both_ends_with_few_even_steps(
    low: float, span: float, most: int
) -> None:
    marks = axes.round_marks(low, low + span, most)
    slack = span * 1e-3
    assert marks[0] <= low + slack
    assert marks[-1] >= low + span - slack
    assert 2 <= len(marks) <= most + 2


def test_an_end_alone_has_an_axis_too() -> None:
    assert axes.round_marks(3.0, 3.0, 5) == [2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6]


@given(first=MOMENTS, span=st.timedeltas(timedelta(0), timedelta(days=100_000)))
def test_ticks_of_time_lie_within_it_in_order(first: datetime, span: timedelta) -> None:
    ticks = axes.time_ticks(first, first + span, 12)
    places = [tick.place for tick in ticks]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert len(ticks) <= 14
    assert all(tick.text for tick in ticks)


@pytest.mark.parametrize(
    ("span", "most", "words"),
    [
        (timedelta(0), 4, ["2013-12-30 00:00"]),
        (timedelta(hours=6), 3, ["30 Dec 00:00", "03:00", "06:00"]),
        (timedelta(hours=36), 3, ["30 Dec 00:00", "12:00", "31 Dec 00:00", "12:00"]),
        (timedelta(days=4), 4, ["30 Dec 2013", "31 Dec", "1 Jan 2014", "2 Jan", "3 Jan"]),
        (timedelta(days=100), 4, ["Jan 2014", "Feb", "Mar", "Apr"]),
        (timedelta(days=1_200), 4, ["Jan 2014", "2015", "2016", "2017"]),
    ],
)
def test_ticks_say_only_what_is_new(span: timedelta, most: int, words: list[str]) -> None:
    first = datetime(2013, 12, 30, tzinfo=UTC)
    assert [tick.text for tick in axes.time_ticks(first, first + span, most)] == words


# time line


def test_buckets_stand_on_the_ground_and_reach_as_high_as_their_rows() -> None:
    found = timeline_picture.draw(
        {
            "every": "1d",
            "buckets": [
                bucket("2024-01-01T00:00:00+00:00", "train", 50, 0.2),
                bucket("2024-01-02T00:00:00+00:00", "train", 100, 0.4),
                bucket("2024-01-04T00:00:00+00:00", "test", 25, None),
            ],
        }
    )
    assert found is not None
    train, test = found.parts
    assert train.area == "M0.0 100V50.0H250.0V0.0H500.0V100Z"
    assert train.line == "M125.0 50.0L375.0 0.0"
    assert (test.area, test.line) == ("M750.0 100V75.0H1000.0V100Z", "")
    assert (test.begins, found.most_rows, found.most_prevalence) == (75.0, 100, 0.4)
    assert found.text == (
        "Rows per day. train: 150 rows from 2024-01-01 to 2024-01-02. "
        "test: 25 rows from 2024-01-04 to 2024-01-04."
    )


def test_where_rows_are_missing_the_area_goes_down_to_the_ground() -> None:
    days = ("2024-01-01", "2024-01-03")
    found = timeline_picture.draw(
        {"every": "1d", "buckets": [bucket(f"{day}T00:00:00", "train", 1, 0.0) for day in days]}
    )
    assert found is not None
    assert found.parts[0].area == "M0.0 100V0.0H333.3V100ZM666.7 100V0.0H1000.0V100Z"
    assert found.parts[0].line == "M166.7 100.0L833.3 100.0"


def test_no_rows_have_no_time_line() -> None:
    assert timeline_picture.draw({"every": "1d", "buckets": []}) is None


# strips


def entry(kind: str = "number", **changes: Any) -> dict[str, Any]:
    quantiles = {"0.01": 0.0, "0.25": 1.0, "0.5": 2.0, "0.75": 3.5, "0.99": 9.0}
    part = {"rows": 10, "nulls": 2, "counts": [6, 2], "quantiles": quantiles, "moved": 0.1}
    whole = {"name": "x", "kind": kind, "edges": [0.0, 10.0, 40.0], "values": None}
    parts = {"train": part, "test": {**part, "counts": [0, 8]}}
    return {**whole, "parts": parts, **changes}


def test_a_strip_has_steps_on_one_scale_for_all_parts() -> None:
    found = strip_picture.draw(entry())
    assert found.paths == (
        ("train", "M0.0 36V9.0H60.0V27.0H240.0V36"),
        ("test", "M0.0 36V36.0H60.0V0.0H240.0V36"),
    )
    assert (found.low, found.high) == ("0", "40")
    middle = "median 2, middle half 1 to 3.5"
    assert found.text == f"train: {middle}; test: {middle}"


def test_values_that_are_few_stand_apart_as_bars() -> None:
    found = strip_picture.draw(entry(values=[5.0, 25.0]))
    assert found.paths[0][1] == "M7.2 36V9.0H52.8V36M81.6 36V27.0H218.4V36"
    assert (found.low, found.high) == ("5", "25")


def test_categories_say_their_shares_and_how_many_are_not_shown() -> None:
    found = strip_picture.draw(entry("category", values=["A"], distinct=4))
    assert found.text.replace("\xa0", " ") == "train: A 75.0 %; test: A 0.0 %"
    assert (found.low, found.high) == ("A", "and 3 more")
    assert strip_picture.draw(entry("category", values=["A", "B"], distinct=2)).high == ""


def test_a_part_without_values_lies_on_the_ground() -> None:
    part = {"rows": 3, "nulls": 3, "counts": [0, 0], "quantiles": {}, "moved": None}
    found = strip_picture.draw(entry(parts={"train": part}))
    assert found.paths == (("train", "M0.0 36V36.0H60.0V36.0H240.0V36"),)
    assert found.text == "train: no values"


# calibration and importance


def test_points_lie_where_scores_and_shares_are() -> None:
    one = {"score": 0.1, "share": 0.3, "share_low": 0.2, "share_high": 0.5}
    found = calibration_picture.draw({"bins": [one, {**one, "score": 0.5, "share": 0.5}]})
    assert found is not None
    assert [mark.text for mark in found.marks] == ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]
    first, last = found.points
    assert (first.x, first.y, first.low, first.high) == (60.0, 180.0, 120.0, 300.0)
    assert (last.x, last.y) == (300.0, 300.0)
    assert found.line == "M60.0 120.0L300.0 0.0"
    assert found.text.startswith("scores around 0.100: 0.300 came true; ")


def test_an_undefined_calibration_has_no_picture() -> None:
    assert calibration_picture.draw({"undefined": "there are no rows"}) is None


def test_bars_begin_at_zero_and_say_whether_they_are_sure() -> None:
    drops = [
        {"name": "a", "drop": 0.04, "low": 0.02, "high": 0.05},
        {"name": "b", "drop": -0.01, "low": -0.02, "high": 0.01},
        {"name": "c", "drop": 0.01, "low": None, "high": None},
    ]
    found = importance_picture.draw(drops)
    assert found is not None
    places = {tick.text: tick.place for tick in found.ticks}
    assert found.zero == places["0"]
    sure, unsure, alone = found.bars
    assert (sure.end, sure.low, sure.is_sure) == (places["0.04"], places["0.02"], True)
    assert unsure.end < found.zero
    assert not unsure.is_sure
    assert (alone.low, alone.high, alone.is_sure) == (None, None, False)
    assert found.text == "a: 0.040; b: −0.010; c: 0.010."
    assert importance_picture.draw([]) is None


# inputs


def test_features_that_differ_in_their_window_only_are_one_line() -> None:
    one = {"view": "v", "aggregation": "Mean", "reads": ["x"], "clock": "c", "proved": "masked"}
    features = [{**one, "name": f"v__x_mean_{window}", "window": window} for window in ("1d", "7d")]
    other = {**one, "name": "v__x_max_1d", "window": "1d", "aggregation": "Max"}
    ((view, rows),) = inputs.by_view([*features, other])
    assert view == "v"
    assert [(row["name"], row["windows"]) for row in rows] == [
        ("x_mean", ["1d", "7d"]),
        ("x_max", ["1d"]),
    ]


def test_of_too_many_inputs_the_most_important_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MOST_DRAWN", 2)
    still = {"train": entry()["parts"]["train"]}
    moving = {**still, "test": {**still["train"], "moved": 0.9}}
    entries = [
        entry(name="still", parts=moving | {"test": {**still["train"], "moved": 0.0}}),
        entry(name="moving", parts=moving),
        entry(name="important", parts=moving | {"test": {**still["train"], "moved": None}}),
    ]
    drops = [
        {"kind": "view", "name": "still", "drop": 0.5},
        {"kind": "input", "name": "important", "drop": 0.1},
    ]
    kept = [{"name": one["name"]} for one in entries]
    found = inputs.drawn({"distributions": entries, "importance": {"drops": drops}, "kept": kept})
    ((title, shown),) = found["groups"]
    assert title == "kept from the row itself"
    assert [one["name"] for one in shown] == ["moving", "important"]
    assert (found["drawn"], found["left_out"]) == (2, 1)


def test_the_last_part_has_the_accent_and_the_middle_one_is_dashed() -> None:
    part = entry()["parts"]["train"]
    three = entry(parts={"train": part, "validation": part, "test": part})
    assert inputs.drawn({"distributions": [three]})["styles"] == {
        "train": 0, "validation": 1, "test": 2,
    }  # fmt: skip
    alone = inputs.drawn({"distributions": [entry(parts={"train": part})]})
    assert alone["styles"] == {"train": 0}
    assert inputs.drawn({})["groups"] == []
