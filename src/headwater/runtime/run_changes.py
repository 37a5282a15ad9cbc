"""What is not what it was when a run was recorded: data, definitions, versions, code, host."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from headwater.errors import CheckError
from headwater.plan import pins
from headwater.runtime.build import Resolved
from headwater.runtime.circumstances import circumstances
from headwater.runtime.project import Project
from headwater.runtime.records import code_state
from headwater.runtime.sessions import Session
from headwater.spec.model import Model

Kind = Literal[
    "data",
    "definition",
    "feature",
    "not comparable",
    "version",
    "platform",
    "host",
    "code",
    "seed",
    "setting",
    "variable",
    "package",
]
_DECIDES: tuple[Kind, ...] = ("data", "definition", "feature")
"""What makes it another run, so that there is nothing to compare."""
_MAY_DECIDE: tuple[Kind, ...] = ("not comparable", "version", "platform")
"""What may give other bytes for the same data and definitions."""
_SECTIONS: dict[Kind, str] = {
    "data": "sources",
    "definition": "definitions",
    "version": "versions",
    "setting": "settings",
    "variable": "environment",
    "package": "packages",
}
"""Where a record holds what; `headwater.runtime.circumstances` writes it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that is not what it was when a run was recorded.

    Args:
        kind: What kind of thing.
        name: Which of them.
        then: What the record holds; None where there was none.
        now: What is there, of a feature what changed, in words; None where there is none.
    """

    kind: Kind
    name: str
    then: Any
    now: Any


def changes_since(
    entry: Mapping[str, Any], model: Model, known: Resolved, project: Project
) -> list[Changed]:
    """What changed since a run was recorded, what decides about its numbers first.

    Another version of Polars writes every expression in other bytes. Definitions are then `not
    comparable` where their digests differ, and features are compared by their words.

    Args:
        entry: The record.
        model: As it is declared now.
        known: Its training set now.
        project: Whose run it was; its seed is only told, as that of the record is used.
    """
    then = entry["reproduce"]
    session = Session(project.home, then["seed"], memory=project.memory)
    now = as_recorded(circumstances(model, known.plan, known.data, session))
    is_same_polars = then["versions"].get("polars") == now["versions"]["polars"]
    found = []
    for kind, section in _SECTIONS.items():
        for one in _differing(kind, then.get(section, {}), now[section]):
            is_told = is_same_polars or kind != "definition" or None in (one.then, one.now)
            found.append(one if is_told else Changed("not comparable", *_values(one)))
    said = pins.changes(entry["pinned"], known.plan) if "pinned" in entry else {}
    found += [Changed("feature", column, None, words) for column, words in said.items()]
    return [*found, *_around(entry, project)]


def refuse_others(entry: Mapping[str, Any], changed: Sequence[Changed]) -> None:
    """Refuse a run whose data or definitions are not there any more.

    Raises:
        CheckError: HW412, naming each source and definition.
    """
    decides = [one for one in changed if one.kind in _DECIDES]
    if decides:
        raise refused(entry, decides)


def refused(entry: Mapping[str, Any], decides: Sequence[Changed]) -> CheckError:
    """The error that names what is not what the run read."""
    return CheckError(
        "HW412",
        f"run {entry['run']} cannot be reproduced: {'; '.join(map(_told, decides))}",
        hint=_remedy(entry, decides),
        checks=[asdict(one) for one in decides],
    )


def because(changed: Sequence[Changed]) -> str:
    """Why bytes may differ, although data and definitions are the same."""
    causes = [one for one in changed if one.kind in _MAY_DECIDE]
    if not causes:
        return "Nothing that is recorded changed: something does not repeat, which is a fault."
    versions = [f"{one.name} {one.then} -> {one.now}" for one in causes if one.kind == "version"]
    others = [one.name for one in causes if one.kind != "version"]
    said = [f"versions changed ({', '.join(versions)})"] if versions else []
    said += ["the platform changed"] if "platform" in others else []
    unknown = [name for name in others if name != "platform"]
    said += [f"not comparable between versions of Polars: {', '.join(unknown)}"] if unknown else []
    return f"It may be that {'; '.join(said)}."


def as_recorded(value: Any) -> Any:
    """The value as a record gives it back."""
    return json.loads(json.dumps(value, default=str))


def _around(entry: Mapping[str, Any], project: Project) -> Iterator[Changed]:
    """What is told of a run beside what it depended on: the project's seed, code, host."""
    yield from _differing("seed", entry["reproduce"], {"seed": project.seed}, ("seed",))
    yield from _differing("code", entry, code_state(project.folder), ("commit", "is_dirty"))
    yield from _differing("platform", entry, {"platform": platform.platform()}, ("platform",))
    yield from _differing("host", entry, {"host": platform.node()}, ("host",))


def _differing(
    kind: Kind, then: Mapping[str, Any], now: Mapping[str, Any], names: Sequence[str] = ()
) -> Iterator[Changed]:
    """Those of the names, by default all, whose values are not the same."""
    for name in names or {**then, **now}:
        if then.get(name) != now.get(name):
            yield Changed(kind, name, then.get(name), now.get(name))


def _values(one: Changed) -> tuple[str, Any, Any]:
    return one.name, one.then, one.now


def _told(one: Changed) -> str:
    if one.kind == "feature":
        return f"feature {one.name!r}: {one.now}"
    if one.kind == "data":
        others = "is not read any more" if one.now is None else "holds other data"
        return f"source {one.name!r} " + ("was not read" if one.then is None else others)
    others = "is not there any more" if one.now is None else "is defined otherwise"
    return f"{one.name} " + ("was not there" if one.then is None else others)


def _remedy(entry: Mapping[str, Any], decides: Sequence[Changed]) -> str:
    """Where the definitions and the data of the run are to be found."""
    said = []
    if any(one.kind != "data" for one in decides):
        commit = entry.get("commit")
        also = " with the changes that it had" if entry.get("is_dirty") else ""
        said.append(f"check out commit {commit}{also}" if commit else "declare what it was")
    data = [f"{one.name} {one.then}" for one in decides if one.kind == "data" and one.then]
    if data:
        said.append(f"bring back the data with these digests: {', '.join(data)}")
    return "; ".join(said) or "read no other source than the run did"
