"""The geometry of the clocks picture: round ticks that enclose, and places that keep order."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.reports.interval_picture import draw


def row(
    variant: str, low: float | None, middle: float | None, high: float | None
) -> dict[str, Any]:
    return {"variant": variant, "low": low, "roc_auc": middle, "high": high}


def test_ticks_are_round_and_enclose_every_interval() -> None:
    picture = draw([row("a", 0.604, 0.61, 0.62), row("b", 0.763, 0.771, 0.779)])
    assert picture is not None
    assert [tick.text for tick in picture.ticks] == ["0.60", "0.65", "0.70", "0.75", "0.80"]
    assert [tick.place for tick in picture.ticks] == [3.0, 26.5, 50.0, 73.5, 97.0]


def test_narrow_intervals_get_ticks_of_three_decimals() -> None:
    picture = draw([row("a", 0.6901, 0.6905, 0.6912)])
    assert picture is not None
    assert [tick.text for tick in picture.ticks] == ["0.690", "0.691", "0.692"]


def test_a_lone_point_on_a_round_number_still_has_an_axis() -> None:
    picture = draw([row("a", None, 0.7, None)])
    assert picture is not None
    (bar,) = picture.bars
    assert (bar.low, bar.middle, bar.high) == (3.0, 3.0, 3.0)
    assert bar.text == "0.700"
    assert [tick.text for tick in picture.ticks] == ["0.700", "0.701"]


def test_nothing_to_draw_gives_no_picture() -> None:
    assert draw([]) is None
    assert draw([row("a", None, None, None)]) is None


SHARE = st.floats(0, 1)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(SHARE, SHARE, SHARE), min_size=1, max_size=6))
def test_places_keep_order_and_stay_inside(triples: list[tuple[float, float, float]]) -> None:
    picture = draw([row("v", *sorted(triple)) for triple in triples])
    assert picture is not None
    for bar in picture.bars:
        assert 3 <= bar.low <= bar.middle <= bar.high <= 97
    assert 2 <= len(picture.ticks) <= 8
