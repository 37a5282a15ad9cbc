"""What is said of a feature wherever it is described: what it reads, how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.plan.lineage import feature_origins
from headwater.plan.proof import reached
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.spec.row_expressions import PythonExpression


def feature_facts(view: ViewPlan, feature: FeaturePlan) -> dict[str, Any]:
    """What a feature `reads`, by role, and how it is `computed`, as plain values."""
    return {
        "reads": written(feature_origins(view, feature)),
        "computed": {
            "aggregation": type(feature.aggregation).__name__,
            "value": text_of(feature.value),
            "where": text_of(feature.where),
            **_besides(feature),
            "entity": list(view.view.keys),
            "window": str(feature.window),
            "sees": _sees(view, feature),
            "type": str(feature.dtype),
        },
    }


def _besides(feature: FeaturePlan) -> dict[str, Any]:
    """What some features read or are made of, besides the values of one column."""
    found: dict[str, Any] = {}
    if feature.other is not None:
        found["other"] = text_of(feature.other)
    made_of = feature.parts[: len(feature.aggregation.parts)]
    if made_of:
        said = [
            (type(part.aggregation).__name__, text_of(part.value) or "rows") for part in made_of
        ]
        windows = [part.window for part in made_of]
        found["made_of"] = [
            f"{word} of {value} over {window}"
            for (word, value), window in zip(said, windows, strict=True)
        ]
    if feature.min_rows:
        found["min_rows"] = feature.min_rows
    return found


def _sees(view: ViewPlan, feature: FeaturePlan) -> str:
    """The rows that count, as conditions (R3)."""
    time, window = view.source.source.event_time, feature.window
    if time is None:
        return "all rows"
    starts = list(window.starts())
    start = f"max({', '.join(starts)})" if len(starts) > 1 else "".join(starts)
    known = f" and {reached(feature.mask)}" if feature.mask.moments else ""
    rows = f"{start} <= {time} < {window.end}{known}" if start else f"{time} < as_of{known}"
    where = "" if feature.where is None else " and where= holds"
    limits = list(window.limits())
    return f"of {rows}{where}: {', '.join(limits)}" if limits else rows


def written(roles: Mapping[str, Any]) -> dict[str, list[str]]:
    """Origins by role, each from value to source in words."""
    return {role: [str(origin) for origin in found] for role, found in roles.items()}


def text_of(expression: Any) -> str | None:
    """A row expression as a reader wants it; None for none."""
    if expression is None:
        return None
    if isinstance(expression, PythonExpression):
        return (
            f"{getattr(expression.func, '__name__', 'function')}({', '.join(expression.columns)})"
        )
    return str(expression)
