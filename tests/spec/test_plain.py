"""Plain values: what a fingerprint is taken of, and what it leaves out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Aggregation
from headwater.spec.plain import fingerprint, plain
from headwater.spec.row_expressions import PythonExpression, expression_bytes


@dataclass(frozen=True, slots=True)
class Rounded(Aggregation):
    """A member of a project that has a field named like prose."""

    version: int = 1


def test_durations_are_written_in_their_shortest_form() -> None:
    assert plain(timedelta(hours=36)) == "1d12h"


def test_dates_and_moments_are_written_as_iso_text() -> None:
    assert plain(date(2024, 3, 1)) == "2024-03-01"
    assert plain([datetime(2024, 3, 1, 12, tzinfo=UTC)]) == ["2024-03-01T12:00:00+00:00"]


def test_mappings_count_by_content_and_sequences_by_order() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert list(plain({"b": 2, "a": 1})) == ["a", "b"]
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])
    assert fingerprint(("a", "b")) == fingerprint(["a", "b"])


def test_an_aggregation_says_its_kind_and_fields_and_not_its_line() -> None:
    assert plain(hw.Mean("delay").within("7d", timedelta(days=1))) == {
        "is": "Windowed",
        "aggregation": {
            "is": "Mean",
            "column": "delay",
            "name": None,
            "where": None,
            "by": None,
            "values": None,
            "top": None,
        },
        "windows": ["7d", "1d"],
        "min_rows": None,
    }


def test_a_field_of_an_aggregation_counts_whatever_its_name_is() -> None:
    assert fingerprint(Rounded("a", 1)) != fingerprint(Rounded("a", 2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pl.col("a") > 15, pl.col("a") >= 15),
        (pl.col("a") > 15, pl.col("a") > 16),
        (pl.col("a"), pl.col("b")),
        (pl.col("a").is_in(list(range(100))), pl.col("a").is_in([*range(99), 1000])),
        (pl.col("a").rank("min"), pl.col("a").rank("max")),
        (pl.col("a").cast(pl.Int32, strict=False), pl.col("a").cast(pl.Int32, strict=True)),
    ],
    ids=["operator", "constant", "column", "a long list", "an option", "strictness"],
)  # fmt: skip
def test_expressions_that_compute_something_else_differ(one: pl.Expr, other: pl.Expr) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_an_expression_counts_by_its_bytes_and_not_by_its_text() -> None:
    long = pl.col("a").is_in(list(range(100)))
    other = pl.col("a").is_in([*range(50), 1000, *range(51, 100)])
    assert str(long) == str(other)
    assert expression_bytes(long) != expression_bytes(other)


def test_equal_expressions_agree() -> None:
    assert fingerprint(pl.col("a") + 1) == fingerprint(pl.col("a") + 1)


def test_the_source_of_a_python_function_counts() -> None:
    one = PythonExpression(lambda a: a + 1, returns=pl.Int64())
    other = PythonExpression(lambda a: a + 2, returns=pl.Int64())
    assert fingerprint(one) != fingerprint(other)


def test_unwritable_values_are_not_passed_over() -> None:
    with pytest.raises(TypeError):
        fingerprint({"a": object()})


def test_a_fingerprint_is_the_same_in_a_process_with_other_hashes() -> None:
    program = (
        "import polars as pl\nimport headwater as hw\n"
        "from headwater.spec.plain import fingerprint\n"
        "kept = hw.Mean(pl.col('a'), name='x', where=pl.col('b').is_in({'u', 'v', 'w', 'x'}))\n"
        "print(fingerprint([kept.within('7d'), hw.Recipe(hw.EncodeTarget(hw.strings()))]))"
    )

    def printed(seed: str) -> Any:
        found = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        return found.stdout

    assert printed("1") == printed("2")
