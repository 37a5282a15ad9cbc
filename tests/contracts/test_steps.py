"""Every registered step x every law, with each of its examples."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.plugins import members
from headwater.steps.base import Step
from headwater.testing.aggregation_laws import Law
from headwater.testing.step_cases import FEATURES, cases_of
from headwater.testing.step_laws import STEP_LAWS, step_laws

STEPS = {name: member.load() for name, member in members("steps").items()}
LAWS = [
    pytest.param(law, id=f"{name}: {law.name}")
    for name, step in STEPS.items()
    for law in step_laws(step)
]


@pytest.fixture(params=list(STEPS.values()), ids=list(STEPS))
def step(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_registry_holds_the_first_steps() -> None:
    assert {
        "EncodeOneHot",
        "EncodeOrdinal",
        "EncodeTarget",
        "FlagMissing",
        "GroupRare",
        "ImputeConstant",
        "ImputeMedian",
        "ScaleStandard",
    } <= STEPS.keys()


@pytest.mark.parametrize("law", LAWS)
def test_step_meets_the_law(law: Law) -> None:
    law.check()


def test_every_step_is_tried_with_each_of_its_examples(step: type[Step]) -> None:
    tried = [case.arguments for case in cases_of(step)]
    assert [example for example in step.examples if example not in tried] == []
    assert {case.kind for case in cases_of(step)} <= FEATURES.keys()
    assert STEP_LAWS.keys() <= {law.name for law in step_laws(step)}


def test_the_docstring_of_a_step_has_an_example_that_runs(step: type[Step]) -> None:
    assert ">>> " in (step.__doc__ or "")
