"""The laws that every aggregation meets, over generated histories; for the author of a new one.

A member that serves windows gives results that depend on the visible rows in the window only, equal
to the bit in any order of rows, with any number of threads, whichever other rows are asked and
whatever lies outside the window. A member that serves fits gives the same statistic in any order,
and by group. `check_laws` raises at the first law that is broken:

>>> from headwater.aggregations.count import Count
>>> check_laws(Count, histories=1)
>>> [law.name for law in laws_of(Count)][:2]
['its attributes make sense', 'its docstring says how nulls, empty input and order are treated']
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from headwater.aggregations.base import EVERY_KIND, Aggregation
from headwater.testing.fit_laws import FIT_LAWS
from headwater.testing.law_cases import Case, Make
from headwater.testing.window_laws import WINDOW_LAWS

MANY = 12
"""Histories that each law is checked over; each has up to 40 rows and 12 questions."""
_FUNCTIONS = {
    "states": ("prepare", "lift", "merge", "result"),
    "values": ("room", "add", "remove", "result"),
}


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
    """The laws that a member has to meet, for what it serves."""
    member = make(None)
    documented = "its docstring says how nulls, empty input and order are treated"
    found = [
        Law("its attributes make sense", lambda: attributes_make_sense(member)),
        Law(documented, lambda: docstring_is_complete(member)),
    ]
    together = [Case.of(make, range(histories))]
    singly = [Case.of(make, [seed]) for seed in range(histories)]
    for ability, laws, cases in (
        ("window", WINDOW_LAWS, together),
        ("fit", FIT_LAWS, singly),
    ):
        if ability in member.serves:
            found += [Law(name, _over(cases, name, law)) for name, law in laws.items()]
    return found


def _over(cases: list[Case], name: str, law: Callable[[Case], None]) -> Callable[[], None]:
    def check() -> None:
        for case in cases:
            try:
                law(case)
            except AssertionError as broken:
                seeds = ", ".join(str(part.seed) for part in case.parts)
                where = f"{type(case.member).__name__}, histories {seeds}"
                raise AssertionError(f"{where}: {name}: {broken}") from broken

    return check


def docstring_is_complete(member: Aggregation) -> None:
    """Nulls, empty input and order are treated in words."""
    text = (type(member).__doc__ or "").lower()
    missing = [word for word in ("null", "empty", "order") if word not in text]
    if missing:
        raise AssertionError(f"the docstring of {type(member).__name__} lacks {missing}")


def attributes_make_sense(member: Aggregation) -> None:
    """What the class says about itself is possible and fits together."""
    cls: Any = type(member)
    is_fit_only = hasattr(cls, "summarise")
    said = {
        "it is a frozen dataclass": getattr(cls, "__dataclass_params__", None) is not None
        and cls.__dataclass_params__.frozen,
        "its column may be left out": fields(cls)[0].name == "column",
        "it takes some kinds": bool(cls.takes) and set(cls.takes) <= set(EVERY_KIND),
        "reads is value or rows": cls.reads in ("value", "rows"),
        "computes_in is float or same": cls.computes_in in ("float", "same"),
        "returns is known": cls.returns in ("float", "integer", "value", "row"),
        "when_empty is null or an integer": cls.when_empty is None or type(cls.when_empty) is int,
        "it serves something": set(cls.serves) <= {"window", "fit"} and bool(cls.serves),
        "what order decides serves no fit": not (cls.ordered and "fit" in cls.serves),
        "what summarises serves fits only": not is_fit_only or tuple(cls.serves) == ("fit",),
        "it folds states or values": cls.folds in _FUNCTIONS,
        "it has its functions": is_fit_only or _has_functions(cls, cls.folds),
        "so has integers": cls.integers is None or _has_functions(cls.integers, "states"),
        "its word is lower case": member.word == member.word.lower() and member.word.isidentifier(),
    }
    broken = [what for what, holds in said.items() if not holds]
    if broken:
        raise AssertionError(f"{cls.__name__}: not so: {'; '.join(broken)}")


def _has_functions(cls: type, folds: str) -> bool:
    return all(hasattr(cls, name) for name in _FUNCTIONS.get(folds, ()))
