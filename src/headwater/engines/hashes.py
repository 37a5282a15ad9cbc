"""The portable hash of each value of a column; see `headwater.kernel.hashing` for what it is.

Hashed is what a value is, not how it is kept: integers and booleans as 64-bit words, floats as the
bits of float64 with one zero and one NaN, times and durations as microseconds, texts and decimals
as the bytes of their text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from headwater.kernel.hashing import GOLDEN, hash_texts, hash_words

_TEXTS = 1 << 16
"""Texts that are laid out at a time."""


def hashes_of(column: pl.Series) -> Any:
    """An int64 for each value, the same for equal ones; any number for nulls.

    >>> int(hashes_of(pl.Series([7], dtype=pl.UInt8))[0]) == int(hashes_of(pl.Series([7]))[0])
    True
    """
    dtype = column.dtype
    if dtype.is_float():
        return hash_words(_bits(column.cast(pl.Float64).fill_null(0.0).to_numpy()))
    if dtype in (pl.String, pl.Categorical, pl.Enum) or dtype.is_decimal():
        return _of_texts(column.cast(pl.String).fill_null(""))
    if dtype.is_temporal():
        return hash_words(_microseconds(column))
    if dtype == pl.UInt64:
        return hash_words(column.fill_null(0).to_numpy().view(np.int64))
    return hash_words(column.cast(pl.Int64).fill_null(0).to_numpy())


def _bits(values: Any) -> Any:
    """The bits of floats, those of 0.0 for both zeros and of one NaN for all."""
    plain = np.where(values == 0.0, 0.0, values)
    return np.where(np.isnan(values), np.nan, plain).view(np.int64)


def _microseconds(column: pl.Series) -> Any:
    """As int64; what nanoseconds are left is spread over all bits, so that units compare."""
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    whole = column.to_physical().fill_null(0).to_numpy()
    unit = getattr(column.dtype, "time_unit", "us")
    if unit == "ns":
        rest = (whole % 1_000).astype(np.uint64) * np.uint64(GOLDEN)
        return ((whole // 1_000).view(np.uint64) + rest).view(np.int64)
    return whole * 1_000 if unit == "ms" else whole


def _of_texts(column: pl.Series) -> Any:
    parts = [_of_some_texts(column.slice(start, _TEXTS)) for start in range(0, len(column), _TEXTS)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _of_some_texts(column: pl.Series) -> Any:
    data = np.frombuffer(column.str.join("").item().encode(), np.uint8)
    return hash_texts(data, column.str.len_bytes().cast(pl.Int64).to_numpy())
