"""Setting rows aside tells nothing of later: it is a condition, known when what it reads is.

The oracle knows no such checks: in it every feature of the source has the condition in `where=`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.errors import HeadwaterWarning
from headwater.runtime.enrich import _warned
from headwater.testing.non_interference import changed

AT = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 400
ASIDE: dict[str, Any] = {"on_break": "set_aside"}
IS_GOOD = pl.col("score").is_between(3.0, 40.0) & pl.col("amount").is_not_null()
CONTRACT = (hw.Between("score", 3, 40, **ASIDE), hw.NotNull("score", "amount", **ASIDE))


def history() -> pl.DataFrame:
    """Orders whose amount is known when they happen, and whose score is up to two days later."""
    rng = np.random.default_rng(11)
    times = [AT + timedelta(hours=3 * row) for row in range(ROWS)]
    late = [None if n % 9 == 0 else int(n) for n in rng.integers(0, 48, ROWS)]
    return pl.DataFrame(
        {
            "number": range(ROWS),
            "customer": [("anna", "bo", "chloë", None)[n] for n in rng.integers(0, 4, ROWS)],
            "at": times,
            "scored_at": [
                None if wait is None else time + timedelta(hours=wait)
                for time, wait in zip(times, late, strict=True)
            ],
            "amount": [None if n % 7 == 0 else float(n) for n in rng.integers(0, 90, ROWS)],
            "score": [None if n == 0 else float(n) for n in rng.integers(0, 50, ROWS)],
        }
    )


HISTORY = history()
SPINE = pl.DataFrame(
    {
        "customer": ["anna", "bo", "chloë", None, "dora"] * 80,
        "asked_at": [AT + timedelta(hours=4 * n + n % 3) for n in range(400)],
    }
)


def source(reader: Any, contract: Any = (), **given: Any) -> hw.Source:
    return hw.Source(
        "orders",
        reader,
        event_time="at",
        known_time="at",
        known_times={"score": "scored_at", "scored_at": "scored_at"},
        null_known_time="never",
        sequence="number",
        contract=contract,
        **given,
    )


def views(of: hw.Source, where: Any = None) -> list[Any]:
    return [
        hw.FeatureView(
            "spend",
            of,
            entity="customer",
            features=[
                hw.Count(where=where, name="count").within("2d", "5d"),
                hw.Mean("amount", where=where, name="mean").within("3d"),
                hw.Last("amount", where=where, name="last").over_rows(4),
                hw.Max("score", where=where, name="max").over_all(),
                hw.Ratio(hw.Sum("amount", where=where), hw.Count(where=where), name="ratio").within(
                    "4d"
                ),
            ],
        )
    ]


def asked(reader: Any, contract: Any = CONTRACT, where: Any = None, **given: Any) -> pl.DataFrame:
    made = views(source(reader, contract, **given), where)
    found: pl.DataFrame = hw.enrich(SPINE, made, as_of="asked_at")
    return found


pytestmark = pytest.mark.filterwarnings("ignore::headwater.errors.HeadwaterWarning")


def test_features_are_those_of_the_same_condition_in_each_of_them() -> None:
    expected = asked(hw.Frame(HISTORY), (), IS_GOOD)
    assert asked(hw.Frame(HISTORY)).equals(expected, null_equal=True)
    assert not asked(hw.Frame(HISTORY), ()).equals(expected, null_equal=True)
    assert expected["spend__count_5d"].n_unique() > 3


def test_a_row_counts_once_it_is_known_to_be_good_and_not_before() -> None:
    rows = pl.DataFrame(
        {
            "number": [1, 2],
            "customer": ["anna", "anna"],
            "at": [AT, AT],
            "scored_at": [AT + timedelta(hours=10), AT + timedelta(hours=10)],
            "amount": [1.0, 1.0],
            "score": [5.0, 99.0],
        }
    )
    spine = pl.DataFrame(
        {"customer": ["anna"] * 2, "asked_at": [AT + timedelta(hours=n) for n in (9, 10)]}
    )
    made = views(source(hw.Frame(rows), CONTRACT))
    found = hw.enrich(spine, made, as_of="asked_at")
    assert found["spend__count_2d"].to_list() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_what_was_not_known_moves_no_feature_though_it_decides_what_is_set_aside(
    seed: int,
) -> None:
    moment = AT + timedelta(days=8 + 4 * seed)
    at = int(moment.timestamp()) * 1_000_000
    bare = source(hw.Frame(HISTORY))
    other = changed(bare, HISTORY, at=at, seed=seed, versions=False)
    is_early = SPINE["asked_at"] <= moment
    expected, found = (
        asked(hw.Frame(rows)).filter(is_early) for rows in (HISTORY, other.sort("number", "at"))
    )
    assert found.height > 30
    assert found.equals(expected, null_equal=True)


@pytest.mark.parametrize("identity", [(), ("number",)], ids=["rows", "versions"])
def test_out_of_core_and_for_single_rows_the_same_rows_are_set_aside(
    identity: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = HISTORY if not identity else pl.concat([HISTORY, told_again(HISTORY)])
    path = tmp_path / "orders.parquet"
    versions.write_parquet(path, row_group_size=50)
    reader = hw.Parquet(str(path))
    given: dict[str, Any] = {"identity": identity}
    expected = asked(hw.Frame(versions), **given)
    assert asked(reader, **given).equals(expected, null_equal=True)
    made = views(source(reader, CONTRACT, **given))
    for row in (0, 17, 230, 399):
        one = hw.enrich(SPINE[row : row + 1], made, as_of="asked_at")
        assert one.equals(expected[row : row + 1], null_equal=True)
    monkeypatch.setenv("HEADWATER_MEMORY", "30KB")
    with pytest.warns(HeadwaterWarning, match="partitions on disk"):
        split = asked(reader, **given)
    assert split.equals(expected, null_equal=True)


def told_again(rows: pl.DataFrame) -> pl.DataFrame:
    """Later versions of some rows, of which some are bad."""
    return rows.filter(pl.col("number") % 3 == 0).with_columns(
        pl.col("at") + pl.duration(hours=1),
        pl.col("scored_at") + pl.duration(hours=5),
        score=pl.when(pl.col("number") % 2 == 0).then(99.0).otherwise(pl.col("score")),
        amount=pl.col("amount") + 100,
    )


def test_a_bad_version_is_not_told_and_the_one_before_it_stands() -> None:
    rows = pl.DataFrame(
        {
            "number": [1, 1],
            "customer": ["anna", "anna"],
            "at": [AT, AT + timedelta(hours=1)],
            "scored_at": [AT, AT + timedelta(hours=20)],
            "amount": [10.0, 30.0],
            "score": [5.0, 99.0],
        }
    )
    spine = pl.DataFrame(
        {"customer": ["anna"] * 2, "asked_at": [AT + timedelta(hours=n) for n in (5, 30)]}
    )
    for score, then in ((99.0, 10.0), (6.0, 30.0)):
        told = rows.with_columns(pl.Series("score", [5.0, score]))
        made = views(source(hw.Frame(told), CONTRACT, identity="number"))
        found = hw.enrich(spine, made, as_of="asked_at")
        assert found["spend__mean_3d"].to_list() == [10.0, then]


def test_static_tables_and_attributes_leave_out_what_is_set_aside() -> None:
    planes = pl.DataFrame({"customer": ["anna", "anna", "bo"], "tier": [1, -1, -5]})
    table = hw.Source(
        "tiers",
        hw.Frame(planes),
        static="never changes",
        contract=[hw.Between("tier", 0, None, **ASIDE)],
    )
    tier = hw.Attributes("is", table, entity="customer", columns=["tier"])
    found = hw.enrich(SPINE[:2], [tier], as_of="asked_at")
    assert found["is__tier"].to_list() == [1, None]


def test_rows_of_chained_views_are_set_aside_with_a_word() -> None:
    inner = views(source(hw.Frame(HISTORY), CONTRACT))[0]
    asks = pl.DataFrame({"customer": ["anna", "bo"], "at": [AT + timedelta(days=9)] * 2})

    def found(view: Any) -> pl.DataFrame:
        outer = hw.Source("asks", hw.Frame(asks), event_time="at", known_time="at", views=[view])
        column = "spend__count_5d"
        last = hw.Attributes("last", outer, entity="customer", columns=[column])
        made: pl.DataFrame = hw.enrich(SPINE[-5:-3], [last], as_of="asked_at")
        return made

    said = "source 'orders', Between\\(score\\): .* are set aside"
    _warned.clear()
    with pytest.warns(HeadwaterWarning, match=said):
        assert found(inner).height == 2
    expected = found(views(source(hw.Frame(HISTORY)), IS_GOOD)[0])
    assert found(inner).equals(expected)
    assert expected["last__spend__count_5d"].sum() > 0
