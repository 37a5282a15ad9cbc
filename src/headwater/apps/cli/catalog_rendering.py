"""The catalog as a reader of a terminal wants it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headwater.apps.cli.tables import width
from headwater.reports.catalog import (
    INTRODUCTION,
    Fact,
    derived_facts,
    feature_facts,
    markdown,
    view_facts,
)

Result = Mapping[str, Any]
_INDENT, _LABEL = 4, 10


def catalog(result: Result) -> str:
    """Each view with its features, one fact a line; or the page of Markdown."""
    if result["as_markdown"]:
        return markdown(result).rstrip("\n")
    lines = [f"catalog of project {result['project']}", *textwrap.wrap(INTRODUCTION, width())]
    for view in result["views"]:
        lines += ["", f"{view['kind']} {view['name']}", *_facts(view_facts(view), _INDENT // 2)]
        for feature in view["features"]:
            lines += ["", f"  {feature['name']}", *_facts(feature_facts(feature), _INDENT)]
    for column in result["derived"]:
        lines += ["", f"derived column {column['name']}"]
        lines += _facts(derived_facts(column), _INDENT // 2)
    if not (result["views"] or result["derived"]):
        lines += ["", "no features are defined"]
    return "\n".join(lines)


def _facts(facts: Sequence[Fact], indent: int) -> Iterator[str]:
    label = max(_LABEL, *(len(name) + 2 for name, _ in facts))
    for name, text in facts:
        yield from textwrap.wrap(
            text,
            width(),
            initial_indent=" " * indent + name.ljust(label),
            subsequent_indent=" " * (indent + label),
            break_long_words=False,
            break_on_hyphens=False,
        )
