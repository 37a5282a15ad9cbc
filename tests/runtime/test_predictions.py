"""What this machine's works cost: measured once, kept, and read back."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from headwater.plan.prediction import UnitCosts
from headwater.runtime.machine_costs import Sizes, machine_costs
from headwater.runtime.predictions import kept_costs

TINY = Sizes(quick=1_000, small=1_000, seconds=0.0)


@pytest.fixture
def costs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is measured, by passes that this process has compiled already."""
    machine_costs(sizes=TINY)
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    return tmp_path / "costs"


def test_every_work_costs_something_and_the_form_is_the_same_each_time() -> None:
    first, second = asdict(machine_costs(sizes=TINY)), asdict(machine_costs(sizes=TINY))
    assert first.keys() == second.keys() == {field.name for field in fields(UnitCosts)}
    assert first["folds"].keys() == second["folds"].keys()
    assert first.pop("compile_pass") == 0.0  # measured once something is to be compiled
    folds = first.pop("folds")
    assert first.pop("start") >= 0.0
    assert all(cost > 0 for cost in first.values())
    assert all(cost["row"] > 0 and cost["answer"] > 0 for cost in folds.values())
    assert [kind for kind, cost in folds.items() if cost["window_row"]] == ["values"]


def test_costs_are_measured_once_and_anew_where_that_is_asked(costs_in: Path) -> None:
    heard: list[str] = []
    first = kept_costs(sizes=TINY, say=heard.append)
    assert kept_costs(sizes=TINY, say=heard.append) == first
    assert len(heard) == 1
    anew = kept_costs(sizes=TINY, say=heard.append, anew=True)
    assert len(heard) == 2
    assert kept_costs(sizes=TINY, say=heard.append) == anew
    assert [path.stem for path in costs_in.iterdir()] == [first.name]


def test_other_threads_and_other_workloads_are_other_measurements() -> None:
    names = {
        kept_costs(sizes=TINY, threads=1).name,
        kept_costs(sizes=TINY, threads=2).name,
        kept_costs(sizes=Sizes(quick=1_200, small=1_000, seconds=0.0), threads=1).name,
    }
    assert len(names) == 3


def test_what_was_kept_and_is_damaged_is_measured_again(costs_in: Path) -> None:
    name = kept_costs(sizes=TINY).name
    (costs_in / f"{name}.json").write_text("{}", "utf-8")
    heard: list[str] = []
    kept_costs(sizes=TINY, say=heard.append)
    assert len(heard) == 1


def test_compiling_is_measured_once_something_has_to_be_compiled(costs_in: Path) -> None:
    costs = kept_costs(sizes=TINY)
    assert costs.units.compile_pass == 0.0
    measured = costs.with_compiling()
    assert measured.compile_pass > 0.0
    again = kept_costs(sizes=TINY)
    assert again.units == measured
    assert again.with_compiling() is again.units


def test_costs_that_cannot_be_kept_are_given_all_the_same(costs_in: Path) -> None:
    costs_in.write_text("a file where the folder should be", "utf-8")
    assert kept_costs(sizes=TINY).units.arrange_row > 0.0
