"""Frames of any kind come in, and the caller's kind goes out."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from headwater.errors import SpecError
from headwater.spec.foreign_frames import in_kind_of, kind_of, to_polars, with_columns_of

ADDED = pl.DataFrame({"n": [0, 2], "mean": [None, 1.5], "last": [None, "x"]})


def test_each_library_is_told_apart() -> None:
    frame = pl.DataFrame({"a": [1]})
    frames = [frame, frame.lazy(), frame.to_pandas(), frame.to_arrow()]
    assert [kind_of(one) for one in frames] == ["polars", "lazy", "pandas", "arrow"]


def test_no_library_is_imported_to_tell() -> None:
    program = (
        "import sys\nimport polars as pl\n"
        "from headwater.spec.foreign_frames import to_polars, with_columns_of\n"
        "frame = pl.DataFrame({'a': [1]})\n"
        "with_columns_of(frame, to_polars(frame.lazy()).rename({'a': 'b'}))\n"
        "assert not {'pandas', 'pyarrow'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )


@pytest.mark.parametrize("given", [None, [1], {"a": [1]}, pl.Series([1])])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(SpecError) as caught:
        kind_of(given)
    assert caught.value.code == "HW211"
    assert caught.value.hint == "give a frame of Polars, pandas or Arrow"


def test_a_nan_of_pandas_is_a_null_and_its_index_is_left_out() -> None:
    frame = pd.DataFrame({"a": [1.0, float("nan")], "s": ["x", None]}, index=[7, 9])
    assert to_polars(frame).rows() == [(1.0, "x"), (None, None)]


def test_pandas_comes_back_with_its_own_index_even_one_that_repeats() -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 5], name="day"))
    found = with_columns_of(frame, ADDED)
    assert list(found.index) == [5, 5]
    assert found.index.name == "day"
    assert list(found.columns) == ["a", "n", "mean", "last"]
    assert found["n"].tolist() == [0, 2]
    assert found["mean"].isna().tolist() == [True, False]
    assert list(frame.columns) == ["a"]


def test_polars_and_lazy_come_back_as_they_came() -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    expected = [(1, 0, None, None), (2, 2, 1.5, "x")]
    assert with_columns_of(frame, ADDED).rows() == expected
    lazy = with_columns_of(frame.lazy(), ADDED)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().rows() == expected


def test_arrow_comes_back_with_its_own_columns_untouched() -> None:
    table = pa.table({"a": pa.array([1, 2], pa.int8())}, metadata={"made": "by hand"})
    found = with_columns_of(table, ADDED)
    assert found.schema.field("a").type == pa.int8()
    assert found.schema.metadata == {b"made": b"by hand"}
    assert found.column_names == ["a", "n", "mean", "last"]
    assert found["last"].to_pylist() == [None, "x"]


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "arrow"])
def test_no_added_column_leaves_the_frame_as_it_was(kind: str) -> None:
    polars = pl.DataFrame({"a": [1, 2]})
    frame = {
        "polars": polars,
        "lazy": polars.lazy(),
        "pandas": polars.to_pandas(),
        "arrow": polars.to_arrow(),
    }[kind]
    assert to_polars(with_columns_of(frame, polars.select())).equals(polars)


def test_an_empty_frame_gets_empty_columns() -> None:
    frame = pl.DataFrame({"a": []}, schema={"a": pl.Int64})
    for given in (frame, frame.to_pandas(), frame.to_arrow()):
        assert to_polars(with_columns_of(given, ADDED.clear())).height == 0


def test_rows_that_were_made_come_in_the_kind_of_the_callers() -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    assert in_kind_of(frame, ADDED) is ADDED
    assert in_kind_of(frame.lazy(), ADDED).collect().equals(ADDED)
    assert in_kind_of(frame.to_arrow(), ADDED).column_names == ["n", "mean", "last"]
    pandas = in_kind_of(pd.DataFrame({"a": [1, 2]}, index=["u", "v"]), ADDED)
    assert pandas["n"].to_dict() == {"u": 0, "v": 2}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column 'a' is there twice"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "column 'a' is there twice"),
        (
            pd.DataFrame({"a": [1, 2], "b": pd.Series([1, "secret"], dtype=object), "c": [1j, 2j]}),
            "no type for the values of 'b', 'c'",
        ),
        (pd.DataFrame({"a": [object()]}), "no type for the values of 'a'"),
    ],
)
def test_what_polars_cannot_hold_is_a_coded_error_without_values(frame: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason) as caught:
        to_polars(frame)
    assert caught.value.code == "HW211"
    assert "secret" not in str(caught.value)


FIXED = dt.timezone(dt.timedelta(hours=5, minutes=30))
MOMENT = dt.datetime(2024, 11, 3, 10, 30, tzinfo=FIXED)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_a_fixed_offset_are_the_same_moments_in_utc(unit: str) -> None:
    """Polars knows zones by name, and +05:30 has none."""
    table = pa.table({"n": [1], "at": pa.array([MOMENT], pa.timestamp(unit, tz="+05:30"))})
    frame = pd.DataFrame({"n": [1], "at": pd.to_datetime([MOMENT]).as_unit(unit)})
    for given in (table, frame):
        found = to_polars(given)
        assert found.schema["at"].time_zone == "UTC"  # type: ignore[attr-defined]
        assert found["at"].to_list() == [MOMENT]
        assert found["n"].to_list() == [1]


def test_what_cannot_be_read_is_named_for_each_library() -> None:
    zoned = pa.list_(pa.timestamp("us", tz="+05:30"))
    table = pa.table({"n": [1], "moments": pa.array([[MOMENT]], zoned)})
    frame = pd.DataFrame([[1, MOMENT, MOMENT]], columns=["n", "at", "at"])
    for given, said in ((table, "no type for the values of 'moments'"), (frame, "'at' is there")):
        with pytest.raises(SpecError, match=said) as caught:
            to_polars(given)
        assert caught.value.code == "HW211"
