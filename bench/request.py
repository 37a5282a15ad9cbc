"""`python -m bench.request`: what one request costs in process: `enrich`, and a fitted recipe.

`hw.enrich` answers one row with 32 features (4 windows of 8 aggregations) over the 500 or so events
of its entity, of a million; frames in and out. A recipe takes 100 columns through ten steps, from
dictionary to dictionary. Rows are asked one at a time on one thread, and the clock runs around the
whole call. Answers are compared with those of the whole frame, to the bit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import headwater as hw
from headwater.runtime.fitted_recipes import FittedRecipe

NUMBERS, CATEGORIES, ROWS = 80, 20, 2_000
DAY = 86_400_000_000
FIRST = tuple(f"c{i}" for i in range(CATEGORIES))


ENRICH_GOAL_US = 1_000
RECIPE_GOAL_US = 50


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.request", description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args()
    lines = [
        "| One request | calls | p50, us | p99, us | p99.9, us | target for p50 | |",
        "| --- " * 7 + "|",
    ]
    rng = np.random.default_rng(0)
    history, spine = happened(rng, given.events), asked(rng, given.events // 500)
    late = history.with_columns(
        known=pl.col("at") + pl.duration(minutes=pl.int_range(pl.len()) % 600)
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.parquet"
        history.write_parquet(file)
        of = f"features of {given.events:,} events"
        for title, reader, known in (
            (f"32 {of} in a frame", hw.Frame(history), "at"),
            (f"32 {of} in Parquet", hw.Parquet(str(file)), "at"),
            (f"32 {of}, a clock of each row", hw.Frame(late), "known"),
        ):
            took = enriching(reader, known, spine, given.calls // 5)
            lines.append(_line(title, took, ENRICH_GOAL_US))
    title, took = preparing(given.calls)
    lines.append(_line(title, took, RECIPE_GOAL_US))
    print("\n".join(lines))


def _line(title: str, took: list[float], goal: int) -> str:
    """A line of the table."""
    middle, rare, rarest = np.percentile(took, [50, 99, 99.9])
    verdict = "met" if middle < goal else "missed"
    cells = [title, f"{len(took):,}", *(f"{one:.1f}" for one in (middle, rare, rarest))]
    return f"| {' | '.join([*cells, f'under {goal:,}', verdict])} |"


def enriching(reader: Any, known: str, spine: pl.DataFrame, calls: int) -> list[float]:
    """The microseconds of one row with 32 features, after a first call made the history ready."""
    views = [customer(reader, known)]
    whole = hw.enrich(spine, [customer(reader, known)], as_of="asked_at")
    rows = [spine[row] for row in range(spine.height)]
    for row, one in enumerate(rows):
        if repr(hw.enrich(one, views, as_of="asked_at").row(0)) != repr(whole.row(row)):
            raise SystemExit("one row is not what the frame says")
    took = []
    for call in range(calls):
        one = rows[call % len(rows)]
        start = time.perf_counter_ns()
        hw.enrich(one, views, as_of="asked_at")
        took.append((time.perf_counter_ns() - start) / 1e3)
    return took


def happened(rng: np.random.Generator, events: int) -> pl.DataFrame:
    """Events of half a year, 500 for each customer on average."""
    moments = np.sort(rng.integers(0, 180 * DAY, events))
    columns = {
        "customer": rng.integers(0, events // 500, events),
        "at": pl.Series(moments).cast(pl.Datetime("us", "UTC")),
        "amount": np.round(rng.lognormal(3, 1, events), 2),
    }
    return pl.DataFrame(columns)


def asked(rng: np.random.Generator, customers: int) -> pl.DataFrame:
    """A row each for 200 customers, in the last month."""
    moments = pl.Series(rng.integers(150 * DAY, 180 * DAY, 200)).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"customer": rng.integers(0, customers, 200), "asked_at": moments})


def customer(reader: Any, known: str) -> hw.FeatureView:
    """4 windows of 8 aggregations."""
    source = hw.Source("orders", reader, event_time="at", known_time=known)
    words = [hw.Sum, hw.Mean, hw.Std, hw.Min, hw.Max, hw.Last, hw.CountDistinct]
    folds = [hw.Count(), *(word("amount") for word in words)]
    features = [fold.within("1d", "7d", "30d", "90d") for fold in folds]
    return hw.FeatureView("customer", source, entity="customer", features=features)


def preparing(calls: int) -> tuple[str, list[float]]:
    """What is asked, and the microseconds of one row of 100 columns through ten steps."""
    training = made(np.random.default_rng(0))
    recipe = ten_steps()
    fitted = recipe.fit(training, label="y")
    rows = made(np.random.default_rng(1)).drop("y")
    check(fitted, rows)
    operations = len(fitted.preparation.program.operations)
    title = (
        f"{len(fitted.inputs)} columns through {len(recipe.steps)} steps of {operations} operations"
    )
    return title, measured(fitted, rows.to_dicts(), calls)


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
