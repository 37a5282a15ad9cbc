"""What the README shows runs, and shows what it says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _between(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n(.*?)<!-- /{marker} -->", README, re.DOTALL)
    assert found is not None, marker
    return found[1]


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the flights' data."""
    folder = tmp_path_factory.mktemp("flights")
    script = ROOT / "examples" / "flights" / "data.py"
    subprocess.run([sys.executable, str(script), str(folder / "data")], check=True)
    (folder / "headwater.toml").write_text("seed = 1\n", encoding="utf-8")
    return folder


def test_the_example_of_the_readme_runs_as_it_stands(flights: Path) -> None:
    code = _between("example").removeprefix("```python\n").rstrip().removesuffix("```")
    (flights / "example.py").write_text(code, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "example.py"],
        cwd=flights, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    enriched, _, built = ran.stdout.partition("shape: (2, 7)")[2].partition("shape: (228_782, ")
    assert "carrier__" in enriched
    assert built
    (artifact,) = (flights / ".headwater" / "artifacts" / "late_arrival").iterdir()
    assert (artifact / "prepared" / "test.parquet").is_file()


def test_the_readme_has_its_parts_in_order() -> None:
    parts = [
        "# Headwater",
        "## Two commands",
        "```python",
        "<!-- clocks -->",
        "## Where to go next",
    ]
    places = [README.index(part) for part in parts]
    assert places == sorted(places)
    first = README.split("\n## ")[0].strip().splitlines()[2:]
    assert len(re.findall(r"\.(?:\s|$)", " ".join(first))) == 3


def test_the_clocks_table_names_all_variants_and_says_what_the_difference_is() -> None:
    table = _between("clocks")
    for variant in ("no_history", "at_departure", "event_time", "known"):
        assert f"| `{variant}`: " in table
    difference = _cells(table, "event_time")[3]
    low, high = (float(end) for end in re.findall(r"[-+]\d\.\d+", difference)[1:])
    if low > 0 or high < 0:
        assert "will not see" in table
    else:
        assert "does not exclude zero" in table


def test_the_refusal_that_is_shown_is_what_is_said(flights: Path) -> None:
    said = _tables().refusal(flights / "data")
    assert f"```text\n{said}\n```\n" == _between("refusal")


def test_numbers_within_the_tolerance_are_the_same_and_words_are_not() -> None:
    tables = _tables()
    assert tables.is_close("a 0.701 b", "a 0.703 b")
    assert not tables.is_close("a 0.701 b", "a 0.801 b")
    assert not tables.is_close("a 0.701 b", "c 0.701 b")


def _cells(table: str, variant: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(f"| `{variant}`"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def _tables() -> Any:
    path = ROOT / "docs" / "readme_tables.py"
    spec = importlib.util.spec_from_file_location("readme_tables", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
