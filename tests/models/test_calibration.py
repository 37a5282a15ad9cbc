"""Calibration: bins of equal size, a Brier score that sums up, intervals that mind groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import DataError
from headwater.models.calibration import calibration
from headwater.models.metrics import metrics

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=60
)


def test_bins_hold_equal_numbers_of_rows_from_the_lowest_scores_up() -> None:
    score = np.array([0.9, 0.1, 0.4, 0.2, 0.8, 0.3])
    label = np.array([1, 0, 1, 0, 1, 0])
    found = calibration(label, score, bins=3)["bins"]
    assert [(one["low"], one["high"], one["rows"]) for one in found] == [
        (0.1, 0.2, 2), (0.3, 0.4, 2), (0.8, 0.9, 2),
    ]  # fmt: skip
    assert [one["share"] for one in found] == [0.0, 0.5, 1.0]
    assert [one["score"] for one in found] == pytest.approx([0.15, 0.35, 0.85])


def test_equal_scores_are_never_parted() -> None:
    found = calibration(np.array([0, 1] * 50), np.full(100, 0.3))["bins"]
    assert [(one["rows"], one["score"]) for one in found] == [(100, pytest.approx(0.3))]


@given(rows=ROWS, bins=st.integers(1, 12))
def test_the_brier_score_is_the_sum_of_its_parts(
    rows: list[tuple[int, float, int]], bins: int
) -> None:
    label, score, group = (np.array(values) for values in zip(*rows, strict=True))
    found = calibration(label, score, groups=group, bins=bins)
    parts = found["reliability"] - found["resolution"] + found["uncertainty"]
    assert found["brier"] == pytest.approx(parts + found["within_bins"], abs=1e-12)
    assert found["brier"] == pytest.approx(metrics(label, score)["brier"], abs=1e-12)
    assert sum(one["rows"] for one in found["bins"]) == len(rows)
    assert len(found["bins"]) <= bins
    for one in found["bins"]:
        assert 0 <= one["share_low"] <= one["share"] <= one["share_high"] <= 1


def test_scores_that_are_their_bins_leave_nothing_inside_them() -> None:
    label, score = np.array([0, 0, 1, 0, 1, 1]), np.array([0.25] * 3 + [0.75] * 3)
    found = calibration(label, score, bins=2)
    assert found["within_bins"] == pytest.approx(0)
    assert found["reliability"] == pytest.approx((1 / 3 - 0.25) ** 2)
    assert found["resolution"] == pytest.approx((1 / 2 - 1 / 3) ** 2)
    assert found["uncertainty"] == 0.25
    assert found["ece"] == pytest.approx(1 / 3 - 0.25)


def test_an_interval_without_groups_is_wilsons() -> None:
    label = np.array([1] * 3 + [0] * 7)
    (found,) = calibration(label, np.full(10, 0.5))["bins"]
    assert found["share_low"] == pytest.approx(0.10779, abs=1e-5)  # 3 of 10, as tables have it
    assert found["share_high"] == pytest.approx(0.60322, abs=1e-5)


def test_rows_that_share_their_luck_tell_less() -> None:
    label = np.repeat([1, 0, 0, 1, 0], 20)
    score = np.full(100, 0.4)
    (alone,) = calibration(label, score)["bins"]
    (together,) = calibration(label, score, groups=np.repeat(np.arange(5), 20))["bins"]
    width = together["share_high"] - together["share_low"]
    assert width > 2 * (alone["share_high"] - alone["share_low"])
    single = calibration(label, score, groups=np.arange(100))["bins"][0]
    assert single["share_low"] == pytest.approx(alone["share_low"], rel=0.01)


def test_one_group_gives_the_interval_of_its_rows() -> None:
    label, score = np.array([1, 0] * 20), np.full(40, 0.5)
    (one,) = calibration(label, score, groups=np.zeros(40))["bins"]
    assert one == calibration(label, score)["bins"][0]


def test_a_share_of_none_or_all_has_an_interval_too() -> None:
    label, score = np.array([0] * 10 + [1] * 10), np.array([0.1] * 10 + [0.9] * 10)
    low, high = calibration(label, score, groups=np.arange(20) % 4, bins=2)["bins"]
    assert (low["share_low"], high["share_high"]) == (0.0, 1.0)
    assert low["share_high"] == pytest.approx(0.27753, abs=1e-5)


def test_what_chance_alone_makes_of_a_perfect_score_is_said() -> None:
    chance = np.random.default_rng(1)
    score = chance.random(20_000)
    label = (chance.random(20_000) < score).astype(int)
    found = calibration(label, score)
    assert found["ece"] == pytest.approx(found["ece_by_chance"], rel=0.6)
    spreads = [math.sqrt(p * (1 - p) / 2_000) for p in np.arange(0.05, 1, 0.1)]
    expected = math.sqrt(2 / math.pi) * float(np.mean(spreads))
    assert found["ece_by_chance"] == pytest.approx(expected, rel=0.02)
    assert calibration(label, score**2)["ece"] > 10 * found["ece"]


def test_means_of_score_and_label_stand_beside() -> None:
    found = calibration(np.array([0, 1, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert (found["score"], found["share"]) == (pytest.approx(0.25), 0.75)


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        ([], "there are no rows"),
        ([-0.1, 0.5], "the score is not a probability"),
        ([0.5, 1.1], "the score is not a probability"),
        ([0.5, float("inf")], "the score is not a probability"),
    ],
)
def test_what_has_no_calibration_says_why(score: list[float], reason: str) -> None:
    label = np.zeros(len(score), dtype=np.int64)
    assert calibration(label, np.array(score)) == {"undefined": reason}


def test_scores_that_are_missing_are_refused() -> None:
    with pytest.raises(DataError, match="HW703"):
        calibration(np.array([0, 1]), np.array([0.5, np.nan]))


def test_one_class_alone_can_be_calibrated() -> None:
    found = calibration(np.zeros(4, dtype=np.int64), np.full(4, 0.25))
    assert (found["uncertainty"], found["resolution"]) == (0.0, 0.0)
    assert found["brier"] == found["reliability"] == 0.0625
