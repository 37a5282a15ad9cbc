"""Reproduce: the digests of a run come out again, and what keeps them from it is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import CheckError, DataError, EngineError, HeadwaterError, SpecError
from headwater.plan import identity
from headwater.runtime import circumstances, reproduce, run_changes
from headwater.runtime.project import Project, load_project
from headwater.runtime.reproduce import find_run, reproduce_project
from headwater.runtime.run import run_project

FILES = {
    *(f"{kind}/{part}.parquet" for kind in ("raw", "prepared") for part in ("train", "test")),
    *("raw/validation.parquet", "prepared/validation.parquet", "states/recipe.json"),
    *("manifest.json", "scores"),
}
WITHOUT_CLOCKS = {'clocks = hw.ClockComparison("clocks", model, at_event="at_sending")': ""}
COUNT = 'hw.Count("minutes_late").within("1d")'
MAX = 'hw.Max("minutes_late", name="minutes_late_count").within("1d")'
MEAN = 'hw.Mean("minutes_late").within("1d")'
OTHER_MEAN = 'hw.Mean("number", name="minutes_late_mean").within("1d")'
WEIGHED = '"weight": "weighed_at"'
BOTH = "features=[courier, depot]"
MORE = 'features=[courier, depot, hw.Derived("one", pl.col("weight") * 2)]'


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory, parcels: pl.DataFrame) -> Path:
    """The folder of a project that was run once; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("ran_once") / "parcels"
    (folder / "data").mkdir(parents=True)
    parcels.write_parquet(folder / "data" / "parcels.parquet")
    return folder


@pytest.fixture
def done(
    ran_once: Path, make_project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project that was run once."""
    monkeypatch.delenv("HEADWATER_THREADS", raising=False)
    if not (ran_once / ".headwater").exists():
        project = make_project("first", replace=WITHOUT_CLOCKS)
        run_project(project)
        shutil.copytree(project.folder, ran_once, dirs_exist_ok=True)
    shutil.copytree(ran_once, tmp_path / "parcels")
    return load_project(tmp_path / "parcels")


def again(project: Project, run: str = "last", **given: Any) -> dict[str, Any]:
    return reproduce_project(load_project(project.folder), run, **given)


def edited(project: Project, old: str, new: str) -> None:
    path = project.folder / "definitions.py"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def refused(project: Project) -> CheckError:
    """The refusal, which comes before any work."""
    heard: list[str] = []
    with pytest.raises(CheckError, match="HW412") as caught:
        again(project, say=heard.append)
    assert [words for words in heard if words.startswith(("rows of", "view", "model"))] == []
    assert caught.value.exit_code == 1
    return caught.value


def changed_record(project: Project, change: Callable[[dict[str, Any]], object]) -> None:
    (path,) = project.home.runs.glob("*.json")
    entry = json.loads(path.read_bytes())
    change(entry)
    path.write_text(json.dumps(entry), "utf-8")


def changes(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["kind"], one["name"]) for one in found["changed"]}


def test_every_digest_and_every_metric_comes_out_again(done: Project, builder: Any) -> None:
    before = builder.digests(done.home.folder)
    heard: list[str] = []
    found = again(done, say=heard.append)
    assert found["passed"] is found["rows_identical"] is True
    assert found["changed"] == []
    assert set(found["files"]) == FILES
    assert all(one["then"] == one["now"] for one in found["files"].values())
    assert {"test roc_auc", "validation brier"} <= set(found["metrics"])
    assert any(words.startswith("view 'courier'") for words in heard)  # it was computed
    assert any(words.startswith("model 'late_model'") for words in heard)
    assert builder.digests(done.home.folder) == before  # nothing kept was touched, no look taken
    kept = json.loads(next(done.home.artifacts.glob("*/*/manifest.json")).read_bytes())
    assert kept["files"].items() <= {
        name: one["now"] for name, one in found["files"].items()
    }.items()  # fmt: skip


def test_nothing_that_was_kept_is_believed(done: Project) -> None:
    """Neither a kept artifact, nor cached results, nor the kept scores of the model."""
    for path in [*done.home.artifacts.rglob("*"), *done.home.cache.rglob("*")]:
        if path.is_file():
            path.write_bytes(b"spoilt")
    for path in done.home.models.rglob("*.*"):
        path.write_bytes(b"spoilt")
    assert again(done)["passed"] is True
    assert {path.read_bytes() for path in done.home.models.rglob("*.*")} == {b"spoilt"}


def test_one_byte_of_a_source_is_noticed_before_the_work(done: Project) -> None:
    path = done.folder / "data" / "parcels.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    error = refused(done)
    assert "source 'parcels' holds other data" in error.message
    assert "bring back the data with these digests: parcels " in str(error.hint)
    assert [one["name"] for one in error.checks] == ["parcels"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (COUNT, MAX, "'courier__minutes_late_count_1d': aggregation was Count(), is Max()"),
        ('late") > 15)', 'late") > 16)', "label 'late' is defined otherwise"),
        (
            "train=0.6, validation=0.2",
            "train=0.7, validation=0.1",
            "the split is defined otherwise",
        ),
        ("hours=1", "hours=2", "the spine is defined otherwise"),
        (WEIGHED, WEIGHED.replace("weighed_", "arrived_"), "source 'parcels' is defined otherwise"),
        ("hw.ScaleStandard(hw.numeric()),", "", "the recipe is defined otherwise"),
        ("fill_null(0.3)", "fill_null(0.4)", "model 'late_model' is defined otherwise"),
        (BOTH, "features=[courier]", "feature view 'depot' is not there any more"),
        (BOTH, MORE, "derived column 'one' was not there"),
    ],
)
def test_a_definition_that_changed_is_named_before_the_work(
    old: str, new: str, says: str, done: Project
) -> None:
    edited(done, old, new)
    error = refused(done)
    assert says in error.message
    assert error.hint == "declare what it was"


def test_a_comment_and_another_place_in_the_file_change_nothing(done: Project) -> None:
    path = done.folder / "definitions.py"
    path.write_text("# a comment\n\n" + path.read_text("utf-8"), "utf-8")
    assert again(done)["passed"] is True


def test_a_model_that_is_gone_is_refused_by_its_name(done: Project) -> None:
    edited(done, '"late_model"', '"other_model"')
    assert "model 'late_model' is not there any more" in refused(done).message


def test_the_seed_is_that_of_the_run_and_another_one_gives_other_bytes(done: Project) -> None:
    settings = done.folder / "headwater.toml"
    settings.write_text('name = "parcels"\nseed = 8\n', "utf-8")
    found = again(done)
    assert found["passed"] is True
    assert changes(found) == {("seed", "seed")}
    changed_record(done, lambda entry: entry["reproduce"].update(seed=8))
    found = again(done)
    assert found["passed"] is found["rows_identical"] is False
    differ = {name for name, one in found["files"].items() if not one["identical"]}
    assert {"manifest.json", "prepared/train.parquet", "scores"} <= differ
    assert "raw/train.parquet" not in differ


@pytest.mark.parametrize("name", ["raw/train.parquet", "scores", "manifest.json", "more"])
def test_a_single_digest_that_differs_is_named(name: str, done: Project) -> None:
    def change(entry: dict[str, Any]) -> None:
        held = entry["reproduce"]
        (held if name == "scores" else held["files"])[name] = "0" * 64

    changed_record(done, change)
    found = again(done)
    assert [one for one, file in found["files"].items() if not file["identical"]] == [name]
    assert found["passed"] is False
    assert found["rows_identical"] is (name == "manifest.json")
    assert found["because"].startswith("Nothing that is recorded changed")


def test_a_metric_that_differs_is_named(done: Project) -> None:
    changed_record(done, lambda entry: entry["metrics"]["test"].update(roc_auc=0.123))
    found = again(done)
    differ = [name for name, one in found["metrics"].items() if not one["identical"]]
    assert differ == ["test roc_auc"]
    assert found["passed"] is found["rows_identical"] is False


def test_versions_that_changed_are_named_and_rows_compared_all_the_same(
    done: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = {**identity.versions(), "numpy": "0.0.1"}
    for module in (identity, circumstances):
        monkeypatch.setattr(module, "versions", lambda: now)
    monkeypatch.setattr("headwater.runtime.manifest.versions", lambda: now)
    found = again(done)
    assert ("version", "numpy") in changes(found)
    assert found["passed"] is False
    assert found["rows_identical"] is True
    assert "-> 0.0.1" in found["because"]


def test_another_polars_makes_definitions_not_comparable_and_not_others(done: Project) -> None:
    def older(entry: dict[str, Any]) -> None:
        held = entry["reproduce"]
        held["versions"]["polars"] = entry["pinned"]["polars"] = "0.0.1"
        held["definitions"]["label 'late'"] = "0" * 64

    changed_record(done, older)
    found = again(done)
    assert changes(found) == {("version", "polars"), ("not comparable", "label 'late'")}
    assert found["passed"] is True  # the record was changed and the data was not
    edited(done, MEAN, OTHER_MEAN)
    assert "feature 'depot__minutes_late_mean_1d': value was" in refused(done).message


def test_what_should_not_matter_is_told_and_does_not(
    done: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_THREADS", "3")
    changed_record(done, lambda entry: entry.update(host="elsewhere", platform="other"))
    changed_record(done, lambda entry: entry["reproduce"]["packages"].update(gone="1.0"))
    found = again(done)
    assert found["passed"] is True
    assert changes(found) == {
        ("setting", "threads"),
        ("variable", "HEADWATER_THREADS"),
        ("package", "gone"),
        ("host", "host"),
        ("platform", "platform"),
    }


def test_why_bytes_may_differ_is_said_in_words() -> None:
    changed = [
        run_changes.Changed("version", "polars", "1", "2"),
        run_changes.Changed("platform", "platform", "a", "b"),
        run_changes.Changed("not comparable", "label 'late'", "x", "y"),
    ]
    assert run_changes.because(changed) == (
        "It may be that versions changed (polars 1 -> 2); the platform changed; "
        "not comparable between versions of Polars: label 'late'."
    )
    assert run_changes.because(changed[1:2]) == "It may be that the platform changed."


def test_sources_that_came_and_went_are_told_apart() -> None:
    entry = {"run": "1", "commit": "abc", "is_dirty": True}
    came = run_changes.Changed("data", "new", None, "1" * 64)
    went = run_changes.Changed("data", "old", "2" * 64, None)
    error = run_changes.refused(entry, [came, went])
    assert "source 'new' was not read; source 'old' is not read any more" in error.message
    assert error.hint == f"bring back the data with these digests: old {'2' * 64}"
    assert run_changes.refused(entry, [came]).hint == "read no other source than the run did"
    definition = run_changes.Changed("definition", "the spine", "1", "2")
    hint = run_changes.refused(entry, [definition]).hint
    assert hint == "check out commit abc with the changes that it had"
    clean = run_changes.refused({**entry, "is_dirty": False}, [definition])
    assert clean.hint == "check out commit abc"


def test_a_run_is_found_by_its_beginning_and_the_newest_by_last(done: Project) -> None:
    (path,) = done.home.runs.glob("*.json")
    entry = json.loads(path.read_bytes())
    for number, run in enumerate(("aab0", "aac0", "aac"), start=1):
        named = path.with_name(f"9999010{number}T000000000000.json")
        named.write_text(json.dumps({**entry, "run": run}), "utf-8")
    path.with_name("99990109T000000000000.json").write_text("{", "utf-8")  # damaged
    assert find_run(done, "last")["run"] == "aac"
    assert find_run(done, "aab")["run"] == "aab0"
    assert find_run(done, "aac")["run"] == "aac"  # itself, though another one begins like this
    assert find_run(done, entry["run"][:6])["run"] == entry["run"]
    with pytest.raises(SpecError, match="3 runs begin with 'aa'") as several:
        find_run(done, "aa")
    assert several.value.code == "HW108"
    assert all(name in str(several.value.hint) for name in ("aab0 (late_model, ", "aac0", "aac"))
    assert entry["run"] not in str(several.value.hint)
    with pytest.raises(SpecError, match="no run is called 'zz'") as none:
        find_run(done, "zz")
    assert entry["run"] in str(none.value.hint)


def test_of_many_runs_the_newest_are_listed(done: Project) -> None:
    (path,) = done.home.runs.glob("*.json")
    entry = json.loads(path.read_bytes())
    for number in range(20):
        named = path.with_name(f"999901{number:02}T000000000000.json")
        named.write_text(json.dumps({**entry, "run": f"{number:04}"}), "utf-8")
    with pytest.raises(SpecError) as caught:
        find_run(done, "zz")
    assert str(caught.value.hint).startswith("runs: 0019 (")
    assert str(caught.value.hint).endswith(", ...")
    assert "0007" not in str(caught.value.hint)


def test_without_a_record_or_with_an_old_one_nothing_is_reproduced(
    make_project: Any, done: Project
) -> None:
    with pytest.raises(EngineError, match="no run is recorded") as nothing:
        again(make_project("fresh"))
    assert nothing.value.code == "HW506"
    changed_record(done, lambda entry: entry["reproduce"].pop("files"))
    with pytest.raises(EngineError, match="does not hold what it takes") as old:
        again(done)
    assert old.value.code == "HW506"
    changed_record(done, lambda entry: entry.pop("reproduce"))
    with pytest.raises(EngineError, match="HW506"):
        again(done)


@pytest.mark.parametrize("words", ["rows of", "view 'depot'", "preparation", "model", "source"])
def test_an_interruption_at_any_moment_leaves_everything_as_it_was(
    words: str, done: Project, builder: Any
) -> None:
    before = builder.digests(done.home.folder)
    folders = {path for path in done.home.folder.rglob("*") if path.is_dir()}

    def say(said: str) -> None:
        if said.startswith(words) or (words == "source" and said.startswith("model")):
            if words == "source":
                rows = pl.read_parquet(done.folder / "data" / "parcels.parquet")
                rows.head(1_900).write_parquet(done.folder / "data" / "parcels.parquet")
                return
            raise KeyboardInterrupt

    expected: type[BaseException] = DataError if words == "source" else KeyboardInterrupt
    with pytest.raises(expected, match="HW409" if words == "source" else None):
        again(done, say=say)
    assert builder.digests(done.home.folder) == before
    assert {path for path in done.home.folder.rglob("*") if path.is_dir()} == folders


def test_a_disk_that_takes_nothing_is_an_error_with_a_code(
    done: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    whole = Path.mkdir

    def mkdir(self: Path, *arguments: Any, **given: Any) -> None:
        (refuse if ".staging-" in self.name else whole)(self, *arguments, **given)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(HeadwaterError, match="HW502"):
        again(done)


def test_the_word_for_the_newest_run_is_no_identity() -> None:
    assert not set(reproduce.LAST) <= set("0123456789abcdef")
