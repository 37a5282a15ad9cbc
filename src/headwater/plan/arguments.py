"""Whether definitions were given what they can be made of, before anything is asked of it.

What a plan reads by name or by key has to be a name or a mapping first: of a source whose
`identity=` is a number there is nothing more to say than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.spec.label import Label
from headwater.spec.source import Source
from headwater.spec.spine import Spine
from headwater.spec.view import View


def source_has_kinds(source: Source, faults: Faults, place: Place | None) -> bool:
    """Whether names are names and mappings are mappings; each that is not is a fault."""
    asked = [
        faults.is_text(source.name, "the name of a source", place),
        source.event_time is None or faults.is_name(source.event_time, "event_time=", place),
        _has_names(source.known_times, "known_times=", faults, place),
        _has_names(source.derive, "derive=", faults, place),
        faults.is_names(source.identity, "identity=", place),
    ]
    if all(asked) and len(set(source.identity)) < len(source.identity):
        words = f"identity {list(source.identity)} names a column twice"
        faults.add("HW211", words, place=place)
        return False
    return all(asked)


def view_has_kinds(view: View, what: str, faults: Faults, place: Place | None) -> bool:
    """Whether a view has a name, and an entity of names; each that is not is a fault."""
    asked = [
        faults.is_text(view.name, f"the name of {what}", place),
        faults.is_names(view.entity, "entity=", place),
    ]
    return all(asked)


def label_has_kinds(label: Label, faults: Faults, place: Place | None) -> bool:
    """Whether a label and its clock are named with text; each that is not is a fault."""
    asked = [
        faults.is_text(label.name, "the name of a label", place),
        label.known_time is None or faults.is_name(label.known_time, "known_time=", place),
    ]
    return all(asked)


def spine_has_kinds(spine: Spine, faults: Faults) -> bool:
    """Whether the kept columns of a spine are names; a fault where they are not."""
    place = None if spine.place is None else spine.place.of("spine")
    return faults.is_names(spine.keep, "keep=", place)


def _has_names(value: Any, what: str, faults: Faults, place: Place | None) -> bool:
    """Whether an argument is a mapping from names."""
    return faults.is_a(value, Mapping, what, place) and all(
        faults.is_text(name, f"a name in {what}", place) for name in value
    )
