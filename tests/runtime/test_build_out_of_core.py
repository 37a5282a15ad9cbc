"""A build past the memory budget goes out of core by itself, says so, and is the same build."""

from __future__ import annotations

from typing import Any

import pytest

PLAIN = {'    identity=("number",),\n': ""}


def test_a_build_out_of_core_is_the_same_build_and_leaves_nothing_behind(
    builder: Any, make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = builder.build(make_project("whole", replace=PLAIN))
    monkeypatch.setenv("HEADWATER_MEMORY_BYTES", "80000")
    project = make_project("split", replace=PLAIN)
    made, heard = builder.build(project)
    assert builder.digests(made.path) == builder.digests(expected.path)
    assert "view 'courier': larger than memory, so in 4 parts on disk" in heard
    assert not list(project.folder.rglob("*.parts"))
