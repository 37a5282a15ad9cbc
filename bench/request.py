"""`python -m bench.request`: what one request costs, 100 columns through ten steps, in process.

The rows are asked one at a time, as dictionaries, on one thread; the clock runs around the whole
call, from dictionary to dictionary. Answers are compared with those of the frame, to the bit.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import polars as pl

import headwater as hw
from headwater.runtime.fitted_recipes import FittedRecipe

NUMBERS, CATEGORIES, ROWS = 80, 20, 2_000
FIRST = tuple(f"c{i}" for i in range(CATEGORIES))


def main() -> None:
    """Fit, ask, and print the times."""
    parser = argparse.ArgumentParser(prog="python -m bench.request", description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    calls = parser.parse_args().calls
    training = made(np.random.default_rng(0))
    recipe = ten_steps()
    fitted = recipe.fit(training, label="y")
    rows = made(np.random.default_rng(1)).drop("y")
    check(fitted, rows)
    took = measured(fitted, rows.to_dicts(), calls)
    middle, rare, rarest = np.percentile(took, [50, 99, 99.9])
    print(
        f"{len(fitted.inputs)} columns in, {len(fitted.columns)} out, {len(recipe.steps)} steps, "
        f"{len(fitted.preparation.program.operations)} operations, {calls:,} calls"
    )
    print(f"p50 {middle:.1f} us, p99 {rare:.1f} us, p99.9 {rarest:.1f} us")


def made(rng: np.random.Generator) -> pl.DataFrame:
    """Rows with a tenth of the numbers missing and 50 words a category, some of them rare."""
    words = [*(f"w{i}" for i in range(50)), None]
    columns: dict[str, Any] = {}
    for i in range(NUMBERS):
        values = rng.normal(size=ROWS)
        columns[f"x{i}"] = np.where(rng.random(ROWS) < 0.1, np.nan, values)
    for name in FIRST:
        places = np.minimum(rng.geometric(0.06, ROWS) - 1, len(words) - 1)
        columns[name] = [words[place] for place in places.tolist()]
    frame = pl.DataFrame(columns).fill_nan(None)
    return frame.with_columns(y=rng.integers(0, 2, ROWS))


def ten_steps() -> hw.Recipe:
    """Every step that there is, some of them twice."""
    numbers = hw.columns(*(f"x{i}" for i in range(NUMBERS)))
    return hw.Recipe(
        hw.FlagMissing(hw.columns("x0", "x1", "x2", "x3", "c0")),
        hw.ImputeConstant(hw.columns("x0", "x1", "x2", "x3"), value=0),
        hw.ImputeMedian(numbers),
        hw.ScaleStandard(numbers),
        hw.ImputeConstant(hw.strings(), value="none"),
        hw.GroupRare(hw.strings(), min_share=0.02),
        hw.EncodeOneHot(hw.columns(*FIRST[:2])),
        hw.EncodeOrdinal(hw.columns(*FIRST[2:6])),
        hw.EncodeTarget(hw.strings()),
        hw.ScaleStandard(hw.columns(*FIRST[6:])),
    )


def check(fitted: FittedRecipe, rows: pl.DataFrame) -> None:
    """Stop where one row is not what the frame says."""
    whole = fitted.apply(rows).rows(named=True)
    if [fitted.apply_one(row) for row in rows.to_dicts()] != whole:
        raise SystemExit("one row is not what the frame says")


def measured(fitted: FittedRecipe, rows: list[dict[str, Any]], calls: int) -> list[float]:
    """The microseconds of each call."""
    took = []
    for call in range(calls):
        row = rows[call % len(rows)]
        start = time.perf_counter_ns()
        fitted.apply_one(row)
        took.append((time.perf_counter_ns() - start) / 1e3)
    return took


if __name__ == "__main__":
    main()
