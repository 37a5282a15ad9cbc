"""How long a build takes and how much memory, from the counts of its plan.

A plan says how many rows are read, arranged, folded, asked and written; a machine says what one of
each costs (`UnitCosts`, which something above the plan measures). Their products add up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from headwater.errors import SpecError
from headwater.kernel.moments import add_words
from headwater.kernel.positions import newest, position
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.features import FeaturePlan
from headwater.plan.graph import Task
from headwater.plan.kinds import column_kind
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan

PassKind = Literal[
    "sums", "newest", "choices", "states", "values", "tree of sums", "tree of states"
]
_MERGES: dict[Any, PassKind] = {add_words: "sums", newest: "newest"}
_WORD, _TEXT = 8, 24
"""Bytes that a value takes while it is worked on; of text a guess."""
_ARRANGED = 6
"""Words of a history row while a view is folded, beside its columns: order, times, operands."""
_ANSWERED = 3
"""How many answers of one feature there are at a time: as folded, in order, as a column."""
_SPINE_WORDS = 12
"""Words of a spine row while moments, labels and parts are decided, beside its columns."""
_COPIES = 3
"""How many times the rows of an artifact are there: whole, in parts, prepared."""


@dataclass(frozen=True, slots=True)
class FoldCost:
    """What one fold costs, in seconds.

    Args:
        row: Of each history row, its value taken included.
        answer: Of each spine row and window.
        window_row: Of each history row and window.
    """

    row: float
    answer: float
    window_row: float = 0.0


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What one of each costs on a machine, in seconds.

    Args:
        start: What the first work of a process takes more than its repetition.
        task: A task that has next to nothing to do.
        digest_byte: A byte of a file, to tell whether it is still the same.
        read_cell: A value read from a file.
        read_text: A text read from a file.
        arrange_row: A history row put in order, with what a first count of it costs.
        arrange_text: What a key that is text adds to that.
        version_row: A row told apart from other versions of its event.
        ask_row: A spine row put in order, with one answer.
        limit_row: A history row marked, for each kind of window by rows or session.
        limit_answer: The start of such a window.
        folds: What a fold costs, by the kind of its pass.
        spine_row: Moment, label and part of a row.
        write_cell: A value written.
        recipe_cell: A value in a step of a recipe, fitted and applied.
        compile_pass: A pass that was never compiled.
        quick_from: History rows from which passes that ask for an order are used.
        process_bytes: What a process holds before it reads a row.
    """

    start: float
    task: float
    digest_byte: float
    read_cell: float
    read_text: float
    arrange_row: float
    arrange_text: float
    version_row: float
    ask_row: float
    limit_row: float
    limit_answer: float
    folds: Mapping[PassKind, FoldCost]
    spine_row: float
    write_cell: float
    recipe_cell: float
    compile_pass: float
    quick_from: int
    process_bytes: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a task, or a build, takes; None where its rows cannot be known before.

    Args:
        seconds: Compiling left out.
        size_bytes: What it holds at most; of a build with what the process holds anyway.
        compile_seconds: Of passes that are not compiled yet.
    """

    seconds: float | None
    size_bytes: int | None
    compile_seconds: float = 0.0


NOTHING = Prediction(0.0, 0)
"""Of what is kept already."""
NOT_KNOWN = Prediction(None, None)


def predicted(
    plan: TrainingSetPlan,
    tasks: Sequence[Task],
    units: UnitCosts,
    *,
    kept: Collection[str] = (),
    missing: Mapping[str, int] | None = None,
) -> dict[str, Prediction]:
    """What each task takes, by its name.

    Args:
        plan: The training set.
        tasks: Its `headwater.plan.graph.graph`.
        units: What one of each costs.
        kept: The fingerprints whose results are there; these take nothing.
        missing: How many passes of a task are not compiled yet, by its name.
    """
    compiling = missing or {}
    found: dict[str, Prediction] = {}
    is_built, start = tasks[-1].identity in kept, units.start
    for task in tasks:
        if task.kind != "source" and (is_built or task.identity in kept):
            found[task.name] = NOTHING
            continue
        alone = _alone(plan, task, tasks, units)
        passes = compiling.get(task.name, 0) * units.compile_pass
        if task.kind != "source" and alone.seconds is not None:
            alone, start = replace(alone, seconds=alone.seconds + start), 0.0
        found[task.name] = replace(alone, compile_seconds=passes)
    return found


def in_all(found: Mapping[str, Prediction], units: UnitCosts) -> Prediction:
    """What the build takes: all seconds, and the most that is held at a time.

    Args:
        found: By task, in the order in which they run.
        units: What one of each costs.
    """
    compiling = sum(one.compile_seconds for one in found.values())
    seconds, sizes = list[float](), list[int]()
    for one in found.values():
        if one.seconds is None or one.size_bytes is None:
            return Prediction(None, None, compiling)
        seconds.append(one.seconds)
        sizes.append(one.size_bytes)
    return Prediction(sum(seconds), units.process_bytes + max(sizes), compiling)


def pass_kind(
    feature: FeaturePlan, units: UnitCosts, *, history: int, event_time: str | None
) -> PassKind:
    """The kind of the pass that folds a feature; not asked of a composite, but of its parts.

    A clock that is not the event time may or may not follow its order; the plan supposes not.

    Args:
        feature: What is folded.
        units: Say from how many rows on passes ask for an order.
        history: Rows of its source.
        event_time: That of its source.
    """
    functions: Any = type(feature.aggregation)
    if functions.folds == "values":
        return "values"
    merge = getattr(functions, "merge", None)
    if history < units.quick_from or feature.window.gap or not follows_events(feature, event_time):
        return "tree of sums" if merge is add_words else "tree of states"
    if merge in _MERGES:
        return _MERGES[merge]
    return "choices" if getattr(functions, "result", None) is position else "states"


def view_seconds(view: ViewPlan, units: UnitCosts, *, history: int, spine: int) -> float:
    """Folding a view whose rows are read.

    Args:
        view: What is folded.
        units: What one of each costs.
        history: Rows of its source.
        spine: Rows that ask.
    """
    has_text = any(view.source.schema[key] == pl.String for key in view.view.keys)
    seconds = history * (units.arrange_row + units.arrange_text * has_text)
    seconds += history * units.version_row * bool(view.source.source.identity)
    seconds += spine * units.ask_row
    event_time = view.source.source.event_time
    folded = [one for feature in view.features for one in feature.parts or (feature,)]
    limits = {(one.window, str(one.mask)) for one in folded if one.window.asks_rows}
    seconds += len(limits) * (history * units.limit_row + spine * units.limit_answer)
    for shared in _folds(folded):
        cost = units.folds[pass_kind(shared[0], units, history=history, event_time=event_time)]
        windows = len(shared)
        seconds += history * (cost.row + windows * cost.window_row) + spine * windows * cost.answer
    return seconds


def whole_view_seconds(
    view: ViewPlan, units: UnitCosts, *, heights: Mapping[str, int], spine: int
) -> float:
    """Reading and folding a view, with the views that its rows see, each for the rows of its own.

    Args:
        view: What is computed.
        units: What one of each costs.
        heights: The rows of each source that is read, by name.
        spine: Rows that ask.
    """
    source = view.source
    history = heights[source.source.name]
    types = [source.schema[name] for name in view.columns if name in source.read]
    seen = sum(
        whole_view_seconds(inner, units, heights=heights, spine=history) for inner in source.views
    )
    own = view_seconds(view, units, history=history, spine=spine)
    return _reading(types, history, units) + own + seen


def follows_events(feature: FeaturePlan, event_time: str | None) -> bool:
    """Whether all of its clocks are that of the event."""
    return all(moment.column == event_time for moment in feature.mask.moments)


def _folds(folded: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features that differ in their window only."""
    shared: dict[tuple[int, str], list[FeaturePlan]] = {}
    for one in folded:
        shared.setdefault((id(one.aggregation), str(one.mask)), []).append(one)
    return list(shared.values())


def _alone(
    plan: TrainingSetPlan, task: Task, tasks: Sequence[Task], units: UnitCosts
) -> Prediction:
    """What a task takes once all that it reads is there and compiled."""
    if task.kind == "source":
        size = task.facts.get("size_bytes")
        return NOT_KNOWN if size is None else Prediction(size * units.digest_byte, 0)
    rows = next(one.cost for one in tasks if one.kind == "rows")
    if rows is None or (task.cost is None and task.kind == "view"):
        return NOT_KNOWN
    if task.kind == "rows":
        return _rows(plan, rows.rows, tasks, units)
    if task.kind == "artifact":
        return _artifact(plan, rows.rows, units)
    view = next(one for one in plan.views if task.name == f"view {one.view.name}")
    return _view(view, units, history=0 if task.cost is None else task.cost.rows, spine=rows.rows)


def _rows(plan: TrainingSetPlan, rows: int, tasks: Sequence[Task], units: UnitCosts) -> Prediction:
    kept = {column.name: column.dtype for column in (*plan.spine.keys, *plan.spine.kept)}
    schema = plan.spine.source.schema
    read = kept | {name: schema[name] for name in plan.label_reads if name in schema}
    identity = bool(plan.spine.source.source.identity)
    seconds = units.task + _reading(read.values(), rows, units) + rows * units.spine_row
    seconds += rows * (identity * units.version_row + (len(read) + 4) * units.write_cell)
    size = rows * (_width(read.values()) + _SPINE_WORDS * _WORD)
    if plan.label.ahead is None:
        return Prediction(seconds, size)
    name = f"source {plan.label.ahead.source.source.name}"
    history = next(task for task in tasks if task.name == name).facts.get("rows")
    if history is None:
        return NOT_KNOWN
    ahead = _view(plan.label.ahead.view, units, history=history, spine=rows)
    return Prediction(seconds + (ahead.seconds or 0.0), size + (ahead.size_bytes or 0))


def _view(view: ViewPlan, units: UnitCosts, *, history: int, spine: int) -> Prediction:
    types = [view.source.schema[name] for name in view.columns if name in view.source.read]
    answers = [feature.dtype for feature in view.features]
    seconds = units.task + _reading(types, history, units)
    seconds += view_seconds(view, units, history=history, spine=spine)
    seconds += spine * len(answers) * units.write_cell
    held = history * (_width(types) + _ARRANGED * _WORD)
    return Prediction(seconds, held + spine * _ANSWERED * (_width(answers) + _WORD))


def _artifact(plan: TrainingSetPlan, rows: int, units: UnitCosts) -> Prediction:
    types = [*plan.inputs.values(), plan.label_dtype, pl.Int64(), pl.Int64()]
    cells = rows * len(types)
    seconds = units.task + 2 * cells * units.write_cell
    seconds += rows * _prepared(plan) * units.recipe_cell
    return Prediction(seconds, rows * _COPIES * _width(types))


def _prepared(plan: TrainingSetPlan) -> int:
    """How many columns the steps of a recipe prepare, each counted for each of its steps."""
    recipe, found = plan.training_set.recipe, 0
    named = ((name, column_kind(dtype)) for name, dtype in plan.inputs.items())
    kinds: Mapping[str, ColumnKind] = {name: kind for name, kind in named if kind is not None}
    for step in () if recipe is None else recipe.steps:
        try:
            found += len(step.select(kinds))
            kinds = step.columns_after(kinds) or kinds
        except SpecError:
            found += 1  # of what an earlier step makes of values that it will find
    return found


def _reading(types: Iterable[pl.DataType], rows: int, units: UnitCosts) -> float:
    costs = {True: units.read_text, False: units.read_cell}
    return rows * sum(costs[dtype == pl.String] for dtype in types)


def _width(types: Iterable[pl.DataType]) -> int:
    """Bytes of one row of these columns."""
    return sum(_TEXT if dtype == pl.String else _WORD for dtype in types)
