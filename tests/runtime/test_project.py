"""A project: a folder with a settings file and Python files that hold definitions."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater import plugins
from headwater.errors import DataError, SpecError, SpecErrors
from headwater.runtime.check import check
from headwater.runtime.project import Project, load_project
from headwater.spec.feature_view import FeatureView
from headwater.spec.model import Model
from headwater.spec.source import Source
from headwater.spec.training_set import TrainingSet

SOURCES = """
    import headwater as hw
    users = hw.Source("users", hw.Parquet("users.parquet"), event_time="at", known_time="at")
"""
VIEWS = """
    import headwater as hw
    from sources import users
    view = hw.FeatureView("view", users, entity="user", features=[hw.Count().within("1d")])
"""


@pytest.fixture(autouse=True)
def _no_projects() -> Iterator[None]:
    plugins.forget_projects()
    yield
    plugins.forget_projects()


def project(folder: Path, settings: str = "", **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "headwater.toml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    rows = pl.DataFrame({"user": ["a"], "n": [1], "at": [datetime(2024, 3, 1, tzinfo=UTC)]})
    rows.write_parquet(folder / "users.parquet")
    return folder


def names(loaded: Project) -> dict[str, list[str]]:
    return {kind.__name__: list(found) for kind, found in loaded.definitions.items()}


def refused(folder: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_project(folder)
    assert caught.value.exit_code == 2
    return caught.value


# settings


def test_settings_have_defaults(tmp_path: Path) -> None:
    loaded = load_project(project(tmp_path / "users", definitions=SOURCES))
    assert (loaded.name, loaded.seed, loaded.prepare) == ("users", 0, None)
    assert loaded.home.folder == tmp_path / "users" / ".headwater"
    assert names(loaded) == {"Source": ["users"]}


def test_settings_are_read(tmp_path: Path) -> None:
    settings = 'name = "shop"\nseed = 7\ndefinitions = ["sources.py"]\n'
    loaded = load_project(project(tmp_path, settings, sources=SOURCES))
    assert (loaded.name, loaded.seed) == ("shop", 7)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("nmae = 'x'\n", "setting 'nmae' is not known"),
        ("seed = 'x'\n", "setting 'seed' takes int, found 'x'"),
        ("seed = true\n", "setting 'seed' takes int, found True"),
        ("seed = 1.5\n", "setting 'seed' takes int, found 1.5"),
        ("definitions = 'x.py'\n", "setting 'definitions' takes list"),
        ("definitions = [1]\n", "setting 'definitions' takes files of the project, found 1"),
        ("definitions = ['../x.py']\n", "takes files of the project, found '../x.py'"),
        ("= 3\n", "headwater.toml cannot be read"),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, settings: str, words: str) -> None:
    fault = refused(project(tmp_path, settings, definitions=SOURCES))
    assert fault.code == "HW102"
    assert words in fault.message
    assert "headwater.toml" in str(fault.place)


def test_a_setting_is_named_with_the_nearest(tmp_path: Path) -> None:
    fault = refused(project(tmp_path, "sede = 1\n", definitions=SOURCES))
    assert str(fault.hint).startswith("did you mean 'seed'?")


def test_a_folder_without_settings_is_no_project(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "HW101"
    assert refused(tmp_path / "nowhere").code == "HW101"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    fault = refused(project(tmp_path, 'definitions = ["views.py"]\n'))
    assert fault.code == "HW101"
    assert "'views.py'" in fault.message


# definitions


def test_two_files_share_what_one_imports_from_the_other(tmp_path: Path) -> None:
    for order in ('["sources.py", "views.py"]', '["views.py", "sources.py"]', '["views.py"]'):
        folder = project(tmp_path, f"definitions = {order}\n", sources=SOURCES, views=VIEWS)
        loaded = load_project(folder)
        view = loaded.of(FeatureView)["view"]
        assert loaded.of(Source)["users"] is view.source
        check(loaded)


def test_files_in_folders_are_imported_by_their_path(tmp_path: Path) -> None:
    views = VIEWS.replace("from sources", "from data.sources")
    settings = 'definitions = ["data/sources.py", "features/views.py"]\n'
    folder = project(tmp_path, settings, data__sources=SOURCES, features__views=views)
    loaded = load_project(folder)
    assert loaded.of(Source)["users"] is loaded.of(FeatureView)["view"].source


def test_a_project_is_read_anew_each_time_it_is_loaded(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "views.py"]\n'
    folder = project(tmp_path, settings, sources=SOURCES, views=VIEWS)
    first = load_project(folder)
    project(tmp_path, settings, sources=SOURCES.replace('"users"', '"people"'), views=VIEWS)
    second = load_project(folder)
    assert list(first.of(Source)) == ["users"]
    assert list(second.of(Source)) == ["people"]
    assert second.of(FeatureView)["view"].source is second.of(Source)["people"]


def test_two_projects_with_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "views.py"]\n'
    one = project(tmp_path / "one", settings, sources=SOURCES, views=VIEWS)
    other = project(
        tmp_path / "other", settings, sources=SOURCES.replace('"users"', '"people"'), views=VIEWS
    )
    first, second = load_project(one), load_project(other)
    assert list(first.of(Source)) == ["users"]
    assert list(second.of(Source)) == ["people"]
    assert list(load_project(one).of(Source)) == ["users"]


def test_a_file_may_have_the_name_of_an_installed_module(tmp_path: Path) -> None:
    settings = 'definitions = ["statistics.py"]\n'
    loaded = load_project(project(tmp_path, settings, statistics=SOURCES))
    assert list(loaded.of(Source)) == ["users"]
    import statistics

    assert statistics.mean([1, 3]) == 2


def test_a_definition_with_two_names_counts_once(tmp_path: Path) -> None:
    loaded = load_project(project(tmp_path, definitions=SOURCES + "    again = users\n"))
    assert names(loaded) == {"Source": ["users"]}


def test_one_name_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    fault = refused(project(tmp_path, definitions=SOURCES + SOURCES.replace("users =", "other =")))
    assert fault.code == "HW105"
    assert fault.message == (
        "two definitions of kind source are named 'users', first at definitions.py:3"
    )
    assert str(fault.place) == "definitions.py:6"


def test_all_names_that_are_taken_twice_are_told_together(tmp_path: Path) -> None:
    more = SOURCES.replace("users =", "other =").replace("import headwater as hw", "")
    other = """
        third = hw.Source("third", hw.Parquet("x.parquet"), event_time="at")
        fourth = hw.Source("third", hw.Parquet("x.parquet"), event_time="at")
    """
    with pytest.raises(SpecErrors) as caught:
        load_project(
            project(
                tmp_path,
                definitions=SOURCES + more + textwrap.indent(textwrap.dedent(other), "    "),
            )
        )
    assert [fault.code for fault in caught.value.faults] == ["HW105", "HW105"]


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("import headwater as hw\nx = (\n", "SyntaxError", 2),
        ("import headwater as hw\n\nhw.Maen('x')\n", "Headwater has no 'Maen'", 3),
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'", 1),
        ("x = 1\ny = x / 0\n", "ZeroDivisionError", 2),
        ("import sys\nsys.exit(3)\n", "SystemExit", 2),
        ("import headwater as hw\nhw.Source('x')\n", "TypeError", 2),
    ],
)
def test_definitions_that_do_not_load_name_the_users_line(
    tmp_path: Path, text: str, words: str, line: int
) -> None:
    fault = refused(project(tmp_path, definitions=text))
    assert fault.code == "HW103"
    assert words in fault.message
    assert str(fault.place).startswith(f"definitions.py:{line}")


def test_a_fault_in_an_imported_file_names_that_file(tmp_path: Path) -> None:
    folder = project(
        tmp_path, 'definitions = ["views.py"]\n', views=VIEWS, sources="x = 1\ny = x / 0\n"
    )
    assert str(refused(folder).place) == "sources.py:2"


def test_nothing_of_a_project_stays_on_the_path(tmp_path: Path) -> None:
    import sys

    before = list(sys.path)
    load_project(project(tmp_path, definitions=SOURCES))
    refused(project(tmp_path, definitions="1 / 0\n"))
    assert sys.path == before


# asking for one


def test_the_only_definition_of_a_kind_needs_no_name(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "views.py"]\n'
    loaded = load_project(project(tmp_path, settings, sources=SOURCES, views=VIEWS))
    assert loaded.only(FeatureView, None, "feature view").name == "view"
    assert loaded.only(FeatureView, "view", "feature view").name == "view"
    with pytest.raises(SpecError) as caught:
        loaded.only(FeatureView, "veiw", "feature view")
    assert caught.value.code == "HW104"
    assert "did you mean 'view'?" in str(caught.value)
    with pytest.raises(SpecError, match="no model is defined"):
        loaded.only(Model, None, "model")
    with pytest.raises(SpecError, match="HW104"):
        loaded.only(TrainingSet, None, "training set")


# checking all of it


def test_check_reports_the_faults_of_every_file_together(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "views.py"]\n'
    sources = (
        SOURCES
        + """
    unused = hw.Source("unused", hw.Parquet("users.parquet"), event_time="att")
    """
    )
    views = (
        VIEWS.replace('entity="user"', 'entity="usr"')
        + """
    mean = hw.FeatureView("mean", users, entity="user", features=[hw.Mean("m").within("7 d")])
    """
    )
    loaded = load_project(project(tmp_path, settings, sources=sources, views=views))
    with pytest.raises(SpecErrors) as caught:
        check(loaded)
    found = {(fault.code, str(fault.place).partition(",")[0]) for fault in caught.value.faults}
    assert found == {
        ("HW201", "sources.py:5"),
        ("HW201", "views.py:4"),
        ("HW201", "views.py:6"),
        ("HW202", "views.py:6"),
    }


MODEL = """
    import headwater as hw
    import polars as pl
    from sources import users
    view = hw.FeatureView("view", users, entity="user", features=[hw.Count().within("1d")])
    sets = hw.TrainingSet(
        "sets", spine=hw.Spine(users, as_of="at"), features=[view],
        label=hw.Label("big", pl.col("n") > 1),
        split=hw.SplitByTime(train=0.5, validation=0.0, test=0.5),
    )
    model = hw.Model("model", sets, rule=pl.col("view__cuont_1d"), groups=pl.col("at"))
"""


def test_check_counts_definitions_and_lists_findings(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "model.py"]\n'
    model = MODEL.replace("cuont", "count").replace('pl.col("at")', 'pl.col("as_of")')
    sources = SOURCES.replace(', known_time="at"', "")
    found = check(load_project(project(tmp_path, settings, sources=sources, model=model)))
    assert found["definitions"] == {"Source": 1, "FeatureView": 1, "TrainingSet": 1, "Model": 1}
    (finding,) = found["findings"]
    assert finding["code"] == "HW305"
    assert re.fullmatch(r"sources\.py:\d+, source 'users'", finding["place"])
    loaded = load_project(tmp_path)
    with pytest.raises(SpecError, match="declares no clock") as caught:
        check(loaded, strict=True)
    assert caught.value.code == "HW305"
    assert str(caught.value.place) == finding["place"]
    assert (
        caught.value.hint
        == "say with known_time= when a row could be known, or with delay= how late"
    )


def test_a_models_expressions_are_checked_beside_the_faults_of_its_training_set(
    tmp_path: Path,
) -> None:
    settings = 'definitions = ["sources.py", "model.py"]\n'
    folder = project(tmp_path, settings, sources=SOURCES, model=MODEL)
    with pytest.raises(SpecErrors) as caught:
        check(load_project(folder))
    assert [fault.message.partition(" is not")[0] for fault in caught.value.faults] == [
        "column 'view__cuont_1d'", "column 'at'",
    ]  # fmt: skip
    broken = MODEL.replace("hw.Count()", 'hw.Mean("m")').replace("cuont", "mean_m")
    folder = project(tmp_path, settings, sources=SOURCES, model=broken)
    with pytest.raises(SpecErrors) as caught:
        check(load_project(folder))
    assert [fault.message.partition(" is not")[0] for fault in caught.value.faults] == [
        "column 'm'", "column 'at'",
    ]  # fmt: skip


def test_a_missing_file_does_not_hide_the_faults_of_definitions(tmp_path: Path) -> None:
    settings = 'definitions = ["sources.py", "views.py"]\n'
    sources = (
        SOURCES
        + """
    gone = hw.Source("gone", hw.Parquet("gone.parquet"), event_time="at")
    first = hw.FeatureView("first", gone, entity="user", features=[hw.Count().within("1d")])
    """
    )
    views = VIEWS.replace('"1d"', '"1 d"')
    loaded = load_project(project(tmp_path, settings, sources=sources, views=views))
    with pytest.raises(SpecError, match="HW202"):
        check(loaded)
    loaded = load_project(project(tmp_path, settings, sources=sources, views=VIEWS))
    with pytest.raises(DataError, match="HW401"):
        check(loaded)


def test_a_word_of_the_project_itself_can_be_used(tmp_path: Path) -> None:
    word = """
    from dataclasses import dataclass
    from headwater.aggregations.count import Count

    @dataclass(frozen=True, slots=True)
    class Visits(Count):
        '''How many.'''
    """
    text: Any = (
        SOURCES
        + """
    view = hw.FeatureView("view", users, entity="user", features=[hw.Visits().within("1d")])
    """
    )
    folder = project(tmp_path, definitions=text, aggregations__visits=word)
    loaded = load_project(folder)
    assert check(loaded)["definitions"] == {"Source": 1, "FeatureView": 1}


def test_an_edit_within_the_second_that_keeps_the_size_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "headwater.toml").write_text("", encoding="utf-8")
    for name in ("first", "later"):
        text = f"import headwater as hw\nx = hw.Source('{name}', None, event_time='at')\n"
        (tmp_path / "definitions.py").write_text(text, encoding="utf-8")
        os.utime(tmp_path / "definitions.py", (1_700_000_000, 1_700_000_000))
        assert list(load_project(tmp_path).of(Source)) == [name]
    assert not (tmp_path / "__pycache__").exists()


def test_attributes_are_definitions_of_their_own_and_are_checked(tmp_path: Path) -> None:
    made = SOURCES + '    seen = hw.Attributes("seen", users, entity="user", columns=["n"])\n'
    loaded = load_project(project(tmp_path / "right", definitions=made))
    assert names(loaded) == {"Source": ["users"], "Attributes": ["seen"]}
    assert check(loaded)["definitions"] == {"Source": 1, "Attributes": 1}
    wrong = made.replace('columns=["n"]', 'columns=["m"]')
    with pytest.raises(SpecError, match="column 'm' is not in source 'users'"):
        check(load_project(project(tmp_path / "wrong", definitions=wrong)))
