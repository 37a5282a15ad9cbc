"""Cards: how a definition, or what was made of it, shows itself in a notebook.

A card is one HTML table. It brings its own style and nothing from anywhere else, takes its colours
from the notebook around it, so that it is light where that is light, and escapes all that it shows.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from headwater.schema.durations import format_duration, parse_duration
from headwater.spec.frame import Frame
from headwater.spec.row_expressions import PythonExpression

SHOWN = 12
"""So many entries of a list, or characters of a fingerprint, are shown."""

_LONGEST = 300
_BOX = (
    "display:inline-block;max-width:100%;overflow-x:auto;box-sizing:border-box;"
    "border:1px solid rgba(128,128,128,.45);border-radius:6px;padding:.5em .8em;color:inherit;"
    "background:transparent;font:13px/1.45 system-ui,sans-serif"
)
_TABLE = "border-collapse:collapse;margin:0;border:0"
_TITLE = "text-align:left;font-weight:600;padding:0 0 .35em;caption-side:top;color:inherit"
_HEAD = (
    "text-align:left;vertical-align:top;font-weight:400;opacity:.72;padding:.1em 1.2em .1em 0;"
    "border:0;background:transparent;white-space:nowrap"
)
_CELL = (
    "text-align:left;vertical-align:top;padding:.1em 0;border:0;background:transparent;"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)


def card(title: str, rows: Iterable[tuple[str, Any]]) -> str:
    """An HTML table with a title and one line for each name with its value.

    Args:
        title: What this is, such as "Recipe".
        rows: Names and values; a list or a mapping takes one line for each of its entries.

    >>> "<td" in card("Recipe", [("1", "ImputeMedian")])
    True
    """
    lines = "".join(
        f'<tr style="background:transparent"><th scope="row" style="{_HEAD}">{_text(name)}</th>'
        f'<td style="{_CELL}">{_text(value)}</td></tr>'
        for name, value in rows
    )
    return (
        f'<div style="{_BOX}"><table style="{_TABLE}">'
        f'<caption style="{_TITLE}">{_text(title)}</caption>{lines}</table></div>'
    )


def definition_card(definition: Any) -> str:
    """The card of a definition: its kind and name, and all that was said of it.

    What was left at its default is left out.
    """
    name = getattr(definition, "name", None)
    title = type(definition).__name__ + (f" {name!r}" if name else "")
    said = [
        (one.name, getattr(definition, one.name))
        for one in fields(definition)
        if one.name not in ("name", "place") and not _is_default(definition, one)
    ]
    return card(title, said)


def describe(value: Any) -> str:
    """A value in the words of the one who wrote it; another definition by its name.

    >>> describe({"a": timedelta(days=7)})
    'a: 7d'
    """
    if value is None:
        return "-"
    if isinstance(value, timedelta):
        return format_duration(parse_duration(value))
    if isinstance(value, pl.Expr):
        return str(value)
    if isinstance(value, PythonExpression):
        return f"{getattr(value.func, '__name__', 'a function')}({', '.join(value.columns)})"
    if isinstance(value, Frame):
        return describe(value.rows)
    if isinstance(value, pl.DataFrame):
        return f"a frame of {value.height:,} rows and {value.width} columns"
    if isinstance(value, Mapping):
        return _listed([f"{key}: {describe(item)}" for key, item in value.items()])
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _listed([describe(item) for item in value])
    return _named(value)


def _named(value: Any) -> str:
    """A definition by its name, one without by its repr; a foreign object by its type alone."""
    name = getattr(value, "name", None)
    if is_dataclass(value) and isinstance(name, str) and name:
        return f"{type(value).__name__} {name!r}"
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        return _call(value)
    if is_dataclass(value) or isinstance(value, str | int | float):
        return str(value)
    return f"a {type(value).__name__}"


def _call(value: Any) -> str:
    """A definition without a name, as one would write it."""
    said = [
        f"{one.name}={_argument(getattr(value, one.name))}"
        for one in fields(value)
        if one.name != "place" and not _is_default(value, one)
    ]
    return f"{type(value).__name__}({', '.join(said)})"


def _argument(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_argument, value))}]"
    return describe(value)


def _listed(entries: Sequence[str]) -> str:
    more = [f"... and {len(entries) - SHOWN} more"] if len(entries) > SHOWN else []
    return "\n".join([*entries[:SHOWN], *more]) or "-"


def _is_default(definition: Any, one: Field[Any]) -> bool:
    value = getattr(definition, one.name)
    if one.default is not MISSING:
        return bool(isinstance(value, type(one.default)) and value == one.default)
    return one.default_factory is not MISSING and not value


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else describe(value)
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return html.escape(short)
