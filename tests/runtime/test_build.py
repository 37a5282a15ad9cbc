"""A build: once per fingerprint, the same bytes anywhere, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines.splits import REASONS
from headwater.errors import DataError, EngineError, SpecError, SpecErrors
from headwater.runtime.build import Session, build_in
from headwater.runtime.project import Project, load_project
from headwater.spec.training_set import TrainingSet
from headwater.stores.artifacts import Artifact
from headwater.testing.reference import Feature, enrich, kept_value, reference_split

BUILDS = """
import sys
from pathlib import Path
from headwater.runtime.build import Session, build_in
from headwater.runtime.project import load_project
from headwater.spec.training_set import TrainingSet
{before}
project = load_project(Path(sys.argv[1]))
def say(words):
    print(words, flush=True)
    {saying}
threads = int(sys.argv[2]) if len(sys.argv) > 2 else None
session = Session(project.home, project.seed, say, threads)
made = build_in(project.only(TrainingSet, None, "training set"), session)
print("cached" if made.cached else "built", flush=True)
"""


class Heard(list[str]):
    """What a build says, in order."""

    def tasks(self) -> list[str]:
        """The first words of each, which name the task."""
        return [words.partition(":")[0] for words in self]


def build(project: Project, *, seed: int | None = None, **given: Any) -> tuple[Artifact, Heard]:
    heard = Heard()
    say: Callable[[str], None] = given.pop("say", heard.append)
    session = Session(project.home, project.seed if seed is None else seed, say, **given)
    return build_in(project.only(TrainingSet, None, "training set"), session), heard


def command(
    project: Project, *arguments: str, saying: str = "pass", before: str = ""
) -> tuple[list[str], dict[str, str]]:
    """The command and the environment for a build of this project in another process."""
    program = BUILDS.format(saying=saying, before=before)
    environment = {key: os.environ[key] for key in ("HOME", "HEADWATER_CACHE") if key in os.environ}
    environment["PYTHONPATH"] = ":".join(filter(None, sys.path))
    return [sys.executable, "-c", program, str(project.folder), *arguments], environment


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


ALL_TASKS = [
    "rows of 'late_parcels'",
    "view 'courier'",
    "view 'depot'",
    "preparation",
]


# once per fingerprint


def test_the_second_build_computes_nothing_and_is_the_first(make_project: Any) -> None:
    project = make_project()
    first, heard = build(project)
    assert heard.tasks() == ALL_TASKS
    assert not first.cached
    again, silence = build(load_project(project.folder))
    assert silence == []
    assert again.cached
    assert again.path == first.path
    assert digests(again.path) == digests(first.path)


def test_the_artifact_holds_what_it_says(ran: Any) -> None:
    project, made = ran.project, ran.artifact
    assert made.path == project.home.artifacts / "late_parcels" / made.fingerprint
    assert sorted(digests(made.path)) == [
        "manifest.json",
        "prepared/test.parquet",
        "prepared/train.parquet",
        "prepared/validation.parquet",
        "raw/test.parquet",
        "raw/train.parquet",
        "raw/validation.parquet",
        "states/recipe.json",
    ]
    assert made.parts == ("train", "validation", "test")
    columns = made.to_polars("train").columns
    assert columns[:3] == ["as_of", "courier", "depot"]
    assert columns[-2:] == ["late", "label_known_time"]
    assert made.manifest["columns"] == {
        "as_of": "as_of",
        "keys": ["courier", "depot"],
        "kept": ["distance", "weight", "depot"],
        "features": [
            "courier__minutes_late_mean_6h",
            "courier__minutes_late_mean_1d",
            "courier__late_share_6h",
            "courier__minutes_late_count_1d",
            "depot__minutes_late_mean_1d",
        ],
        "label": "late",
        "label_known_time": "label_known_time",
    }
    for part in made.parts:
        prepared = made.prepared(part)
        assert prepared.columns == made.manifest["prepared"]
        assert set(prepared.dtypes) == {pl.Float64()}
        assert (
            prepared.height == made.to_polars(part).height == made.manifest["parts"][part]["rows"]
        )


def test_two_fresh_folders_hold_the_same_bytes(ran: Any, make_project: Any) -> None:
    one, other = ran.artifact, build(make_project("another place"))[0]
    assert one.path != other.path
    assert digests(one.path) == digests(other.path)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_byte(ran: Any, make_project: Any, threads: int) -> None:
    made, _ = build(make_project(), threads=threads)
    assert digests(made.path) == digests(ran.artifact.path)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_with_other_hashes_makes_the_same_bytes(
    ran: Any, make_project: Any, seed: str
) -> None:
    project = make_project("a place with spaces")
    arguments, environment = command(project, seed)
    environment |= {"PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    subprocess.run(arguments, env=environment, check=True, capture_output=True, cwd="/")
    there = project.home.artifacts / "late_parcels" / ran.artifact.fingerprint
    assert digests(there) == digests(ran.artifact.path)


def test_the_order_of_mappings_changes_no_byte(ran: Any, make_project: Any) -> None:
    sent, number = '"sent_at": sent - pl.duration(days=1),', '"number": sent - pl.duration(days=1),'
    made, _ = build(make_project(replace={f"{sent}\n        {number}": f"{number}{sent}"}))
    assert digests(made.path) == digests(ran.artifact.path)


def test_the_manifest_holds_nothing_of_the_run(ran: Any) -> None:
    project, made = ran.project, ran.artifact
    text = (made.path / "manifest.json").read_text()
    states = (made.path / "states" / "recipe.json").read_text()
    for foreign in (str(project.folder), str(Path.home()), platform.node(), sys.version.split()[0]):
        assert foreign not in text
        assert foreign not in states
    years = set(re.findall(r"\b20\d\d-", text))
    assert years == {"2024-"}
    assert not {"host", "commit", "time", "duration", "seconds", "user", "path"} & set(
        made.manifest
    )
    assert set(made.manifest) == {
        *("training_set", "fingerprint", "seed", "versions", "sources", "definition", "rows"),
        *("spine_rows", "excluded", "masked", "boundaries", "parts", "spine_order", "columns"),
        *("findings", "prepared", "format", "files", "sha256"),
    }


def test_a_named_seed_is_part_of_the_identity(make_project: Any) -> None:
    project = make_project()
    one, _ = build(project)
    other, heard = build(project, seed=8)
    assert one.fingerprint != other.fingerprint
    assert heard.tasks() == ["preparation"]
    assert one.to_polars("train").equals(other.to_polars("train"))
    assert not one.prepared("train").equals(other.prepared("train"))


# what is computed again


SHARE, DEPOT = ["view 'courier'", "preparation"], ["view 'depot'", "preparation"]
WINDOW = '[hw.Mean("minutes_late").within("1d'
LABEL = 'hw.Label("late", pl.col("minutes_late") > 15)'
CHANGES: dict[str, tuple[str, str, list[str]]] = {
    "whitespace": ('.within("6h", "1d"),', ".within(\n\n '6h','1d' , ),", []),
    "a comment": ("parcels = hw", "# parcels, and when they arrive\nparcels = hw", []),
    "an owner": ("sequence=", 'owner="ada", description="of late", sequence=', []),
    "a value": ('[hw.Mean("minutes_late")', '[hw.Mean("distance")', DEPOT),
    "a window": (WINDOW, WINDOW.replace("1d", "2d"), DEPOT),
    "a threshold": ('"minutes_late") > 15, name', '"minutes_late") > 20, name', SHARE),
    "the recipe": ("hw.ScaleStandard(hw.numeric()),", "", ["preparation"]),
    "the label": (LABEL, LABEL.replace("15", "20"), ALL_TASKS),
    "the moment": ("as_of=sent - pl.duration(hours=1)", "as_of=sent", ALL_TASKS),
    "a clock": ('"arrived_at",\n', 'pl.col("arrived_at") + pl.duration(hours=1),\n', ALL_TASKS),
    "the identity": ('("number",),\n', '("number", "courier"),\n', ALL_TASKS),
    "the split": ("train=0.6, validation=0.2", "train=0.5, validation=0.3", ALL_TASKS),
}  # fmt: skip


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_a_change_touches_is_computed_again_and_nothing_else(
    make_project: Any, change: str
) -> None:
    old, new, expected = CHANGES[change]
    first, _ = build(make_project())
    again, heard = build(make_project(replace={old: new}))
    assert heard.tasks() == expected
    assert (again.fingerprint == first.fingerprint) == (expected == [])


def test_a_change_undone_finds_the_first_artifact_again(make_project: Any) -> None:
    first, _ = build(make_project())
    build(make_project(replace={"> 15)": "> 20)"}))
    again, heard = build(make_project())
    assert heard == []
    assert again.path == first.path


def test_other_bytes_of_a_source_compute_everything_again(
    make_project: Any, parcels: pl.DataFrame
) -> None:
    first, _ = build(make_project())
    later = parcels.with_columns(distance=pl.col("distance") + 1)
    again, heard = build(make_project(rows=later))
    assert heard.tasks() == ALL_TASKS
    assert again.fingerprint != first.fingerprint


# whole or not at all


def staging(project: Project) -> list[str]:
    return [path.name for path in project.home.folder.rglob(".staging*")]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("task", ALL_TASKS)
def test_an_interrupted_build_leaves_nothing_and_the_next_is_whole(
    ran: Any, make_project: Any, task: str, error: type[BaseException]
) -> None:
    def stop(words: str) -> None:
        if words.startswith(task):
            raise error(words)

    project = make_project()
    with pytest.raises(error):
        build(project, say=stop)
    assert staging(project) == []
    assert list(project.home.artifacts.rglob("*.*")) == []
    made, _ = build(project)
    assert digests(made.path) == digests(ran.artifact.path)


def test_a_killed_build_leaves_no_artifact_and_the_next_run_clears_up(make_project: Any) -> None:
    project = make_project()
    saying = "import os, signal; words.startswith('prep') and os.kill(os.getpid(), signal.SIGKILL)"
    arguments, environment = command(project, saying=saying)
    killed = subprocess.run(arguments, env=environment, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    (left,) = staging(project)
    folder = project.home.artifacts / "late_parcels"
    assert [path.name for path in folder.iterdir()] == [left]
    made, heard = build(project)
    assert heard.tasks() == ["preparation"]
    assert staging(project) == []
    assert [path.name for path in folder.iterdir()] == [made.fingerprint]


def test_a_second_process_waits_says_so_and_reuses(make_project: Any) -> None:
    project = make_project()
    arguments, environment = command(project)
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
    make_project: Any, name: str
) -> None:
    project = make_project()
    made, _ = build(project)
    before = digests(made.path)
    for path in project.home.cache.glob(f"*/{name}"):
        flip(path)
    again, heard = build(project, seed=8)
    assert heard.tasks() == ALL_TASKS
    for path in again.path.glob("raw/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == before[f"raw/{path.name}"]
    _, heard = build(project, seed=9)
    assert heard.tasks() == ["preparation"]


def test_counts_of_a_kept_task_cannot_be_edited(make_project: Any) -> None:
    project = make_project()
    made, _ = build(project)
    purged = made.manifest["excluded"]["purged"]
    for path in project.home.cache.glob("*/manifest.json"):
        text = path.read_text()
        path.write_text(text.replace(f'purged\\": {purged}', f'purged\\": {purged + 1}'))
    again, heard = build(project, seed=8)
    assert heard.tasks()[0] == ALL_TASKS[0]
    assert again.manifest["excluded"]["purged"] == purged


@pytest.mark.parametrize("name", ["manifest.json", "raw/test.parquet", "states/recipe.json"])
def test_a_flipped_byte_of_an_artifact_is_refused_until_it_is_deleted(
    make_project: Any, name: str
) -> None:
    project = make_project()
    made, _ = build(project)
    before = digests(made.path)
    flip(made.path / name)
    with pytest.raises(EngineError) as caught:
        build(project)
    assert (caught.value.code, caught.value.exit_code) == ("HW503", 4)
    assert "delete its folder" in str(caught.value.hint)
    for path in sorted(made.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.path.rmdir()
    again, _ = build(project)
    assert digests(again.path) == before


def test_an_artifact_of_another_format_is_refused(make_project: Any) -> None:
    project = make_project()
    made, _ = build(project)
    manifest = json.loads((made.path / "manifest.json").read_text())
    (made.path / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(EngineError, match="has format 99"):
        build(project)


def test_a_home_that_cannot_be_written_is_an_error_of_the_environment(make_project: Any) -> None:
    project = make_project()
    (project.folder / ".headwater").touch()
    with pytest.raises(EngineError) as caught:
        build(project)
    assert caught.value.code == "HW502"


# data that moves or is wrong


def test_a_source_that_changes_while_it_is_read_is_refused_and_nothing_of_it_is_kept(
    ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    project = make_project()
    data = project.folder / "data" / "parcels.parquet"
    original = data.read_bytes()

    def replaced(words: str) -> None:
        if words.startswith("rows of"):
            parcels.with_columns(distance=pl.col("distance") + 1).write_parquet(data)

    with pytest.raises(DataError) as caught:
        build(project, say=replaced)
    assert caught.value.code == "HW409"
    assert "source 'parcels' changed while it was read" in caught.value.message
    assert "definitions.py" in str(caught.value.place)
    data.write_bytes(original)
    made, heard = build(project)
    assert heard.tasks() == ALL_TASKS
    assert digests(made.path) == digests(ran.artifact.path)


def test_a_source_that_changes_between_views_is_refused_too(
    make_project: Any, parcels: pl.DataFrame
) -> None:
    project = make_project()
    data = project.folder / "data" / "parcels.parquet"
    original = data.read_bytes()

    def replaced(words: str) -> None:
        if words.startswith("view 'depot'"):
            parcels.with_columns(minutes_late=pl.col("minutes_late") + 1).write_parquet(data)

    with pytest.raises(DataError, match="HW409"):
        build(project, say=replaced)
    data.write_bytes(original)
    _, heard = build(project)
    assert heard.tasks() == ALL_TASKS


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows.clear(), "HW402"),
        (lambda rows: pl.concat([rows, rows[:1]]), "HW405"),
        (lambda rows: rows.with_columns(arrived_at=None), "HW406"),
        (lambda rows: rows.with_columns(sent_at=pl.when(pl.col("number") > 0).then("sent_at")),
         "HW408"),
    ],
    ids=["empty", "identity", "no label", "no event time"],
)  # fmt: skip
def test_wrong_data_has_its_code_and_line(
    make_project: Any, parcels: pl.DataFrame, change: Callable[[pl.DataFrame], Any], code: str
) -> None:
    rows = change(parcels)
    if code == "HW406":
        rows = rows.with_columns(pl.col("arrived_at").cast(pl.Datetime("us", "UTC")))
    project = make_project(rows=rows)
    with pytest.raises(DataError) as caught:
        build(project)
    assert caught.value.code == code
    assert "definitions.py:" in str(caught.value.place)
    assert staging(project) == []


def test_an_undeclared_null_clock_is_refused(make_project: Any) -> None:
    with pytest.raises(DataError, match="HW403"):
        build(make_project(replace={'null_known_time="never",': ""}))


def test_a_missing_file_is_refused_before_anything_is_made(make_project: Any) -> None:
    project = make_project()
    (project.folder / "data" / "parcels.parquet").unlink()
    with pytest.raises(DataError, match="HW401"):
        build(project)
    assert not project.home.artifacts.exists()


def test_faults_of_the_definitions_come_before_the_data(make_project: Any) -> None:
    project = make_project(
        replace={
            'parcels,\n    entity="courier"': 'parcels,\n    entity="curier"',
            'pl.col("minutes_late") > 15)': 'pl.col("minuts_late") > 15)',
        }
    )
    with pytest.raises(SpecErrors) as caught:
        build(project)
    assert sorted(fault.code for fault in caught.value.faults) == ["HW201", "HW201", "HW208"]


def test_values_that_do_not_fit_an_expression_are_an_error_of_the_data(
    make_project: Any, parcels: pl.DataFrame
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
            build(make_project(rows=rows, replace=place))
        assert caught.value.code == "HW410"
        assert "seven" not in str(caught.value)
        assert "definitions.py" in str(caught.value.place)


# the books, against the reference


def micros(series: pl.Series) -> list[int | None]:
    return series.cast(pl.Int64).to_list()


def test_the_books_and_every_value_equal_the_reference(
    make_project: Any, parcels: pl.DataFrame
) -> None:
    generator = np.random.default_rng(3)
    rows = parcels.sample(700, seed=1, shuffle=True).with_columns(
        minutes_late=pl.when(pl.Series(generator.random(700) > 0.05)).then("minutes_late"),
        sent_at=pl.col("sent_at").dt.truncate("6h"),
        distance=pl.when(pl.Series(generator.random(700) > 0.05)).then("distance"),
    )
    made, _ = build(
        make_project(rows=rows, replace={"keep=[": 'filter=pl.col("distance") < 25, keep=['})
    )
    manifest = made.manifest
    hour = 3_600_000_000
    sent = micros(rows["sent_at"])
    as_of = [None if at is None else at - hour for at in sent]
    late = [None if value is None else value > 15 for value in rows["minutes_late"]]
    filtered = [not (value is not None and value < 25) for value in rows["distance"]]
    parts, reasons = reference_split(
        as_of, late, label_known=micros(rows["arrived_at"]), fractions=(0.6, 0.2, 0.2),
        filtered=filtered,
    )  # fmt: skip
    counted: list[str | None] = [*reasons]
    assert manifest["excluded"] == {reason: counted.count(reason) for reason in REASONS}
    assert set(REASONS) - {"as_of_null", "label_not_mature"} == {
        reason for reason, count in manifest["excluded"].items() if count
    }
    assert manifest["rows"] + sum(manifest["excluded"].values()) == manifest["spine_rows"] == 700
    plain = rows.with_columns(pl.col(pl.Datetime).cast(pl.Int64)).to_dicts()
    for row, at in zip(plain, as_of, strict=True):
        row["as_of"], row["early"] = at, row["sent_at"] - 24 * hour
    feature = Feature("count", "minutes_late", 24 * hour, (("arrived_at", 0), ("early", 0)))
    counts = enrich(
        plain, plain, entity=("courier",), as_of="as_of", event_time="sent_at",
        sequence="number", feature=feature,
    )  # fmt: skip
    weights = [
        kept_value(row, "weight", clock=(("weighed_at", 0),), as_of=row["as_of"]) for row in plain
    ]
    masked = sum(
        own is None and row["weight"] is not None for own, row in zip(weights, plain, strict=True)
    )
    assert manifest["masked"] == {"weight": masked}
    for part in made.parts:
        mine = [number for number, name in enumerate(parts) if name == part]
        found = made.to_polars(part)
        assert micros(found["as_of"]) == [as_of[number] for number in mine]
        assert found["late"].to_list() == [late[number] for number in mine]
        assert found["weight"].to_list() == [weights[number] for number in mine]
        assert found["courier__minutes_late_count_1d"].to_list() == [counts[n] for n in mine]


def test_training_rows_are_prepared_out_of_fold_and_others_as_served(ran: Any) -> None:
    def codes(part: str) -> list[int]:
        encoded = ran.artifact.prepared(part)["depot"]
        own = ran.artifact.to_polars(part).select("depot", encoded=encoded)
        counts: list[int] = own.group_by("depot").n_unique()["encoded"].to_list()
        return counts

    assert codes("train") == [5, 5, 5]
    assert codes("validation") == codes("test") == [1, 1, 1]


# what must not move


def test_later_rows_move_no_fitted_state(
    ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    made = ran.artifact
    boundary = pl.Series([made.manifest["boundaries"]["validation"]]).str.to_datetime(
        time_zone="UTC"
    )
    later = pl.col("sent_at") - pl.duration(hours=1) >= boundary[0]
    changed = parcels.with_columns(
        minutes_late=pl.when(later & pl.col("minutes_late").is_not_null())
        .then(100 - pl.col("minutes_late"))
        .otherwise("minutes_late"),
        distance=pl.when(later).then(pl.col("distance") * 7).otherwise("distance"),
        weight=pl.when(later).then(None).otherwise("weight"),
        depot=pl.when(later).then(pl.lit("another depot")).otherwise("depot"),
    )
    other, _ = build(make_project("other", rows=changed))
    assert other.fingerprint != made.fingerprint
    assert digests(other.path)["states/recipe.json"] == digests(made.path)["states/recipe.json"]
    assert (
        digests(other.path)["prepared/train.parquet"]
        == digests(made.path)["prepared/train.parquet"]
    )
    assert not other.prepared("test").equals(made.prepared("test"))
    earlier, _ = build(
        make_project("earlier", rows=parcels.with_columns(distance=pl.col("distance") * 7))
    )
    assert digests(earlier.path)["states/recipe.json"] != digests(made.path)["states/recipe.json"]


def test_what_was_not_known_at_a_moment_moves_no_bit_of_its_features(
    ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    made = ran.artifact
    whole = pl.concat([made.to_polars(part) for part in made.parts])
    moment = whole["as_of"][whole.height // 2]
    unknown = pl.col("arrived_at").is_null() | (pl.col("arrived_at") > moment)
    changed = parcels.with_columns(
        minutes_late=pl.when(unknown & pl.col("minutes_late").is_not_null())
        .then(pl.col("minutes_late") + 1000)
        .otherwise("minutes_late")
    )
    other, _ = build(make_project("other", rows=changed))
    again = pl.concat([other.to_polars(part) for part in other.parts])
    features = [pl.col("as_of"), *map(pl.col, made.manifest["columns"]["features"])]
    asked = pl.col("as_of") <= moment
    assert again.filter(asked).select(features).equals(whole.filter(asked).select(features))
    assert not again.filter(~asked).select(features).equals(whole.filter(~asked).select(features))


# the other ways in


def test_build_is_the_same_from_a_notebook_with_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parcels: pl.DataFrame
) -> None:
    monkeypatch.chdir(tmp_path)
    history = hw.Source(
        "parcels", hw.Frame(parcels), event_time="sent_at", known_time="arrived_at",
        known_times={"courier": hw.ALWAYS, "sent_at": hw.ALWAYS}, null_known_time="never",
    )  # fmt: skip
    view = hw.FeatureView(
        "courier", history, entity="courier", features=[hw.Mean("minutes_late").within("1d")]
    )
    asked = parcels.select(
        "courier", "number", at="sent_at", told_at="arrived_at", late=pl.col("minutes_late") > 15
    )
    training_set = hw.TrainingSet(
        "asked",
        spine=hw.Spine(asked.to_pandas(), as_of="at", keep="number"),
        features=[view],
        label=hw.Label("is_late", pl.col("late"), known_time="told_at"),
        split=hw.SplitByTime(train=0.8, validation=0, test=0.2),
        place=None,
    )
    made = hw.build(training_set, seed=3)
    assert made.path.is_relative_to(tmp_path / ".headwater")
    assert made.parts == ("train", "test")
    assert made.manifest["excluded"]["label_never_known"] == asked["told_at"].null_count()
    assert made.manifest["definition"]["spine"]["source"] is None
    assert set(made.manifest["sources"]) == {"parcels", "spine"}
    assert hw.build(training_set, seed=3).cached
    fewer = hw.TrainingSet(
        "asked", spine=hw.Spine(asked[1:], as_of="at", keep="number"), features=[view],
        label=training_set.label, split=training_set.split, place=None,
    )  # fmt: skip
    assert hw.build(fewer, seed=3).fingerprint != made.fingerprint


def test_a_training_set_without_views_or_recipe_is_built(make_project: Any) -> None:
    project = make_project(
        replace={
            "features=[courier, depot]": "features=[]",
            '"weight", "depot"]': '"weight"]',
            "recipe=": "recipe=None if pl else ",
            '"courier__late_share_6h"': '"distance"',
        }
    )
    made, _ = build(project)
    assert made.prepared("train").columns == ["distance", "weight"]
    assert made.prepared("train")["distance"].equals(made.to_polars("train")["distance"])


def test_categories_without_an_encoding_are_refused(make_project: Any) -> None:
    project = make_project(replace={"hw.EncodeTarget(hw.strings()),": ""})
    with pytest.raises(SpecError, match="still categories: 'depot'") as caught:
        build(project)
    assert caught.value.code == "HW601"
    assert staging(project) == []
