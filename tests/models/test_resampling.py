"""The bootstrap against a loop that rebuilds the rows, and against what it promises to cover."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.errors import DataError
from headwater.models.metrics import NAMES, metrics
from headwater.models.resampling import bootstrap


def noisy(rows: int, seed: int, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 2, rows)
    score = 1 / (1 + np.exp(-strength * (label - 0.5) - generator.normal(size=rows)))
    return label, np.round(score, 2)


@pytest.mark.parametrize("grouped", [True, False])
def test_every_draw_equals_metrics_of_the_rebuilt_rows(grouped: bool) -> None:
    label, score = noisy(60, seed=3)
    days = np.array([f"day {row % 7}" for row in range(60)]) if grouped else None
    found = bootstrap(
        label, {"model": score}, groups=days, resamples=25, generator=np.random.default_rng(5)
    )
    generator = np.random.default_rng(5)
    units = np.unique(days) if days is not None else np.arange(60)
    member = days if days is not None else np.arange(60)
    for draw in range(25):
        drawn = generator.integers(0, len(units), len(units))
        rows = np.concatenate([np.flatnonzero(member == units[unit]) for unit in drawn])
        expected = metrics(label[rows], score[rows])
        for name in NAMES:
            assert found.draws["model"][name][draw] == pytest.approx(expected[name], rel=1e-12)


def test_intervals_are_the_percentiles_of_the_draws() -> None:
    label, score = noisy(300, seed=1)
    found = bootstrap(label, {"model": score}, generator=np.random.default_rng(2))
    low, high = np.quantile(found.draws["model"]["brier"], [0.025, 0.975])
    assert found.interval("model", "brier") == (low, high)
    assert set(found.intervals("model")) == set(NAMES)


def test_the_same_generator_state_gives_the_same_intervals() -> None:
    label, score = noisy(200, seed=1)
    scores = {"model": score}
    first, again, other = (
        bootstrap(label, scores, resamples=50, generator=np.random.default_rng(seed)).intervals(
            "model"
        )
        for seed in (9, 9, 10)
    )
    assert first == again
    assert first != other


def test_a_score_differs_from_itself_by_exactly_zero() -> None:
    label, score = noisy(500, seed=4)
    found = bootstrap(label, {"a": score, "b": score.copy()}, generator=np.random.default_rng(0))
    assert found.difference("a", "b") == (0.0, 0.0)


def test_a_paired_difference_is_narrower_than_the_two_scores_apart() -> None:
    label, score = noisy(1_000, seed=4)
    nearly = np.clip(score + np.random.default_rng(8).normal(0, 0.02, 1_000), 0, 1)
    found = bootstrap(label, {"a": score, "b": nearly}, generator=np.random.default_rng(0))
    apart = found.interval("a")
    paired = found.difference("a", "b")
    assert apart is not None
    assert paired is not None
    assert paired[1] - paired[0] < 0.5 * (apart[1] - apart[0])


def test_intervals_cover_the_true_roc_auc_about_as_often_as_they_say() -> None:
    true = 0.7602499389065233  # two normals one standard deviation apart: Phi(1 / sqrt(2))
    covered = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        label = np.repeat([0, 1], 150)
        found = bootstrap(
            label, {"s": generator.normal(label)}, resamples=200, generator=generator
        ).interval("s")
        assert found is not None
        covered += found[0] <= true <= found[1]
    assert 88 <= covered <= 100


def test_rows_that_share_their_luck_widen_the_interval_only_when_grouped() -> None:
    generator = np.random.default_rng(6)
    days = np.repeat(np.arange(40), 50)
    label = generator.random(2_000) < np.repeat(generator.random(40), 50)
    score = np.repeat(generator.random(40), 50)
    seen = {
        kind: bootstrap(label, {"s": score}, groups=groups, generator=np.random.default_rng(1))
        for kind, groups in (("days", days), ("rows", None))
    }
    width = {}
    for kind, found in seen.items():
        low, high = found.interval("s") or (0.0, 0.0)
        width[kind] = high - low
    assert width["days"] > 3 * width["rows"]


def test_a_resample_of_one_class_is_left_out_and_counted() -> None:
    label, score = np.array([0, 1]), np.array([0.2, 0.8])
    found = bootstrap(label, {"s": score}, resamples=100, generator=np.random.default_rng(0))
    missing = found.undefined("s")
    assert 30 < missing < 70
    assert found.undefined("s", "pr_auc") == missing
    assert found.interval("s") == (1.0, 1.0)


@pytest.mark.parametrize("only", [0, 1])
def test_a_single_class_has_no_interval_of_an_area(only: int) -> None:
    found = bootstrap(
        np.full(20, only), {"s": np.linspace(0, 1, 20)}, generator=np.random.default_rng(0)
    )
    assert found.interval("s") is None
    assert found.interval("s", "pr_auc") is None
    assert found.interval("s", "prevalence") == (only, only)


def test_a_ranking_has_intervals_of_order_only() -> None:
    label, score = noisy(50, seed=2)
    found = bootstrap(label, {"s": score * 100}, generator=np.random.default_rng(0))
    assert found.interval("s") is not None
    assert found.interval("s", "log_loss") is None


@pytest.mark.parametrize("rows", [0, 5])
def test_fewer_than_two_groups_have_no_interval(rows: int) -> None:
    label = np.arange(rows) % 2
    found = bootstrap(
        label, {"s": label / 2}, groups=np.full(rows, "one day"), generator=np.random.default_rng(0)
    )
    assert set(found.intervals("s").values()) == {None}


@pytest.mark.parametrize(
    "groups",
    [
        np.array(["a", None], dtype=object),
        np.array([1.0, np.nan]),
        np.array(["NaT", "2024-01-01"], "M8[D]"),
    ],
)
def test_a_row_without_a_group_is_an_error(groups: np.ndarray) -> None:
    with pytest.raises(DataError, match="1 of 2 rows have no group"):
        bootstrap(
            np.array([0, 1]),
            {"s": np.array([0.1, 0.2])},
            groups=groups,
            generator=np.random.default_rng(0),
        )
