"""Features of events with versions equal the naive reference (R6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS
from headwater.testing.reference_versions import Versions, existing
from headwater.testing.told_histories import IDENTITY, ToldHistory, told_history

HOUR = WINDOWS["1h"]
ROW = (("known_time", 0),)
AMOUNT = (("amount_known", 0),)
LENGTHS: dict[str, int | None] = {**WINDOWS, "all": None}
Differing = Callable[..., list[Any]]

FEATURES: list[tuple[str, str, str | None, str | None]] = [
    ("Count", "count", None, None),
    ("Count", "count", "amount", None),
    ("Sum", "sum", "amount", None),
    ("Sum", "sum", "quantity", "flag"),
    ("Mean", "mean", "amount", None),
    ("Variance", "variance", "quantity", None),
    ("Min", "min", "amount", None),
    ("Max", "max", "quantity", None),
    ("CountDistinct", "count_distinct", "note", None),
    ("CountDistinct", "count_distinct", "amount", "flag"),
    ("Last", "last", "note", None),
    ("Latest", "latest", "amount", None),
]
CLOCKS: dict[str, tuple[dict[str, Any], dict[str, reference.Moments]]] = {
    "as told": ({"amount": "amount_known"}, {"amount": (("amount_known", 0),)}),
    "keys always known": (
        {**dict.fromkeys((*ENTITY, "event_time", "sequence"), hw.ALWAYS), "amount": "amount_known"},
        {
            **dict.fromkeys((*ENTITY, "event_time", "sequence"), ()),
            "amount": (("amount_known", 0),),
        },
    ),
    "clocks of many kinds": (
        {
            "amount": pl.col("amount_known") - pl.duration(hours=1),
            "quantity": pl.col("event_time") + pl.duration(minutes=30),
            "deleted": pl.col("known_time") + pl.duration(hours=1),
            "note": "event_time",
        },
        {
            "amount": (("amount_known", -HOUR),),
            "quantity": (("event_time", HOUR // 2),),
            "deleted": (("known_time", HOUR),),
            "note": (("event_time", 0),),
        },
    ),
}
SEEDS = range(60)


def together(parts: Sequence[ToldHistory]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Many histories as one, each with regions and events of its own."""
    rows, spine = [], []
    for number, part in enumerate(parts):
        own, asked = part.frames()
        region = pl.format("{} {}", pl.lit(number), "region").alias("region")
        event = pl.format("{} {}", pl.lit(number), "event").alias("event")
        rows.append(own.with_columns(region, event))
        spine.append(asked.with_columns(region))
    return pl.concat(rows), pl.concat(spine)


def source(frame: pl.DataFrame, known_times: Mapping[str, Any], **declared: Any) -> Any:
    given: dict[str, Any] = {"sequence": "sequence", "deleted": "deleted"}
    return hw.Source(
        "told",
        hw.Frame(frame),
        event_time="event_time",
        known_time="known_time",
        known_times=known_times,
        null_known_time="never",
        identity=IDENTITY,
        **(given | declared),
    )


def versions(clocks: Mapping[str, reference.Moments], **changes: Any) -> Versions:
    columns = (*ENTITY, "event_time", "sequence", "deleted", "quantity", "note", "flag", "amount")
    given: dict[str, Any] = {"sequence": "sequence", "deleted": "deleted"} | changes
    return Versions(IDENTITY, order=ROW, clocks={**dict.fromkeys(columns, ROW), **clocks}, **given)


def asked_of(made: ToldHistory, feature: reference.Feature, **given: Any) -> list[Any]:
    asked: dict[str, Any] = {"entity": ENTITY, "as_of": "as_of", "event_time": "event_time"}
    asked |= {"sequence": "sequence", "feature": feature}
    return reference.enrich(made.spine, made.rows, **(asked | given))


def views(source: Any) -> list[Any]:
    """All features as one view, so that features with unlike clocks are computed together."""
    features = []
    for cls, _, column, where in FEATURES:
        one = getattr(hw, cls)(column, name=f"{cls}_{column}_{where}", where=where)
        features += [one.within(*WINDOWS), one.over_all()]
    return [hw.FeatureView("v", source, entity=ENTITY, features=features)]


@pytest.mark.parametrize("clocks", CLOCKS)
@pytest.mark.parametrize("through", [None, "complete_through"])
def test_each_value_equals_the_reference(
    clocks: str, through: str | None, differing: Differing
) -> None:
    declared, moments = CLOCKS[clocks]
    parts = [told_history(seed) for seed in SEEDS]
    rows, spine = together(parts)
    found = hw.enrich(spine, views(source(rows, declared)), as_of="as_of", complete_through=through)
    assert found.select(spine.columns).equals(spine)
    checked = 0
    for cls, aggregation, column, where in FEATURES:
        for text, window in LENGTHS.items():
            feature = reference.Feature(aggregation, column, window, (), where=where)
            wanted: list[Any] = []
            for part in parts:
                told = {"versions": versions(moments), "complete_through": through}
                wanted += asked_of(part, feature, **told)
            values = found[f"v__{cls}_{column}_{where}_{text}"].to_list()
            ulps = 2 if aggregation in ("mean", "variance") else 0
            assert differing(values, wanted, ulps=ulps) == [], (cls, column, where, text)
            checked += sum(value not in (None, 0) for value in wanted)
    assert checked > 500


def test_an_expression_reads_columns_of_several_versions(differing: Differing) -> None:
    """The composed row holds what was known of each column; no version needs to look like it."""
    parts = [told_history(seed) for seed in SEEDS]
    declared, moments = CLOCKS["as told"]
    rows, spine = together(parts)
    both = pl.col("amount") * 2 + pl.col("quantity")
    view = hw.FeatureView(
        "v", source(rows, declared), entity=ENTITY, features=[hw.Sum(both, name="both").over_all()]
    )
    found = hw.enrich(spine, [view], as_of="as_of")["v__both_all"].to_list()
    wanted: list[Any] = []
    mixed = 0
    for part in parts:
        for asked in part.spine:
            rows_then = composed(part, asked, moments)
            mixed += sum(row not in [_pick(own, row) for own in part.rows] for row in rows_then)
            now = ToldHistory([row | {"both": both_of(row)} for row in rows_then], [asked], 0)
            wanted += asked_of(now, reference.Feature("sum", "both", None, ()), sequence=None)
    assert differing(found, wanted) == []
    assert mixed > 10


def composed(
    part: ToldHistory, asked: Mapping[str, Any], moments: dict[str, Any]
) -> list[dict[str, Any]]:
    columns = (*ENTITY, "event_time", "amount", "quantity")
    found = existing(part.rows, columns, versions=versions(moments), as_of=asked["as_of"])
    return [dict(row) for row in found]


def _pick(row: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in like}


def both_of(row: Mapping[str, Any]) -> float | None:
    if row["amount"] is None or row["quantity"] is None:
        return None
    return float(row["amount"] * 2 + float(row["quantity"]))


@pytest.mark.parametrize("column", ["amount", "note", "quantity"])
def test_attributes_of_versions_equal_the_reference(column: str, differing: Differing) -> None:
    declared, moments = CLOCKS["as told"]
    parts = [told_history(seed) for seed in SEEDS]
    rows, spine = together(parts)
    view = hw.Attributes("a", source(rows, declared), entity=ENTITY, columns=column, ttl="1d")
    found = hw.enrich(spine, [view], as_of="as_of")[f"a__{column}"].to_list()
    feature = reference.Feature("latest", column, WINDOWS["1d"], ())
    wanted: list[Any] = []
    for part in parts:
        wanted += asked_of(part, feature, versions=versions(moments))
    assert differing(found, wanted) == []
    assert sum(value is not None for value in wanted) > 10


def test_order_of_rows_and_number_of_threads_do_not_move_a_bit() -> None:
    parts = [told_history(seed) for seed in range(30)]
    declared, _ = CLOCKS["clocks of many kinds"]
    rows, spine = together(parts)
    whole = hw.enrich(spine, views(source(rows, declared)), as_of="as_of")
    for other, threads in ((rows.reverse(), 1), (rows.sample(fraction=1, shuffle=True, seed=1), 3)):
        found = hw.enrich(spine, views(source(other, declared)), as_of="as_of", threads=threads)
        assert found.equals(whole)


def test_a_question_asked_alone_gets_what_it_gets_among_others() -> None:
    declared, _ = CLOCKS["as told"]
    for seed in range(6):
        rows, spine = together([told_history(seed)])
        whole = hw.enrich(spine, views(source(rows, declared)), as_of="as_of")
        for row in range(spine.height):
            alone = hw.enrich(spine[row], views(source(rows, declared)), as_of="as_of")
            assert alone.equals(whole[row])


def test_versions_of_one_order_are_refused_where_the_reference_refuses_them(
    differing: Differing,
) -> None:
    refused, answered = 0, 0
    count = reference.Feature("sum", "quantity", None, ())
    for seed in range(60):
        made = told_history(seed)
        rows, spine = made.frames()
        view = hw.FeatureView(
            "v",
            source(rows, {}, sequence=None),
            entity=ENTITY,
            features=[hw.Sum("quantity", name="one").over_all()],
        )
        plain = [
            {
                name: row[name]
                for name in (*IDENTITY, *ENTITY, "event_time", "known_time", "deleted", "quantity")
            }
            for row in made.rows
        ]
        wanted = answered_unless_tied(ToldHistory(plain, made.spine, 0), count)
        if wanted is None:
            with pytest.raises(DataError, match="HW405"):
                hw.enrich(spine, [view], as_of="as_of")
            refused += 1
        else:
            found = hw.enrich(spine, [view], as_of="as_of")["v__one_all"].to_list()
            assert differing(found, wanted) == []
            answered += 1
    assert refused > 10
    assert answered > 5


def answered_unless_tied(made: ToldHistory, feature: reference.Feature) -> list[Any] | None:
    """What the reference answers without a sequence; None where it refuses a tie."""
    told = versions({}, sequence=None)
    try:
        return asked_of(made, feature, sequence=None, versions=told)
    except DataError as error:
        return None if error.code == "HW405" else pytest.fail(f"unexpected {error}")
