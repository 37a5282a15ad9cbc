"""The contract of a source: checked against its columns, and identified, before a row is read."""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.checks.base import Check, OnBreak
from headwater.errors import Place
from headwater.plan.faults import REPORTED, Faults, reads
from headwater.plan.kinds import kind_of
from headwater.spec.plain import plain
from headwater.spec.source import Source

Types = Mapping[str, pl.DataType]
SET_ASIDE = "set_aside"
"""The `on_break` of checks whose rows are left out of what is read."""


def check_contract(
    source: Source, types: Types, faults: Faults, place: Place | None
) -> tuple[Check, ...]:
    """Add the faults of a source's contract, and give the sound checks that set rows aside.

    Args:
        source: As declared.
        types: Its columns after `derive`.
        faults: What they are added to.
        place: Where the source was declared.
    """
    contract: Any = source.contract
    owner = f"source {source.name!r}"
    if not faults.is_a(contract, Sequence, f"contract= of {owner}", place):
        return ()
    sound = []
    for check in contract:
        if isinstance(check, Check):
            at = None if check.place is None else check.place.of(f"{owner}, {_word(check)}")
            own = Faults()
            _check(check, types, own, at, owner)
            if check.on_break == SET_ASIDE and not own.found:
                sound += [check] if _tells_rows(check, types, own, at, owner) else []
            faults.take(own.found)
            continue
        faults.add(
            "HW211",
            f"{check!r} in contract= of {owner} is not a check",
            place=place,
            hint='write checks such as hw.NotNull("carrier")',
        )
    if sound:
        faults.names_folder(source.name, place)  # what is set aside is kept under its name
    return tuple(sound)


def read_by(check: Check, types: Types) -> tuple[str, ...]:
    """The columns that evaluating a check reads, sorted."""
    expressions = [check.where, *(part for one in check.wanted().values() for part in _parts(one))]
    columns = {column for one in expressions for column in reads(expression(one), types)}
    return tuple(sorted(columns | set(check.named)))


def expression(given: Any) -> Any:
    """A column's name as the expression that it stands for."""
    return pl.col(given) if isinstance(given, str) else given


def contract_of(source: Source) -> list[Any]:
    """What decides whether rows keep the contract, as plain values: checks and their code.

    It is no part of what decides a feature's value: features stay when a contract changes. It is
    part of what decides whether there is an artifact, and of what its manifest says.
    """
    return [{"check": plain(check), "code": code_of(check)} for check in source.contract]


def code_of(check: Check) -> str:
    """The digest of the file that the check's class is written in."""
    return hashlib.sha256(Path(inspect.getfile(type(check))).read_bytes()).hexdigest()


def _tells_rows(
    check: Check, types: Types, faults: Faults, place: Place | None, owner: str
) -> bool:
    """Whether a check tells from a row alone whether it breaks it: what is learned would leak."""
    if any(types[name] == REPORTED for name in check.named):
        return False
    breaks = check.breaks()
    if breaks is None:
        faults.add(
            "HW215",
            f"{_word(check)} cannot set rows aside: which row breaks it depends on other rows, "
            "which need not be known yet",
            place=place,
            hint='take on_break="fail" or "warn", or a check of single rows such as hw.NotNull',
        )
        return False
    return _is_condition("breaks()", breaks, types, faults, place, owner)


def _check(check: Check, types: Types, faults: Faults, place: Place | None, owner: str) -> None:
    _check_options(check, faults, place)
    where = expression(check.where)
    if where is not None:
        _is_condition("where=", where, types, faults, place, owner)
    named: tuple[Any, ...] = check.named
    names = [name for name in named if isinstance(name, str)]
    if not named or len(names) < len(named):
        message = f"{_word(check)} takes names of columns, found {list(named)!r}"
        faults.add("HW211", message, place=place)
        return
    if not faults.has_columns(names, types, owner, place):
        return
    if any(types[name] == REPORTED for name in names):
        return
    own = check.faults({name: types[name] for name in names})
    for message in own:
        faults.add("HW211", f"{_word(check)}: {message}", place=place)
    if not own:
        for aggregation in check.wanted().values():
            _check_statistic(aggregation, types, faults, place, owner)


def _check_options(check: Check, faults: Faults, place: Place | None) -> None:
    if check.on_break not in get_args(OnBreak):
        message = f"on_break= takes 'fail', 'warn' or 'set_aside', found {check.on_break!r}"
        faults.add("HW211", message, place=place)
    if check.at_most is not None and not _is_amount(check.at_most):
        message = "at_most= takes a number of rows or a share from 0.0 to 1.0, found "
        faults.add("HW211", f"{message}{check.at_most!r}", place=place)


def _is_amount(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value) and 0.0 <= value <= 1.0
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_statistic(
    aggregation: Aggregation, types: Types, faults: Faults, place: Place | None, owner: str
) -> None:
    word = type(aggregation).__name__
    if "fit" not in aggregation.serves:
        message = f"{word} is for features, not a statistic over all rows"
        faults.add("HW205", message, place=place)
    if aggregation.where is not None:
        _is_condition("where=", expression(aggregation.where), types, faults, place, owner)
    if aggregation.column is None:
        return
    dtype = faults.type_of(expression(aggregation.column), types, owner, place)
    if dtype is not None and kind_of(dtype) not in aggregation.takes:
        takes = ", ".join(aggregation.takes)
        faults.add("HW205", f"{word} cannot take {dtype}", place=place, hint=f"it takes {takes}")


def _is_condition(
    what: str, given: Any, types: Types, faults: Faults, place: Place | None, owner: str
) -> bool:
    """Whether an expression works row by row and gives true or false; a fault where it does not."""
    dtype = faults.type_of(given, types, owner, place)
    if dtype is not None and dtype != pl.Boolean:
        faults.add("HW211", f"{what} gives {dtype}, not true or false", place=place)
    return dtype == pl.Boolean


def _parts(aggregation: Aggregation) -> tuple[Any, Any]:
    return aggregation.column, aggregation.where


def _word(check: Check) -> str:
    return type(check).__name__
