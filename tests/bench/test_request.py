"""The measurement of single requests: it asks what it says, and compares before it measures."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from bench import request

from headwater.runtime.fitted_recipes import FittedRecipe


def test_a_hundred_columns_go_through_ten_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["request", "--calls", "20", "--events", "5000"])
    request.main()
    head, _, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("| One request | calls | p50, us |")
    titles = [line.split(" | ")[0] for line in lines]
    assert titles[:3] == [
        "| 32 features of 5,000 events in a frame",
        "| 32 features of 5,000 events in Parquet",
        "| 32 features of 5,000 events, a clock of each row",
    ]
    assert titles[3].startswith("| 100 columns through 10 steps of ")
    assert all(re.search(r"\| [\d.]+ \| under [\d,]+ \| (met|missed) \|$", line) for line in lines)


def test_an_answer_that_differs_from_the_frame_ends_it() -> None:
    rows = request.made(np.random.default_rng(0))
    fitted = request.ten_steps().fit(rows, label="y")

    class Other(FittedRecipe):
        def apply_one(self, row: Mapping[str, Any]) -> dict[str, float | None]:
            return {}

    with pytest.raises(SystemExit, match="not what the frame says"):
        request.check(Other(fitted.preparation), rows)
