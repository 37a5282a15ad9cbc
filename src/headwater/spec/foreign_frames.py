"""Frames of any kind come in, and the caller's kind goes out."""

from __future__ import annotations

import sys
from datetime import timezone
from typing import Any, Literal

import polars as pl

from headwater.errors import SpecError

FrameKind = Literal["polars", "lazy", "pandas", "arrow"]
_REFUSALS = (ValueError, TypeError, NotImplementedError, pl.exceptions.PolarsError)
"""What a frame of another library may raise on its way to Polars.

Nothing is unfinished here: Arrow and pandas say so of types that they cannot hand over.
"""


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
    """The frame in Polars, rows in order; a pandas index is left out and its NaN become null.

    Raises:
        SpecError: HW211, a name is there twice, or a column holds what Polars has no type for.
    """
    kind = kind_of(frame)
    if kind == "polars":
        return frame  # type: ignore[no-any-return]
    if kind == "lazy":
        return frame.collect()  # type: ignore[no-any-return]
    try:
        return _converted(frame, kind)
    except _REFUSALS as error:
        raise SpecError(
            "HW211",
            f"a frame of {kind} cannot be read: {_reason(frame, kind)}",
            hint="give each column a name of its own, and values of one type",
        ) from error


def _converted(frame: Any, kind: FrameKind) -> pl.DataFrame:
    if kind == "pandas":
        return pl.from_pandas(_in_named_zones(frame), include_index=False)
    table = pl.from_arrow(_with_named_zones(frame))
    return table if isinstance(table, pl.DataFrame) else table.to_frame()


def _in_named_zones(frame: Any) -> Any:
    """Times of a fixed offset such as +05:30 as the same moments in UTC: Polars names zones."""
    types = list(zip(frame.columns, frame.dtypes, strict=True))
    fixed = [name for name, dtype in types if isinstance(getattr(dtype, "tz", None), timezone)]
    if len(dict(types)) < len(types):  # a name that is there twice is refused later
        return frame
    moved = {name: frame[name].dt.tz_convert("UTC") for name in fixed}
    return frame.assign(**moved) if moved else frame


def _with_named_zones(table: Any) -> Any:
    """The same of an Arrow table."""
    for place, field in enumerate(table.schema):
        zone = getattr(field.type, "tz", None)
        if zone is not None and zone.startswith(("+", "-")):
            named = sys.modules["pyarrow"].timestamp(field.type.unit, tz="UTC")
            table = table.set_column(place, field.name, table.column(place).cast(named))
    return table


def _reason(frame: Any, kind: FrameKind) -> str:
    """What is wrong with it, without its values."""
    names = list(frame.columns if kind == "pandas" else frame.column_names)
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        return f"column {twice[0]!r} is there twice"
    parts = {name: frame[[name]] if kind == "pandas" else frame.select([name]) for name in names}
    wrong = [repr(name) for name, part in parts.items() if not _is_readable(part, kind)]
    return f"Polars has no type for the values of {', '.join(wrong)}"


def _is_readable(frame: Any, kind: FrameKind) -> bool:
    try:
        _converted(frame, kind)
    except _REFUSALS:
        return False
    return True


def in_kind_of(frame: Any, made: pl.DataFrame) -> Any:
    """Rows that were made from the caller's, in the caller's kind; pandas keeps its index."""
    kind = kind_of(frame)
    if kind == "polars":
        return made
    if kind == "lazy":
        return made.lazy()
    if kind == "arrow":
        return made.to_arrow()
    rows = made.to_pandas()
    rows.index = frame.index
    return rows


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
