"""Importance: what is used costs something when shuffled, what is not costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.models import importance as module
from headwater.models.importance import importance

CHANCE = np.random.default_rng(3)
STRONG, WEAK, IDLE = CHANCE.normal(size=(3, 3_000))
LABEL = (STRONG + 0.3 * WEAK + 0.5 * CHANCE.normal(size=3_000) > 0).astype(int)
ROWS = pl.DataFrame({"strong": STRONG, "weak": WEAK, "idle": IDLE})
INPUTS = {"strong": ["strong"], "weak": ["weak"], "idle": ["idle"], "both": ["strong", "weak"]}


def score(rows: pl.DataFrame) -> Any:
    return (rows["strong"] + 0.3 * rows["weak"]).to_numpy()


def ask(**changes: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"label": LABEL, "inputs": INPUTS, "groups": None}
    rows = changes.pop("rows", ROWS)
    return importance(score, rows, **asked | changes, generator=np.random.default_rng(1))


def test_the_more_an_input_says_the_more_its_shuffle_costs() -> None:
    drops = ask()["drops"]
    assert drops["both"]["drop"] > drops["strong"]["drop"] > drops["weak"]["drop"] > 0.001
    assert drops["idle"] == {"drop": 0.0, "low": 0.0, "high": 0.0}


def test_a_shuffle_of_everything_leaves_a_score_at_random() -> None:
    found = ask()
    assert found["roc_auc"] - found["drops"]["both"]["drop"] == pytest.approx(0.5, abs=0.03)


def test_an_interval_holds_its_drop_and_is_of_groups() -> None:
    alone = ask()["drops"]["strong"]
    assert alone["low"] < alone["drop"] < alone["high"]
    together = ask(groups=(STRONG > 0).astype(int) * 4 + np.arange(3_000) % 4)["drops"]["strong"]
    assert together["drop"] == alone["drop"]
    assert together["high"] - together["low"] != alone["high"] - alone["low"]
    assert ask(groups=np.zeros(3_000))["drops"]["strong"]["low"] is None


def test_the_same_generator_gives_the_same_answer() -> None:
    assert ask() == ask()


def test_columns_of_one_set_are_shuffled_together() -> None:
    seen: list[pl.DataFrame] = []

    def noted(rows: pl.DataFrame) -> Any:
        seen.append(rows)
        return score(rows)

    importance(
        noted,
        ROWS,
        label=LABEL,
        inputs={"both": ["strong", "weak"]},
        groups=None,
        generator=np.random.default_rng(1),
    )
    own, mixed = seen
    assert mixed["idle"].equals(own["idle"])
    assert not mixed["strong"].equals(own["strong"])
    assert (
        mixed.select("strong", "weak")
        .sort("strong")
        .equals(own.select("strong", "weak").sort("strong"))
    )


def test_more_rows_than_enough_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 500)
    found = ask()
    assert found["rows"] == 500
    assert found["drops"]["strong"]["drop"] > 0.2
    monkeypatch.setattr(module, "MOST_ROWS", 3_000)
    assert ask()["rows"] == 3_000


@pytest.mark.parametrize(
    ("rows", "label", "reason"),
    [
        (ROWS.head(0), LABEL[:0], "there are no rows"),
        (ROWS.head(5), np.ones(5, dtype=int), "the rows hold a single class"),
    ],
)
def test_rows_that_cannot_be_ranked_have_no_importance(
    rows: pl.DataFrame, label: Any, reason: str
) -> None:
    assert ask(rows=rows, label=label) == {"undefined": reason}
