"""product: two numbers multiplied."""

from __future__ import annotations

import polars as pl

from headwater.spec.derived import Derived


def product(left: str, right: str, *, name: str = "") -> Derived:
    """The product of two columns, as a float; null where one is null.

    Args:
        left: A feature, a kept column or what is derived before: a number or a boolean.
        right: Another.
        name: By default `<left>_times_<right>`.

    >>> product("price", "items").name
    'price_times_items'
    """
    made = pl.col(left).cast(pl.Float64) * pl.col(right).cast(pl.Float64)
    return Derived(name or f"{left}_times_{right}", made)
