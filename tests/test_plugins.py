"""Words are found by file name: the package's, a project's and those of entry points."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import headwater as hw
from headwater import plugins
from headwater.errors import SpecError
from headwater.plugins import FAMILIES, class_name, find, members, use_project

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    plugins.forget_projects()


def write(project: Path, name: str, text: str) -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_each_file_of_a_family_is_a_word_and_holds_its_class(family: str) -> None:
    files = {
        class_name(path.stem)
        for path in (ROOT / "src" / "headwater" / family).glob("*.py")
        if path.stem not in ("__init__", "base", "selectors")
    }
    found = members(family)
    assert set(found) == files
    assert list(found) == sorted(found)
    for name, member in found.items():
        assert member.origin == "headwater"
        assert member.load().__name__ == name
        assert getattr(hw, name) is member.load()


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("mean", "Mean"),
        ("count_distinct", "CountDistinct"),
        ("last_2", "Last2"),
        ("ümlaut", "Ümlaut"),
    ],
)
def test_the_name_of_a_file_is_the_name_of_its_class(stem: str, name: str) -> None:
    assert class_name(stem) == name


def test_a_file_in_a_project_is_a_word_and_the_attribute_of_the_package(project: Path) -> None:
    write(project, "aggregations/count_twice.py", "class CountTwice:\n    pass\n")
    assert "CountTwice" not in members("aggregations")
    use_project(project)
    use_project(project)
    found = members("aggregations")["CountTwice"]
    assert (found.origin, found.path) == ("project", project / "aggregations" / "count_twice.py")
    assert hw.CountTwice is found.load()
    assert "CountTwice" in dir(hw)
    plugins.forget_projects()
    assert "CountTwice" not in members("aggregations")
    with pytest.raises(AttributeError, match="did you mean"):
        find("CountTwic")


def test_naming_the_words_runs_none_of_them(project: Path) -> None:
    write(project, "steps/explode.py", "raise RuntimeError('was imported')\n")
    use_project(project)
    assert "Explode" in members("steps")
    with pytest.raises(RuntimeError, match="was imported"):
        members("steps")["Explode"].load()
    with pytest.raises(RuntimeError, match="was imported"):
        members("steps")["Explode"].load()


def test_files_that_are_not_words_are_left_out(project: Path) -> None:
    for name in ("__init__.py", "base.py", "_shared.py", "notes.txt"):
        write(project, f"aggregations/{name}", "")
    before = list(members("aggregations"))
    use_project(project)
    assert list(members("aggregations")) == before


def test_a_project_hides_the_word_of_the_package(project: Path) -> None:
    own = members("aggregations")["Mean"].load()
    write(project, "aggregations/mean.py", "class Mean:\n    mine = True\n")
    use_project(project)
    assert hw.Mean.mine
    plugins.forget_projects()
    assert hw.Mean is own


def test_two_projects_have_modules_of_their_own(project: Path) -> None:
    for folder, number in (("one", 1), ("two", 2)):
        (project / folder).mkdir()
        write(project / folder, "aggregations/same.py", f"class Same:\n    number = {number}\n")
        use_project(project / folder)
        assert hw.Same.number == number


def test_a_file_without_its_class_is_a_coded_error(project: Path) -> None:
    write(project, "aggregations/wrong.py", "class Right:\n    pass\n")
    use_project(project)
    with pytest.raises(SpecError, match=r"file 'wrong.py' holds no class 'Wrong'") as caught:
        members("aggregations")["Wrong"].load()
    assert caught.value.code == "HW106"
    assert "wrong.py" in str(caught.value.place)


def test_a_folder_without_vocabulary_adds_nothing(project: Path) -> None:
    before = {family: list(members(family)) for family in FAMILIES}
    use_project(project / "not there")
    assert {family: list(members(family)) for family in FAMILIES} == before


def test_an_entry_point_is_a_word_between_package_and_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def points(group: str) -> list[Any]:
        named = {
            "headwater.aggregations": [
                EntryPoint("Deque", "collections:deque", group),
                EntryPoint("Mean", "fractions:Fraction", group),
                EntryPoint("Fraction", "fractions", group),
            ]
        }
        return named.get(group, [])

    monkeypatch.setattr(plugins, "_points", lambda family: points(f"headwater.{family}"))
    from collections import deque
    from fractions import Fraction

    assert members("aggregations")["Deque"].load() is deque
    assert members("aggregations")["Fraction"].load() is Fraction
    assert find("Mean") is Fraction
    write(project, "aggregations/mean.py", "class Mean:\n    pass\n")
    use_project(project)
    assert members("aggregations")["Mean"].origin == "project"


def test_an_unknown_word_names_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"Headwater has no 'Meen'; did you mean 'Me[ad]"):
        _ = hw.Meen


def test_listing_all_words_loads_no_heavy_library() -> None:
    code = (
        "import sys; from headwater import plugins\n"
        "words = [word for family in plugins.FAMILIES for word in plugins.members(family)]\n"
        "assert 'Mean' in words\n"
        "heavy = {'numpy', 'polars', 'numba', 'sklearn', 'pandas', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    )


def test_a_definition_that_is_misspelt_is_told_its_nearest_name() -> None:
    with pytest.raises(AttributeError, match=r"has no 'Sorce'; did you mean 'Source'"):
        hw.Sorce  # noqa: B018
