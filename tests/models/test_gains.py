"""Tests of gains: what adds something is found, what is noise, a trend or a trait is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.models.gains import (
    FINE_BINS,
    Column,
    Rows,
    bins_of,
    chosen,
    gain_of,
    importance,
    leading,
    says_more,
)

SIZE = 4_000


def rows(label: Any, entities: Any = None, moments: Any = None, seed: int = 1) -> Rows:
    random = np.random.default_rng(9)
    entities = random.integers(0, 200, len(label)) if entities is None else entities
    moments = np.arange(len(label)) if moments is None else moments
    return Rows.of(np.asarray(label, np.float64), entities, moments, seed=seed)


def column(name: str, values: Any, asked: Rows, ms_per_row: float = 1e-3) -> Column:
    return Column(name, bins_of(pl.Series(name, values), ~asked.is_later), ms_per_row, 8.0)


def names(columns: list[Column], asked: Rows) -> list[str]:
    return [gain.name for gain in chosen(columns, asked, most=20).gains]


@pytest.mark.parametrize("is_binary", [True, False])
def test_of_what_is_told_and_told_again_and_noise_only_the_first_is_taken(is_binary: bool) -> None:
    random = np.random.default_rng(2)
    signal = random.normal(size=SIZE)
    noisy = signal + random.normal(size=SIZE)
    asked = rows(noisy > 0 if is_binary else noisy)
    columns = [column(f"noise {i}", random.normal(size=SIZE), asked) for i in range(30)]
    columns += [column("signal", signal, asked), column("dear", signal * 2, asked, 0.009)]
    choice = chosen(columns, asked, most=20)
    gains, after = choice.gains, choice.rows
    assert [gain.name for gain in gains] == ["signal"]
    assert 0 < gains[0].low < gains[0].gain < gains[0].high
    assert gains[0].share == pytest.approx(0.3 if is_binary else 0.5, abs=0.15)
    again, _ = gain_of(columns[-1], after, among=1)
    assert abs(again.gain) < gains[0].gain / 10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_binary", [True, False])
def test_nothing_is_taken_from_noise(seed: int, is_binary: bool) -> None:
    random = np.random.default_rng(seed)
    label = random.random(SIZE) < 0.2 if is_binary else random.normal(size=SIZE)
    asked = rows(label, seed=seed)
    columns = [column(str(i), random.normal(size=SIZE), asked) for i in range(100)]
    assert names(columns, asked) == []


def test_a_trait_of_single_entities_is_no_gain() -> None:
    random = np.random.default_rng(3)
    entities = random.integers(0, 200, SIZE)
    label = (random.random(200) < 0.3)[entities]  # each entity has one label, for no reason
    asked = rows(label, entities)
    trait = column("trait", random.normal(size=200)[entities], asked)
    code = column("code", [str(one) for one in entities], asked)
    assert names([trait, code], asked) == []


def test_a_trend_that_ends_is_no_gain() -> None:
    random = np.random.default_rng(4)
    label = random.random(SIZE) < np.where(np.arange(SIZE) < SIZE // 2, 0.1, 0.4)
    asked = rows(label)
    assert names([column("time", np.arange(SIZE), asked)], asked) == []


def test_the_cheaper_of_two_that_say_the_same_is_taken_and_small_costs_are_alike() -> None:
    random = np.random.default_rng(5)
    signal = random.normal(size=SIZE)
    asked = rows(signal + random.normal(size=SIZE) > 0)
    dear, cheap = column("dear", signal, asked, 0.05), column("cheap", signal, asked, 0.002)
    assert names([dear, cheap], asked) == ["cheap"]
    better = column("better", signal, asked, 9e-4)
    worse = column("worse", signal + random.normal(size=SIZE), asked, 1e-4)
    assert names([worse, better], asked)[0] == "better"


def test_few_entities_are_halved_by_time_only() -> None:
    random = np.random.default_rng(6)
    signal = random.normal(size=SIZE)
    asked = rows(signal > 0, np.zeros(SIZE, np.int64))
    assert len(asked.folds) == 1
    assert names([column("signal", signal, asked)], asked) == ["signal"]


def test_rows_that_cannot_tell_say_so() -> None:
    assert not rows([1.0]).can_tell
    assert not rows([1.0] * 50).can_tell
    assert not rows([0.0, 1.0] * 20, moments=np.zeros(40)).can_tell
    assert rows([0.0, 1.0] * 200).can_tell


def test_bins_hold_nulls_apart_and_are_cut_by_rows_that_teach() -> None:
    learns = np.array([True] * 8 + [False] * 3)
    numbers = pl.Series([1.0, 2, 3, 4, 5, 6, 7, 8, None, float("nan"), 99.0])
    codes = bins_of(numbers, learns)
    assert codes[8] == codes[9] == 0
    assert sorted(codes[:8]) == list(codes[:8])
    assert codes[7] == codes[10]
    assert bins_of(pl.Series([None, 1.0]), np.array([True, False])).tolist() == [0, 1]
    text = pl.Series(["a", "a", "b", None, "new"])
    found = bins_of(text, np.array([True] * 4 + [False]))
    assert found.tolist() == [2, 2, 3, 0, 1]
    assert len(set(bins_of(pl.Series([True, False, None]), np.ones(3, np.bool_)))) == 3


def several(seed: int = 7) -> tuple[list[Column], Rows]:
    """Four columns that each say something of their own, at different costs, among noise."""
    random = np.random.default_rng(seed)
    signals = random.normal(size=(4, SIZE))
    asked = rows(signals.sum(axis=0) + random.normal(size=SIZE) > 0)
    columns = [column(f"signal {i}", signals[i], asked, 0.02 * 3**i) for i in range(4)]
    columns += [column(f"noise {i}", random.normal(size=SIZE), asked) for i in range(20)]
    return columns, asked


@pytest.mark.parametrize("budget", [0.0, 0.02, 0.05, 0.1, 0.3, 0.79, 0.8, 1.0])
def test_what_is_taken_never_costs_more_than_the_budget(budget: float) -> None:
    columns, asked = several()
    choice = chosen(columns, asked, most=20, most_ms_per_row=budget)
    assert sum(gain.ms_per_row for gain in choice.gains) <= budget
    missing = {f"signal {i}" for i in range(4)} - {gain.name for gain in choice.gains}
    assert missing == set(choice.too_dear)
    assert bool(choice.gains) == (budget > 0)
    assert bool(missing) == (budget < 0.8)


def test_the_same_is_taken_on_any_number_of_threads() -> None:
    columns, asked = several()
    alone, many = (chosen(columns, asked, most=20, threads=n) for n in (1, 3))
    assert alone.gains == many.gains
    assert len(alone.gains) == 4
    assert leading(columns, asked, most=4) == leading(columns, asked, most=4, threads=3)


def test_importance_lists_all_that_is_there_the_useless_last() -> None:
    columns, asked = several()
    listed = importance(columns, asked).gains
    assert len(listed) == len(columns)
    assert {gain.name for gain in listed[:4]} == {f"signal {i}" for i in range(4)}
    assert all(gain.low > 0 for gain in listed[:4])
    rest = [gain.gain for gain in listed[4:]]
    assert rest == sorted(rest, reverse=True)


def test_what_leads_is_decided_by_rows_that_are_not_asked() -> None:
    columns, asked = several()
    names = leading(columns, asked, most=4)
    assert set(names) == {f"signal {i}" for i in range(4)}
    label = np.where(asked.is_later, 1 - asked.label, asked.label)
    turned = Rows.of(label, asked.entities, np.arange(SIZE), seed=1)
    assert leading(columns, turned, most=4) == names
    assert leading([], asked, most=4) == []


def test_decimals_are_cut_as_the_numbers_that_they_are() -> None:
    learns = np.ones(4, np.bool_)
    prices = pl.Series(["1.50", "20.00", None, "3.25"]).cast(pl.Decimal(10, 2))
    assert bins_of(prices, learns).tolist() == bins_of(prices.cast(pl.Float64), learns).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_a_cross_says_more_only_where_its_columns_tell_the_label_together(seed: int) -> None:
    random = np.random.default_rng(seed)
    left, right, other = random.normal(size=(3, SIZE))
    together = rows(left * right + random.normal(size=SIZE) > 0)
    apart = rows(left + 0.5 * right + random.normal(size=SIZE) > 0)

    def is_more(asked: Rows, made: Any, *parents: Any) -> bool:
        cut = [bins_of(pl.Series(one), ~asked.is_later, bins=FINE_BINS) for one in parents]
        fine = [Column(str(i), codes) for i, codes in enumerate(cut)]
        return says_more(column("made", made, asked), fine, asked, among=20)

    assert is_more(together, left * right, left, right)
    assert not is_more(apart, left * right, left, right)
    assert not is_more(apart, left + 0.1 * other, left, other)
