"""A reproduction as a reader wants it: what changed, what was compared, what came of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.apps.cli.tables import table, width
from headwater.reports.numbers import count, metric, seconds

Result = Mapping[str, Any]
_SHORT = 12
_MOST_PACKAGES = 5


def reproduce(result: Result) -> str:
    """What changed since the run, each file with its digest, and whether all is what it was."""
    built = result["training_set"]
    lines = [
        f"run {result['run']} of {result['ended']}, model {result['model']['name']}",
        f"training set {built['name']}  {built['fingerprint'][:_SHORT]}",
    ]
    lines += _changed(result["changed"])
    lines += ["", "digests", _digests(result["files"]), *_metrics(result["metrics"])]
    return "\n".join([*lines, "", *_verdict(result), f"{seconds(result['seconds'])}, computed"])


def _changed(changed: list[Result]) -> Iterator[str]:
    if not changed:
        yield "nothing that is recorded of it has changed"
        return
    packages = [one for one in changed if one["kind"] == "package"]
    shown = [one for one in changed if one["kind"] != "package"] + packages[:_MOST_PACKAGES]
    rows = [[one["kind"], one["name"], _brief(one["then"]), _brief(one["now"])] for one in shown]
    yield from ("", "what is not what it was", table(["", "", "then", "now"], rows, aligned="<<<<"))
    if len(packages) > _MOST_PACKAGES:
        yield f"  and {count(len(packages) - _MOST_PACKAGES)} more packages"


def _digests(files: Mapping[str, Result]) -> str:
    rows = [
        [name, _brief(one["then"]), _brief(one["now"]), _word(one)] for name, one in files.items()
    ]
    return table(["file", "then", "now", ""], rows, aligned="<<<<")


def _metrics(metrics: Mapping[str, Result]) -> Iterator[str]:
    rows = [
        [name, metric(one["then"]), metric(one["now"])]
        for name, one in metrics.items()
        if not one["identical"]
    ]
    if rows:
        yield from ("", "metrics that differ", table(["", "then", "now"], rows, aligned="<>>"))


def _verdict(result: Result) -> list[str]:
    if result["passed"]:
        return ["identical: every file, every score and every metric is what it was"]
    said = "not identical"
    if result["rows_identical"]:
        said += ": rows, states, scores and metrics are what they were; the manifest is not"
    return textwrap.wrap(f"{said}. {result['because']}", width(), break_long_words=False)


def _word(one: Result) -> str:
    if one["then"] is None:
        return "new"
    if one["now"] is None:
        return "missing"
    return "identical" if one["identical"] else "differs"


def _brief(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text[:_SHORT] if len(text) in (40, 64) and text.isalnum() else text
