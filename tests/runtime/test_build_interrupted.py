"""A build is whole or not at all, whatever happens to it, its cache and its data."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import DataError, EngineError, SpecErrors
from headwater.runtime.build import Session, build_in
from headwater.runtime.project import Project
from headwater.spec.training_set import TrainingSet

ALL_TASKS = ["rows of 'late_parcels'", "view 'courier'", "view 'depot'", "preparation"]


# whole or not at all


def staging(project: Project) -> list[str]:
    return [path.name for path in project.home.folder.rglob(".staging*")]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("task", ALL_TASKS)
def test_an_interrupted_build_leaves_nothing_and_the_next_is_whole(
    builder: Any, ran: Any, make_project: Any, task: str, error: type[BaseException]
) -> None:
    def stop(words: str) -> None:
        if words.startswith(task):
            raise error(words)

    project = make_project()
    with pytest.raises(error):
        builder.build(project, say=stop)
    assert builder.staging(project) == []
    assert list(project.home.artifacts.rglob("*.*")) == []
    made, _ = builder.build(project)
    assert builder.digests(made.path) == builder.digests(ran.artifact.path)


def test_a_killed_build_leaves_no_artifact_and_the_next_run_clears_up(
    builder: Any, make_project: Any
) -> None:
    project = make_project()
    saying = "import os, signal; words.startswith('prep') and os.kill(os.getpid(), signal.SIGKILL)"
    arguments, environment = builder.command(project, saying=saying)
    killed = subprocess.run(arguments, env=environment, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    (left,) = builder.staging(project)
    folder = project.home.artifacts / "late_parcels"
    assert [path.name for path in folder.iterdir()] == [left]
    made, heard = builder.build(project)
    assert heard.tasks() == ["preparation"]
    assert builder.staging(project) == []
    assert [path.name for path in folder.iterdir()] == [made.fingerprint]


def test_a_second_process_waits_says_so_and_reuses(builder: Any, make_project: Any) -> None:
    project = make_project()
    arguments, environment = builder.command(project)
    with project.home.locked(pytest.fail):
        second = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert second.stdout.readline().startswith("another process is at work in this project")
        plan_and_build(project)
    with second:
        assert second.stdout.read() == "cached\n"
    assert second.returncode == 0


def plan_and_build(project: Project) -> None:
    """A build as it runs while this process holds the lock."""
    home = project.home
    unlocked = type("Unlocked", (type(home),), {"locked": lambda self, say: _nothing()})
    session = Session(unlocked(home.project), project.seed)
    build_in(project.only(TrainingSet, None, "training set"), session)


class _nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


# damage


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["rows.parquet", "manifest.json"])
def test_a_flipped_byte_of_a_kept_task_is_noticed_and_computed_again(
    builder: Any, make_project: Any, name: str
) -> None:
    project = make_project()
    made, _ = builder.build(project)
    before = builder.digests(made.path)
    for path in project.home.cache.glob(f"*/{name}"):
        flip(path)
    again, heard = builder.build(project, seed=8)
    assert heard.tasks() == ALL_TASKS
    for path in again.path.glob("raw/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == before[f"raw/{path.name}"]
    _, heard = builder.build(project, seed=9)
    assert heard.tasks() == ["preparation"]


def test_counts_of_a_kept_task_cannot_be_edited(builder: Any, make_project: Any) -> None:
    project = make_project()
    made, _ = builder.build(project)
    purged = made.manifest["excluded"]["purged"]
    for path in project.home.cache.glob("*/manifest.json"):
        text = path.read_text()
        path.write_text(text.replace(f'purged\\": {purged}', f'purged\\": {purged + 1}'))
    again, heard = builder.build(project, seed=8)
    assert heard.tasks()[0] == ALL_TASKS[0]
    assert again.manifest["excluded"]["purged"] == purged


@pytest.mark.parametrize("name", ["manifest.json", "raw/test.parquet", "states/recipe.json"])
def test_a_flipped_byte_of_an_artifact_is_refused_until_it_is_deleted(
    builder: Any, make_project: Any, name: str
) -> None:
    project = make_project()
    made, _ = builder.build(project)
    before = builder.digests(made.path)
    flip(made.path / name)
    with pytest.raises(EngineError) as caught:
        builder.build(project)
    assert (caught.value.code, caught.value.exit_code) == ("HW503", 4)
    assert "delete its folder" in str(caught.value.hint)
    for path in sorted(made.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.path.rmdir()
    again, _ = builder.build(project)
    assert builder.digests(again.path) == before


def test_an_artifact_of_another_format_is_refused(builder: Any, make_project: Any) -> None:
    project = make_project()
    made, _ = builder.build(project)
    manifest = json.loads((made.path / "manifest.json").read_text())
    (made.path / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(EngineError, match="has format 99"):
        builder.build(project)


def test_a_home_that_cannot_be_written_is_an_error_of_the_environment(
    builder: Any, make_project: Any
) -> None:
    project = make_project()
    (project.folder / ".headwater").touch()
    with pytest.raises(EngineError) as caught:
        builder.build(project)
    assert caught.value.code == "HW502"


# data that moves or is wrong


def test_a_source_that_changes_while_it_is_read_is_refused_and_nothing_of_it_is_kept(
    builder: Any, ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    project = make_project()
    data = project.folder / "data" / "parcels.parquet"
    original = data.read_bytes()

    def replaced(words: str) -> None:
        if words.startswith("rows of"):
            parcels.with_columns(distance=pl.col("distance") + 1).write_parquet(data)

    with pytest.raises(DataError) as caught:
        builder.build(project, say=replaced)
    assert caught.value.code == "HW409"
    assert "source 'parcels' changed while it was read" in caught.value.message
    assert "definitions.py" in str(caught.value.place)
    data.write_bytes(original)
    made, heard = builder.build(project)
    assert heard.tasks() == ALL_TASKS
    assert builder.digests(made.path) == builder.digests(ran.artifact.path)


def test_a_source_that_changes_between_views_is_refused_too(
    builder: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    project = make_project()
    data = project.folder / "data" / "parcels.parquet"
    original = data.read_bytes()

    def replaced(words: str) -> None:
        if words.startswith("view 'depot'"):
            parcels.with_columns(minutes_late=pl.col("minutes_late") + 1).write_parquet(data)

    with pytest.raises(DataError, match="HW409"):
        builder.build(project, say=replaced)
    data.write_bytes(original)
    _, heard = builder.build(project)
    assert heard.tasks() == ALL_TASKS


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows.clear(), "HW402"),
        (lambda rows: pl.concat([rows, rows[:1].with_columns(distance=0.5)]), "HW405"),
        (lambda rows: rows.with_columns(arrived_at=None), "HW406"),
        (lambda rows: rows.with_columns(sent_at=pl.when(pl.col("number") > 0).then("sent_at")),
         "HW408"),
    ],
    ids=["empty", "identity", "no label", "no event time"],
)  # fmt: skip
def test_wrong_data_has_its_code_and_line(
    builder: Any,
    make_project: Any,
    parcels: pl.DataFrame,
    change: Callable[[pl.DataFrame], Any],
    code: str,
) -> None:
    rows = change(parcels)
    if code == "HW406":
        rows = rows.with_columns(pl.col("arrived_at").cast(pl.Datetime("us", "UTC")))
    project = make_project(rows=rows)
    with pytest.raises(DataError) as caught:
        builder.build(project)
    assert caught.value.code == code
    assert "definitions.py:" in str(caught.value.place)
    assert builder.staging(project) == []


def test_an_undeclared_null_clock_is_refused(builder: Any, make_project: Any) -> None:
    with pytest.raises(DataError, match="HW403"):
        builder.build(make_project(replace={'null_known_time="never",': ""}))


def test_a_missing_file_is_refused_before_anything_is_made(builder: Any, make_project: Any) -> None:
    project = make_project()
    (project.folder / "data" / "parcels.parquet").unlink()
    with pytest.raises(DataError, match="HW401"):
        builder.build(project)
    assert not project.home.artifacts.exists()


def test_faults_of_the_definitions_come_before_the_data(builder: Any, make_project: Any) -> None:
    project = make_project(
        replace={
            'parcels,\n    entity="courier"': 'parcels,\n    entity="curier"',
            'pl.col("minutes_late") > 15)': 'pl.col("minuts_late") > 15)',
        }
    )
    with pytest.raises(SpecErrors) as caught:
        builder.build(project)
    assert sorted(fault.code for fault in caught.value.faults) == ["HW201", "HW201", "HW208"]


def test_values_that_do_not_fit_an_expression_are_an_error_of_the_data(
    builder: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    rows = parcels.with_columns(number=pl.col("number").cast(pl.String)).with_columns(
        number=pl.when(pl.col("number") == "7").then(pl.lit("seven")).otherwise("number")
    )
    for place in (
        {'pl.col("minutes_late") > 15)': 'pl.col("number").cast(pl.Int64) > 15)'},
        {"keep=[": 'filter=pl.col("number").cast(pl.Int64) > 0, keep=['},
        {'hw.Count("minutes_late")': 'hw.Count(pl.col("number").cast(pl.Int64), name="n")'},
        {'identity=("number",)': 'identity=("no",), derive={"no": pl.col("number").cast(int)}'},
    ):
        with pytest.raises(DataError) as caught:
            builder.build(make_project(rows=rows, replace=place))
        assert caught.value.code == "HW410"
        assert "seven" not in str(caught.value)
        assert "definitions.py" in str(caught.value.place)
