"""What each registered step learns is moved by training rows, and by no other row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.kernel.row_operations import ColumnKind
from headwater.steps.base import Step
from headwater.testing.step_cases import StepCase, cases_of

START = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 400


def rows() -> pl.DataFrame:
    """Questions an hour apart; a label is known two days later, so that some are purged."""
    rng = np.random.default_rng(5)
    asked = [START + timedelta(hours=hour) for hour in range(ROWS)]
    amount = pl.Series(rng.normal(100, 20, ROWS)).set(pl.Series(rng.random(ROWS) < 0.1), None)
    return pl.DataFrame(
        {
            "shop": rng.choice(["ü", "b"], ROWS),
            "asked": asked,
            "labelled": [at + timedelta(days=2) for at in asked],
            "amount": amount,
            "size": rng.integers(0, 9, ROWS),
            "town": rng.choice(["Zürich", "Bern", "Genf", "Chur"], ROWS, p=[0.5, 0.3, 0.15, 0.05]),
            "kind": [("x", "y", None)[place] for place in rng.integers(0, 3, ROWS)],
            "maker": rng.choice(["m", "n", "o"], ROWS),
            "y": rng.random(ROWS) < 0.4,
        }
    )


SALES = pl.DataFrame({"shop": ["ü", "b"], "at": [START - timedelta(days=1)] * 2})
KEPT: dict[ColumnKind, tuple[str, ...]] = {
    "number": ("amount", "size"),
    "category": ("town", "kind", "maker"),
}
CASES = [case for member in plugins.members("steps").values() for case in cases_of(member.load())]
SCALED = StepCase(hw.ScaleStandard, {}, "number")


@dataclass(frozen=True)
class First:
    """A step with its arguments, over columns of one kind, and what was first built with it."""

    case: StepCase
    made: Any


def step_of(case: StepCase) -> Step:
    return case.make(hw.columns(*KEPT[case.kind]), **case.arguments)


def leaves_categories(case: StepCase) -> bool:
    after = step_of(case).columns_after(dict.fromkeys(KEPT[case.kind], case.kind))
    return after is not None and "category" in after.values()


def built(case: StepCase, frame: pl.DataFrame, folder: Path, patch: pytest.MonkeyPatch) -> Any:
    folder.mkdir()
    patch.chdir(folder)
    sales = hw.Source("sales", hw.Frame(SALES), event_time="at", known_time="at")
    view = hw.FeatureView("shop", sales, entity="shop", features=[hw.Count().over_all()])
    encoded = [hw.EncodeOrdinal(hw.strings())] if leaves_categories(case) else []
    return hw.build(
        hw.TrainingSet(
            "t",
            spine=hw.Spine(frame, as_of="asked", keep=KEPT[case.kind]),
            features=[view],
            label=hw.Label("y", pl.col("y"), known_time="labelled"),
            split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
            recipe=hw.Recipe(step_of(case), *encoded),
        )
    )


def learned(made: Any) -> tuple[str, bytes]:
    """What was learned, and the training rows prepared with it, out of fold where that differs."""
    state = (made.path / "states" / "recipe.json").read_text("utf-8")
    return state, (made.path / "prepared" / "train.parquet").read_bytes()


def program(made: Any) -> Any:
    """What it does to a row, without the identity of the rows that it was learned from."""
    return json.loads(learned(made)[0])["program"]


def moved(frame: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """Other values, kinds, labels in some rows."""
    changes = {
        "amount": pl.col("amount").fill_null(1.0) * -1e6,
        "size": pl.col("size") + 1000,
        "town": pl.lit("elsewhere"),
        "kind": pl.lit("z"),
        "maker": pl.lit("another"),
        "y": ~pl.col("y"),
    }
    return frame.with_columns(
        pl.when(which).then(new).otherwise(pl.col(name)).alias(name)
        for name, new in changes.items()
    )


def trained_on(made: Any) -> pl.Expr:
    """Whether a row is one of training."""
    return pl.col("asked").is_in(made.to_polars("train")["as_of"].implode())


@pytest.fixture(scope="module", params=CASES, ids=str)
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("first") / "project"
    with pytest.MonkeyPatch.context() as patch:
        yield First(request.param, built(request.param, rows(), folder, patch))


def test_every_registered_step_is_tried() -> None:
    assert {case.make.__name__ for case in CASES} == set(plugins.members("steps"))


def test_rows_of_validation_and_test_and_left_out_rows_move_no_state(
    first: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, others = first.made, ~trained_on(first.made)
    assert made.manifest["excluded"]["purged"] > 20
    other = moved(rows(), others)
    assert (other.filter(others)["size"] >= 1000).all()
    again = built(first.case, other, tmp_path / "project", monkeypatch)
    assert again.fingerprint != made.fingerprint
    assert again.manifest["parts"]["test"]["rows"] == made.manifest["parts"]["test"]["rows"]
    assert learned(again) == learned(made)
    assert not again.to_polars("test").equals(made.to_polars("test"))


def test_training_rows_move_what_asks_for_statistics_and_nothing_else(
    first: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = moved(rows(), trained_on(first.made))
    again = built(first.case, other, tmp_path / "project", monkeypatch)
    assert learned(again)[0] != learned(first.made)[0]
    asks = bool(step_of(first.case).wanted(KEPT[first.case.kind]))
    is_moved = program(again) != program(first.made)
    assert is_moved == (asks or leaves_categories(first.case))  # the encoder then asks


@pytest.mark.parametrize("number", [0, 101, 190])
def test_each_training_row_counts(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = built(SCALED, rows(), tmp_path / "first", monkeypatch)
    assert START + timedelta(hours=number) in made.to_polars("train")["as_of"].to_list()
    other = moved(rows(), pl.int_range(pl.len()) == number)
    again = built(SCALED, other, tmp_path / "project", monkeypatch)
    assert program(again) != program(made)


@pytest.mark.parametrize("case", [one for one in CASES if one.make.supervised], ids=str)
def test_the_label_of_a_training_row_moves_the_codes_of_others_and_not_its_own(
    case: StepCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of fold: a row's own label has no part in its own code."""
    made = built(case, rows(), tmp_path / "first", monkeypatch)
    flipped = pl.int_range(pl.len()) == 50
    label = pl.when(flipped).then(~pl.col("y")).otherwise(pl.col("y"))
    again = built(case, rows().with_columns(label.alias("y")), tmp_path / "project", monkeypatch)
    place = made.to_polars("train")["as_of"].to_list().index(START + timedelta(hours=50))
    codes = [one.prepared("train") for one in (made, again)]
    assert codes[0].row(place) == codes[1].row(place)
    assert not codes[0].equals(codes[1])
    assert program(again) != program(made)
