"""cross: two categories as one."""

from __future__ import annotations

import polars as pl

from headwater.spec.derived import Derived


def cross(left: str, right: str, *, name: str = "") -> Derived:
    """Each pair of the values of two columns as one category, a text; null where one is null.

    Texts are joined by " & "; it is for categories that do not hold that themselves.

    Args:
        left: A feature, a kept column or what is derived before: a text, a boolean or an integer.
        right: Another.
        name: By default `<left>_and_<right>`.

    >>> cross("shop", "channel").name
    'shop_and_channel'
    """
    parts = [pl.col(column).cast(pl.String) for column in (left, right)]
    return Derived(name or f"{left}_and_{right}", pl.concat_str(parts, separator=" & "))
