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
from typing import Any, get_args

from headwater.aggregations.base import EVERY_KIND, LISTS, Aggregation, Extra, Returns
from headwater.testing.approximation_laws import keeps_its_promise
from headwater.testing.fit_laws import FIT_LAWS
from headwater.testing.law_cases import Case, Make
from headwater.testing.path_laws import PATH_LAWS
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
    make = getattr(make, "of_example", make)
    member = make(None)
    documented = "its docstring says how nulls, empty input and order are treated"
    found = [
        Law("its attributes make sense", lambda: attributes_make_sense(member)),
        Law(documented, lambda: docstring_is_complete(member)),
    ]
    if member.error is not None:
        promise = "it keeps its promise against the exact member"
        found.append(Law(promise, lambda: keeps_its_promise(member)))
    case = Case.of(make, range(histories))
    for ability, laws in (("window", WINDOW_LAWS | PATH_LAWS), ("fit", FIT_LAWS)):
        if ability in member.serves:
            found += [Law(name, _over(case, name, law)) for name, law in laws.items()]
    return found


def _over(case: Case, name: str, law: Callable[[Case], None]) -> Callable[[], None]:
    def check() -> None:
        try:
            case.forget_compared()
            law(case)
            if case.has_told is False:
                raise AssertionError("nothing but empty results was compared: ask more histories")
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
    is_made_of_parts = bool(type(member).of_example("amount").parts)
    is_fit_only = hasattr(cls, "summarise") and not _has_functions(cls, cls.folds)
    has_no_fold = is_fit_only or is_made_of_parts
    given = tuple(member.reads_also)
    of_values = cls.folds == "values"
    said = {
        "it is a frozen dataclass": getattr(cls, "__dataclass_params__", None) is not None
        and cls.__dataclass_params__.frozen,
        "its column may be left out": fields(cls)[0].name == "column",
        "it takes some kinds": bool(cls.takes) and set(cls.takes) <= set(EVERY_KIND),
        "reads is value or rows": cls.reads in ("value", "rows"),
        "computes_in is float or same": cls.computes_in in ("float", "same"),
        "returns is known": cls.returns in get_args(Returns),
        "when_empty is null, an integer or ()": cls.when_empty in (None, ())
        or isinstance(cls.when_empty, int),
        "only lists are empty as ()": cls.when_empty != () or cls.returns in LISTS,
        "lists have a length": cls.returns not in LISTS or member.most > 0,
        "reads_also is in order": given == tuple(e for e in get_args(Extra) if e in given),
        "values fold without time and other": not of_values or not {"time", "other"} & {*given},
        "an index is of hashes": "index" not in given or cls.hashes,
        "an error is a promise": member.error is None
        or (member.error.bound > 0.0 and 0.0 < member.error.confidence <= 1.0),
        "what reads time serves no fit": not {"time", "as_of"} & {*given}
        or "fit" not in cls.serves,
        "the tolerance is small": 0.0 <= cls.tolerance < 1e-3,
        "its example is no fault": member.parameter_fault() is None,
        "it serves something": set(cls.serves) <= {"window", "fit"} and bool(cls.serves),
        "what order decides serves no fit": not (cls.ordered and "fit" in cls.serves),
        "what only summarises serves fits only": not hasattr(cls, "summarise")
        or _has_functions(cls, cls.folds)
        or tuple(cls.serves) == ("fit",),
        "what is made of parts serves windows only": not is_made_of_parts
        or tuple(cls.serves) == ("window",),
        "it folds states or values": cls.folds in _FUNCTIONS,
        "it has its functions": has_no_fold or _has_functions(cls, cls.folds),
        "so has integers": cls.integers is None or _has_functions(cls.integers, cls.folds),
        "its word is lower case": member.word == member.word.lower() and member.word.isidentifier(),
    }
    broken = [what for what, holds in said.items() if not holds]
    if broken:
        raise AssertionError(f"{cls.__name__}: not so: {'; '.join(broken)}")


def _has_functions(cls: type, folds: str) -> bool:
    return all(hasattr(cls, name) for name in _FUNCTIONS.get(folds, ()))
