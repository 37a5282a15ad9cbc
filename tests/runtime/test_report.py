"""The report of a run, and writing it again from the record."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import EngineError
from headwater.runtime.report import report_project


def test_the_report_is_one_page_beside_the_runs(ran: Any) -> None:
    page = Path(ran.result["report"])
    assert page == ran.project.home.folder / "reports" / "late_model.html"
    text = page.read_text(encoding="utf-8")
    assert "known then or not" in text
    assert f"{ran.clocks['known']['roc_auc']:.3f}" in text
    for foreign in ("http://", "https://", "<script src"):
        assert foreign not in text


def test_the_report_can_be_written_again_from_the_record(ran: Any, make_project: Any) -> None:
    project = make_project()
    shutil.copytree(ran.project.home.runs, project.home.runs)
    (project.home.runs / "99999999T999999.json").write_text("{")  # damaged, so passed over
    again = report_project(project)
    assert again["cached"]
    assert Path(again["report"]).read_bytes() == Path(ran.result["report"]).read_bytes()


def test_a_model_that_was_not_run_has_no_report(make_project: Any) -> None:
    with pytest.raises(EngineError) as caught:
        report_project(make_project())
    assert caught.value.code == "HW506"
    assert str(caught.value.hint).startswith("headwater run ")
