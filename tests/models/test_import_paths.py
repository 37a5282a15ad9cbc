"""The code behind an estimator is part of what a model is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from headwater.models.import_paths import code_digest

CLASS = "class Guess:\n    def fit(self, rows, label): ...\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("guesses", "guessing")]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    return tmp_path


def test_the_digest_of_a_module_is_of_its_file(folder: Path) -> None:
    (folder / "guesses.py").write_text(CLASS)
    first = code_digest("guesses.Guess")
    assert len(first) == 64
    (folder / "beside.py").write_text("unrelated = 1\n")
    assert code_digest("guesses.Guess") == first
    (folder / "guesses.py").write_text(CLASS + "# other\n")
    assert code_digest("guesses.Guess") != first


def test_the_digest_of_a_package_is_of_all_its_files(folder: Path) -> None:
    (folder / "guessing" / "inner").mkdir(parents=True)
    (folder / "guessing" / "__init__.py").write_text("")
    (folder / "guessing" / "inner" / "__init__.py").write_text(CLASS)
    first = code_digest("guessing.inner.Guess")
    assert len(first) == 64
    (folder / "guessing" / "helper.py").write_text("used = 1\n")
    assert code_digest("guessing.inner.Guess") != first


@pytest.mark.parametrize(
    "path",
    ["sklearn.linear_model.LogisticRegression", "lightgbm.LGBMClassifier", "nowhere.Guess"],
)
def test_libraries_known_by_their_version_and_nothing_have_no_digest(path: str) -> None:
    assert code_digest(path) == ""
