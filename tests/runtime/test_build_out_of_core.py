"""A build past the memory budget goes out of core by itself, says so, and is the same build."""

from __future__ import annotations

import re
from typing import Any

import pytest

from headwater.errors import SpecError

SETTINGS = 'name = "parcels"\nseed = 7\n'
PLAIN = {'    identity=("number",),\n': ""}


@pytest.mark.parametrize("replace", [PLAIN, {}], ids=["rows", "versions"])
def test_a_build_out_of_core_is_the_same_build_and_leaves_nothing_behind(
    builder: Any, make_project: Any, replace: dict[str, str]
) -> None:
    expected, _ = builder.build(make_project("whole", replace=replace))
    settings = SETTINGS + 'memory = "80KB"\n'
    project = make_project("split", replace=replace, settings=settings)
    made, heard = builder.build(project, memory=project.memory)
    assert builder.digests(made.path) == builder.digests(expected.path)
    said = r"view 'courier': .* KB would pass the budget of 80\.0 KB: in \d+ partitions on disk"
    assert any(re.fullmatch(said, one) for one in heard)
    assert list((project.folder / ".headwater" / "cache" / "partitions").iterdir()) == []


@pytest.mark.parametrize("memory", ["much", "0", "-1GB", "4 apples"])
def test_a_budget_that_is_no_size_is_refused(make_project: Any, memory: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_project(settings=f'{SETTINGS}memory = "{memory}"\n')
    assert caught.value.code == "HW102"
    assert caught.value.message == f"setting 'memory' takes a size, found {memory!r}"
