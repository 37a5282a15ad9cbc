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


WORDS = {"variant", "description"}
DAYS = [("2013-01-01", "train", 100, 0.25), ("2013-01-02", "train", 200, 0.5)]
TIMELINE: dict[str, Any] = {
    "every": "1d",
    "label_lag": {"0.5": 17_400.0, "0.95": 30_300.0},
    "buckets": [
        {"start": f"{day}T00:00:00+00:00", "part": part, "rows": rows, "prevalence": share}
        for day, part, rows, share in [*DAYS, ("2013-01-03", "test", 50, None)]
    ],
}


def shape(counts: list[int], **others: Any) -> dict[str, Any]:
    return {"rows": sum(counts) + 10, "nulls": 10, "counts": counts, **others}


QUANTILES = dict.fromkeys(("least", "0.01", "0.25", "0.75", "0.99", "most"), 1.0) | {"0.5": 7.5}
MOVED = {"psi": 0.11, "moved": 0.219}
DISTRIBUTIONS: list[dict[str, Any]] = [
    {
        "name": "distance",
        "kind": "number",
        "edges": [0.0, 5.0, 20.0],
        "values": None,
        "parts": {
            "train": shape([60, 30], quantiles=QUANTILES),
            "test": shape([10, 80], quantiles=QUANTILES, **MOVED),
        },
    },
    {
        "name": "carrier__name",
        "kind": "category",
        "values": ["A<B", "C"],
        "distinct": 5,
        "parts": {
            "train": shape([45, 36, 9], unseen=0),
            "test": shape([0, 0, 0], unseen=0, psi=None, moved=None),
        },
    },
]
CALIBRATION: dict[str, Any] = {
    "bins": [
        {"low": 0.0, "high": 0.2, "rows": 9, "score": 0.1, "share": 0.15}
        | {"share_low": 0.05, "share_high": 0.3},
        {"low": 0.2, "high": 0.9, "rows": 9, "score": 0.5, "share": 0.4}
        | {"share_low": 0.3, "share_high": 0.55},
    ],
    **{"score": 0.3, "share": 0.275, "brier": 0.16, "reliability": 0.0075, "resolution": 0.0156},
    **{"uncertainty": 0.1994, "within_bins": -0.03, "ece": 0.075, "ece_by_chance": 0.0123},
}
IMPORTANCE: dict[str, Any] = {
    **{"part": "validation", "rows": 10_000, "roc_auc": 0.691, "left_out": 0},
    "drops": [
        {"kind": "view", "name": "carrier", "columns": 9, "drop": 0.03, "low": 0.02, "high": 0.04},
        {"kind": "input", "name": "distance", "columns": 1, "drop": -0.001}
        | {"low": -0.004, "high": 0.002},
    ],
}
GAIN = {"difference": 0.091, "low": 0.07, "high": 0.113}
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
    "against": {"test": {"rule": dict.fromkeys(("roc_auc", "pr_auc", "brier", "log_loss"), GAIN)}},
    "timeline": TIMELINE,
    "distributions": DISTRIBUTIONS,
    "calibration": {"validation": CALIBRATION, "test": {"undefined": "there are no rows"}},
    "importance": IMPORTANCE,
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
    links = set(re.findall(r'href="(.*?)"', text))
    anchors = {f"#{name}" for name in re.findall(r' id="(.*?)"', text)}
    assert links - anchors == {"data:,"}


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
    assert found.count("table") == found.count("caption") == 12
    assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")
    assert [found.count("h1"), found.count("main"), found.count("nav")] == [1, 1, 1]


def test_each_picture_has_a_name_and_tells_its_figures_in_words() -> None:
    found = page()
    named = {attrs["id"] for _, attrs in found.tags if "id" in attrs}
    pictures = [attrs for tag, attrs in found.tags if tag == "svg" and "role" in attrs]
    assert len(pictures) == 2 + 1 + 2 + 1 + 2  # intervals, time, strips, calibration, importance
    for picture in pictures:
        assert picture["role"] == "img"
        assert "aria-label" in picture or set(str(picture["aria-labelledby"]).split()) <= named
    for attrs in (attrs for tag, attrs in found.tags if tag == "svg" and "role" not in attrs):
        assert attrs.get("aria-hidden") == "true" or attrs["preserveaspectratio"] == "none"
    assert "event time: 0.730 (0.720 to 0.740)." in found.text
    assert "Rows per day. train: 300 rows from 2013-01-01 to 2013-01-02." in found.text


def test_the_page_reads_from_what_it_promises_to_what_was_looked_at() -> None:
    text = render(RUN)
    headings = re.findall(r'<h2 id="(\w+)">', text)
    assert headings == [
        *("scores", "clocks", "rows", "split", "features", "distributions"),
        *("calibration", "importance", "looks", "findings"),
    ]
    assert re.findall(r'<li><a href="#(\w+)">', text) == headings


def test_the_area_of_a_random_ranking_stands_beside_the_models_own() -> None:
    rare = {"test": scores(0.7) | {"pr_auc": 0.21, "prevalence": 0.08}}
    text = page(metrics=rare).text
    assert "PR-AUC, test 0.210 at random 0.080" in text


@pytest.mark.parametrize("only", [0, 1])
def test_a_part_of_one_class_has_no_areas_and_every_place_says_why(only: int) -> None:
    why = {"undefined": dict.fromkeys(("roc_auc", "pr_auc"), f"every label is {only}")}
    alone = {**scores(None), "pr_auc": None, "prevalence": float(only), **why}
    look = {**RUN["looks"][0], "metrics": {"brier": 0.1}, **why}
    row = clock("known", 0.5, 0.0) | dict.fromkeys(clock("known", 0.5, 0.0).keys() - WORDS)
    found = page(metrics={"test": alone}, clocks=[row | why], looks=[look], calibration={})
    assert found.text.count(f"– every label is {only}") == 2 + 2 + 1 + 1
    assert "PR-AUC, test – every label is" in found.text


def test_the_promise_of_event_time_is_said_with_its_interval() -> None:
    text = page().text
    assert "Event time promises 0.040 more ROC-AUC than what was known in time" in text
    assert "interval +0.032 to +0.048), and production will not see it." in text


def test_a_difference_whose_interval_includes_zero_promises_nothing() -> None:
    text = page(clocks=[clock("event_time", 0.69, 0.0004), clock("known", 0.69, 0.0)]).text
    assert "event time promises" not in text.lower()
    assert "(−0.008 to +0.008) includes zero: these rows do not tell the two apart" in text


def test_variants_without_an_interval_or_a_figure_do_not_break_the_table() -> None:
    bare = dict.fromkeys(("low", "high", "difference_low", "difference_high"))
    missing = {**clock("event_time", 0.0, 0.0), **bare, "roc_auc": None}
    found = page(
        clocks=[{**missing, "difference_to_known": None}, {**clock("known", 0.69, 0.0), **bare}]
    )
    assert page(clocks=[]).count("circle") + 1 == found.count("circle")
    assert "event time promises" not in found.text.lower()


def test_a_run_without_clocks_has_no_clocks_section() -> None:
    found = page(clocks=[])
    assert not [attrs for _, attrs in found.tags if attrs.get("id") == "clocks"]
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
    assert "rule" not in page(rule=None, against={}).text


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
    text = page().text
    assert "arrival_delay_mean 7d Mean from arrival_delay, carrier landed_at masked" in text


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


def test_the_gain_on_the_rule_stands_below_the_figures_that_it_compares() -> None:
    text = page().text
    assert text.count("model − rule +0.091 +0.070 to +0.113") == 1  # test only has one


def test_an_undefined_headline_says_why() -> None:
    undefined = {**scores(None), "undefined": {"roc_auc": "every label is 1"}}
    text = page(metrics={"test": undefined}).text
    assert "ROC-AUC, test – every label is 1" in text


def test_prevalence_stands_beside_the_pr_auc_as_what_chance_gives() -> None:
    assert "PR-AUC, test 0.300 at random 0.237" in page().text


def test_a_label_says_how_long_after_its_row_it_was_known() -> None:
    assert "half of the time within 4.8 hours of its row's moment and 95" in page().text
    assert "half of the time" not in page(timeline={**TIMELINE, "label_lag": None}).text


def test_purged_rows_are_said_part_by_part() -> None:
    lost = {"train": 600, "validation": 0}
    books = {"label_never_known": 9_430, "purged": 624}
    found = page(training_set={**RUN["training_set"], "purged": lost, "excluded": books})
    assert "624 rows, of which 600 from train." in found.text


def test_a_run_without_pictures_has_neither_sections_nor_links_for_them() -> None:
    absent = ("timeline", "distributions", "calibration", "importance", "against")
    old = {key: value for key, value in RUN.items() if key not in absent}
    found = Page(render(old))
    named = {attrs["id"] for _, attrs in found.tags if "id" in attrs}
    assert not {"distributions", "calibration", "importance"} & named
    links = {attrs["href"] for tag, attrs in found.tags if tag == "a"}
    assert {str(link)[1:] for link in links} <= named


def test_what_moved_is_said_against_the_first_part() -> None:
    text = page().text.replace("\xa0", " ")
    assert "Missing Moved, test" in text
    assert "distance 0 20 10.0 % 21.9 %" in text
    assert "name A<B, C and 3 more 10.0 % → 100.0 % –" in text


def test_a_calibration_says_what_it_promises_and_sums_up() -> None:
    text = page().text
    assert "On average it promises 0.300, and 0.275 came true." in text
    assert "− resolution (more is better) −0.0156" in text
    assert "Undefined: there are no rows." in text


def test_importance_without_a_figure_says_why() -> None:
    text = page(importance={"undefined": "there is no validation part"}).text
    assert "Importance is undefined: there is no validation part." in text


def test_inputs_that_were_not_shuffled_are_counted() -> None:
    text = page(importance={**IMPORTANCE, "left_out": 900}).text
    assert "There are 900 inputs, too many to shuffle one by one." in text


def test_derived_columns_say_what_they_read() -> None:
    text = page(derived=[{"name": "age", "reads": ["as_of", "plane__year"]}]).text
    assert "age as_of, plane__year" in text


def test_the_page_of_a_wide_run_stays_small() -> None:
    wide = [{**DISTRIBUTIONS[0], "name": f"column_{number}"} for number in range(5_000)]
    feature = RUN["features"][0]
    features = [{**feature, "name": f"carrier__f{n}_7d"} for n in range(5_000)]
    text = render(
        {**RUN, "distributions": wide, "features": features, "looks": RUN["looks"] * 9_000}
    )
    assert len(text.encode()) < 2_000_000
    assert "300 inputs; 4,700 more, which matter or move less" in text
    assert "5,000 features, by view; the first 500" in text


def test_what_each_task_took_is_listed_where_something_was_computed() -> None:
    numbers = {"seconds": 2.5, "processor_seconds": 75.0, "peak_bytes": 412_000_000}
    text = page(took=[{"task": "view", "view": "carrier", **numbers}]).text
    assert "view carrier 2.5 s 1 min 15 s 412.0 MB" in text
    assert "Resources" not in page(took=[]).text
