"""Chained views: the columns that rows of a source get as of their event time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from headwater.engines.histories import Rows
from headwater.engines.views import view_features


def with_views(rows: Rows, wanted: Iterable[str]) -> Rows:
    """The rows with those columns of their source's views that are wanted.

    A row asks as of its event time: of what comes then, and of what was not known then, it sees
    nothing, so that the columns are known as soon as the row is.

    Args:
        rows: With the keys of the views and the event time.
        wanted: Columns, other ones among them.

    Raises:
        DataError: What `view_features` raises; HW408, an event time is null.
    """
    asked, columns = set(wanted), []
    for view in rows.plan.views:
        features = tuple(one for one in view.features if one.column in asked)
        if features:
            part = replace(view, features=features)
            columns.append(view_features(part, rows.frame, as_of=rows.event_times()))
    return replace(rows, frame=pl.concat([rows.frame, *columns], how="horizontal"))
