"""Definitions as plain values: what a fingerprint is taken of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from headwater.schema.durations import format_duration, parse_duration
from headwater.spec.row_expressions import PythonExpression, expression_bytes


def plain(value: Any) -> Any:
    """The value as JSON-able data: expressions by their bytes, durations in shortest form.

    Mappings are sorted, since their order decides nothing.
    """
    if isinstance(value, pl.Expr | PythonExpression):
        return {"expression": hashlib.sha256(expression_bytes(value)).hexdigest()}
    if isinstance(value, timedelta):
        return format_duration(parse_duration(value))
    if isinstance(value, date):  # and so a datetime
        return value.isoformat()
    if hasattr(value, "definition"):
        return value.definition()
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name != "place"}
        return {"is": type(value).__name__, **named}
    if isinstance(value, Mapping):
        named = {str(key): plain(item) for key, item in value.items()}
        return dict(sorted(named.items()))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def names(given: Any) -> tuple[str, ...]:
    """A column's name, or a list of them; what is neither names nothing, and is the plan's fault.

    >>> names("a"), names(["a", "b"]), names(None)
    (('a',), ('a', 'b'), ())
    """
    listed = (given,) if isinstance(given, str) else given
    listed = listed if isinstance(listed, Sequence) else ()
    return tuple(one for one in listed if isinstance(one, str))


def fingerprint(value: Any) -> str:
    """The SHA-256 of a value's plain form, in hex.

    >>> fingerprint({"a": 1}) == fingerprint({"a": 1})
    True
    """
    text = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()
