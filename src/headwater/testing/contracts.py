"""The contract of a word: the laws of its family, whichever family it is of.

>>> from headwater.steps.scale_standard import ScaleStandard
>>> [law.name for law in contract_of(ScaleStandard)][4]
'the order of training rows does not matter'
>>> check_contract(ScaleStandard)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.aggregations.base import Aggregation
from headwater.checks.base import Check
from headwater.errors import SpecError
from headwater.steps.base import Step
from headwater.testing.aggregation_laws import Law
from headwater.testing.aggregation_laws import laws_of as aggregation_laws
from headwater.testing.check_laws import laws_of as check_laws
from headwater.testing.step_laws import step_laws

_FAMILIES: tuple[tuple[type, Callable[..., list[Law]]], ...] = (
    (Aggregation, aggregation_laws),
    (Step, step_laws),
    (Check, check_laws),
)


def contract_of(word: Any) -> list[Law]:
    """The laws that a word has to meet; each has a `name` and a `check()`.

    Args:
        word: The class of an aggregation, a step or a check.

    Raises:
        SpecError: HW211, it is of none of these families.
    """
    for family, laws in _FAMILIES:
        if isinstance(word, type) and issubclass(word, family):
            return laws(word)
    named = getattr(word, "__name__", repr(word))
    names = ", ".join(family.__name__ for family, _ in _FAMILIES)
    raise SpecError("HW211", f"{named} is no word with a contract", hint=f"derive it from {names}")


def check_contract(word: Any) -> None:
    """Check every law of a word.

    Raises:
        AssertionError: A law is broken; the message says which, and shows where.
    """
    for law in contract_of(word):
        law.check()
