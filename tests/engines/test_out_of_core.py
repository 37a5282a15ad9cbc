"""A history larger than memory is folded in parts, with the bits that it has in memory."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.out_of_core import (
    Answers,
    Questions,
    Room,
    answers_by_partition,
    partitions_of,
)
from headwater.engines.partitions import Scratch
from headwater.engines.views import view_features
from headwater.errors import DataError, EngineError, HeadwaterWarning
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.stores.partitions import Partitions

TIME = pl.Datetime("us", "UTC")
DAY = 86_400_000_000
EVENTS = pl.DataFrame(
    {
        "entity": [1, 2, None, 3, 1, 1, 4, 2, 1],
        "event_time": pl.Series(range(DAY, DAY + 9)).cast(TIME),
        "amount": [0.1, 0.2, 9.0, None, 0.3, 1e17, -0.0, 5.0, -1e17],
        "kind": ["a", "b", "a", "c", "c", None, "b", "a", "b"],
    }
)
SPINE = pl.DataFrame(
    {
        "entity": pl.Series([2, 9, 1, None, 1, 3, 4, 1], dtype=pl.Int32),
        "as_of": pl.Series(
            [DAY + tick if tick else None for tick in (8, 8, 6, 8, 0, 8, 8, 9)]
        ).cast(TIME),
    }
)


DOUBLED = {"doubled": pl.col("amount") * 2}


def checked(view: hw.FeatureView) -> ViewPlan:
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def planned(folder: Path, entity: str = "entity", **given: Any) -> ViewPlan:
    EVENTS.write_parquet(folder / "events.parquet", row_group_size=2)
    source = hw.Source(
        "s",
        hw.Parquet(str(folder / "events.parquet")),
        event_time="event_time",
        known_time="event_time",
        **given,
    )
    amounts = (
        hw.Sum("amount"), hw.Mean("doubled"), hw.Last("kind"), hw.Max("amount"),
        hw.CountDistinct("kind"),
    )  # fmt: skip
    features = [hw.Count().within("3d"), *(one.within("3d") for one in amounts)]
    return checked(hw.FeatureView("v", source, entity=entity, features=features))


def enriched(folder: Path, **options: Any) -> pl.DataFrame:
    view = planned(folder, derive=DOUBLED).view
    found: pl.DataFrame = hw.enrich(pl.concat([SPINE] * 20), [view], as_of="as_of", **options)
    return found


def by_partition(plan: ViewPlan, work: Any, partitions: int, **given: Any) -> pl.DataFrame:
    moments = SPINE["as_of"].cast(pl.Int64)
    asked = Questions(SPINE.select("entity"), moments, moments)
    room = Room(work=work, **given)
    return answers_by_partition(plan, asked, room, partitions=partitions).frame()


@pytest.mark.parametrize(("budget", "threads"), [("6KB", 1), ("1000", 2)])
def test_past_the_memory_budget_every_bit_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: str, threads: int
) -> None:
    expected = enriched(tmp_path)
    monkeypatch.setenv("HEADWATER_MEMORY", budget)
    with pytest.warns(HeadwaterWarning, match="would pass the budget of .* in [0-9]+ partitions"):
        found = enriched(tmp_path, threads=threads)
    assert found.schema == expected.schema
    assert [repr(row) for row in found.rows()] == [repr(row) for row in expected.rows()]
    assert expected["v__count_3d"].head(8).to_list() == [2, 0, 3, 0, 0, 1, 1, 4]


def test_an_answered_partition_is_not_computed_again(tmp_path: Path) -> None:
    plan, work, heard = planned(tmp_path, derive=DOUBLED), Scratch(), list[str]()
    first = by_partition(plan, work, 3)
    files = {file: file.stat().st_mtime_ns for file in work.folder.rglob("*.*")}
    (tmp_path / "events.parquet").unlink()  # which is split already
    answers = work.path("answers-2")
    (answers / "rows.arrow").unlink()
    answers.rmdir()
    assert by_partition(plan, work, 2, say=heard.append).equals(first)
    again = {file: file.stat().st_mtime_ns for file in work.folder.rglob("*.*")}
    assert {file for file in files if files[file] != again[file]} == {answers / "rows.arrow"}
    assert heard == ["view 'v': 2 of 3 partitions are there from a run before"]


def test_a_smaller_budget_than_before_begins_anew(tmp_path: Path) -> None:
    plan, work = planned(tmp_path, derive=DOUBLED), Scratch()
    first = by_partition(plan, work, 2)
    assert by_partition(plan, work, 4).equals(first)
    assert sorted(work.names()) == [*(f"answers-{part}" for part in range(4)), "split-4"]


def test_no_rows_get_no_answers(tmp_path: Path) -> None:
    plan, none = planned(tmp_path, derive=DOUBLED), pl.Series([], dtype=pl.Int64)
    found = view_features(plan, SPINE.clear(), as_of=none, room=Room(memory=1))
    assert found.shape == (0, 6)


def test_answers_that_stay_on_disk_are_the_same(tmp_path: Path) -> None:
    plan = planned(tmp_path, derive=DOUBLED)
    asked = Questions(SPINE.select("entity"), SPINE["as_of"].cast(pl.Int64), None)
    for memory in (1, 1_000, 1_000_000):
        found = answers_by_partition(plan, asked, Room(), partitions=3)
        assert isinstance(found, Answers)
        whole, scanned = found.frame(), found.scan(memory)
        assert scanned.collect().equals(whole)
        assert (
            scanned.select("v__kind_last_3d")
            .head(3)
            .collect()
            .equals(whole[:3, ["v__kind_last_3d"]])
        )
        counted = pl.col("v__count_3d") > 1
        assert scanned.filter(counted).collect().equals(whole.filter(counted))
        assert scanned.select(pl.len()).collect().item() == SPINE.height
        beside = pl.concat([SPINE.lazy(), scanned], how="horizontal")
        assert beside.slice(2, 3).collect().equals(SPINE.hstack(whole).slice(2, 3))


def test_the_number_of_partitions_follows_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, derive=DOUBLED)
    assert partitions_of(plan, 8, Room()) == 1
    assert partitions_of(plan, 8, Room(memory=1)) == 9  # as many as it has rows
    assert partitions_of(plan, 0, Room(memory=700)) == 4  # a part is held up to three times
    in_memory, on_disk = (Room(memory=1_300, on_disk=one) for one in (False, True))
    assert partitions_of(plan, 10, in_memory) > partitions_of(plan, 10, on_disk) > 1
    monkeypatch.setenv("HEADWATER_MEMORY", "much")
    with pytest.raises(EngineError, match="HEADWATER_MEMORY is 'much', not a size of memory"):
        partitions_of(plan, 8, Room(memory=1))


UNSPLIT: list[tuple[dict[str, Any], str]] = [
    ({"identity": "named"}, "the identity of its events is derived"),
    ({"identity": "amount"}, "the identity of its events has a type that is not hashed"),
]


@pytest.mark.parametrize(("given", "reason"), UNSPLIT)
def test_what_cannot_be_split_is_held_in_memory_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], reason: str
) -> None:
    monkeypatch.delenv("HEADWATER_MEMORY", raising=False)
    monkeypatch.setattr("headwater.engines.memory.free_bytes", lambda: 2)
    heard: list[str] = []
    plan = planned(tmp_path, derive={**DOUBLED, "named": pl.col("kind") + "!"}, **given)
    assert partitions_of(plan, 8, Room(say=heard.append)) == 1
    assert heard[0].endswith(f"would pass the budget of 1 B, but is held in memory: {reason}")


@pytest.mark.parametrize(("given", "reason"), UNSPLIT)
def test_what_cannot_be_split_is_refused_where_memory_was_declared(
    tmp_path: Path, given: dict[str, Any], reason: str
) -> None:
    plan = planned(tmp_path, derive={**DOUBLED, "named": pl.col("kind") + "!"}, **given)
    with pytest.raises(EngineError) as caught:
        partitions_of(plan, 8, Room(memory=300))
    assert caught.value.code == "HW508"
    assert "view 'v'" in str(caught.value)
    assert "over the 300 B that were declared" in str(caught.value)
    assert f"cannot be split: {reason}" in str(caught.value)
    assert "test_out_of_core.py" in str(caught.value)
    assert "HEADWATER_MEMORY" in str(caught.value)
    assert partitions_of(plan, 8, Room(memory=100_000)) == 1


def test_memory_that_the_variable_declares_is_kept_to_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, derive=DOUBLED, identity="amount")
    monkeypatch.setenv("HEADWATER_MEMORY", "100")
    with pytest.raises(EngineError, match="HW508"):
        partitions_of(plan, 8, Room())


@pytest.mark.parametrize("is_lazy", [False, True])
def test_no_view_is_computed_where_one_of_them_will_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_lazy: bool
) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    second.mkdir()
    views = [
        planned(first, derive=DOUBLED).view,
        planned(second, derive=DOUBLED, identity="amount").view,
    ]
    monkeypatch.setenv("HEADWATER_MEMORY", "100")
    monkeypatch.setattr("headwater.runtime.enrich.view_answers", None)
    monkeypatch.setattr("headwater.runtime.enrich.view_features", None)
    spine = pl.concat([SPINE] * 20)
    with pytest.raises(EngineError, match="HW508"):
        hw.enrich(
            spine.lazy() if is_lazy else spine,
            [views[0], views[1].on({"entity": "entity"}, name="w")],
            as_of="as_of",
        )


def test_a_reader_that_does_not_say_how_large_its_table_is_is_said_to_be_held_in_memory() -> None:
    heard: list[str] = []
    source = hw.Source("s", Untold(), event_time="event_time", known_time="event_time")
    view = hw.FeatureView("v", source, entity="entity", features=[hw.Count().over_all()])
    assert partitions_of(checked(view), 8, Room(memory=1, say=heard.append)) == 1
    assert heard == ["view 'v' is held in memory: Untold does not say how large its table is"]


class Untold:
    """A reader with the least that one has to do."""

    def schema(self) -> dict[str, pl.DataType]:
        return dict(EVENTS.schema)

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        return EVENTS.select(columns)

    def snapshot(self) -> str:
        return "always the same"

    def definition(self) -> dict[str, object]:
        return {"is": "Untold"}


def test_a_compressed_text_file_larger_than_the_memory_is_not_read_on_a_guess(
    tmp_path: Path,
) -> None:
    (tmp_path / "events.csv").write_bytes(gzip.compress(EVENTS.write_csv().encode()))
    plan = in_text(tmp_path)
    assert partitions_of(plan, 8, Room(memory=100_000)) == 1
    with pytest.raises(EngineError, match=r"HW508.*\n?.*rows .* by reading it"):
        partitions_of(plan, 8, Room(memory=10))


def in_text(folder: Path) -> ViewPlan:
    types = {name: dtype for name, dtype in EVENTS.schema.items() if name != "kind"}
    source = hw.Source(
        "s",
        hw.Csv(str(folder / "events.csv"), types=types),
        event_time="event_time",
        known_time="event_time",
    )
    features = [hw.Sum("amount").within("3d"), hw.Last("kind").within("3d")]
    return checked(hw.FeatureView("v", source, entity="entity", features=features))


def test_a_text_file_goes_out_of_core_too(tmp_path: Path) -> None:
    EVENTS.with_columns(pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")).write_csv(
        tmp_path / "events.csv"
    )
    plan = in_text(tmp_path)
    assert partitions_of(plan, 8, Room(memory=1)) > 1
    moments = SPINE["as_of"].cast(pl.Int64)
    whole = view_features(plan, SPINE, as_of=moments)
    assert whole["v__kind_last_3d"].drop_nulls().len() > 0
    assert by_partition(plan, Scratch(), 3).equals(whole)


@pytest.mark.parametrize("partitions", [2, 3, 7])
def test_a_derived_key_names_the_partition(tmp_path: Path, partitions: int) -> None:
    key = ((pl.col("entity") + 7) / 2).floor().cast(pl.Int64)
    plan = planned(tmp_path, "derived", derive={**DOUBLED, "derived": key})
    spine = SPINE.select(pl.col("entity").cast(pl.Int64).alias("derived") + 2, "as_of")
    moments = spine["as_of"].cast(pl.Int64)
    whole = view_features(plan, spine, as_of=moments)
    assert whole["v__count_3d"].sum() > 0
    asked = Questions(spine.select("derived"), moments, moments)
    found = answers_by_partition(plan, asked, Room(), partitions=partitions).frame()
    assert found.equals(whole)


def test_a_derived_key_that_does_not_fit_is_refused_in_the_same_words(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, "derived", derive={**DOUBLED, "derived": pl.col("kind").cast(pl.Int64)}
    )
    spine = pl.DataFrame({"derived": [1], "as_of": [2 * DAY]})
    with pytest.raises(DataError, match="HW410") as whole:
        view_features(plan, spine, as_of=spine["as_of"])
    asked = Questions(spine.select("derived"), spine["as_of"], None)
    with pytest.raises(DataError) as split:
        answers_by_partition(plan, asked, Room(), partitions=2)
    of_all, of_a_piece = (str(one.value).partition(" for ")[0] for one in (whole, split))
    assert of_a_piece == of_all  # Polars goes on with how many values did not fit


def test_a_frame_is_folded_in_parts_as_well() -> None:
    source = hw.Source("s", hw.Frame(EVENTS), event_time="event_time", known_time="event_time")
    view = hw.FeatureView("v", source, entity="entity", features=[hw.Count().over_all()])
    plan, moments = checked(view), SPINE["as_of"].cast(pl.Int64)
    assert partitions_of(plan, 8, Room(memory=1)) > 1
    assert by_partition(plan, Scratch(), 3).equals(view_features(plan, SPINE, as_of=moments))


def test_a_history_that_changed_while_it_was_split_is_not_kept(tmp_path: Path) -> None:
    plan, folder = planned(tmp_path, derive=DOUBLED), tmp_path / "work"

    def changed() -> None:
        raise DataError("HW409", "source 's' changed while it was read")

    work = Partitions(folder, "t")
    with pytest.raises(DataError, match="HW409"):
        by_partition(plan, work, 2, check=changed)
    assert list(work.names()) == []


BROKEN: dict[str, dict[str, Any]] = {
    "HW403": {"known_time": pl.Series([None, *range(DAY, DAY + 6), None, None]).cast(TIME)},
    "HW404": {"event_time": pl.Series([DAY] * 9).cast(TIME)},
    "HW407": {"big": pl.Series([2**62] * 9)},
    "HW408": {"event_time": pl.Series([*range(DAY, DAY + 7), None, None]).cast(TIME)},
    "HW410": {"text": ["1"] * 2 + ["many"] + ["2"] * 6},  # in the row that is nobody's
}


@pytest.mark.parametrize("code", BROKEN)
@pytest.mark.parametrize("partitions", [2, 5])
def test_data_is_refused_in_the_same_words(tmp_path: Path, code: str, partitions: int) -> None:
    rows = EVENTS.with_columns(
        known_time="event_time", big=pl.lit(1, pl.Int64), text=pl.lit("1")
    ).with_columns(**BROKEN[code])
    rows.write_parquet(tmp_path / "broken.parquet")
    reader = hw.Parquet(str(tmp_path / "broken.parquet"))
    source = hw.Source("s", reader, event_time="event_time", known_time="known_time")
    number = pl.col("text").cast(pl.Int64)
    features = [hw.Sum("big"), hw.Last("amount"), hw.Sum(number, name="number")]
    plan = checked(hw.FeatureView("v", source, entity="entity", features=[
        one.over_all() for one in features
    ]))  # fmt: skip
    moments = pl.Series([2 * DAY] * SPINE.height)
    with pytest.raises(DataError) as whole:
        view_features(plan, SPINE, as_of=moments)
    assert whole.value.code == code
    asked = Questions(SPINE.select("entity"), moments, None)
    with pytest.raises(DataError) as split:
        answers_by_partition(plan, asked, Room(), partitions=partitions)
    assert str(split.value) == str(whole.value)


def test_a_file_that_is_damaged_is_the_fault_of_the_data(tmp_path: Path) -> None:
    plan, file = planned(tmp_path, derive=DOUBLED), tmp_path / "events.parquet"
    content = bytearray(file.read_bytes())
    content[4:200] = bytes(196)
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"HW401.*'events.parquet' cannot be read"):
        by_partition(plan, Scratch(), 2)
