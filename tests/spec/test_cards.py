"""Cards: what a notebook shows of definitions, plans, artifacts and fitted recipes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.views import plan_view
from headwater.spec.cards import SHOWN, card, definition_card, describe
from headwater.spec.frame import Frame
from headwater.stores.artifacts import Artifact

ORDERS = pl.DataFrame(
    {
        "order": [1, 2, 3],
        "customer": ["a", "a", "b"],
        "at": [datetime(2024, 1, day) for day in (1, 2, 3)],
        "paid_at": [datetime(2024, 1, day) for day in (2, 4, 5)],
        "amount": [5.0, 7.0, 1.0],
    },
    schema_overrides={"at": pl.Datetime("us", "UTC"), "paid_at": pl.Datetime("us", "UTC")},
)
SOURCE = hw.Source(
    "orders",
    Frame(ORDERS),
    event_time="at",
    known_time=hw.ALWAYS,
    known_times={"amount": "paid_at"},
    owner="<sales & co>",
)
VIEW = hw.FeatureView(
    "spend", SOURCE, entity="customer", features=[hw.Mean("amount").within("7d", "30d")]
)
SPINE = hw.Spine(SOURCE, as_of=pl.col("at") - pl.duration(hours=2), keep="customer")
RECIPE = hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.EncodeTarget(hw.strings(), smoothing=3.0))
LABEL = hw.Label("large", pl.col("amount") > 4.0)
SPLIT = hw.SplitByTime(train=0.6, validation=0.2, test=0.2)
SET = hw.TrainingSet(
    "sizes", spine=SPINE, features=[VIEW], label=LABEL, split=SPLIT, recipe=RECIPE
)  # fmt: skip
MODEL = hw.Model("gbm", SET, params={"n_estimators": 50})


class Cells(HTMLParser):
    """The texts of a table, and whether each tag that opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(value: Any) -> dict[str, str]:
    """The title under the key `title`, then each line."""
    title, *lines = Cells(value._repr_html_()).texts
    return {"title": title, **dict(zip(lines[::2], lines[1::2], strict=True))}


def test_a_card_is_a_titled_table_with_a_head_for_each_line() -> None:
    text = card("Recipe", [("1", "ImputeMedian"), ("2", None)])
    assert Cells(text).texts == ["Recipe", "1", "ImputeMedian", "2", "-"]
    assert text.count('<th scope="row"') == 2
    assert text.count("<caption") == 1


def test_what_is_shown_is_escaped() -> None:
    text = card("<b>", [("<i>", '"&<script>')])
    assert "<script" not in text
    assert Cells(text).texts == ["<b>", "<i>", '"&<script>']


def test_a_card_loads_nothing_and_sets_no_colour_that_only_one_background_bears() -> None:
    for value in (SOURCE, VIEW, SPINE, LABEL, SPLIT, SET, MODEL, RECIPE):
        text = value._repr_html_()
        assert re.findall(r"https?:|<script|<link|<img|url\(|@import|class=", text) == []
        colours = set(re.findall(r"(?:color|background)\s*:\s*([^;\"]+)", text))
        assert colours <= {"inherit", "transparent"}


def test_a_definition_shows_what_was_said_of_it_and_no_default() -> None:
    assert shown(SOURCE) == {
        "title": "Source 'orders'",
        "reader": "a frame of 3 rows and 5 columns",
        "event_time": "at",
        "known_time": "always",
        "known_times": "amount: paid_at",
        "owner": "<sales & co>",
    }
    assert shown(VIEW) == {
        "title": "FeatureView 'spend'",
        "source": "Source 'orders'",
        "entity": "customer",
        "features": "Windowed(aggregation=Mean(column='amount'), windows=['7d', '30d'])",
    }
    assert shown(LABEL)["title"] == "Label 'large'"
    assert "amount" in shown(LABEL)["expression"]
    assert shown(SPINE)["rows"] == "Source 'orders'"
    assert shown(SPINE)["keep"] == "customer"
    assert shown(SPLIT)["train"] == "0.6"
    assert shown(MODEL)["training_set"] == "TrainingSet 'sizes'"
    assert shown(MODEL)["params"] == "n_estimators: 50"


def test_a_training_set_shows_its_parts_by_name() -> None:
    lines = shown(SET)
    assert lines["features"] == "FeatureView 'spend'"
    assert lines["label"] == "Label 'large'"
    assert lines["recipe"] == (
        "Recipe(steps=[ImputeMedian(numeric()), EncodeTarget(strings(), smoothing=3.0)])"
    )


def test_a_recipe_shows_its_steps_as_they_were_written() -> None:
    assert shown(RECIPE) == {
        "title": "Recipe",
        "1": "ImputeMedian(numeric())",
        "2": "EncodeTarget(strings(), smoothing=3.0)",
    }
    assert shown(hw.Recipe())["steps"] == "none: numbers pass as they are"


def test_a_fitted_recipe_says_what_it_learned_from_and_that_it_is_not_proved(
    tmp_path: Path,
) -> None:
    fitted = hw.Recipe(hw.ScaleStandard(hw.numeric())).fit(ORDERS, columns=["amount"], seed=4)
    lines = shown(fitted)
    assert lines["learned from"] == "3 rows, not proved; seed 4"
    assert lines["steps"] == "ScaleStandard"
    assert lines["inputs"] == "amount: number"
    assert lines["columns"] == "amount"
    fitted.save(tmp_path / "recipe.json")
    assert hw.FittedRecipe.load(tmp_path / "recipe.json")._repr_html_() == fitted._repr_html_()


def test_a_plan_shows_each_feature_with_its_clock() -> None:
    faults = Faults()
    view = plan_view(VIEW, faults)
    assert shown(view) == {
        "title": "Plan of 'spend'",
        "spend__amount_mean_7d": "Float64, known at paid_at",
        "spend__amount_mean_30d": "Float64, known at paid_at",
    }
    lines = shown(hw.planned(SET))
    assert lines["spend__amount_mean_7d"] == "Float64, known at paid_at"
    assert lines["customer"] == "String, known at always, proved"
    assert lines["large"] == "label, Boolean, known at paid_at"


def test_an_artifact_shows_its_parts_and_what_was_left_out(tmp_path: Path) -> None:
    manifest = {
        "training_set": "sizes",
        "fingerprint": "0123456789abcdef",
        "parts": {"train": {"rows": 1200}, "test": {"rows": 30}},
        "excluded": {"filtered": 0, "label_null": 7},
        "columns": {"features": ["a", "b"], "label": "large"},
        "findings": [{"code": "HW305", "message": "source 'orders' declares no clock"}],
    }
    assert shown(Artifact(tmp_path, manifest)) == {
        "title": "Artifact of 'sizes'",
        "fingerprint": "0123456789ab",
        "path": str(tmp_path),
        "parts": "train: 1,200 rows\ntest: 30 rows",
        "left out": "filtered: 0\nlabel_null: 7",
        "features": "a\nb",
        "label": "large",
        "findings": "HW305 source 'orders' declares no clock",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(hours=36), "1d12h"),
        ([], "-"),
        ({}, "-"),
        (0, "0"),
        (object(), "a object"),
        (hw.ALWAYS, "always"),
        ((hw.columns("a"), None), "columns('a')\n-"),
        (list(range(SHOWN + 2)), "\n".join([*map(str, range(SHOWN)), "... and 2 more"])),
        (hw.PythonExpression(lambda a, b: a, returns=pl.Int64()), "<lambda>(a, b)"),
        (hw.Count("x").over_all(), "Windowed(aggregation=Count(column='x'), windows=[-])"),
    ],
)
def test_values_are_described_in_few_words(value: Any, expected: str) -> None:
    assert describe(value) == expected


def test_a_long_value_is_cut() -> None:
    (_, _, value) = Cells(card("t", [("n", "x" * 1000)])).texts
    assert (len(value), value[-4:]) == (300, "x...")


def test_every_definition_that_a_user_writes_has_a_card() -> None:
    names = ("Source", "FeatureView", "Attributes", "Derived", "Spine", "Label", "SplitByTime",
             "TrainingSet", "Model", "ClockComparison", "Recipe", "FittedRecipe")  # fmt: skip
    assert [name for name in names if not hasattr(getattr(hw, name), "_repr_html_")] == []
    compared = hw.ClockComparison("clocks", MODEL)
    assert definition_card(compared) == compared._repr_html_()
    assert shown(compared)["model"] == "Model 'gbm'"
