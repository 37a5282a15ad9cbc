"""When the rows of a feature count, in words: its window, its boundary, its lag, its availability.

The rules are those of the plan, for a reader who does not know them: `headwater catalog` shows
them, and `headwater explain` has the same as conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.kernel.passes import ALL_HISTORY
from headwater.plan.lineage import feature_origins
from headwater.plan.origins import Origin
from headwater.plan.proof import Proof, covers
from headwater.plan.sources import SourcePlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.plan.windows import Window
from headwater.schema.clocks import ALWAYS, Moment
from headwater.schema.durations import spell_duration

_NULLS = {"never": "never known", "error": "a build stops (HW403)"}


def temporal_context(view: ViewPlan, feature: FeaturePlan, proof: Proof) -> dict[str, Any]:
    """`window`, `boundary`, `lag` and `availability` of a feature, as plain values with words."""
    return {
        "window": _window(view.source, feature.window),
        "boundary": _boundary(view.source, feature),
        "lag": _lag(view.source, feature),
        "availability": _availability(view, feature, proof),
    }


def window_words(window: Window) -> str:
    """A window for who does not know how it is written.

    >>> from headwater.schema.durations import DAY
    >>> window_words(Window(length=7 * DAY)), window_words(Window(rows=10, length=DAY))
    ('the 7 days before as_of', 'the newest 10 rows, in the 1 day before as_of')
    >>> window_words(Window(period="month", zone="UTC")), window_words(Window())
    ('the month of as_of so far, in UTC', 'all history before as_of')
    """
    return ", ".join(_limits(window)) or "all history before as_of"


def _limits(window: Window) -> Iterator[str]:
    before = "in " if window.rows or window.gap else ""
    if window.rows:
        yield "the newest row" if window.rows == 1 else f"the newest {window.rows} rows"
    if window.gap:
        gap = spell_duration(window.gap)
        yield f"the session that lasts until as_of, without a gap over {gap}"
    if window.period is not None:
        yield f"{before}the {window.period} of as_of so far, in {window.zone}"
    if window.length != ALL_HISTORY:
        length = spell_duration(window.length)
        hop = f" (its start rounded down to {spell_duration(window.hop)})" if window.hop else ""
        yield f"{before}the {length} before as_of{hop}"
    if window.ttl != ALL_HISTORY:
        yield f"no row older than {spell_duration(window.ttl)} (ttl)"


def _window(source: SourcePlan, window: Window) -> dict[str, Any]:
    is_timeless = source.source.event_time is None
    return {
        "written": str(window),
        "words": "none: the table has no times" if is_timeless else window_words(window),
        "length": _length(window.length),
        "hop": _length(window.hop or ALL_HISTORY),
        "period": window.period,
        "zone": window.zone,
        "rows": window.rows or None,
        "session_gap": _length(window.gap or ALL_HISTORY),
        "ttl": _length(window.ttl),
    }


def _length(microseconds: int) -> str | None:
    return None if microseconds == ALL_HISTORY else spell_duration(microseconds)


def _boundary(source: SourcePlan, feature: FeaturePlan) -> dict[str, Any]:
    """Where windows begin and end, and that the start is included and the end is not (R3)."""
    time = source.source.event_time
    if time is None:
        return {"start": None, "end": None, "words": "none: every row of the table counts"}
    read = feature.parts[: len(feature.aggregation.parts)] or (feature,)
    spans = dict.fromkeys(_span(one.window) for one in (feature, *read))
    return {
        "start": _start(feature.window),
        "end": feature.window.end,
        "words": f"rows with {time} {'; and '.join(spans)}",
    }


def _span(window: Window) -> str:
    start = _start(window)
    begins = "" if start is None else f"from {start} (included) to "
    return f"{begins}before {window.end} (excluded)"


def _start(window: Window) -> str | None:
    starts = list(window.starts())
    return f"the latest of {', '.join(starts)}" if len(starts) > 1 else "".join(starts) or None


def _lag(source: SourcePlan, feature: FeaturePlan) -> dict[str, Any]:
    """How long after its event a row can be seen: the same for all rows, or not."""
    event_time = source.source.event_time
    late = [m for m in feature.mask.moments if m.column != event_time or m.offset > 0]
    if covers(ALWAYS, feature.clock, event_time=event_time):
        words = "none: known with the event" if feature.clock.moments else "none: always known"
        return {"is_constant": True, "microseconds": 0, "words": words}
    if all(moment.column == event_time for moment in late):
        offset = max(moment.offset for moment in late)
        words = f"{spell_duration(offset)} after the event, for every row"
        return {"is_constant": True, "microseconds": offset, "words": words}
    until = " and ".join(map(str, late))
    return {
        "is_constant": False,
        "microseconds": None,
        "words": f"differs from row to row: until {until}",
    }


def _availability(view: ViewPlan, feature: FeaturePlan, proof: Proof) -> dict[str, Any]:
    """Which clock says when a row is known, what that clock is, and why it holds at `as_of`."""
    source = view.source.source
    moments = [_moment(view, feature, moment) for moment in proof.clock.moments]
    if not moments:
        words = "at any moment"
        words += f": the table has no times ({source.static})" if source.static else ""
    else:
        words = "once " + " and ".join(
            f"{one['moment']} is reached ({one['words']})" for one in moments
        )
    return {
        "clock": str(proof.clock),
        "verdict": proof.verdict,
        "because": proof.because,
        "moments": moments,
        "words": words,
    }


def _moment(view: ViewPlan, feature: FeaturePlan, moment: Moment) -> dict[str, Any]:
    source = view.source.source
    declared = sorted({one.because for one in _origins(view, feature) if _waits(one, moment)})
    null = _NULLS[source.null_known_time]
    is_event_time = moment.column == source.event_time
    what = "the event time" if is_event_time else "a time of the row"
    said = [f"{what}, by {' and '.join(declared)}", *([] if is_event_time else [f"null: {null}"])]
    return {
        "moment": str(moment),
        "column": moment.column,
        "type": str(view.source.schema[moment.column]),
        "declared": declared,
        "null": null,
        "words": "; ".join(said),
    }


def _waits(origin: Origin, moment: Moment) -> bool:
    return moment in origin.clock.moments


def _origins(view: ViewPlan, feature: FeaturePlan) -> Iterator[Origin]:
    for found in feature_origins(view, feature).values():
        yield from found
