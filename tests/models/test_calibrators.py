"""Calibrators: probabilities that come true, learned from other rows than they are judged on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headwater.models.calibration import calibration
from headwater.models.calibrators import calibrator

CHANCE = np.random.default_rng(8)
TRUE = CHANCE.beta(2, 5, 20_000)
LABEL = (CHANCE.random(20_000) < TRUE).astype(int)
TOO_SURE = 1 / (1 + ((1 - TRUE) / TRUE) ** 2)  # twice the log odds
LEARN, JUDGE = slice(0, 10_000), slice(10_000, None)


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_scores_that_are_too_sure_come_true_after_it(method: str) -> None:
    learned = calibrator(method, LABEL[LEARN], TOO_SURE[LEARN])
    before = calibration(LABEL[JUDGE], TOO_SURE[JUDGE])
    after = calibration(LABEL[JUDGE], learned(TOO_SURE[JUDGE]))
    assert before["ece"] > 0.1
    assert after["ece"] < 0.02
    assert after["brier"] < before["brier"] - 0.01


def test_platt_finds_the_line_through_the_log_odds() -> None:
    learned = calibrator("platt", LABEL, TOO_SURE)
    score = np.array([0.1, 0.5, 0.9])
    odds = np.log(score / (1 - score)) / 2
    assert learned(score) == pytest.approx(1 / (1 + np.exp(-odds)), abs=0.02)


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_a_higher_score_never_gets_a_lower_probability(method: str) -> None:
    learned = calibrator(method, LABEL[:500], TOO_SURE[:500])
    found = learned(np.linspace(0, 1, 1_001))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("method", ["isotonic", "platt"])
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_gives_its_own_probability(method: str, label: int) -> None:
    learned = calibrator(method, np.full(50, label), np.linspace(0, 1, 50))
    assert learned(np.array([0.2, 0.8])) == pytest.approx([label, label], abs=0.03)


def test_platt_is_never_certain() -> None:
    learned = calibrator("platt", np.array([0] * 10 + [1] * 10), np.array([0.0] * 10 + [1.0] * 10))
    low, high = learned(np.array([0.0, 1.0]))
    assert low == pytest.approx(1 / 12, abs=1e-3)  # one of ten and two that are imagined
    assert high == pytest.approx(11 / 12, abs=1e-3)


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_no_rows_have_no_probabilities(method: str) -> None:
    empty: Any = np.empty(0)
    assert calibrator(method, LABEL[:50], TOO_SURE[:50])(empty).shape == (0,)
