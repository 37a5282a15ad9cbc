"""Whether a peer's file says what Headwater's says: counts exactly, floats within a tolerance.

A process of its own: what the parent of a benchmark holds in memory would count as its child's.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

EXACT = ("rows", "count")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two files compare.

    Args:
        values: How many were compared.
        worst: The largest relative difference of a float, where it is at least one unit; below
            that the difference itself.
        beyond: How many differ by more than the tolerance, or where one of the two is null.
        first: A description of the first of those.
    """

    values: int
    worst: float
    beyond: int
    first: str


def compare(expected: Path, found: Path, *, tolerance: float) -> Agreement:
    """Compare the columns that `found` has, row by row.

    Raises:
        ValueError: The rows are others, or it has no feature.
    """
    ours, theirs = (pl.read_parquet(path).sort("row") for path in (expected, found))
    if not ours["row"].equals(theirs["row"].cast(ours["row"].dtype)):
        raise ValueError(f"{found.name} holds other rows")
    names = [name for name in theirs.columns if name != "row"]
    if not names:
        raise ValueError(f"{found.name} holds no feature")
    differences = [_differences(name, ours[name], theirs[name]) for name in names]
    worst = max(float(column.max() or 0.0) for column in differences)  # type: ignore[arg-type]
    far = [column > (0.0 if _is_exact(column.name) else tolerance) for column in differences]
    first = next((_described(found, ours, theirs, mask) for mask in far if mask.any()), "")
    beyond = sum(int(mask.sum()) for mask in far)
    return Agreement(ours.height * len(names), worst, beyond, first)


def _is_exact(name: str) -> bool:
    return name.rpartition("_")[0] in EXACT


def _differences(name: str, ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """Relative where ours is at least one; infinite where one of the two is null; NaN is null."""
    pair = pl.DataFrame({"a": ours.cast(pl.Float64), "b": theirs.cast(pl.Float64)}).fill_nan(None)
    a, b = pl.col("a"), pl.col("b")
    difference = (a - b).abs() / pl.max_horizontal(a.abs(), 1.0)
    one_null = a.is_null() != b.is_null()
    either = pl.when(one_null).then(float("inf")).otherwise(difference.fill_null(0.0))
    return pair.select(either.alias(name)).to_series()


def _described(found: Path, ours: pl.DataFrame, theirs: pl.DataFrame, mask: pl.Series) -> str:
    place, name = int(mask.arg_max() or 0), mask.name
    row, wanted, value = ours["row"][place], ours[name][place], theirs[name][place]
    return f"{found.stem}: {name} of row {row} is {value!r}, not {wanted!r}"


if __name__ == "__main__":
    answer = compare(Path(sys.argv[1]), Path(sys.argv[2]), tolerance=float(sys.argv[3]))
    print(json.dumps(asdict(answer)))
