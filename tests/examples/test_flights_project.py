"""The flights example: its numbers, and what the clocks are worth in it.

The everyday tests read the first two months, the slow ones all flights, as the README does.
"""

from __future__ import annotations

import calendar
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from headwater.engines.spines import IN_PART, spine_rows
from headwater.errors import SpecError
from headwater.runtime.build import planned
from headwater.runtime.check import check
from headwater.runtime.enrich import enrich
from headwater.runtime.project import Project, load_project
from headwater.runtime.run import run_project
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.training_set import TrainingSet
from headwater.testing import reference, reference_split
from headwater.testing.reference import Moments

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "flights"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLOCKS = {
    'known_time="landed_at",  # when the row as a whole is known': "",
    '"departure_delay": "departed_at",': "",
    '"departed_at": "departed_at",': "",
    'known_time="known_at",': "",
}
"""What is deleted from the definitions so that history counts as known when it happens."""
DAY = 86_400_000_000
TIMETABLE: Moments = (("scheduled_departure", -30 * DAY),)
LANDED: Moments = (("landed_at", 0), *TIMETABLE)
TWO_HOURS_BEFORE = pl.col("scheduled_departure") - pl.duration(hours=2)
FEWER_TREES = {'"n_estimators": 150': '"n_estimators": 20'}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the flights, made by the example's own script where it is missing."""
    made = EXAMPLE / "data"
    if (made / "flights.parquet").is_file():
        return made
    folder = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, str(EXAMPLE / "data.py"), str(folder)], check=True)
    return folder


def project(folder: Path, data: Path, replace: dict[str, str] | None = None) -> Project:
    """The example in a folder of its own, its definitions changed."""
    folder.mkdir()
    text = (EXAMPLE / "definitions.py").read_text(encoding="utf-8")
    for old, new in (replace or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "definitions.py").write_text(text, encoding="utf-8")
    shutil.copy(EXAMPLE / "headwater.toml", folder)
    (folder / "data").symlink_to(data)
    return load_project(folder)


@dataclass(frozen=True)
class Ran:
    """A project that was run."""

    project: Project
    result: dict[str, Any]

    @property
    def clocks(self) -> dict[str, dict[str, Any]]:
        """The rows of the clocks table by variant."""
        return {row["variant"]: row for row in self.result["clocks"]}

    @property
    def excluded(self) -> dict[str, int]:
        """The reasons that left rows out."""
        books: dict[str, int] = self.result["training_set"]["excluded"]
        return {reason: count for reason, count in books.items() if count}


def ran(flights: Project) -> Ran:
    return Ran(flights, run_project(flights))


# the rows of all flights


def test_the_books_of_all_flights_equal_the_reference(data: Path, tmp_path: Path) -> None:
    flights = project(tmp_path / "flights", data)
    found = spine_rows(planned(flights.only(TrainingSet, None, "training set")))
    table = pl.read_parquet(data / "flights.parquet")
    two_hours = 7_200_000_000
    late = [None if delay is None else delay > 15 for delay in table["arrival_delay"]]
    as_of = [at - two_hours for at in table["scheduled_departure"].cast(pl.Int64)]
    parts, reasons = reference_split(
        as_of, late, label_known=table["landed_at"].cast(pl.Int64).to_list(),
        fractions=(0.7, 0.15, 0.15),
    )  # fmt: skip
    assert found.frame[IN_PART].to_list() == [part for part in parts if part]
    assert found.facts["spine_rows"] == 336_776
    assert found.facts["excluded"] == {
        "filtered": 0,
        "as_of_null": 0,
        "label_filtered": 0,
        "label_never_known": 9_430,
        "label_not_mature": 0,
        "label_null": 0,
        "purged": 624,
    }
    assert reasons.count("purged") == 624
    assert dict(found.frame[IN_PART].value_counts().rows()) == {
        "train": 228_782,
        "validation": 48_827,
        "test": 49_113,
    }
    boundaries = {
        part: datetime.fromisoformat(text) for part, text in found.facts["boundaries"].items()
    }
    assert boundaries == {
        "validation": datetime(2013, 9, 13, 21, 5, tzinfo=UTC),
        "test": datetime(2013, 11, 6, 16, 0, tzinfo=UTC),
    }


def test_the_registry_of_planes_is_all_that_the_example_assumes(data: Path, tmp_path: Path) -> None:
    flights = project(tmp_path / "flights", data)
    [finding] = check(flights)["findings"]
    assert (finding["code"], finding["certainty"]) == ("HW307", "suspected")
    assert "'planes'" in finding["message"]
    with pytest.raises(SpecError) as caught:
        check(flights, strict=True)
    assert caught.value.code == "HW307"
    plan = planned(flights.only(TrainingSet, None, "training set"))
    assert {column.verdict for column in (*plan.spine.keys, *plan.spine.kept)} == {"proved"}
    assert str(plan.label_clock) == "landed_at"
    clocks = {
        feature.column: str(feature.clock) for view in plan.views for feature in view.features
    }
    assert clocks["carrier__departure_delay_mean_3h"] == (
        "departed_at and scheduled_departure - 30d"
    )
    assert clocks["aircraft__late_share_6h"] == "landed_at and scheduled_departure - 12h"


def test_the_example_shows_a_dozen_aggregations(data: Path, tmp_path: Path) -> None:
    views = project(tmp_path / "flights", data).of(FeatureView).values()
    listed: list[Any] = [one for view in views for one in view.features]
    assert len({type(one.aggregation) for one in listed}) >= 12


def test_what_the_label_reads_is_no_input(data: Path, tmp_path: Path) -> None:
    kept = {'*("carrier", "origin",': '*("arrival_delay", "carrier", "origin",'}
    with pytest.raises(SpecError) as caught:
        check(project(tmp_path / "flights", data, kept))
    assert caught.value.code == "HW207"


@pytest.mark.parametrize(
    ("column", "verdict"), [("tailnum", "proved"), ("departure_delay", "masked")]
)
def test_another_input_is_proved_or_masked(
    data: Path, tmp_path: Path, column: str, verdict: str
) -> None:
    kept = {'*("carrier", "origin",': f'*("{column}", "carrier", "origin",'}
    flights = project(tmp_path / "flights", data, kept)
    plan = planned(flights.only(TrainingSet, None, "training set"))
    assert plan.spine.kept[0].verdict == verdict


def test_an_input_that_is_provably_known_too_late_is_refused(data: Path, tmp_path: Path) -> None:
    late = {'"tailnum": scheduled - pl.duration(hours=12)': '"tailnum": scheduled'}
    with pytest.raises(SpecError) as caught:
        check(project(tmp_path / "flights", data, late))
    assert caught.value.code == "HW303"
    assert "column 'tailnum' is known at scheduled_departure, which is after" in str(caught.value)


# what the clocks are worth


@pytest.mark.slow
def test_the_weather_is_that_of_the_last_report_and_of_new_york_only(
    data: Path, tmp_path: Path
) -> None:
    views = project(tmp_path / "flights", data).of(Attributes)
    flights = pl.read_parquet(data / "flights.parquet").filter(pl.col("date").dt.day() == 9)
    attached = [views["origin_weather"], views["destination_weather"]]
    found = enrich(flights, attached, as_of=TWO_HOURS_BEFORE)
    reports = pl.read_parquet(data / "weather.parquet").select("origin", "time_hour", "temp")
    asked = flights.select("origin", at=TWO_HOURS_BEFORE)
    # a report of an hour is there an hour later, and counts for six hours from its own
    last = asked.with_row_index().join(reports, on="origin").filter(
        pl.col("time_hour") < pl.col("at"),
        pl.col("time_hour") >= pl.col("at") - pl.duration(hours=6),
        pl.col("time_hour") + pl.duration(hours=1) <= pl.col("at"),
    ).sort("time_hour").unique("index", keep="last")  # fmt: skip
    expected = asked.with_row_index().join(last, on="index", how="left").sort("index")["temp"]
    assert found["origin_weather__temp"].equals(expected, check_names=False)
    assert found["origin_weather__temp"].null_count() < 200
    # no other airport reports here
    elsewhere = ~flights["destination"].is_in(["EWR", "JFK", "LGA"])
    assert found.filter(elsewhere)["destination_weather__temp"].null_count() == elsewhere.sum()


def test_the_age_of_a_plane_is_the_year_of_asking_less_the_year_of_building(
    data: Path, tmp_path: Path
) -> None:
    flights = project(tmp_path / "flights", data)
    plan = planned(flights.only(TrainingSet, None, "training set"))
    assert [one.column for one in plan.derived] == ["plane_age"]
    table = pl.read_parquet(data / "flights.parquet").with_columns(at=TWO_HOURS_BEFORE)
    asked = pl.concat([table.sample(500, seed=0), table.filter(pl.col("at").dt.year() == 2014)])
    plane, age = flights.of(Attributes)["plane"], plan.derived[0].derived
    found = enrich(asked, [plane, age], as_of="at")
    planes = pl.read_parquet(data / "planes.parquet").select("tailnum", "year")
    years = dict(planes.iter_rows())
    expected = [
        None if years.get(tailnum) is None else at.year - years[tailnum]
        for tailnum, at in asked.select("tailnum", "at").iter_rows()
    ]
    assert found["plane_age"].to_list() == expected
    assert 50 < expected.count(None) < 150
    assert found.filter(pl.col("at").dt.year() == 2014).height > 5  # by UTC, as all times are


ROUTE: dict[str, tuple[str, str, int, Moments]] = {
    "route__arrival_delay_mean_7d": ("mean", "arrival_delay", 7, LANDED),
    "route__arrival_delay_std_30d": ("std", "arrival_delay", 30, LANDED),
    "route__air_time_max_30d": ("max", "air_time", 30, LANDED),
    "route__carrier_count_distinct_7d": ("count_distinct", "carrier", 7, TIMETABLE),
    "flown": ("mean", "air_time", 30, LANDED),
    "scheduled": ("mean", "scheduled_minutes", 30, LANDED),  # known with what it divides
}


def route_of(asked: dict[str, Any], history: list[dict[str, Any]]) -> dict[str, Any]:
    """The features of a route at one moment, in the words of the reference."""
    found: dict[str, Any] = {}
    for name, (word, column, days, clock) in ROUTE.items():
        [found[name]] = reference.enrich(
            [asked], history, entity=("origin", "destination"), as_of="at",
            event_time="scheduled_departure", sequence="flight",
            feature=reference.Feature(word, column, days * DAY, clock),
        )  # fmt: skip
    flown, scheduled = found.pop("flown"), found.pop("scheduled")
    return {**found, "route__flown_share_30d": None if flown is None else flown / scheduled}


def test_routes_of_sampled_flights_are_as_the_reference_has_them(
    data: Path, tmp_path: Path
) -> None:
    route = project(tmp_path / "flights", data).of(FeatureView)["route"]
    table = pl.read_parquet(data / "flights.parquet")
    asked = table.sample(60, seed=3).select("origin", "destination", at=TWO_HOURS_BEFORE)
    found = enrich(asked, [route], as_of="at")
    in_numbers = pl.col(pl.Datetime).cast(pl.Int64)
    histories = table.with_columns(in_numbers).partition_by("origin", "destination", as_dict=True)
    expected = [
        route_of(row, histories[row["origin"], row["destination"]].to_dicts())
        for row in asked.with_columns(in_numbers).to_dicts()
    ]
    columns = found.columns[asked.width :]
    assert sorted(columns) == sorted(expected[0])
    for column in columns:
        values = [row[column] for row in expected]
        assert found[column].to_list() == pytest.approx(values, rel=1e-12), column
        assert values.count(None) < 10


def federal_holidays(year: int) -> set[date]:
    """By their rules: fixed days, and the Mondays and the Thursday that move."""
    months = {month: calendar.monthcalendar(year, month) for month in range(1, 13)}
    days = {month: [week[0] for week in weeks if week[0]] for month, weeks in months.items()}
    thursdays = [week[3] for week in months[11] if week[3]]
    moving = [(1, days[1][2]), (2, days[2][2]), (5, days[5][-1]), (9, days[9][0])]
    moving += [(10, days[10][1]), (11, thursdays[3])]
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)]
    return {date(year, month, day) for month, day in [*fixed, *moving]}


def test_weekdays_holidays_and_their_eves_are_those_of_new_york(data: Path, tmp_path: Path) -> None:
    flights = project(tmp_path / "flights", data)
    rows = spine_rows(planned(flights.only(TrainingSet, None, "training set"))).frame
    holidays = federal_holidays(2013) | federal_holidays(2014)
    sampled = rows.sample(5_000, seed=2)
    there = [
        (at + timedelta(hours=2)).astimezone(ZoneInfo("America/New_York")).date()
        for at in sampled["as_of"]
    ]
    assert sampled["weekday"].to_list() == [day.isoweekday() for day in there]
    assert sampled["is_holiday"].to_list() == [day in holidays for day in there]
    eves = [day + timedelta(days=1) in holidays for day in there]
    assert sampled["is_eve_of_holiday"].to_list() == eves
    assert 100 < sum(eves) < 200
    assert len(set(there) & holidays) == 10  # each holiday of the year is in the sample
    assert sampled.filter(pl.col("as_of").dt.date() != pl.Series(there)).height > 100


@pytest.mark.slow
def test_deleting_the_clocks_changes_the_table(data: Path, tmp_path: Path) -> None:
    (tmp_path / "winter").mkdir()
    table = pl.read_parquet(data / "flights.parquet")
    winter = table.filter(pl.col("date").dt.month() <= 2)
    winter.write_parquet(tmp_path / "winter" / "flights.parquet")
    for name in ("weather.parquet", "planes.parquet"):
        shutil.copy(data / name, tmp_path / "winter")
    with_clocks, without = (
        ran(project(tmp_path / name, tmp_path / "winter", FEWER_TREES | change))
        for name, change in (("with", {}), ("without", CLOCKS))
    )
    for one in (with_clocks, without):
        assert list(one.clocks) == ["no_history", "at_departure", "event_time", "known"]
        assert one.clocks["known"]["roc_auc"] == one.result["metrics"]["validation"]["roc_auc"]
        assert all(row["low"] < row["roc_auc"] < row["high"] for row in one.clocks.values())
    assert with_clocks.clocks["event_time"]["difference_to_known"] > 0.01
    assert with_clocks.clocks["at_departure"]["difference_low"] > 0
    event_time = without.clocks["event_time"]
    assert event_time["roc_auc"] == without.clocks["known"]["roc_auc"]
    assert [event_time[f"difference_{end}"] for end in ("to_known", "low", "high")] == [0, 0, 0]
    never = winter["arrival_delay"].null_count()
    assert with_clocks.excluded["label_never_known"] == never
    assert with_clocks.excluded.keys() == {"label_never_known", "purged"}
    assert without.excluded["label_null"] == never  # known to be null, not never known
    assert without.excluded.keys() == {"label_null", "purged"}
    assert without.excluded["purged"] < with_clocks.excluded["purged"]


# all flights, as the README shows them


def tables() -> Any:
    """The script that writes the README's tables, as a module."""
    spec = importlib.util.spec_from_file_location("readme_tables", ROOT / "docs/readme_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def between(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n(.*?)\n?<!-- /{marker} -->", README, re.DOTALL)
    assert found is not None, marker
    return found[1]


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The example as it is."""
    flights = project(tmp_path_factory.mktemp("whole") / "flights", data)
    return ran(flights)


@pytest.mark.slow
def test_the_readme_shows_the_table_of_the_run(whole: Ran) -> None:
    shown = tables()
    assert shown.is_close(between("clocks"), shown.clocks_table(whole.result))


@pytest.mark.slow
def test_event_time_promises_what_production_will_not_see_or_the_readme_says_not(
    whole: Ran,
) -> None:
    row = whole.clocks["event_time"]
    excludes_zero = row["difference_low"] > 0 or row["difference_high"] < 0
    assert excludes_zero or "does not exclude zero" in between("clocks")
    assert excludes_zero == ("does not exclude zero" not in between("clocks"))


@pytest.mark.slow
def test_the_numbers_of_the_run_are_those_of_the_rows(whole: Ran) -> None:
    found = whole.result["training_set"]
    assert whole.excluded == {"label_never_known": 9_430, "purged": 624}
    assert {part: facts["rows"] for part, facts in found["parts"].items()} == {
        "train": 228_782,
        "validation": 48_827,
        "test": 49_113,
    }
    assert found["rows"] + sum(found["excluded"].values()) == found["spine_rows"] == 336_776
    validation = whole.result["metrics"]["validation"]
    assert whole.clocks["known"]["roc_auc"] == validation["roc_auc"]
    assert validation["roc_auc"] > whole.result["rule"]["validation"]["roc_auc"] > 0.5
    assert whole.result["baseline"]["validation"]["roc_auc"] == 0.5


@pytest.mark.slow
def test_a_second_run_computes_nothing_and_takes_no_look(whole: Ran) -> None:
    heard: list[str] = []
    again = run_project(load_project(whole.project.folder), say=heard.append)
    assert again["cached"]
    assert heard == ["report"]
    assert again["looks"] == whole.result["looks"] == 1
