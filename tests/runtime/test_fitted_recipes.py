"""FittedRecipe: frames of every kind, single rows, and the file."""

from __future__ import annotations

import json
import math
import pickle
from collections import UserDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater as hw
from headwater.errors import DataError, EngineError, SpecError
from headwater.runtime.fitted_recipes import FittedRecipe

FRAME = pl.DataFrame(
    {
        "x": [1.0, None, 3.0, 5.0, math.nan, 100.0],
        "n": [1, 2, 2**53 + 1, None, 5, 6],
        "flag": [True, False, None, True, True, False],
        "c": ["a", "b", "a", None, "b", "r"],
        "y": [1, 0, 1, 1, 0, 1],
    }
)
RECIPE = hw.Recipe(
    hw.FlagMissing(hw.columns("x", "c")),
    hw.ImputeMedian(hw.columns("x")),
    hw.GroupRare(hw.strings(), min_count=2),
    hw.EncodeTarget(hw.strings(), smoothing=1.0),
    hw.ScaleStandard(hw.columns("x", "c")),
)
FITTED = RECIPE.fit(FRAME, label="y")
PREPARED = FITTED.apply(FRAME)


def bits(row: dict[str, float | None]) -> list[str | None]:
    return [None if value is None else value.hex() for value in row.values()]


# frames


def test_every_kind_of_frame_comes_out_as_it_went_in() -> None:
    pandas = FITTED.apply(FRAME.to_pandas())
    assert isinstance(pandas, pd.DataFrame)
    assert pl.from_pandas(pandas).equals(PREPARED)
    arrow = FITTED.apply(FRAME.to_arrow())
    assert isinstance(arrow, pa.Table)
    assert pl.DataFrame(arrow).equals(PREPARED)
    lazy = FITTED.apply(FRAME.lazy())
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(PREPARED)


def test_training_output_is_of_the_kind_that_was_fitted_and_the_same_rows() -> None:
    expected = FITTED.training_output
    assert isinstance(expected, pl.DataFrame)
    pandas = RECIPE.fit(FRAME.to_pandas(), label="y").training_output
    assert isinstance(pandas, pd.DataFrame)
    assert pl.from_pandas(pandas).equals(expected)
    arrow = RECIPE.fit(FRAME.to_arrow(), label="y").training_output
    assert isinstance(arrow, pa.Table)
    assert pl.DataFrame(arrow).equals(expected)
    lazy = RECIPE.fit(FRAME.lazy(), label="y").training_output
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(expected)


def test_a_pandas_index_stays_with_its_rows() -> None:
    frame = FRAME.to_pandas().set_index(pd.Index([*"uvwxyz"], name="key"))
    assert FITTED.apply(frame).index.equals(frame.index)
    assert RECIPE.fit(frame, label="y").training_output.index.equals(frame.index)


def test_training_output_shows_no_row_its_own_label_and_apply_does() -> None:
    assert not FITTED.training_output["c"].equals(PREPARED["c"])
    assert FITTED.training_output.drop("x", "c").equals(PREPARED.drop("x", "c"))


def test_label_and_foreign_columns_are_not_needed_and_do_not_come_out() -> None:
    assert FITTED.columns == ("x", "n", "flag", "c", "x_missing", "c_missing")
    assert FITTED.apply(FRAME.drop("y")).equals(PREPARED)
    assert FITTED.apply(FRAME.with_columns(y=pl.lit("?"), other=1)).equals(PREPARED)


def test_expressions_give_the_same_columns() -> None:
    assert FRAME.select(**FITTED.to_expressions()).equals(PREPARED)


def test_a_frame_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="expected a frame, found dict") as caught:
        FITTED.apply({"x": [1.0]})
    assert caught.value.code == "HW211"


# single rows


def test_one_row_is_a_dictionary_with_none_for_missing() -> None:
    fitted = hw.Recipe(hw.FlagMissing(hw.numeric())).fit(FRAME, columns=["x", "n"])
    assert fitted.apply_one({"x": math.nan, "n": 3, "other": "?"}) == {
        "x": None,
        "n": 3.0,
        "x_missing": 1.0,
        "n_missing": 0.0,
    }


def test_one_row_equals_the_frame_to_the_bit() -> None:
    expected = [bits(row) for row in PREPARED.rows(named=True)]
    assert [bits(FITTED.apply_one(row)) for row in FRAME.rows(named=True)] == expected


@pytest.mark.parametrize("absent", [None, math.nan, np.float64("nan"), pd.NA])
def test_whatever_pandas_writes_for_a_missing_value_is_missing(absent: Any) -> None:
    row = {"x": 1.0, "n": absent, "flag": absent, "c": absent}
    expected = FITTED.apply_one({"x": 1.0, "n": None, "flag": None, "c": None})
    assert FITTED.apply_one(row) == expected


def test_rows_of_a_pandas_frame_are_taken_as_they_are() -> None:
    rows = FRAME.to_pandas().to_dict("records")
    assert [FITTED.apply_one(row) for row in rows] == PREPARED.rows(named=True)
    assert FITTED.apply_one(UserDict(rows[0])) == PREPARED.row(0, named=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": "1.5"}, "column 'x' was fitted as a number, and is a str here"),
        ({"x": pd.NaT}, "column 'x' was fitted as a number, and is a NaTType here"),
        ({"c": 1}, "column 'c' was fitted as a category, and is a int here"),
        ({"n": 10**400}, "a value is an integer beyond what a float holds"),
        ({"n": Decimal("1e400"), "x": 10**400}, "beyond what a float holds"),
    ],
)
def test_a_value_of_another_kind_is_a_coded_error(changes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        FITTED.apply_one({"x": 1.0, "n": 1, "flag": True, "c": "a"} | changes)
    assert caught.value.code == "HW603"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"x": 1.0}, "column 'n' is missing"),
        ({}, "column 'x' is missing"),
        ([1.0], "a row is a mapping, not a list"),
        ("text", "a row is a mapping, not a str"),
        (None, "a row is a mapping, not a NoneType"),
        (5, "a row is a mapping, not a int"),
    ],
)
def test_what_is_no_row_is_a_coded_error(row: Any, message: str) -> None:
    for columns in (["x", "n"], ["x"]):
        fitted = hw.Recipe().fit(FRAME, columns=columns)
        if row == {"x": 1.0} and columns == ["x"]:
            assert fitted.apply_one(row) == row
            continue
        with pytest.raises(DataError, match=message) as caught:
            fitted.apply_one(row)
        assert caught.value.code == "HW603"


def test_several_threads_may_ask_at_once() -> None:
    fitted = FittedRecipe(FITTED.preparation)
    rows = FRAME.rows(named=True) * 50
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fitted.apply_one, rows)) == PREPARED.rows(named=True) * 50


def test_a_copy_in_another_process_answers_alike() -> None:
    FITTED.apply_one(FRAME.row(0, named=True))
    again = pickle.loads(pickle.dumps(FITTED))
    assert [again.apply_one(row) for row in FRAME.rows(named=True)] == PREPARED.rows(named=True)
    assert again.training_output.equals(FITTED.training_output)


def test_an_answer_is_not_changed_by_the_next() -> None:
    first = FITTED.apply_one(FRAME.row(0, named=True))
    kept = dict(first)
    FITTED.apply_one(FRAME.row(5, named=True))
    assert first == kept
    prepare = FITTED.preparation.row_function()
    values = prepare(FRAME.row(0, named=True))
    copied = values.copy()
    prepare(FRAME.row(5, named=True))
    assert values.tolist() == copied.tolist()


# the file


def test_a_saved_recipe_is_read_back_to_the_bit(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "recipe.json")
    again = FittedRecipe.load(str(tmp_path / "recipe.json"))
    assert again.apply(FRAME).equals(PREPARED)
    assert (again.columns, again.inputs) == (FITTED.columns, FITTED.inputs)
    assert again.learned_from == FITTED.learned_from
    again.save(tmp_path / "again.json")
    first, second = ((tmp_path / name).read_bytes() for name in ("recipe.json", "again.json"))
    assert first == second


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "recipe.json"
    for fitted in (hw.Recipe().fit(FRAME, columns=["x"]), FITTED):
        fitted.save(path)
    assert FittedRecipe.load(path).columns == FITTED.columns
    assert [found.name for found in path.parent.iterdir()] == ["recipe.json"]


def test_where_it_cannot_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError) as caught:
        FITTED.save(tmp_path / "file" / "recipe.json")
    assert caught.value.code == "HW502"


def test_a_saved_recipe_does_not_hold_the_training_rows(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "recipe.json")
    with pytest.raises(DataError, match="does not hold the training rows") as caught:
        _ = FittedRecipe.load(tmp_path / "recipe.json").training_output
    assert caught.value.code == "HW604"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "Expecting value"),
        (b"\xff\xfe", "not text"),
        (b"[]", "cannot be read"),
        (b"{}", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"format": 1}', "its format is 1, not 2"),
    ],
)
def test_what_is_not_a_whole_recipe_is_a_coded_error(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "recipe.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        FittedRecipe.load(path)
    assert (caught.value.code, caught.value.place) == ("HW604", "recipe.json")


def test_no_cut_and_no_changed_byte_goes_unnoticed(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "whole.json")
    whole, path = (tmp_path / "whole.json").read_bytes(), tmp_path / "damaged.json"
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole) - 1, 150).tolist():
        changed = bytearray(whole)
        changed[place] ^= 1 << int(rng.integers(0, 7))
        for content in (whole[:place], bytes(changed)):
            path.write_bytes(content)
            if says_the_same(content, whole):  # white space became other white space
                assert FittedRecipe.load(path).apply(FRAME).equals(PREPARED)
            else:
                with pytest.raises(DataError, match="HW604"):
                    FittedRecipe.load(path)


def says_the_same(content: bytes, whole: bytes) -> bool:
    try:
        return bool(json.loads(content) == json.loads(whole))
    except ValueError:
        return False


def test_the_recipe_of_a_training_set_is_proved_and_serves_its_parts(ran: Any) -> None:
    artifact = ran.artifact
    fitted = FittedRecipe.load(artifact.path / "states" / "recipe.json")
    assert fitted.learned_from.proved
    assert fitted.learned_from.rows == artifact.manifest["parts"]["train"]["rows"]
    raw, prepared = artifact.to_polars("test"), artifact.prepared("test")
    assert fitted.apply(raw).equals(prepared)
    assert fitted.apply_one(raw.row(0, named=True)) == prepared.row(0, named=True)
    assert "proved to be training rows" in fitted._repr_html_()


# laws over all steps in any order

NUMBERS = [0.0, -0.0, 1.5, -7.25, 1e8, 1e8 + 0.1, 0.1, None, math.nan, 2.0**53]
WORDS = ["", "a", "b", "ä", "日本", "none", "other", None]
STEPS = st.lists(
    st.sampled_from(
        [
            hw.FlagMissing(hw.columns("x", "c")),
            hw.ImputeConstant(hw.numeric(), value=-1),
            hw.ImputeConstant(hw.columns("c"), value="none"),
            hw.ImputeMedian(hw.numeric()),
            hw.ScaleStandard(hw.numeric()),
            hw.GroupRare(hw.columns("c"), min_count=2),
            hw.GroupRare(hw.columns("c", "d"), min_share=0.2, into="none"),
            hw.EncodeOrdinal(hw.columns("d")),
            hw.EncodeTarget(hw.columns("d"), folds=3),
            hw.EncodeOneHot(hw.columns("d")),
        ]
    ),
    max_size=6,
    unique_by=id,
)
ENDS = (hw.EncodeTarget(hw.columns("c"), smoothing=2.0), hw.EncodeOneHot(hw.columns("c")),
        hw.EncodeOrdinal(hw.columns("c")))  # fmt: skip


def made(rng: np.random.Generator, height: int) -> pl.DataFrame:
    def drawn(values: list[Any]) -> list[Any]:
        return [values[place] for place in rng.integers(0, len(values), height)]

    return pl.DataFrame(
        {"x": drawn(NUMBERS), "z": rng.normal(size=height), "c": drawn(WORDS), "d": drawn(WORDS)},
        schema={"x": pl.Float64, "z": pl.Float64, "c": pl.String, "d": pl.String},
    ).with_columns(y=rng.integers(0, 2, height))


def fitting(steps: list[Any]) -> list[Any]:
    """Those of the steps that can stand there; what is left of `d` is encoded at the end."""
    chosen, kinds = [], {"x": "number", "z": "number", "c": "category", "d": "category"}
    for step in [*steps, hw.EncodeOneHot(hw.columns("d"))]:
        with suppress(SpecError):
            encoded = {**kinds, **dict.fromkeys(step.select(kinds), "number")}
            kinds = step.columns_after(kinds) or encoded
            chosen.append(step)
    return chosen


@settings(max_examples=30)
@given(steps=STEPS, end=st.sampled_from(ENDS), seed=st.integers(0, 2**32))
def test_whole_is_chunks_is_one_row_is_the_file_to_the_bit(
    steps: list[Any], end: Any, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = np.random.default_rng(seed)
    training, asked = made(rng, 40), made(rng, 23)
    recipe = hw.Recipe(*fitting([*steps, end]))
    fitted = recipe.fit(training, label="y", columns=["x", "z", "c", "d"])
    whole = fitted.apply(asked)
    expected = [bits(row) for row in whole.rows(named=True)]
    assert [bits(fitted.apply_one(row)) for row in asked.rows(named=True)] == expected
    chunks = [fitted.apply(asked[start : start + 7]) for start in range(0, 23, 7)]
    assert [bits(row) for row in pl.concat(chunks).rows(named=True)] == expected
    path = tmp_path_factory.mktemp("states") / "recipe.json"
    fitted.save(path)
    again = FittedRecipe.load(path)
    assert [bits(row) for row in again.apply(asked).rows(named=True)] == expected
    assert [bits(again.apply_one(row)) for row in asked.rows(named=True)] == expected
    rendered = asked.select(**fitted.to_expressions())
    assert [bits(row) for row in rendered.rows(named=True)] == expected
    if not any(step.supervised for step in recipe.steps):
        assert fitted.training_output.equals(fitted.apply(training))
