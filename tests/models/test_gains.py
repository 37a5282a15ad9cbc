"""Tests of gains: what adds something is found, what is noise, a trend or a trait is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.models.gains import Column, Rows, bins_of, chosen, gain_of

SIZE = 4_000


def rows(label: Any, entities: Any = None, moments: Any = None, seed: int = 1) -> Rows:
    random = np.random.default_rng(9)
    entities = random.integers(0, 200, len(label)) if entities is None else entities
    moments = np.arange(len(label)) if moments is None else moments
    return Rows.of(np.asarray(label, np.float64), entities, moments, seed=seed)


def column(name: str, values: Any, asked: Rows, milliseconds: float = 1.0) -> Column:
    return Column(name, bins_of(pl.Series(name, values), ~asked.is_later), milliseconds)


def names(columns: list[Column], asked: Rows) -> list[str]:
    return [gain.name for gain in chosen(columns, asked, most=20)[0]]


@pytest.mark.parametrize("is_binary", [True, False])
def test_of_what_is_told_and_told_again_and_noise_only_the_first_is_taken(is_binary: bool) -> None:
    random = np.random.default_rng(2)
    signal = random.normal(size=SIZE)
    noisy = signal + random.normal(size=SIZE)
    asked = rows(noisy > 0 if is_binary else noisy)
    columns = [column(f"noise {i}", random.normal(size=SIZE), asked) for i in range(30)]
    columns += [column("signal", signal, asked), column("dear", signal * 2, asked, 9.0)]
    gains, after = chosen(columns, asked, most=20)
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
    dear, cheap = column("dear", signal, asked, 50.0), column("cheap", signal, asked, 2.0)
    assert names([dear, cheap], asked) == ["cheap"]
    better = column("better", signal, asked, 0.9)
    worse = column("worse", signal + random.normal(size=SIZE), asked, 0.1)
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
