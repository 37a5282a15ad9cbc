"""What a reader is told: one sentence about the clocks, books that balance, nothing too wide."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.apps.cli import rendering
from headwater.apps.cli.tables import table


def clock(variant: str, difference: float | None, *ends: float | None) -> dict[str, Any]:
    low, high = ends or (None, None)
    return {
        "variant": variant,
        "description": "all that happened before as_of, known then or not",
        "roc_auc": 0.7,
        "low": 0.69,
        "high": 0.71,
        "difference_to_known": difference,
        "difference_low": low,
        "difference_high": high,
    }


def scores(roc_auc: float | None, brier: float | None) -> dict[str, Any]:
    return {
        "roc_auc": roc_auc,
        "pr_auc": 0.3,
        "prevalence": 0.25,
        "brier": brier,
        "log_loss": brier,
        "intervals": {"roc_auc": None if roc_auc is None else [roc_auc - 0.01, roc_auc + 0.01]},
    }


def result(**changes: Any) -> dict[str, Any]:
    part = {"first_as_of": "2013-01-01T08:15:00+00:00", "prevalence": 0.25}
    return {
        "training_set": {
            "name": "late_arrival",
            "fingerprint": "9f2c4e0a7b3d51886c0d1f9aa2b47e5c",
            "rows": 1_100,
            "spine_rows": 1_234,
            "parts": {
                "test": {**part, "rows": 100, "last_as_of": None},
                "train": {**part, "rows": 1_000, "last_as_of": "2013-09-13T21:04:00+00:00"},
            },
            "excluded": {"filtered": 0, "label_never_known": 130, "purged": 4},
        },
        "model": {"name": "late_gbm", "estimator": "LGBMClassifier", "note": ""},
        "metrics": {"test": scores(0.689, 0.12), "validation": scores(0.692, 0.12)},
        "baseline": {"test": scores(0.5, 0.15), "validation": scores(0.5, 0.15)},
        "rule": {"test": scores(0.6, None), "validation": scores(0.61, None)},
        "looks": 3,
        "clocks": [clock("event_time", 0.0404, 0.03, 0.05), clock("known", 0.0, 0.0, 0.0)],
        "findings": [],
        "report": "flights/.headwater/reports/late_gbm.html",
        "cached": False,
        "seconds": 41.3,
        **changes,
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            clock("event_time", 0.0404, 0.03, 0.05),
            "Even a correct as-of join on event time promises +0.040 ROC-AUC that production will "
            "not see.",
        ),
        (
            clock("event_time", 0.004, -0.003, 0.011),
            "A correct as-of join on event time differs by +0.004 ROC-AUC (−0.003 to +0.011), "
            "which cannot be told from nothing.",
        ),
        (
            clock("event_time", 0.004),
            "A correct as-of join on event time differs by +0.004 ROC-AUC, which cannot be told "
            "from nothing.",
        ),
        (
            clock("event_time", -0.02, -0.03, -0.01),
            "Here a join on event time scores lower, by −0.020 ROC-AUC, than what was known.",
        ),
        (clock("event_time", None), ""),
        (clock("no_history", 0.1, 0.05, 0.15), ""),
    ],
)
def test_the_clocks_are_summed_up_in_a_sentence_that_does_not_say_too_much(
    row: dict[str, Any], sentence: str
) -> None:
    assert rendering.promise([row, clock("known", 0.0)]) == sentence


def test_a_run_tells_what_each_task_took_that_was_computed() -> None:
    numbers = {"seconds": 2.5, "processor_seconds": 4.04, "peak_bytes": 412_000_000}
    took = [{"task": "view", "view": "carrier", **numbers}, {"task": "model", **numbers}]
    lines = rendering.run(result(took=took)).splitlines()
    head = next(n for n, line in enumerate(lines) if "memory at its peak" in line)
    assert [line.split() for line in lines[head + 1 : head + 4]] == [
        ["view", "carrier", "2.5", "s", "4.0", "s", "412.0", "MB"],
        ["model", "2.5", "s", "4.0", "s", "412.0", "MB"],
        [],
    ]
    assert "memory at its peak" not in rendering.run(result(took=[]))


def test_a_run_is_told_in_plain_lines() -> None:
    lines = rendering.run(result()).splitlines()
    assert lines[:2] == [
        "training set late_arrival  9f2c4e0a7b3d",
        "1,234 spine rows = 1,100 in parts + 130 label_never_known + 4 purged",
    ]
    assert [line.split()[0] for line in lines[3:5]] == ["train", "test"]
    assert lines[4].split() == ["test", "100", "2013-01-01", "08:15", "–", "25.0", "%"]
    assert [line.split()[:2] for line in lines if line.startswith("  validation")] == [
        ["validation", "late_gbm"],
        ["validation", "no"],
        ["validation", "rule"],
    ]
    assert lines[-3:] == ["", "report: flights/.headwater/reports/late_gbm.html", "41 s, computed"]
    assert len(lines) < 40
    assert max(map(len, lines)) <= 100


def test_books_that_do_not_balance_say_so() -> None:
    built = {**result()["training_set"], "spine_rows": 1_240}
    text = rendering.build({**result(), "training_set": built, "path": "there"})
    assert "the books do not balance by 6" in text


def test_a_stand_in_is_named_in_the_summary() -> None:
    model = {
        "name": "late_gbm",
        "estimator": "HistGradientBoostingClassifier",
        "note": "lightgbm cannot be loaded, so scikit-learn's histogram boosting stands in; " * 2,
    }
    lines = rendering.run(result(model=model)).splitlines()
    assert "model late_gbm (HistGradientBoostingClassifier)" in lines
    assert any(line.startswith("note: lightgbm cannot be loaded") for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_run_without_rule_clocks_or_defined_metrics_is_told_too() -> None:
    undefined = {part: scores(None, None) for part in ("validation", "test")}
    text = rendering.run(result(rule=None, clocks=[], metrics=undefined, cached=True))
    assert "what the clocks are worth" not in text
    assert "rule" not in text
    assert "nothing was recomputed" in text


@pytest.mark.parametrize("only", [0, 1])
def test_why_a_metric_is_undefined_is_said_once_for_all_that_it_is_true_of(only: int) -> None:
    why = {"undefined": dict.fromkeys(("roc_auc", "pr_auc"), f"every label is {only}")}
    of_area = {"undefined": {"roc_auc": f"every label is {only}"}}
    alone = {**scores(None, 0.1), "pr_auc": None, **why}
    no_probability = {"undefined": {"brier": "the score is not a probability"}}
    found = result(
        metrics={"test": alone, "validation": scores(0.7, 0.1)},
        baseline={"test": alone, "validation": scores(0.5, 0.1)},
        rule={"test": alone, "validation": scores(0.6, None) | no_probability},
        clocks=[{**clock("known", None), "roc_auc": None, "low": None, "high": None, **of_area}],
    )
    lines = rendering.run(found).splitlines()
    assert [line for line in lines if line.startswith("undefined")] == [
        f"undefined for known: ROC-AUC; every label is {only}",
        "undefined on validation for rule: Brier; the score is not a probability",
        f"undefined on test for late_gbm, no model, rule: ROC-AUC, PR-AUC; every label is {only}",
    ]


def test_findings_are_part_of_every_summary() -> None:
    finding = {"code": "HW305", "certainty": "suspected", "message": "source 'a' declares no clock"}
    expected = "suspected: [HW305] source 'a' declares no clock"
    assert expected in rendering.run(result(findings=[finding]))
    assert expected in rendering.build({**result(findings=[finding]), "path": "there"})
    checked = {"project": "p", "definitions": {"Source": 1}, "findings": [finding]}
    assert rendering.check(checked) == f"project p: 1 source; no fault found\n{expected}"


def test_a_cell_is_text_and_never_markup() -> None:
    drawn = table(["[b]"], [["[HW504] :smile:"], ["漢字"]], aligned="<")
    assert drawn.splitlines() == ["  [b]", "  [HW504] :smile:", "  漢字"]
