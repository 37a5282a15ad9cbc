"""Which values `top=` means: the most frequent when training ended.

Counted are the rows of the source that meet the feature's condition, as they were known before the
first `as_of` of the part after training: what a model that is trained then can know. Of values that
occur equally often the smaller comes first. Where there are fewer values than asked for, the rest
of the features see no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from headwater.aggregations.count import Count
from headwater.engines.spines import IN_PART, SpineRows
from headwater.engines.versions import read_events
from headwater.engines.views import view_features
from headwater.plan.by import Ranked, condition
from headwater.plan.faults import Faults
from headwater.plan.views import FeaturePlan, ViewPlan, plan_view
from headwater.spec.feature_view import FeatureView

Values = dict[str, Any]
"""The value of each feature by its column; None where there are fewer."""


def top_values(view: ViewPlan, spine: SpineRows) -> Values:
    """The values of all features that learn theirs; none of a view without such."""
    listed: dict[tuple[str, int], list[Any]] = {}
    found: Values = {}
    for feature in view.features:
        ranked = feature.ranked
        if ranked is None:
            continue
        key = ranked.by, id(ranked.where)
        if key not in listed:
            listed[key] = _most_frequent(view, ranked, _end_of_training(spine))
        values = listed[key]
        found[feature.column] = values[ranked.rank - 1] if ranked.rank <= len(values) else None
    return found


def with_top_values(view: ViewPlan, values: Mapping[str, Any]) -> ViewPlan:
    """The view whose features know their values."""
    return replace(view, features=tuple(_known(one, values) for one in view.features))


def _known(feature: FeaturePlan, values: Mapping[str, Any]) -> FeaturePlan:
    ranked = feature.ranked
    if ranked is None:
        return feature
    where = condition(ranked.by, values[feature.column], ranked.where)
    parts = tuple(replace(part, where=where) for part in feature.parts)  # which count its rows
    return replace(feature, where=where, ranked=None, parts=parts)


def _end_of_training(spine: SpineRows) -> int:
    """The first moment of the next part; where there is none, that after the last row."""
    later: list[str] = list(spine.facts["boundaries"].values())
    if later:
        first = min(datetime.fromisoformat(one) for one in later)
        return int(pl.Series([first]).dt.epoch("us")[0])
    moments = spine.frame.filter(pl.col(IN_PART) == "train")["as_of"].cast(pl.Int64)
    return int(moments.max()) + 1  # type: ignore[arg-type]


def _most_frequent(view: ViewPlan, ranked: Ranked, end: int) -> list[Any]:
    """The values in sight just before a moment, the most frequent first."""
    count = Count(where=ranked.where, name="rows").over_all()
    faults = Faults()
    counting = plan_view(
        FeatureView("top", view.view.source, entity=ranked.by, features=[count]), faults
    )
    faults.raise_all()
    if counting is None:
        raise AssertionError("a view without faults has a plan")
    read = read_events(counting.source, counting.columns).versions.frame
    values = read.select(pl.col(ranked.by).drop_nulls().unique())
    asked = pl.Series([end], dtype=pl.Int64).new_from_index(0, values.height)
    counted = values.with_columns(
        view_features(counting, values, as_of=asked, known_by=asked - 1).to_series().alias("rows")
    )
    text = pl.col(ranked.by)
    if values[ranked.by].dtype in (pl.Categorical, pl.Enum):
        text = text.cast(pl.String)
    ordered = counted.select(text.alias("value"), "rows").filter(pl.col("rows") > 0)
    return ordered.sort("rows", "value", descending=[True, False])["value"].to_list()
