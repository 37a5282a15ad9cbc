"""The order of the kernel: by entity, then time, then sequence."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from headwater.engines.arrangement import entity_codes


def together(history: pl.Series, spine: pl.Series) -> tuple[list[int], list[int]]:
    """Codes of both; the same code means the same entity."""
    one, other = history.to_frame("k"), spine.to_frame("k")
    events, asked, _ = entity_codes(one, other, ["k"])
    return events.tolist(), asked.tolist()


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int32, pl.UInt8, pl.Int128, pl.UInt64])
def test_keys_close_together_and_far_apart_get_the_same_codes(dtype: Any) -> None:
    history = pl.Series([7, None, 3, 9, 200, 0], dtype=dtype)
    spine = pl.Series([9, 7, None, 7, 4], dtype=pl.Int64)
    events, asked = together(history, spine)
    assert asked[2] == -1
    assert asked[1] == asked[3] == events[0]
    assert asked[0] == events[3]
    assert len({asked[0], asked[1], asked[4]}) == 3
    assert {asked[0], asked[1], asked[4]} == {0, 1, 2}
    assert [events[i] for i in (1, 2, 4, 5)] == [-1] * 4


def test_keys_of_every_size_are_told_apart() -> None:
    far = pl.Series([-(2**63), 2**63 - 1, 0])
    assert together(far, far) == ([0, 1, 2], [0, 1, 2])
    edge = pl.Series([2**63 - 1, 2**63 - 2])
    assert together(pl.Series([-(2**63), -(2**63) + 1, 0, 2**63 - 1]), edge)[0][:3] == [-1] * 3
    none = pl.Series([None], dtype=pl.Int64)
    assert together(far, none) == ([-1] * 3, [-1])
    assert together(far.clear(), far.clear()) == ([], [])
