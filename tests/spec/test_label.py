"""Label: what is predicted."""

from __future__ import annotations

import polars as pl

import headwater as hw
from headwater.spec.plain import fingerprint


def test_name_expression_and_clock_count_and_prose_does_not() -> None:
    late = hw.Label("late", pl.col("delay") > 15)
    others = [
        hw.Label("later", pl.col("delay") > 15),
        hw.Label("late", pl.col("delay") > 16),
        hw.Label("late", pl.col("delay") > 15, known_time="landed_at"),
    ]
    assert len({fingerprint(label) for label in [late, *others]}) == 4
    told = hw.Label("late", pl.col("delay") > 15, description="more than 15 minutes", place=None)
    assert fingerprint(told) == fingerprint(late)


def test_a_label_knows_its_line() -> None:
    assert "test_label.py" in str(hw.Label("late", pl.col("delay") > 15).place)
