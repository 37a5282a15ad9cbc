"""A catalog for readers: what is said of each feature, and all of it as a page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
Fact = tuple[str, str]

INTRODUCTION = (
    "as_of is the moment at which a row asks. A feature sees the rows of its entity that happened "
    "before as_of, lie in its window, and were known by as_of."
)
"""What a reader has to know before the first feature."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def view_facts(view: Result) -> list[Fact]:
    """What is true of all features of a view, by name."""
    source = view["source"]
    pairs = zip(view["entity"], view["attaches_by"], strict=True)
    by = [key if key == asked else f"{key} (the row's {asked})" for key, asked in pairs]
    read = " ".join(str(source["reader"][key]) for key in ("is", "path") if key in source["reader"])
    said = [
        ("is", view["description"]),
        ("of each", ", ".join(by)),
        ("read from", f"source {source['name']} ({read})"),
        ("the source is", source["description"]),
        ("event time", _event_time(source)),
        ("versions", _versions(source)),
        ("set aside", ", ".join(f"rows that break {one}" for one in source["set_aside"])),
        ("owner", view["owner"] or source["owner"]),
        ("version", view["version"]),
        ("tags", ", ".join([*view["tags"], *source["tags"]])),
        ("defined", view["defined"]),
    ]
    return [(name, text) for name, text in said if text]


def feature_facts(feature: Result) -> list[Fact]:
    """What is true of a feature, by name."""
    said = [
        ("is", f"{feature['what']}, {feature['type']}"),
        ("means", feature["means"]),
        ("made of", ", ".join(feature["computed"].get("made_of", ()))),
        ("reads", ", ".join(feature["columns"]) or "whether there is a row"),
        ("window", feature["window"]["words"]),
        ("boundary", feature["boundary"]["words"]),
        ("known", feature["availability"]["words"]),
        ("lag", feature["lag"]["words"]),
        ("proof", f"{feature['availability']['verdict']}: {feature['availability']['because']}"),
        ("empty", feature["empty"]["words"]),
        ("nulls", feature["nulls"]),
        ("used by", used_by(feature)),
    ]
    return [(name, text) for name, text in said if text]


def derived_facts(column: Result) -> list[Fact]:
    """What is true of a derived column, by name."""
    said = [
        ("is", f"{column['computed']}, {column['type']}"),
        ("means", column["description"]),
        ("reads", ", ".join(column["reads"])),
        ("known", column["availability"]["because"]),
        ("used by", used_by(column)),
    ]
    return [(name, text) for name, text in said if text]


def used_by(one: Result) -> str:
    """The training sets, models and derived columns that use a column."""
    kinds = {"training set": "training_sets", "model": "models", "derived column": "derived"}
    said = [_listed(kind, one.get(key, ())) for kind, key in kinds.items()]
    return "; ".join(text for text in said if text) or "no training set"


def markdown(catalog: Result) -> str:
    """The catalog as a page, the same for the same definitions."""
    return "\n".join(_lines(catalog)) + "\n"


def _lines(catalog: Result) -> Iterator[str]:
    yield f"# Catalog of {_escaped(catalog['project'])}"
    yield from ("", INTRODUCTION.replace("as_of", "`as_of`"))
    for view in catalog["views"]:
        yield from ("", f"## {_escaped(view['name'])}", "")
        yield from _bullets(view_facts(view))
        for feature in view["features"]:
            yield from ("", f"### {_escaped(feature['name'])}", "")
            yield from _bullets(feature_facts(feature))
    if catalog["derived"]:
        yield from ("", "## Derived columns")
    for column in catalog["derived"]:
        yield from ("", f"### {_escaped(column['name'])}", "")
        yield from _bullets(derived_facts(column))


def _bullets(facts: Sequence[Fact]) -> Iterator[str]:
    for name, text in facts:
        yield f"- **{name}**: {_escaped(' '.join(text.split()))}"


def _escaped(text: str) -> str:
    r"""The text so that Markdown shows it as it is.

    >>> print(_escaped("courier__late_mean_7d"))
    courier\_\_late\_mean\_7d
    """
    return _MARKS.sub(r"\\\1", text)


def _listed(kind: str, names: Sequence[str]) -> str:
    return f"{kind}{'s' * (len(names) > 1)} {', '.join(names)}" if names else ""


def _versions(source: Result) -> str:
    """What rows with one identity are (R6); nothing where there are none."""
    named = ", ".join(source["identity"])
    return f"rows with the same {named}: the newest that is known stands" if named else ""


def _event_time(source: Result) -> str:
    if source["event_time"] is None:
        return f"none, the table is static: {source['static']}"
    return f"{source['event_time']}{', in ' + source['zone'] if source['zone'] else ''}"
