"""Which parameters an estimator class takes, where its library lets one know."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from headwater.errors import Place, SpecError, closest

_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


def check_parameters(
    made: Any, params: Mapping[str, Any], *, import_path: str, place: Place | str | None
) -> None:
    """Refuse a parameter that the class does not take, with the nearest one that it does.

    A class that takes any keyword, as LightGBM's do, drops a misspelt one in silence.

    Raises:
        SpecError: HW701, a parameter is unknown.
    """
    known = known_parameters(made)
    if known is None:
        return
    unknown = [name for name in params if name not in known]
    if unknown:
        raise SpecError(
            "HW701",
            f"{import_path} takes no parameter {', '.join(map(repr, unknown))}",
            place=place,
            hint=_nearest(unknown[0], made, known),
        )


def known_parameters(made: Any) -> frozenset[str] | None:
    """The names that a class takes, with their aliases; None where they cannot be known."""
    try:
        parameters = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return None
    named = {
        one.name for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }
    if not any(one.kind == one.VAR_KEYWORD for one in parameters):
        return frozenset(named)
    aliases = _lightgbm_aliases() if made.__module__.partition(".")[0] == "lightgbm" else None
    return None if aliases is None else frozenset(named | aliases)


def _nearest(name: str, made: Any, known: frozenset[str]) -> str:
    """The nearest name of the class's own, before the aliases that its library takes as well."""
    own = known & set(inspect.signature(made).parameters)
    hint = closest(name, own, "parameters")
    return hint if hint.startswith("did you mean") else closest(name, known, "parameters")


def _lightgbm_aliases() -> frozenset[str] | None:
    """All that LightGBM's library understands; None in a version that does not say."""
    aliases = getattr(importlib.import_module("lightgbm.basic"), "_ConfigAliases", None)
    listed = getattr(aliases, "_get_all_param_aliases", None)
    if listed is None:
        return None
    table: Mapping[str, list[str]] = listed()
    return frozenset(name for names in table.items() for name in (names[0], *names[1]))
