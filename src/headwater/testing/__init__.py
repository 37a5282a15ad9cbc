"""What a test of a plug-in needs: the laws of words, the naive reference, generated histories.

`contract_of` gives the laws that an aggregation, a step or a check has to meet, `check_contract`
checks them all, and `pytest --headwater PROJECT` makes each a test for each word of a project.
`edge_frames` makes the frames that are met sooner or later: no row, nulls only, extremes, unseen
values. `changed` puts anything else in the place of what was not known at a moment: a feature that
was asked for by then must not move.

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

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from headwater.testing.histories import EDGES, WINDOWS, History, edges, histories_strategy, history
from headwater.testing.reference import (
    AGGREGATIONS,
    Feature,
    enrich,
    kept_value,
    static_value,
    visible,
)
from headwater.testing.reference_clocks import event_microseconds, known_microseconds
from headwater.testing.reference_labels import (
    ahead,
    ahead_known,
    complete_through,
    is_mature,
    reference_split,
)
from headwater.testing.reference_spines import AskedEvent, asked_events, every
from headwater.testing.reference_versions import Versions, existing
from headwater.testing.told_edges import TOLD_EDGES, told_edges
from headwater.testing.told_histories import ToldHistory, told_histories_strategy, told_history

if TYPE_CHECKING:
    from headwater.testing.aggregation_laws import Law
    from headwater.testing.contracts import check_contract, contract_of
    from headwater.testing.frame_edges import edge_frames
    from headwater.testing.non_interference import changed, truncated, unknown

__all__ = [
    "AGGREGATIONS",
    "EDGES",
    "TOLD_EDGES",
    "WINDOWS",
    "AskedEvent",
    "Feature",
    "History",
    "Law",
    "ToldHistory",
    "Versions",
    "ahead",
    "ahead_known",
    "asked_events",
    "changed",
    "check_contract",
    "complete_through",
    "contract_of",
    "edge_frames",
    "edges",
    "enrich",
    "event_microseconds",
    "every",
    "existing",
    "histories_strategy",
    "history",
    "is_mature",
    "kept_value",
    "known_microseconds",
    "reference_split",
    "static_value",
    "told_edges",
    "told_histories_strategy",
    "told_history",
    "truncated",
    "unknown",
    "visible",
]

_HOMES = {
    "Law": "aggregation_laws",
    "changed": "non_interference",
    "check_contract": "contracts",
    "contract_of": "contracts",
    "edge_frames": "frame_edges",
    "truncated": "non_interference",
    "unknown": "non_interference",
}
"""What needs the engines is loaded when it is first used: pytest loads this package each time."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"headwater.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"headwater.testing has no {name!r}")
