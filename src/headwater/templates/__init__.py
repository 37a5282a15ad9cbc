"""Templates: the features of common patterns, as definitions to take, to change and to keep.

A template is a function from columns and windows to the features of a view, or to a derived column.
The view says source and entity, so one template serves any of them:

>>> from headwater.aggregations.last import Last
>>> from headwater.sources.parquet import Parquet
>>> from headwater.spec.feature_view import FeatureView
>>> from headwater.spec.source import Source
>>> orders = Source("orders", Parquet("orders.parquet"), event_time="ordered_at")
>>> habits = FeatureView(
...     "habits",
...     orders,
...     entity="customer",
...     features=[*rfm("price", "30d", "90d"), *variety("shop", "90d"), Last("shop").over_all()],
... )
>>> [type(one.aggregation).__name__ for one in habits.features]
['TimeSince', 'TimeSince', 'Count', 'Sum', 'Mean', 'Max', 'CountDistinct', 'Entropy', 'Last']

Each is one file of its name; nothing else lists it. What a template gives obeys the clocks as all
features do: it sees what was known at `as_of`. Nulls, ties and empty input are treated as its
aggregations say.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headwater.errors import closest

__all__: list[str] = sorted(found.name for found in iter_modules(__path__))
# a file and its function have one name: the function is set last, and stays
globals().update({name: getattr(import_module(f"{__name__}.{name}"), name) for name in __all__})


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no template {name!r}; {closest(name, __all__, 'templates')}")
