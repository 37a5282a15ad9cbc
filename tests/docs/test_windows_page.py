"""The page of windows shows what the engine answers, and each word in one line."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater import plugins
from headwater.aggregations.base import Earlier

PATH = Path(__file__).parents[2] / "docs" / "windows.py"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("windows_page", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setitem(sys.modules, "windows_page", module)  # where dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    monkeypatch.undo()


COUNTED = {
    '.within("6h")': [16, 14, 13.5, 10, 7.5],
    '.within("6h", hop="4h")': [16, 14, 13.5, 10],
    ".over_rows(3)": [16, 14, 13.5, 10, 7.5, 6, 5.5],
    '.over_rows(8, within="6h")': [16, 14, 13.5, 10, 7.5],
    '.so_far("day", zone="Europe/Zurich")': [16, 14, 13.5],
    '.over_session("90m")': [16, 14, 13.5, 10, 7.5, 6, 5.5],
    ".over_all()": [],
}
NEVER = [3, 0, -0.5]
"""Not known in time, at `as_of`, after it."""


@pytest.mark.usefixtures("in_both_ways")
def test_each_kind_of_window_counts_the_rows_that_its_text_says(page: Any) -> None:
    kinds = {kind.code: kind for kind in page.kinds()}
    assert list(kinds) == list(COUNTED)
    for code, missing in COUNTED.items():
        counted = page.counted(kinds[code].windowed)
        out = [row.hours for number, row in enumerate(page.ROWS) if number not in counted]
        assert sorted(out) == sorted([*missing, *NEVER]), code


def test_a_picture_says_what_it_shows_and_draws_each_row_once(page: Any) -> None:
    kind = page.kinds()[0]
    drawn = page.picture(kind)
    assert 'aria-label=".within(&quot;6h&quot;) counts 5 of 13 rows"' in drawn
    assert drawn.count("<circle") == len(page.ROWS)
    assert drawn.count('class="in"') == 5


def test_each_aggregation_has_its_line(page: Any) -> None:
    lines = {name: said for name, said, _ in page.words()}
    assert list(lines) == list(plugins.members("aggregations"))
    assert all(said.endswith(".") or said.endswith(":") for said in lines.values())


def test_the_page_names_those_that_do_not_go_with_all_windows() -> None:
    limited = {
        name
        for name, member in plugins.members("aggregations").items()
        if any(isinstance(part, Earlier) for part in member.load().of_example("price").parts)
    }
    text = (PATH.parent / "vocabulary.md").read_text(encoding="utf-8")
    said = text.partition("but for ")[2].partition(":")[0]
    assert set(re.findall(r"`(\w+)`", said)) == limited
