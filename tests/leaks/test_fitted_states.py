"""What preparation learns is moved by training rows, and by no other row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw

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
RECIPE = hw.Recipe(
    hw.FlagMissing(hw.columns("amount")),
    hw.ImputeMedian(hw.columns("amount")),
    hw.ScaleStandard(hw.columns("amount", "size")),
    hw.EncodeTarget(hw.columns("maker")),
    hw.ImputeConstant(hw.columns("kind"), value="unknown"),
    hw.EncodeOneHot(hw.columns("kind")),
    hw.GroupRare(hw.columns("town"), min_share=0.1),
    hw.EncodeOrdinal(hw.columns("town")),
)


def built(frame: pl.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder.mkdir()
    monkeypatch.chdir(folder)
    sales = hw.Source("sales", hw.Frame(SALES), event_time="at", known_time="at")
    view = hw.FeatureView("shop", sales, entity="shop", features=[hw.Count().over_all()])
    kept = ["amount", "size", "town", "kind", "maker"]
    return hw.build(
        hw.TrainingSet(
            "t",
            spine=hw.Spine(frame, as_of="asked", keep=kept),
            features=[view],
            label=hw.Label("y", pl.col("y"), known_time="labelled"),
            split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
            recipe=RECIPE,
        )
    )


def learned(made: Any) -> tuple[str, bytes]:
    """What was learned, and the training rows prepared with it, out of fold where that differs."""
    state = (made.path / "states" / "recipe.json").read_text("utf-8")
    return state, (made.path / "prepared" / "train.parquet").read_bytes()


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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield built(rows(), tmp_path_factory.mktemp("first") / "project", patch)


def test_rows_of_validation_and_test_and_left_out_rows_move_no_state(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = made.to_polars("train").select(asked="as_of")
    assert made.manifest["excluded"]["purged"] > 20
    others = ~pl.col("asked").is_in(trained["asked"].implode())
    other = moved(rows(), others)
    assert (other.filter(others)["size"] >= 1000).all()
    again = built(other, tmp_path / "project", monkeypatch)
    assert again.fingerprint != made.fingerprint
    assert again.manifest["parts"]["test"]["rows"] == made.manifest["parts"]["test"]["rows"]
    assert learned(again) == learned(made)
    assert not again.to_polars("test").equals(made.to_polars("test"))


@pytest.mark.parametrize("number", [0, 101, 190])
def test_a_single_training_row_moves_it(
    number: int, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert START + timedelta(hours=number) in made.to_polars("train")["as_of"].to_list()
    other = moved(rows(), pl.int_range(pl.len()) == number)
    again = built(other, tmp_path / "project", monkeypatch)
    assert learned(again)[0] != learned(made)[0]


def test_the_label_of_a_training_row_moves_the_codes_of_others_and_not_its_own(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of fold: a row's own label has no part in its own code."""
    flipped = pl.int_range(pl.len()) == 50
    label = pl.when(flipped).then(~pl.col("y")).otherwise(pl.col("y"))
    again = built(rows().with_columns(label.alias("y")), tmp_path / "project", monkeypatch)
    place = made.to_polars("train")["as_of"].to_list().index(START + timedelta(hours=50))
    codes = [one.prepared("train")["maker"].to_list() for one in (made, again)]
    assert codes[0][place] == codes[1][place]
    assert codes[0] != codes[1]
    assert learned(again)[0] != learned(made)[0]
