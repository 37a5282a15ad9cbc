"""A graph of tasks as Mermaid text, which GitHub, notebooks and editors draw."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from headwater.plan.graph import Task
from headwater.plan.prediction import Prediction
from headwater.reports.numbers import seconds

_SHAPES = {
    "source": ("[(", ")]"),
    "rows": ("[", "]"),
    "view": ("[", "]"),
    "artifact": ("([", "])"),
}


def flowchart(
    tasks: Sequence[Task],
    *,
    kept: Collection[str],
    predictions: Mapping[str, Prediction] | None = None,
) -> str:
    """The tasks as a flow chart from left to right.

    Args:
        tasks: Each after all that it reads.
        kept: The fingerprints whose results are there; these are drawn with a dashed edge.
        predictions: What each task takes, by its name.
    """
    said = predictions or {}
    numbers = {task.name: f"t{number}" for number, task in enumerate(tasks)}
    lines = ["flowchart LR"]
    for task in tasks:
        opening, closing = _SHAPES[task.kind]
        mark = ":::kept" if task.identity in kept else ""
        label = _label(task) + _taking(said.get(task.name))
        lines.append(f'  {numbers[task.name]}{opening}"{label}"{closing}{mark}')
    for task in tasks:
        lines += [f"  {numbers[name]} --> {numbers[task.name]}" for name in task.reads]
    return "\n".join([*lines, "  classDef kept stroke-dasharray: 4 3"])


def _label(task: Task) -> str:
    """Two lines: the name, and how much it reads; in Mermaid's own escapes."""
    rows = task.facts.get("rows") if task.cost is None else task.cost.rows
    size = "" if rows is None else f"<br/>{rows:,} rows"
    if task.kind == "view":
        size += f", {task.facts['features']} features"
    return _escaped(task.name) + size


def _taking(predicted: Prediction | None) -> str:
    """A line with how long it takes, where there is something to do."""
    if predicted is None or predicted.seconds == 0:
        return ""
    return f"<br/>{'not known' if predicted.seconds is None else seconds(predicted.seconds)}"


def _escaped(name: str) -> str:
    for mark, entity in (("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        name = name.replace(mark, entity)
    return name
