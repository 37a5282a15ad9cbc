"""What the pages show runs, and every public name is documented on the site."""

from __future__ import annotations

import importlib.util
import inspect
import re
import runpy
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins, templates, testing
from headwater.apps.cli.verbs import VERBS
from headwater.errors import CODES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WORDS = {name: member for f in plugins.FAMILIES for name, member in plugins.members(f).items()}
PUBLIC = [name for name in dir(hw) if not name.startswith("_")]


@cache
def reference() -> Any:
    """The directives of the site."""
    spec = importlib.util.spec_from_file_location("site_reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_of(page: str) -> str:
    """The Python of a page as one program."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def run(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of a page's program are at its end."""
    monkeypatch.chdir(folder)
    (folder / "headwater.toml").write_text("seed = 1\n")
    (folder / "page.py").write_text(code_of(page), encoding="utf-8")
    return runpy.run_path(str(folder / "page.py"))


def test_start_here_says_what_its_program_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run("start.md", tmp_path, monkeypatch)
    features = found["features"]
    assert features["customer__price_mean_30d"].to_list() == [30.0, 30.0, None]
    assert features["customer__is_returned_mean_30d"].to_list() == [None, 1.0, None]
    excluded = found["artifact"].manifest["excluded"]
    assert excluded["purged"] > 0
    clocks = (DOCS / "clocks.md").read_text(encoding="utf-8")
    assert [reason for reason in excluded if f"`{reason}`" not in clocks] == []
    assert f"'purged': {excluded['purged']}" in capsys.readouterr().out
    quiet = pl.read_parquet(tmp_path / ".headwater/artifacts/quiet/*/raw/train.parquet")
    assert {"last__price", "orders__count_28d", "slowing", "is_quiet"} <= set(quiet.columns)
    (manifest,) = tmp_path.glob(".headwater/artifacts/quiet/*/manifest.json")
    assert '"label_not_mature": 7' in manifest.read_text()


def test_the_page_of_recipes_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run("recipes.md", tmp_path, monkeypatch)
    assert (tmp_path / "recipe.json").is_file()
    assert found["fitted"].training_output["shop"].to_list() != (
        found["fitted"].apply(found["orders"])["shop"].to_list()
    )
    assert "'channel=app': 1.0" in capsys.readouterr().out


def test_the_page_of_features_says_what_its_program_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run("features.md", tmp_path, monkeypatch)
    assert found["spent"].rows() == [
        ("anna", found["day"](10), 40, 40),
        ("bo", found["day"](10), None, 20),
    ]
    assert found["served"]["most__price_sum_top_1_30d"].to_list() == [40, 20]
    assert found["found"]["habits__app_share_30d"].to_list() == [0.5, 1.0]
    assert found["found"]["habits__price_sum_change_5d"].to_list() == [60, None]
    assert found["found"]["is_app_user"].to_list() == [True, True]
    assert found["filled"].select(pl.all().exclude("customer", "asked_at")).to_dict(
        as_series=False
    ) == {
        "series__count_1d": [1, 0, 1, 1],
        "series__price_sum_1d": [10, None, 40, 30],
        "series__price_last_all": [10, 10, 40, 30],
        "series__price_last_2d": [10, None, 40, 30],
        "bought": [10, 0, 40, 30],
    }
    assert found["stars"]["taste__stars_all"].to_list() == [pytest.approx(11 / 3), 1.0]
    assert found["first"]["habits__time_since_last_all"].to_list() == [timedelta(days=2), None]
    assert found["proposals"].counts.untried == 0
    assert found["proposals"].proposals[0].gain.name == "past_by_customer__price_last_all"
    assert "past_by_customer = hw.FeatureView(" in capsys.readouterr().out


@pytest.mark.parametrize("name", templates.__all__)
def test_every_template_has_its_line_on_the_page_of_features(name: str) -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    assert len(re.findall(rf"^\| `{name}\(", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("page", ["checks.md", "plugins.md"])
def test_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hw" in run(page, tmp_path, monkeypatch)


def test_every_rule_has_its_line() -> None:
    text = (DOCS / "clocks.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (R\d+) \|", text, re.MULTILINE) == [f"R{i}" for i in range(1, 13)]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_says_what_it_is(name: str) -> None:
    value = getattr(hw, name)
    said = reference().documented(name, value) if not callable(value) else value.__doc__
    assert said
    assert len(said.split()) >= 3


@pytest.mark.parametrize("name", testing.__all__)
def test_a_name_of_the_kit_says_what_it_is(name: str) -> None:
    value = getattr(testing, name)
    is_object = inspect.isclass(value) or inspect.isroutine(value)
    said = value.__doc__ if is_object else reference().documented(name, value)
    assert said
    assert len(said.split()) >= 3


def test_a_name_without_a_docstring_has_nothing_to_say() -> None:
    assert reference().documented("nothing_such", {}) == ""


def test_every_public_name_is_written_by_exactly_one_directive() -> None:
    written = [name for kind in reference().KINDS for name in reference().names(kind)]
    assert sorted([*written, *WORDS]) == sorted(PUBLIC)


def test_arguments_of_a_base_are_those_of_the_class_too() -> None:
    lines = reference().with_inherited_arguments(
        hw.FeatureView, (inspect.getdoc(hw.FeatureView) or "").splitlines()
    )
    named = re.findall(r"^    (\w+): ", "\n".join(lines), re.MULTILINE)
    assert {"name", "source", "entity", "features"} <= set(named)
    assert len(named) == len(set(named))


def test_code_between_fences_becomes_a_block() -> None:
    lines = ["a", "", "```python", "x = 1", "", "```", "b"]
    assert list(reference().unfenced(lines)) == [
        "a", "", ".. code-block:: python", "", "    x = 1", "", "", "b",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as built; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    build = ["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", f"{folder}/trees"]
    built = subprocess.run(
        [sys.executable, *build, str(DOCS), str(folder / "html")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_public_name_is_on_the_site(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    known = {name for kind in inventory.data.values() for name in kind}
    wanted = {f"headwater.{name}" for name in PUBLIC}
    wanted |= {f"headwater.testing.{name}" for name in testing.__all__}
    wanted |= {f"headwater.templates.{name}" for name in templates.__all__}
    assert wanted - known == set()


@pytest.mark.slow
def test_every_verb_and_every_code_is_on_the_site(site: Path) -> None:
    verbs = (site / "command_line.html").read_text(encoding="utf-8")
    assert [verb.name for verb in VERBS if f"Usage: headwater {verb.name} " not in verbs] == []
    codes = (site / "api" / "errors.html").read_text(encoding="utf-8")
    assert [code for code in CODES if code not in codes] == []


@pytest.mark.slow
def test_a_reader_without_a_network_misses_nothing(site: Path) -> None:
    fetched = r"""<(?:link|script|img|iframe)\b[^>]*?\b(?:href|src)=["'](?:https?:)?//[^"']*"""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in [*pages, *site.rglob("*.css")]:
        text = page.read_text(encoding="utf-8")
        assert re.findall(fetched, text) == [], page
        assert re.findall(r"""url\(["']?(?:https?:)?//[^)]*""", text) == [], page


@pytest.mark.slow
def test_no_page_is_left_out_of_the_contents(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    hidden = {"adr/README.html", "index.html"}
    decisions = (site / "decisions.html").read_text(encoding="utf-8")
    assert [p for p in pages - hidden if f'"{p}"' not in index and f'"{p}"' not in decisions] == []
