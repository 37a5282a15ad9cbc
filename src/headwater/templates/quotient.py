"""quotient: one number by another."""

from __future__ import annotations

import polars as pl

from headwater.spec.derived import Derived


def quotient(left: str, right: str, *, name: str = "") -> Derived:
    """A column divided by another, as a float; null where one is null or the divisor is zero.

    Args:
        left: A feature, a kept column or what is derived before: a number or a boolean.
        right: The divisor.
        name: By default `<left>_per_<right>`.

    >>> quotient("price", "items").name
    'price_per_items'
    """
    below = pl.col(right).cast(pl.Float64)
    made = pl.when(below != 0).then(pl.col(left).cast(pl.Float64) / below)
    return Derived(name or f"{left}_per_{right}", made)
