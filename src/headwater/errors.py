"""Every error that Headwater raises, drawn once.

    HeadwaterError            a coded message with place and hint
    ├── SpecError             the author of the definitions must act      exit code 2
    │   └── SpecErrors        several of them, found in one run
    ├── DataError             the owner of the data must act              exit code 3
    │   └── CheckError        the data breaks what was declared of it     exit code 1
    └── EngineError           the operator must act                       exit code 4

    HeadwaterWarning          an assumption that the user should know of

A message says what was found and what was expected, then where, then what to do:

    [HW214] column 'amout' is not in source 'orders'
      at features.py:12, feature view 'spend', Mean
      hint: did you mean 'amount'? columns: amount, currency, order_id
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

_PACKAGE = f"{Path(__file__).parent}/"  # with its end: the user's headwater_project is beside it


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the user's own file, and the definition that was made there."""

    file: str
    line: int
    what: str = ""

    def __str__(self) -> str:
        where = f"{Path(self.file).name}:{self.line}"
        return f"{where}, {self.what}" if self.what else where

    def of(self, what: str) -> Place:
        """The same line, speaking of `what`."""
        return Place(self.file, self.line, what)


def caller() -> Place | None:
    """The nearest line on the stack that is not Headwater's own, or None."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_PACKAGE, "<")) and "dataclasses" not in file:
            return Place(file, frame.f_lineno)
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def closest(name: str, known: Iterable[str], kind: str = "columns") -> str:
    """A hint that names the nearest of the known names, then (some of) all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return (f"did you mean {near[0]!r}? " if near else "") + f"{kind}: {listed or 'none'}"


class HeadwaterError(Exception):
    """A coded message with place and hint.

    Args:
        code: `HW` and three digits, listed in `headwater.errors.CODES`.
        message: What was found and what was expected; never rows or secrets.
        place: The user's line, or words that say where.
        hint: The next action; left out when there is none.
    """

    exit_code: ClassVar[int] = 4

    def __init__(
        self, code: str, message: str, *, place: Place | str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"[{self.code}] {self.message}"]
        if self.place is not None:
            lines.append(f"  at {self.place}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The same, for `--json`."""
        place = None if self.place is None else str(self.place)
        return {"code": self.code, "message": self.message, "place": place, "hint": self.hint}


class SpecError(HeadwaterError):
    """The definitions are wrong; their author must act."""

    exit_code = 2


class SpecErrors(SpecError):
    """Several faults of the definitions, found in one run.

    Args:
        faults: At least one; a single fault is better raised by itself (see `raise_all`).
    """

    def __init__(self, faults: Sequence[SpecError]) -> None:
        super().__init__(faults[0].code, f"{len(faults)} faults in the definitions")
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class DataError(HeadwaterError):
    """The data is wrong; its owner must act."""

    exit_code = 3


class CheckError(DataError):
    """The data breaks what was declared of it.

    Args:
        code: As in `HeadwaterError`, and so message, place and hint.
        checks: What each check found, those that passed too, as plain values.
    """

    exit_code = 1

    def __init__(
        self,
        code: str,
        message: str,
        *,
        place: Place | str | None = None,
        hint: str | None = None,
        checks: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(code, message, place=place, hint=hint)
        self.checks = tuple(checks)

    def to_dict(self) -> dict[str, Any]:
        """The same with what each check found, for `--json`."""
        return {**super().to_dict(), "checks": [dict(check) for check in self.checks]}


class EngineError(HeadwaterError):
    """The environment failed; the operator must act."""

    exit_code = 4


class HeadwaterWarning(UserWarning):
    """An assumption that the user should know of."""


def raise_all(faults: Sequence[SpecError]) -> None:
    """Raise nothing for no fault, the fault for one, `SpecErrors` for more."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise SpecErrors(faults)


CODES: dict[str, str] = {}
"""Each code and what it stands for; a test holds that all are used and none is missing."""

CODES |= {  # the project and its definitions
    "HW101": "the project folder or file is missing",
    "HW102": "headwater.toml cannot be read",
    "HW103": "the definitions cannot be loaded",
    "HW104": "a definition that was asked for does not exist",
    "HW105": "two definitions share one name",
    "HW106": "a word of the vocabulary is not known",
    "HW107": "a folder for a new project holds files",
    "HW108": "a run that was asked for is not recorded, or is not the only one",
}
CODES |= {  # sources, views, features
    "HW201": "a column is not in the source",
    "HW202": "a duration or window is not valid",
    "HW203": "two features share one name",
    "HW204": "a feature needs a name",
    "HW205": "an aggregation cannot take a type",
    "HW206": "an expression does not work row by row",
    "HW207": "the label is among the features",
    "HW208": "a view does not attach to the spine",
    "HW209": "a split is not valid",
    "HW210": "an expression cannot be resolved against the schema",
    "HW211": "an argument has the wrong kind",
    "HW212": "a static table is asked for its history",
    "HW213": "an aggregation cannot be compiled",
    "HW214": "by= would make too many columns",
    "HW215": "a check that depends on other rows cannot set rows aside",
}
CODES |= {  # the two clocks
    "HW301": "a column that must hold times holds something else",
    "HW302": "a naive timestamp has no declared zone",
    "HW303": "a value is provably not known at as_of",
    "HW304": "a clock is not a time column plus a constant",
    "HW305": "no clock was declared",
    "HW306": "rows are chosen by what is known later",
    "HW307": "a table without times counts as always known",
    "HW308": "a label ahead may be taken before its rows are known",
}
CODES |= {  # the data
    "HW401": "a file is missing or cannot be read",
    "HW402": "a source is empty",
    "HW403": "a clock is null and was not declared to be",
    "HW404": "a tie changes a result and no sequence was declared",
    "HW405": "an identity repeats",
    "HW406": "a part of the split is empty",
    "HW407": "a whole number does not fit 64 bits",
    "HW408": "a time is null or outside what 64-bit microseconds hold",
    "HW409": "a source changed while it was read",
    "HW410": "a value does not fit an expression",
    "HW411": "a source breaks its contract",
    "HW412": "data or definitions are not those of a recorded run",
}
CODES |= {  # the environment
    "HW500": "an unexpected error: a fault of Headwater itself",
    "HW501": "an extra is not installed",
    "HW502": "a result cannot be written",
    "HW503": "an artifact or a cached result is damaged",
    "HW504": "interrupted",
    "HW505": "a plan would let a value through before it is known",
    "HW506": "there is no run to report or to reproduce",
    "HW507": "a variable of the environment has no usable value",
    "HW508": "a view does not fit into the memory that was declared",
}
CODES |= {  # recipes and steps
    "HW601": "a step matches no column or the wrong kind of column",
    "HW602": "a statistic cannot be computed from the training rows",
    "HW603": "a program meets a column that it was not fitted on",
    "HW604": "a state cannot be read",
    "HW605": "a step and the label do not fit together",
}
CODES |= {  # models
    "HW701": "an estimator cannot be imported or made",
    "HW702": "a part holds a single class",
    "HW703": "a metric is undefined",
    "HW704": "an estimator refuses its parameters or the rows",
    "HW705": "a feature is not what a model learned from",
}
