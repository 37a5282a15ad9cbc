"""The laws that every aggregation meets, over generated histories; for the author of a new one.

A member that serves windows gives results that depend on the visible rows in the window only, equal
to the bit in any order of rows, with any number of threads, whichever other rows are asked and
whatever lies outside the window. A member that serves fits gives the same statistic in any order
and by group. `check_laws` raises at the first law that is broken:

>>> from headwater.aggregations.count import Count
>>> check_laws(Count, histories=1)
>>> [law.name for law in laws_of(Count)][:2]
['its attributes make sense', 'its docstring says how it treats nulls, empty input and order']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from random import Random
from typing import Any, get_args

import polars as pl

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind
from headwater.engines.folding import fold
from headwater.engines.histories import Rows
from headwater.engines.windows import window_features
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.kinds import kind_of
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import ALWAYS
from headwater.spec.feature_view import FeatureView
from headwater.spec.frame import Frame
from headwater.spec.source import Source
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS, History, history
from headwater.testing.plain_folds import plain_result

Make = Callable[..., Aggregation]
"""A member, or a function that makes one: called with a column, `name=` and `where=`."""

LENGTHS: dict[str, int | None] = {**WINDOWS, "all": None}
MANY = 12
"""Histories that a law is checked over; each has up to 40 rows and 12 questions."""


@dataclass(frozen=True, slots=True)
class Law:
    """What holds for a member; `check` raises AssertionError where it does not."""

    name: str
    check: Callable[[], None]


def check_laws(make: Make, *, histories: int = MANY) -> None:
    """Check every law of a member.

    Args:
        make: The member's class, or a function that makes one with its other arguments given.
        histories: How many generated histories each law is checked over.

    Raises:
        AssertionError: A law is broken; the message names law, column and history.
    """
    for law in laws_of(make, histories=histories):
        law.check()


def laws_of(make: Make, *, histories: int = MANY) -> list[Law]:
    """The laws that a member has to meet, for its abilities."""
    member = make(None)
    cases = [Case(make, history(seed)) for seed in range(3, 3 + histories)]
    found = [
        Law("its attributes make sense", lambda: attributes_make_sense(member)),
        Law(
            "its docstring says how it treats nulls, empty input and order",
            lambda: docstring_is_complete(member),
        ),
    ]
    families = {"window": WINDOW_LAWS, "fit": FIT_LAWS}
    for ability in member.serves:
        for name, law in families[ability].items():
            found.append(Law(name, _over(cases, name, law)))
    return found


def _over(cases: list[Case], name: str, law: Callable[[Case], None]) -> Callable[[], None]:
    def check() -> None:
        for case in cases:
            try:
                law(case)
            except AssertionError as broken:
                where = f"{type(case.make(None)).__name__}, history({case.made.seed})"
                raise AssertionError(f"{where}: {name}: {broken}") from broken

    return check
