"""Plans and explanations as a reader wants them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.apps.cli.tables import table, width
from headwater.reports.numbers import count, seconds

Result = Mapping[str, Any]
_SHORT = 12
NOT_KNOWN = "not known"


def plan(result: Result) -> str:
    """The tasks with what they have to do, then the inputs with what is proved of each."""
    if result["as_mermaid"]:
        return str(result["mermaid"])
    lines = [f"training set {result['training_set']}  {result['fingerprint'][:_SHORT]}"]
    lines += ["", "what a build does, each task after what it reads", _tasks(result["tasks"])]
    lines += ["", _prediction(result["prediction"])]
    lines += ["", "why each input is known at as_of", _inputs(result["inputs"])]
    ending = "built already" if result["cached"] else "not built yet: headwater build"
    return "\n".join([*lines, "", ending])


def explain(result: Result) -> str:
    """Where a column is from, how it is computed, when it is known, of which data and code."""
    lines = [f"{result['name']}: {result['kind']} of training set {result['training_set']}"]
    for head, items in _sections(result):
        lines += ["", head, *(line for item in items for line in _indented(item))]
    return "\n".join(lines)


def _tasks(tasks: list[Result]) -> str:
    rows = [
        [
            task["name"],
            "" if task["rows"] is None else count(task["rows"]),
            "" if task["visits"] is None else count(task["visits"]),
            _size(task["size_bytes"]),
            NOT_KNOWN if task["seconds"] is None else seconds(task["seconds"]),
            {True: "yes", False: "no", None: ""}[task["cached"]],
            task["fingerprint"][:_SHORT],
        ]
        for task in tasks
    ]
    head = ["task", "rows", "visits", "size", "takes", "kept", "fingerprint"]
    return table(head, rows, aligned="<>>>><<")


def _prediction(predicted: Result) -> str:
    """What all tasks take together, and what compiling adds to that."""
    if predicted["seconds"] is None:
        said = f"time and memory: {NOT_KNOWN}, as rows are counted only by reading them"
    else:
        said = (
            f"a build on this machine takes about {seconds(predicted['seconds'])} "
            f"and {_size(predicted['size_bytes'])} of memory"
        )
    if not predicted["passes"]:
        return said
    passes = "1 pass is" if predicted["passes"] == 1 else f"{predicted['passes']} passes are"
    compiling = f"{passes} compiled first"
    return f"{said}\n{compiling}, in about {seconds(predicted['compile_seconds'])}, once"


def _inputs(inputs: list[Result]) -> str:
    rows = [[one["name"], one["verdict"], one["because"]] for one in inputs]
    return table(["input", "", "because"], rows, aligned="<<<")


def _sections(result: Result) -> Iterator[tuple[str, list[str]]]:
    yield (
        "where from",
        [f"{role}: {origin}" for role, found in result["reads"].items() for origin in found],
    )
    yield "how computed", _pairs(result["computed"])
    yield "when known", _pairs(result["known"])
    if result["prepared"]:
        yield "prepared as", [", ".join(result["prepared"])]
    yield (
        "which data",
        [
            f"{name}: {data['is']} {data.get('path', '')} {data['snapshot'][:_SHORT]}"
            for name, data in result["data"].items()
        ],
    )
    yield "which code", _pairs(result["code"])
    yield "used by", [", ".join(result["used_by"]) or "no model"]


def _pairs(facts: Result) -> list[str]:
    said = {name: value for name, value in facts.items() if value not in (None, "", [])}
    return [f"{name}: {_plain(value)}" for name, value in said.items()]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and len(value) in (40, 64) and value.isalnum():
        return value[:_SHORT]  # a commit or a digest
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def _size(size_bytes: int | None) -> str:
    """Bytes in the unit that leaves one to three digits before the point.

    >>> _size(64_660_992)
    '64.7 MB'
    """
    if size_bytes is None:
        return ""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= least:
            return f"{size_bytes / least:.1f} {unit}"
    return f"{size_bytes} B"


def _indented(text: str) -> list[str]:
    return textwrap.wrap(
        text, width(), initial_indent="  ", subsequent_indent="    ", break_long_words=False
    )
