"""Frames of any kind come in, and the caller's kind goes out."""

from __future__ import annotations

import sys
from typing import Any, Literal

import polars as pl

from headwater.errors import SpecError

FrameKind = Literal["polars", "lazy", "pandas", "arrow"]


def kind_of(frame: Any) -> FrameKind:
    """Which library's frame this is, without importing any.

    Raises:
        SpecError: HW211, it is none that Headwater reads.
    """
    if isinstance(frame, pl.DataFrame):
        return "polars"
    if isinstance(frame, pl.LazyFrame):
        return "lazy"
    pandas, arrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return "pandas"
    if arrow is not None and isinstance(frame, arrow.Table):
        return "arrow"
    raise SpecError(
        "HW211",
        f"expected a frame, found {type(frame).__name__}",
        hint="give a frame of Polars, pandas or Arrow",
    )


def to_polars(frame: Any) -> pl.DataFrame:
    """The frame in Polars, rows in order; a pandas index is left out and its NaN become null."""
    kind = kind_of(frame)
    if kind == "polars":
        return frame  # type: ignore[no-any-return]
    if kind == "lazy":
        return frame.collect()  # type: ignore[no-any-return]
    if kind == "pandas":
        return pl.from_pandas(frame, include_index=False)
    table = pl.from_arrow(frame)
    return table if isinstance(table, pl.DataFrame) else table.to_frame()


def with_columns_of(frame: Any, added: pl.DataFrame) -> Any:
    """The caller's frame with the columns of `added` at its end, in the caller's kind."""
    kind = kind_of(frame)
    if kind == "polars":
        return pl.concat([frame, added], how="horizontal")
    if kind == "lazy":
        return pl.concat([frame.collect(), added], how="horizontal").lazy()
    if kind == "pandas":
        columns = added.to_pandas()
        columns.index = frame.index
        return sys.modules["pandas"].concat([frame, columns], axis=1)
    for column in added.iter_columns():
        frame = frame.append_column(column.name, column.to_arrow())
    return frame
