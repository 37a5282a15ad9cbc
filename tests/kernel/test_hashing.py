"""Hashes are these numbers for ever, and those of the reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.hashing import hash_texts, hash_words, mixed
from headwater.testing.reference_sketches import hash_of, signed_hash


def texts(words: list[str]) -> list[int]:
    data = [word.encode() for word in words]
    lengths = np.array([len(one) for one in data], np.int64)
    found: list[int] = hash_texts(np.frombuffer(b"".join(data), np.uint8), lengths).tolist()
    return found


def test_hashes_never_change() -> None:
    assert hash_words(np.array([0, 1, -1, 2**63 - 1])).tolist() == [
        -2152535657050944081,
        -7995527694508729151,
        -1956407806741107680,
        3055647633038352039,
    ]
    assert texts(["", "a", "headwater", "ü"]) == [
        -2152535657050944081,
        -3151713405177036271,
        -77895718408468161,
        -6822444756603435471,
    ]


@given(st.lists(st.text(max_size=40), max_size=20))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_texts_hash_as_in_the_reference_whatever_stands_beside_them(words: list[str]) -> None:
    assert texts(words) == [signed_hash(word) for word in words]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_words_hash_as_in_the_reference(words: list[int]) -> None:
    assert hash_words(np.array(words, np.int64)).tolist() == [signed_hash(one) for one in words]


def test_a_text_is_not_its_bytes_with_zeros_behind() -> None:
    assert len(set(texts(["a", "a\0", "a" + 7 * "\0", "a" + 8 * "\0", "", "\0"]))) == 6


def test_each_bit_of_a_word_moves_about_half_of_the_bits() -> None:
    word = np.arange(1_000, dtype=np.uint64)
    for bit in range(64):
        moved = mixed(word) ^ mixed(word ^ np.uint64(1 << bit))
        assert 30 < np.bitwise_count(moved).mean() < 34


def test_a_float_is_hashed_by_its_bits_with_one_zero_and_one_nan() -> None:
    assert hash_of(0.0) == hash_of(-0.0) == hash_of(0)
    assert hash_of(1.0) == hash_of(0x3FF0000000000000)
