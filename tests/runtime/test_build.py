"""A build: once per fingerprint, and the same bytes anywhere."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.runtime.project import load_project

ALL_TASKS = ["rows of 'late_parcels'", "view 'courier'", "view 'depot'", "preparation"]


# once per fingerprint


def test_the_second_build_computes_nothing_and_is_the_first(
    builder: Any, make_project: Any
) -> None:
    project = make_project()
    first, heard = builder.build(project)
    assert heard.tasks() == ALL_TASKS
    assert not first.cached
    again, silence = builder.build(load_project(project.folder))
    assert silence == []
    assert again.cached
    assert again.path == first.path
    assert builder.digests(again.path) == builder.digests(first.path)


def test_the_artifact_holds_what_it_says(builder: Any, ran: Any) -> None:
    project, made = ran.project, ran.artifact
    assert made.path == project.home.artifacts / "late_parcels" / made.fingerprint
    assert sorted(builder.digests(made.path)) == [
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


def test_two_fresh_folders_hold_the_same_bytes(builder: Any, ran: Any, make_project: Any) -> None:
    one, other = ran.artifact, builder.build(make_project("another place"))[0]
    assert one.path != other.path
    assert builder.digests(one.path) == builder.digests(other.path)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_byte(
    builder: Any, ran: Any, make_project: Any, threads: int
) -> None:
    made, _ = builder.build(make_project(), threads=threads)
    assert builder.digests(made.path) == builder.digests(ran.artifact.path)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_with_other_hashes_makes_the_same_bytes(
    builder: Any, ran: Any, make_project: Any, seed: str
) -> None:
    project = make_project("a place with spaces")
    arguments, environment = builder.command(project, seed)
    environment |= {"PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    subprocess.run(arguments, env=environment, check=True, capture_output=True, cwd="/")
    there = project.home.artifacts / "late_parcels" / ran.artifact.fingerprint
    assert builder.digests(there) == builder.digests(ran.artifact.path)


def test_the_order_of_mappings_changes_no_byte(builder: Any, ran: Any, make_project: Any) -> None:
    sent, number = '"sent_at": sent - pl.duration(days=1),', '"number": sent - pl.duration(days=1),'
    made, _ = builder.build(make_project(replace={f"{sent}\n        {number}": f"{number}{sent}"}))
    assert builder.digests(made.path) == builder.digests(ran.artifact.path)


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
        *("spine_rows", "excluded", "masked", "boundaries", "purged", "parts", "spine_order"),
        *("columns", "findings", "checks", "set_aside", "prepared", "format", "files", "sha256"),
    }


def test_a_named_seed_is_part_of_the_identity(builder: Any, make_project: Any) -> None:
    project = make_project()
    one, _ = builder.build(project)
    other, heard = builder.build(project, seed=8)
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
    builder: Any, make_project: Any, change: str
) -> None:
    old, new, expected = CHANGES[change]
    first, _ = builder.build(make_project())
    again, heard = builder.build(make_project(replace={old: new}))
    assert heard.tasks() == expected
    assert (again.fingerprint == first.fingerprint) == (expected == [])


def test_a_change_undone_finds_the_first_artifact_again(builder: Any, make_project: Any) -> None:
    first, _ = builder.build(make_project())
    builder.build(make_project(replace={"> 15)": "> 20)"}))
    again, heard = builder.build(make_project())
    assert heard == []
    assert again.path == first.path


def test_other_bytes_of_a_source_compute_everything_again(
    builder: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    first, _ = builder.build(make_project())
    later = parcels.with_columns(distance=pl.col("distance") + 1)
    again, heard = builder.build(make_project(rows=later))
    assert heard.tasks() == ALL_TASKS
    assert again.fingerprint != first.fingerprint


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


def test_a_training_set_without_views_or_recipe_is_built(builder: Any, make_project: Any) -> None:
    project = make_project(
        replace={
            "features=[courier, depot]": "features=[]",
            '"weight", "depot"]': '"weight"]',
            "recipe=": "recipe=None if pl else ",
            '"courier__late_share_6h"': '"distance"',
        }
    )
    made, _ = builder.build(project)
    assert made.prepared("train").columns == ["distance", "weight"]
    assert made.prepared("train")["distance"].equals(made.to_polars("train")["distance"])


def test_categories_without_an_encoding_are_refused(builder: Any, make_project: Any) -> None:
    project = make_project(replace={"hw.EncodeTarget(hw.strings()),": ""})
    with pytest.raises(SpecError, match="still categories: 'depot'") as caught:
        builder.build(project)
    assert caught.value.code == "HW601"
    assert builder.staging(project) == []
