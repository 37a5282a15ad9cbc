"""What a task takes is measured: seconds, processor seconds, and the memory at its peak."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from headwater.runtime import resources
from headwater.runtime.progress import about, running
from headwater.runtime.resources import measured, noting, peak_is_known


def test_a_task_is_noted_with_what_it_is_about_and_what_it_took() -> None:
    with running(), noting() as found, about(training_set="late"):
        with about(task="view", view="carrier"), measured():
            ended = time.process_time() + 0.05
            while time.process_time() < ended:
                pass
        with about(task="preparation"), measured():
            pass
    first, second = found
    assert {name: first[name] for name in ("training_set", "task", "view")} == {
        "training_set": "late",
        "task": "view",
        "view": "carrier",
    }
    assert "run" not in first
    assert first["seconds"] >= 0.04
    assert 0.04 <= first["processor_seconds"] < 10
    assert second["task"] == "preparation"
    assert "view" not in second
    assert second["seconds"] < first["seconds"]


@pytest.mark.skipif(not peak_is_known(), reason="the system does not measure a part of a run")
def test_the_peak_is_that_of_the_task_and_not_of_one_before() -> None:
    with noting() as found:
        with about(task="large"), measured():
            np.ones(25_000_000)  # 200 MB, which are given back
        with about(task="small"), measured():
            pass
    large, small = (one["peak_bytes"] for one in found)
    assert large - small > 150_000_000


def test_where_the_system_tells_no_part_the_peak_of_the_process_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_STATUS", tmp_path / "status")
    monkeypatch.setattr(resources, "_RESET", tmp_path / "no folder" / "clear_refs")
    assert not peak_is_known()
    with noting() as found, measured():
        pass
    assert found[0]["peak_bytes"] > 10_000_000


def test_nothing_is_noted_of_a_task_that_fails_or_where_nobody_asks() -> None:
    with measured():
        pass
    with noting() as found, pytest.raises(ValueError, match="broken"), measured():
        raise ValueError("broken")
    assert found == []
