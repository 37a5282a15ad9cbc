"""Definitions written as Python: what a user can paste, keep and change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from typing import Any

from headwater.aggregations.base import Aggregation, Windowed
from headwater.schema.durations import format_duration, parse_duration
from headwater.spec.attributes import Attributes
from headwater.spec.plain import names
from headwater.spec.source import Source
from headwater.spec.view import View

_PROSE = ("place", "description", "owner", "tags", "version")


def program(views: Sequence[View]) -> str:
    """Statements that define these views, from variables that are named like their sources.

    Args:
        views: Attributes, or of windows by time and all history; those of one name, kind and source
            become one, and what repeats in them is written once.
    """
    chained = any(view.source.chained for view in views)
    lines = ["from dataclasses import replace\n"] if chained else []
    together: dict[str, list[View]] = {}
    for view in views:
        together.setdefault(view.name, []).append(view)
    known: set[str] = set()
    for same in together.values():
        for inner in same[0].source.chained:
            if inner.name not in known:
                known.add(inner.name)
                lines.append(f"{identifier(inner.name)} = {written_view([inner])}")
        lines.append(f"{identifier(same[0].name)} = {written_view(same)}")
    return "\n".join(lines)


def written_view(views: Sequence[View]) -> str:
    """One expression for views of one name, source and entity, their features together."""
    first = views[0]
    keys = names(first.entity)
    entity = _literal(keys[0] if len(keys) == 1 else keys)
    source = _source(first.source)
    listed_views: Sequence[Any] = views
    if isinstance(first, Attributes):
        columns = [column for view in listed_views for column in names(view.columns)]
        listed = _literal(list(dict.fromkeys(columns)))
        ttl = "" if first.ttl is None else f", ttl={_length(first.ttl)}"
        own = f"{_literal(first.name)}, {source}, entity={entity}"
        return f"hw.Attributes({own}, columns={listed}{ttl})"
    features = [one for view in listed_views for one in view.features]
    listed = "".join(f"        {text},\n" for text in _features(features))
    return (
        f"hw.FeatureView(\n    {_literal(first.name)},\n    {source},\n    entity={entity},\n"
        f"    features=[\n{listed}    ],\n)"
    )


def template_call(word: str, *arguments: str) -> str:
    """The call of a template.

    >>> template_call("product", "price", "items")
    'hw.templates.product("price", "items")'
    """
    return f"hw.templates.{word}({', '.join(map(_literal, arguments))})"


def identifier(name: str) -> str:
    """A name that Python takes for a variable.

    >>> identifier("orders by-day"), identifier("7d")
    ('orders_by_day', '_7d')
    """
    text = "".join(letter if letter.isalnum() else "_" for letter in name)
    return text if text.isidentifier() else f"_{text}"


def _source(source: Source) -> str:
    own = identifier(source.name)
    if not source.chained:
        return own
    return f"replace({own}, views=[{', '.join(identifier(view.name) for view in source.chained)}])"


def _features(features: Iterable[Windowed]) -> list[str]:
    """Each aggregation once, with all its windows."""
    windows: dict[str, dict[str, None]] = {}
    whole: dict[str, None] = {}
    for one in features:
        text = _aggregation(one.aggregation)
        for window in one.windows:
            if window is None:
                whole[text] = None
            else:
                windows.setdefault(text, {})[_length(window)] = None
    found = [f"{text}.within({', '.join(listed)})" for text, listed in windows.items()]
    return [*found, *(f"{text}.over_all()" for text in whole)]


def _aggregation(aggregation: Aggregation) -> str:
    given = []
    for one in fields(aggregation):
        value = getattr(aggregation, one.name)
        default = None if one.default is MISSING else one.default
        if one.name not in _PROSE and value != default:
            is_first = one.name == "column"
            text = _literal(value)
            given.append(text if is_first else f"{one.name}={text}")
    return f"hw.{type(aggregation).__name__}({', '.join(given)})"


def _length(given: Any) -> str:
    return _literal(given if isinstance(given, str) else format_duration(parse_duration(given)))


def _literal(value: Any) -> str:
    """As a formatter would write it: text in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
