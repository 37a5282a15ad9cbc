"""Records of runs: what it takes to get the same numbers again, and no trace of it elsewhere."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import headwater as hw
from headwater.plan.identity import versions
from headwater.runtime.project import Project, load_project
from headwater.runtime.run import run_project
from headwater.runtime.train import learner_versions

SETTINGS = 'name = "parcels"\nseed = 7\nmemory = "3GB"\n'
LIBRARIES = (
    *("polars", "numpy", "numba", "llvmlite", "pyarrow"),
    *("scikit-learn", "lightgbm", "scipy"),
)


def recorded(project: Project) -> dict[str, Any]:
    """The record of one more run."""
    before = set(project.home.runs.glob("*.json"))
    run_project(load_project(project.folder))
    (path,) = set(project.home.runs.glob("*.json")) - before
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def artifact_of(project: Project) -> Path:
    (folder,) = (project.home.artifacts / "late_parcels").iterdir()
    return folder


def test_a_record_holds_what_the_numbers_depend_on(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(settings=SETTINGS)
    monkeypatch.setenv("HEADWATER_THREADS", "2")
    found = recorded(project)["reproduce"]
    snapshot = project.of(hw.Source)["parcels"].snapshot()
    assert found["fingerprint"] == artifact_of(project).name
    assert found["seed"] == 7
    assert found["sources"] == {"parcels": snapshot}
    assert found["settings"] == {
        "threads": 2, "memory_bytes": 3_000_000_000, "engine": "machine code",
    }  # fmt: skip
    set_here = {name: text for name, text in os.environ.items() if name.startswith("HEADWATER_")}
    assert found["environment"] == set_here
    assert found["environment"]["HEADWATER_THREADS"] == "2"
    assert found["versions"] == {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "headwater": versions()["headwater"],
        "headwater.models": learner_versions()["headwater.models"],
    }


def test_a_record_follows_what_changes_from_run_to_run(
    make_project: Any, parcels: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADWATER_THREADS", raising=False)
    project = make_project()
    first = recorded(project)["reproduce"]
    monkeypatch.setenv("HEADWATER_THREADS", "3")
    parcels.head(1_900).write_parquet(project.folder / "data" / "parcels.parquet")
    (project.folder / "headwater.toml").write_text('name = "parcels"\nseed = 8\n', "utf-8")
    second = recorded(project)["reproduce"]
    assert (first["seed"], second["seed"]) == (7, 8)
    assert "HEADWATER_THREADS" not in first["environment"]
    assert second["settings"]["threads"] == 3
    for name in ("fingerprint", "sources"):
        assert first[name] != second[name]
    assert first["versions"] == second["versions"]


def test_the_code_of_an_estimator_of_ones_own_is_recorded(
    make_project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from sklearn.linear_model import LogisticRegression as Mine\n"
    (tmp_path / "recorded_estimators.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    own = {"sklearn.linear_model.LogisticRegression": "recorded_estimators.Mine"}
    found = recorded(make_project(replace=own))["reproduce"]["versions"]
    assert len(found["recorded_estimators"]) == 16


def test_nothing_of_a_run_is_in_an_artifact(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_THREADS", "1")
    one, other = make_project("one"), make_project("other")
    first = recorded(one)
    monkeypatch.setenv("HEADWATER_THREADS", "2")
    monkeypatch.setenv("HEADWATER_NOTE", "an unmistakable note")
    second = recorded(other)
    assert second["reproduce"]["environment"]["HEADWATER_NOTE"] == "an unmistakable note"
    files = {path.relative_to(artifact_of(one)) for path in artifact_of(one).rglob("*.*")}
    assert Path("manifest.json") in files
    for name in files:
        held = (artifact_of(other) / name).read_bytes()
        assert held == (artifact_of(one) / name).read_bytes()
        traces = [second["run"], second["ended"], "unmistakable", str(other.folder), "HEADWATER_"]
        assert [trace for trace in traces if trace.encode() in held] == []
    manifest = json.loads((artifact_of(other) / "manifest.json").read_bytes())
    assert not {"reproduce", "run", "ended", "platform", "commit", "python"} & set(manifest)
    assert first["reproduce"]["fingerprint"] == second["reproduce"]["fingerprint"]
