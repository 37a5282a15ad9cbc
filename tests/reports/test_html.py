"""The report: one page that stands alone, says what the run says, and hides nothing undefined."""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any

import pytest

from headwater.errors import EngineError
from headwater.reports.html import render

FINGERPRINT = "9f2c4e0a7b3d51886c0d1f9aa2b47e5c"


def scores(roc_auc: float | None, brier: float | None = 0.12) -> dict[str, Any]:
    bounds = None if roc_auc is None else [roc_auc - 0.01, roc_auc + 0.01]
    return {
        "roc_auc": roc_auc,
        "pr_auc": 0.3,
        "prevalence": 0.237,
        "brier": brier,
        "log_loss": 0.4,
        "intervals": {"roc_auc": bounds, "brier": None},
        "undefined": {"brier": "the score is not a probability"} if brier is None else {},
    }


def clock(variant: str, roc_auc: float, difference: float, half: float = 0.008) -> dict[str, Any]:
    return {
        "variant": variant,
        "description": f"Sees {variant}.",
        "roc_auc": roc_auc,
        "low": roc_auc - 0.01,
        "high": roc_auc + 0.01,
        "difference_to_known": difference,
        "difference_low": difference - half,
        "difference_high": difference + half,
    }


RUN: dict[str, Any] = {
    "project": "flights",
    "training_set": {
        "name": "late_arrival",
        "fingerprint": FINGERPRINT,
        "rows": 326_722,
        "spine_rows": 336_776,
        "parts": {
            "train": {
                "rows": 228_782,
                "first_as_of": "2013-01-01T08:15:00+00:00",
                "last_as_of": "2013-09-13T21:04:00+00:00",
                "prevalence": 0.252,
            },
            "test": {
                "rows": 97_940,
                "first_as_of": "2013-09-13T21:05:00Z",
                "last_as_of": None,
                "prevalence": None,
            },
        },
        "excluded": {"label_never_known": 9_430, "purged": 624, "filtered": 0},
        "label": {"name": "late", "reads": ["arrival_delay"], "clock": "landed_at"},
    },
    "model": {"name": "late_gbm", "estimator": "lightgbm.LGBMClassifier", "note": ""},
    "metrics": {"validation": scores(0.692), "test": scores(0.689)},
    "baseline": {"validation": scores(0.5), "test": scores(0.5)},
    "rule": {"validation": scores(0.61, None), "test": scores(0.6, None)},
    "clocks": [
        clock("no_history", 0.61, -0.08),
        clock("event_time", 0.73, 0.04),
        clock("known", 0.69, 0.0, 0.0),
    ],
    "features": [
        {
            "name": "carrier__arrival_delay_mean_7d",
            "view": "carrier",
            "aggregation": "Mean",
            "reads": ["arrival_delay", "carrier"],
            "window": "7d",
            "clock": "landed_at",
            "proved": "masked",
        }
    ],
    "kept": [{"name": "distance", "clock": "always", "verdict": "proved"}],
    "findings": [{"code": "assumed-clock", "certainty": "suspected", "message": "No clock."}],
    "looks": [
        {"look": 1, "part": "test", "fingerprint": FINGERPRINT, "time": "2024-03-01T12:00:00Z"}
    ],
    "cached": False,
    "seconds": 41.3,
    "versions": {"polars": "2.1.0"},
}


class Page(HTMLParser):
    """A page as a reader meets it: balanced tags, the text, and what each tag carries."""

    VOID = frozenset({"meta", "link", "col"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data.strip())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def page(**changes: Any) -> Page:
    return Page(render({**deepcopy(RUN), **changes}))


def test_the_page_asks_for_no_other_file() -> None:
    text = render(RUN)
    assert "default-src 'none'" in text
    assert re.findall(r"https?:|@import|url\(|<script|\bsrc=", text) == []
    assert re.findall(r'href="(.*?)"', text) == ["data:,"]


def test_the_same_run_gives_the_same_page_and_is_not_changed() -> None:
    run = deepcopy(RUN)
    assert render(run) == render(deepcopy(RUN))
    assert run == RUN


def test_names_of_the_user_are_text_and_never_markup() -> None:
    found = page(project="<script>alert(1)</script>", model={**RUN["model"], "name": 'a"b&<i>'})
    assert found.count("script") == 0
    assert found.count("i") == 0
    assert "<script>alert(1)</script>" in found.text


def test_every_table_has_a_caption_and_every_heading_a_scope() -> None:
    found = page()
    assert found.count("table") == found.count("caption") == 8
    assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")
    assert [found.count("h1"), found.count("main"), found.count("h3")] == [1, 1, 0]


def test_the_picture_has_a_title_and_tells_its_figures_in_words() -> None:
    found = page()
    named = {attrs["id"] for _, attrs in found.tags if "id" in attrs}
    (picture,) = [attrs for tag, attrs in found.tags if tag == "svg"]
    assert picture["role"] == "img"
    assert set(str(picture["aria-labelledby"]).split()) <= named
    assert "event time: 0.730 (0.720 to 0.740)." in found.text
    assert found.count("circle") == 3


def test_the_clocks_come_first_after_the_headline() -> None:
    headings = re.findall(r'<h2 id="(\w+)">', render(RUN))
    assert headings == ["clocks", "metrics", "rows", "findings", "features", "looks"]


def test_the_promise_of_event_time_is_said_with_its_interval() -> None:
    text = page().text
    assert "Event time promises 0.040 more ROC-AUC than what was known in time" in text
    assert "interval +0.032 to +0.048), and production will not see it." in text


def test_a_difference_whose_interval_includes_zero_promises_nothing() -> None:
    text = page(clocks=[clock("event_time", 0.69, 0.0004), clock("known", 0.69, 0.0)]).text
    assert "promises" not in text
    assert "(−0.008 to +0.008) includes zero: these rows do not tell the two apart" in text


def test_variants_without_an_interval_or_a_figure_do_not_break_the_table() -> None:
    bare = dict.fromkeys(("low", "high", "difference_low", "difference_high"))
    missing = {**clock("event_time", 0.0, 0.0), **bare, "roc_auc": None}
    found = page(
        clocks=[{**missing, "difference_to_known": None}, {**clock("known", 0.69, 0.0), **bare}]
    )
    assert found.count("circle") == 1
    assert "promises" not in found.text


def test_a_run_without_clocks_has_no_clocks_section() -> None:
    found = page(clocks=[])
    assert found.count("svg") == 0
    assert "promised" not in found.text


def test_the_books_balance_visibly_and_reasons_keep_their_order() -> None:
    text = page().text
    assert "326,722 kept + 10,054 left out = 336,776: the books balance" in text
    assert text.index("filtered") < text.index("label never known") < text.index("purged")
    assert "−9,430" in text


@pytest.mark.parametrize("change", [{"rows": 326_000}, {"spine_rows": 1}])
def test_books_that_do_not_balance_are_called_out(change: dict[str, int]) -> None:
    text = page(training_set={**RUN["training_set"], **change}).text
    assert "the books do not balance" in text


def test_model_rule_and_no_model_stand_in_one_table_for_each_part() -> None:
    text = page().text
    assert text.count("rule 0.610 0.600 to 0.620") == 1
    assert text.count("no model 0.500 0.490 to 0.510") == 2
    assert "Test: 97,940 rows, prevalence 23.7 %" in text.replace("\xa0", " ")


def test_a_run_without_rule_says_nothing_of_one() -> None:
    assert "rule" not in page(rule=None).text


def test_an_undefined_metric_is_a_dash_with_its_reason() -> None:
    undefined = {**scores(None), "undefined": {"roc_auc": "every label is 1"}}
    text = page(metrics={"test": undefined}).text
    assert "– every label is 1" in text
    assert "None" not in text
    assert "nan" not in text


def test_a_run_that_looked_at_validation_only_heads_the_page_with_it() -> None:
    text = page(metrics={"validation": scores(0.692)}, looks=[]).text
    assert "ROC-AUC, validation" in text
    assert "None yet." in text


def test_another_estimator_that_stood_in_is_said_at_the_top() -> None:
    note = "sklearn stands in for lightgbm"
    text = page(model={**RUN["model"], "note": note}).text
    assert text.index(note) < text.index("What each clock")


def test_no_finding_is_not_called_right() -> None:
    text = page(findings=[]).text
    assert "What was not checked is not said to be right." in text


def test_a_feature_says_what_it_reads_and_when_it_was_known() -> None:
    assert "arrival_delay_mean_7d Mean 7d arrival_delay, carrier landed_at masked" in page().text


def test_a_cached_run_says_that_nothing_was_computed_again() -> None:
    assert "Nothing was computed again" in page(cached=True, seconds=0.4).text


def test_without_jinja_the_error_gives_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "jinja2":
            raise ImportError("No module named 'jinja2'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, "headwater.reports.html")
    with pytest.raises(EngineError, match="Jinja") as caught:
        importlib.import_module("headwater.reports.html")
    assert caught.value.code == "HW501"
    assert caught.value.hint == "pip install 'headwater[report]'"
