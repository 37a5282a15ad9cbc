"""What a test of a plug-in needs: the naive reference of the rules and generated histories.

`reference` states the rules of time in plain loops; `histories` generates rows in which every known
edge occurs. Together they are the oracle of whatever computes features faster:

>>> from headwater.testing import Feature, enrich, history
>>> made = history(5)
>>> count = Feature("count", None, None, clock=(("known_time", 0),))
>>> answers = enrich(
...     made.spine, made.rows, entity=("region", "store"), as_of="as_of",
...     event_time="event_time", sequence="sequence", feature=count,
... )
>>> len(answers) == len(made.spine)
True
"""

from headwater.testing.histories import EDGES, WINDOWS, History, edges, histories_strategy, history
from headwater.testing.reference import (
    AGGREGATIONS,
    Feature,
    enrich,
    event_microseconds,
    kept_value,
    known_microseconds,
    reference_split,
    visible,
)

__all__ = [
    "AGGREGATIONS",
    "EDGES",
    "WINDOWS",
    "Feature",
    "History",
    "edges",
    "enrich",
    "event_microseconds",
    "histories_strategy",
    "history",
    "kept_value",
    "known_microseconds",
    "reference_split",
    "visible",
]
