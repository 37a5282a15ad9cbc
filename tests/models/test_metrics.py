"""Metrics against literal counts, scikit-learn, and the edges where they are undefined."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from headwater.errors import DataError
from headwater.models.metrics import EPSILON, brier, log_loss, metrics, pr_auc, roc_auc


def test_roc_auc_counts_a_tie_as_half_a_pair() -> None:
    assert roc_auc(np.array([1, 0]), np.array([0.5, 0.5])) == 0.5
    assert roc_auc(np.array([1, 0, 0]), np.array([0.5, 0.5, 0.1])) == 0.75


def test_a_constant_score_has_roc_auc_one_half_and_pr_auc_of_the_prevalence() -> None:
    label, score = np.array([1, 0, 0, 0]), np.full(4, 0.25)
    assert roc_auc(label, score) == 0.5
    assert pr_auc(label, score) == 0.25


def test_perfect_and_reversed_scores_are_exactly_one_and_zero() -> None:
    label, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4])
    assert roc_auc(label, score) == 1.0
    assert roc_auc(label, -score) == 0.0


@pytest.mark.parametrize("only", [0, 1])
def test_a_single_class_leaves_both_areas_undefined_with_the_reason(only: int) -> None:
    label, score = np.full(200, only), np.linspace(0, 1, 200)
    found = metrics(label, score)
    assert (found["roc_auc"], found["pr_auc"]) == (None, None)
    assert found["undefined"] == dict.fromkeys(("roc_auc", "pr_auc"), f"every label is {only}")
    assert (roc_auc(label, score), pr_auc(label, score)) == (None, None)
    assert found["prevalence"] == only
    assert found["brier"] is not None


def test_a_random_score_has_a_pr_auc_of_the_prevalence_that_stands_beside_it() -> None:
    label = np.repeat([1, 0], [4_000, 46_000])  # 8 %
    found = metrics(label, np.random.default_rng(4).random(50_000))
    assert found["prevalence"] == 0.08
    assert found["pr_auc"] == pytest.approx(0.08, abs=0.003)
    assert found["roc_auc"] == pytest.approx(0.5, abs=0.01)


def test_no_rows_leave_every_metric_undefined_with_the_reason() -> None:
    found = metrics(np.array([], dtype=np.int64), np.array([]))
    names = ("roc_auc", "pr_auc", "prevalence", "brier", "log_loss")
    assert [found[name] for name in names] == [None] * 5
    assert found["undefined"] == dict.fromkeys(names, "there are no rows")


def test_a_row_of_weight_zero_does_not_make_a_second_class() -> None:
    weights = np.array([1, 1, 0])
    found = metrics(np.array([1, 1, 0]), np.array([0.2, 0.3, 0.4]), weights=weights)
    assert (found["roc_auc"], found["pr_auc"]) == (None, None)
    assert found["undefined"] == dict.fromkeys(("roc_auc", "pr_auc"), "every label is 1")


def test_a_ranking_that_is_no_probability_has_no_brier_and_no_log_loss() -> None:
    found = metrics(np.array([0, 1]), np.array([-3.0, 40.0]))
    assert (found["roc_auc"], found["brier"], found["log_loss"]) == (1.0, None, None)
    assert found["undefined"] == dict.fromkeys(
        ("brier", "log_loss"), "the score is not a probability"
    )


def test_each_metric_that_is_undefined_has_its_own_reason() -> None:
    assert metrics(np.array([1, 1]), np.array([-3.0, 40.0]))["undefined"] == {
        **dict.fromkeys(("roc_auc", "pr_auc"), "every label is 1"),
        **dict.fromkeys(("brier", "log_loss"), "the score is not a probability"),
    }


def test_an_infinite_score_ranks_above_and_below_all_others() -> None:
    assert roc_auc(np.array([1, 0, 0]), np.array([np.inf, 1.0, -np.inf])) == 1.0


def test_log_loss_of_a_certain_mistake_is_large_but_finite() -> None:
    assert log_loss(np.array([1]), np.array([0.0])) == pytest.approx(-np.log(EPSILON))


def test_the_sign_of_zero_does_not_break_a_tie() -> None:
    assert roc_auc(np.array([1, 0]), np.array([0.0, -0.0])) == 0.5


@pytest.mark.parametrize(
    ("label", "score", "words"),
    [
        ([0, 1], [0.5, np.nan], "1 of 2 scores are null or NaN"),
        ([0, 2], [0.5, 0.5], "other values than 0 and 1"),
        ([0, 1], [0.5], "differ in shape"),
    ],
)
def test_input_that_cannot_be_measured_is_a_data_error(
    label: list[int], score: list[float], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        metrics(np.array(label), np.array(score))


@pytest.mark.parametrize("weights", [[0.5, 0.5], [-1, 2], [2**30, 2**30], [1]])
def test_weights_must_be_whole_numbers_that_can_be_counted(weights: list[float]) -> None:
    with pytest.raises(DataError, match="weights"):
        roc_auc(np.array([0, 1]), np.array([0.1, 0.2]), weights=np.array(weights))


def test_pairs_beyond_thirty_two_bits_are_counted_exactly() -> None:
    weights = np.array([10**9, 1, 10**9])
    label, score = np.array([1, 1, 0]), np.array([0.9, 0.5, 0.5])
    halves = 2 * 10**9 * 10**9 + 10**9
    assert roc_auc(label, score, weights=weights) == halves / (2 * (10**9 + 1) * 10**9)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.integers(0, 4)
    ),
    min_size=1,
    max_size=40,
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(ROWS)
def test_metrics_equal_scikit_learn_with_ties_and_weights(
    rows: list[tuple[int, float, int]],
) -> None:
    label, score, weights = (np.array(column) for column in zip(*rows, strict=True))
    mass = [int(weights[label == side].sum()) for side in (0, 1)]
    found = metrics(label, score, weights=weights)
    if min(mass):
        close(found["roc_auc"], reference.roc_auc_score(label, score, sample_weight=weights))
        close(
            found["pr_auc"], reference.average_precision_score(label, score, sample_weight=weights)
        )
    if sum(mass):
        both = {"sample_weight": weights, "labels": [0, 1]}
        close(found["log_loss"], reference.log_loss(label, np.c_[1 - score, score], **both))
        close(found["brier"], reference.brier_score_loss(label, score, sample_weight=weights))
        close(found["prevalence"], np.average(label, weights=weights))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(ROWS)
def test_roc_auc_equals_counting_every_pair_to_the_bit(rows: list[tuple[int, float, int]]) -> None:
    label, score, _ = (np.array(column) for column in zip(*rows, strict=True))
    pairs = list(itertools.product(score[label == 1], score[label == 0]))
    halves = sum(2 * (one > none) + (one == none) for one, none in pairs)
    assert roc_auc(label, score) == (int(halves) / (2 * len(pairs)) if pairs else None)


def test_metrics_equal_scikit_learn_on_many_rows_in_float32() -> None:
    generator = np.random.default_rng(7)
    label = generator.integers(0, 2, 20_000)
    score = np.round(generator.beta(2, 3, 20_000) * 0.8 + 0.1 * label, 2).astype(np.float32)
    wide = score.astype(np.float64)
    close(roc_auc(label, score), reference.roc_auc_score(label, wide))
    close(pr_auc(label, score), reference.average_precision_score(label, wide))
    close(brier(label, score), reference.brier_score_loss(label, wide))
    close(log_loss(label, score), reference.log_loss(label, wide))


def close(found: float | None, expected: float) -> None:
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
