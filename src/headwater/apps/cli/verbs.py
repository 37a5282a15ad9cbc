"""The verbs: one entry each, and nothing else lists them.

A verb is a function of what the command line gives it, with `say` for its progress, that calls one
function of `runtime` and gives back a plain result. What it imports it imports when it is called,
so that `headwater --help` costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.apps.cli import (
    catalog_rendering,
    plan_rendering,
    rendering,
    reproduction_rendering,
)

if TYPE_CHECKING:
    from headwater.runtime.project import Project

Result = Mapping[str, Any]
Say = Callable[[str], None]
Folder = Annotated[Path, typer.Argument(help="The folder that the example is made in.")]
NewFolder = Annotated[Path, typer.Argument(help="A folder that is empty or does not exist yet.")]
ProjectFolder = Annotated[Path, typer.Argument(help="A folder with headwater.toml.")]
TrainingSetName = Annotated[
    str | None, typer.Argument(help="The training set; needed where there are several.")
]
ModelName = Annotated[str | None, typer.Argument(help="The model; needed where there are several.")]
Column = Annotated[
    str, typer.Argument(help="A feature, a column of the row, the label or a prepared input.")
]
AsMermaid = Annotated[bool, typer.Option("--mermaid", help="Print the graph as Mermaid text.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print a page that can be kept.")]
InCatalog = Annotated[
    str | None, typer.Argument(help="A view or a feature, with its view's name; by default all.")
]
Calibrate = Annotated[
    bool, typer.Option("--calibrate", help="Measure anew what works cost on this machine.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse assumptions too, such as a missing clock.")
]

Data = Annotated[
    bool, typer.Option("--data", help="Read the sources too, and check their contracts.")
]
Pinned = Annotated[
    bool,
    typer.Option("--pinned", help="Refuse features that are not what a kept model learned from."),
]
RunName = Annotated[
    str, typer.Argument(help="The identity of a recorded run, or how it begins; the last one.")
]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb of the command line.

    Args:
        act: Its name, its help and what it does.
        show: Its result for a reader.
        example: A command line that works.
        alerts: Whether the project's `on_failure` hears of its failure.
    """

    act: Callable[..., Result]
    show: Callable[[Result], str]
    example: str
    alerts: bool = False

    @property
    def name(self) -> str:
        """As typed."""
        return self.act.__name__


def init(folder: NewFolder = Path(), *, say: Say) -> Result:
    """Make a new project that checks and runs at once."""
    from headwater.runtime import init as use_case

    return use_case.init(folder, say=say)


def demo(folder: Folder = Path("flights"), *, say: Say) -> Result:
    """Make the flights example where it is missing, and run it."""
    from headwater.runtime import demo as use_case

    return use_case.demo(folder, say=say)


def check(
    project: ProjectFolder = Path(),
    *,
    strict: Strict = False,
    data: Data = False,
    pinned: Pinned = False,
    say: Say,
) -> Result:
    """Report every fault of the definitions before a row is read."""
    loaded = _loaded(project, say)
    from headwater.runtime import check as use_case

    return use_case.check(loaded, strict=strict, data=data, pinned=pinned, say=say)


def plan(
    project: ProjectFolder = Path(),
    name: TrainingSetName = None,
    *,
    mermaid: AsMermaid = False,
    calibrate: Calibrate = False,
    say: Say,
) -> Result:
    """Show what a build would do and take, what is there already, and why each input is known."""
    loaded = _loaded(project, say)
    from headwater.runtime.planning import plan_project

    return {**plan_project(loaded, name, say=say, calibrate=calibrate), "as_mermaid": mermaid}


def explain(
    column: Column, project: ProjectFolder = Path(), name: TrainingSetName = None, *, say: Say
) -> Result:
    """Say of one column where it is from, how it is computed, when it is known."""
    loaded = _loaded(project, say)
    from headwater.runtime.explain import explain_project

    return explain_project(loaded, column, name, say=say)


def catalog(
    project: ProjectFolder = Path(),
    name: InCatalog = None,
    *,
    markdown: AsMarkdown = False,
    say: Say,
) -> Result:
    """Show every feature: what it reads, its window, boundary and lag, when it is known."""
    loaded = _loaded(project, say)
    from headwater.runtime.catalog import catalog_project

    return {**catalog_project(loaded, name, say=say), "as_markdown": markdown}


def build(project: ProjectFolder = Path(), name: TrainingSetName = None, *, say: Say) -> Result:
    """Build a training set, once per fingerprint."""
    loaded = _loaded(project, say)
    from headwater.runtime.run import build_project

    return build_project(loaded, name, say=say)


def train(project: ProjectFolder = Path(), name: ModelName = None, *, say: Say) -> Result:
    """Train a model and measure it beside no model and a simple rule."""
    loaded = _loaded(project, say)
    from headwater.runtime.run import train_project

    return train_project(loaded, name, say=say)


def run(project: ProjectFolder = Path(), name: ModelName = None, *, say: Say) -> Result:
    """Build, train, compare the clocks and write the report."""
    loaded = _loaded(project, say)
    from headwater.runtime.run import run_project

    return run_project(loaded, name, say=say)


def report(project: ProjectFolder = Path(), name: ModelName = None, *, say: Say) -> Result:
    """Write the report of the last run again."""
    loaded = _loaded(project, say)
    from headwater.runtime.report import report_project

    return report_project(loaded, name, say=say)


def reproduce(run: RunName = "last", project: ProjectFolder = Path(), *, say: Say) -> Result:
    """Build and train a recorded run anew, and compare every digest with its record."""
    loaded = _loaded(project, say)
    from headwater.runtime.reproduce import reproduce_project

    return reproduce_project(loaded, run, say=say)


def alert(verb: str, folder: Path, exit_code: int, code: str, error: str) -> str | None:
    """Tell a project's hook of a failure; what went wrong with that, None where nothing did."""
    from headwater.runtime.failure_hooks import call_hook, failure_hook

    hook = failure_hook(folder)
    if hook is None:
        return None
    return call_hook(hook, error, verb=verb, exit_code=exit_code, code=code)


def _loaded(folder: Path, say: Say) -> Project:
    say(f"definitions in {folder.as_posix()}")
    from headwater.runtime.project import load_project

    return load_project(folder)


VERBS = (
    Verb(init, rendering.init, "headwater init shop"),
    Verb(demo, rendering.run, "headwater demo flights"),
    Verb(check, rendering.check, "headwater check flights --strict", alerts=True),
    Verb(plan, plan_rendering.plan, "headwater plan flights --mermaid"),
    Verb(explain, plan_rendering.explain, "headwater explain origin flights"),
    Verb(catalog, catalog_rendering.catalog, "headwater catalog flights carrier"),
    Verb(build, rendering.build, "headwater build flights late_arrival", alerts=True),
    Verb(train, rendering.train, "headwater train flights late_gbm"),
    Verb(run, rendering.run, "headwater run flights --json", alerts=True),
    Verb(report, rendering.report, "headwater report flights"),
    Verb(reproduce, reproduction_rendering.reproduce, "headwater reproduce last flights"),
)
