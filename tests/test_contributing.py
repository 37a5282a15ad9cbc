"""What the contributor's page shows is whole: in a project it builds, and it meets every law."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.errors import DataError
from headwater.runtime.project import load_project
from headwater.runtime.run import build_project
from headwater.testing.contracts import contract_of

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORDS = {
    "an aggregation": "aggregations/count_zeros.py",
    "a step": "steps/fill_mean.py",
    "a check": "checks/capitals.py",
}
DEFINITIONS = """
import polars as pl

import headwater as hw

orders = hw.Source(
    "orders",
    hw.Parquet("orders.parquet"),
    event_time="at",
    known_time="at",
    contract=[hw.Capitals("code", at_most=LIMIT)],
)
view = hw.FeatureView(
    "v", orders, entity="code", features=[hw.CountZeros("amount").within("10d")]
)
returns = hw.TrainingSet(
    "returns",
    spine=hw.Spine(orders, as_of="at", keep=["amount"]),
    features=[view],
    label=hw.Label("back", pl.col("is_back")),
    split=hw.SplitByTime(train=0.5, validation=0.25, test=0.25),
    recipe=hw.Recipe(hw.FillMean(hw.numeric())),
)
"""
AT = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 7)]
ORDERS = pl.DataFrame(
    {
        "at": AT,
        "code": ["A", "A", "A", "A", "a", "A"],
        "amount": [0.0, None, 6.0, 0.0, None, 1.0],
        "is_back": [True, False, True, False, True, False],
    }
)


def section(title: str) -> str:
    """The text of one section."""
    found = re.search(rf"^## Add {title}\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def code(title: str) -> str:
    """The one block of code in it."""
    (block,) = re.findall(r"```python\n(.*?)```", section(title), re.DOTALL)
    return str(block)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project that holds the words of the page and nothing else of its own."""
    for title, name in WORDS.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(code(title), encoding="utf-8")
    (tmp_path / "headwater.toml").write_text("seed = 1\n", encoding="utf-8")
    ORDERS.write_parquet(tmp_path / "orders.parquet")
    plugins.forget_projects()
    plugins.use_project(tmp_path)
    yield tmp_path
    plugins.forget_projects()


@pytest.mark.parametrize(("title", "name"), WORDS.items())
def test_a_word_is_shown_whole_with_its_file_in_under_twenty_lines(title: str, name: str) -> None:
    lines = [line for line in code(title).splitlines() if line.strip()]
    assert 5 < len(lines) < 20
    assert max(map(len, lines)) <= 100
    assert f"`{name}`" in section(title)
    assert f"class {plugins.class_name(Path(name).stem)}(" in code(title)
    assert f"`hw.{plugins.class_name(Path(name).stem)}(" in section(title)


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("name", ["CountZeros", "FillMean", "Capitals"])
def test_a_word_of_the_page_meets_every_law(name: str, project: Path) -> None:
    laws = contract_of(plugins.find(name))
    assert len(laws) > 10
    for law in laws:
        law.check()


def test_a_training_set_is_built_with_the_words_of_the_page(project: Path) -> None:
    write(project, limit=1)
    built = build_project(load_project(project))
    raw, prepared = (pl.read_parquet(Path(built["path"]) / f"{kind}/train.parquet")
                     for kind in ("raw", "prepared"))  # fmt: skip
    assert raw["v__amount_count_zeros_10d"].to_list() == [0, 1, 1]
    assert raw["amount"].to_list() == [0, None, 6]
    assert prepared["amount"].to_list() == [0.0, 3.0, 6.0]  # the mean of the training rows


def test_a_build_stops_where_the_check_of_the_page_is_broken(project: Path) -> None:
    write(project, limit=0)
    with pytest.raises(DataError) as caught:
        build_project(load_project(project))
    assert caught.value.code == "HW411"
    assert "Capitals" in str(caught.value)


def write(project: Path, *, limit: int) -> None:
    """The project's definitions, with so many rows that may break the check."""
    text = textwrap.dedent(DEFINITIONS).replace("LIMIT", str(limit))
    (project / "definitions.py").write_text(text, encoding="utf-8")


def test_the_page_names_the_words_as_the_package_finds_them(project: Path) -> None:
    assert hw.CountZeros("amount").word == "count_zeros"
    assert plugins.members("checks")["Capitals"].origin == "project"
