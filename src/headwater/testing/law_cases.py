"""What the laws of aggregations are checked on: members, histories, and exact comparison."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar

import polars as pl

from headwater.aggregations.base import Aggregation, Earlier, Kind, Windowed
from headwater.engines.histories import Rows
from headwater.engines.windows import window_features
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.schema.clocks import ALWAYS
from headwater.spec.feature_view import FeatureView
from headwater.spec.frame import Frame
from headwater.spec.reader import Reader
from headwater.spec.source import Source
from headwater.testing.histories import ENTITY, WINDOWS, History, Plain, history
from headwater.testing.plain_folds import DECIMALS
from headwater.testing.reference import same_key

T = TypeVar("T")
Make = Callable[..., Aggregation]
"""A member, or a function that makes one; called with a column, `name=` and `where=`."""
Answers = dict[str, list[Any]] | str
"""Plain values by feature, or the code of the error instead of them."""

_NOT_OWN = ("column", "other", "name", "where", "place", "by", "values", "top")
_PRICES = 1_000
LENGTHS: dict[str, int | None] = {**WINDOWS, "all": None}
KINDS: dict[str, Kind] = {
    "amount": "float",
    "quantity": "integer",
    "flag": "boolean",
    "price": "decimal",
    "note": "string",
    "event_time": "time",
    "lateness": "duration",
    "pair": "other",
}
"""The columns that are folded; `price`, `lateness` and `pair` are made of the others."""


@dataclass(frozen=True, slots=True)
class Case:
    """A member and the histories over which a law is checked.

    Args:
        make: The member.
        parts: The histories one by one.
        made: All of them as one, each with keys of its own, so that one pass asks them all.
        kept: What laws that share the case have asked already, and what they compared.
    """

    make: Make
    parts: tuple[History, ...]
    made: History
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, make: Make, seeds: Iterable[int]) -> Case:
        """The case of these generated histories."""
        parts = tuple(map(history, seeds))
        return cls(make, parts, merged(parts))

    @property
    def member(self) -> Any:
        """The member without a column."""
        return self.make(None)

    @property
    def columns(self) -> dict[str, Kind]:
        """The columns that the member can take."""
        return {name: kind for name, kind in KINDS.items() if kind in self.member.takes}

    @property
    def windows(self) -> dict[str, int | None]:
        """Those over which the member is asked: not all history, where it asks what was before."""
        has_earlier = any(isinstance(part, Earlier) for part in self.make("amount").parts)
        return dict(WINDOWS) if has_earlier else LENGTHS

    @property
    def empty(self) -> Any:
        """The result over nothing as a plain value."""
        empty = self.member.when_empty
        if self.member.returns == "boolean":
            return None if empty is None else bool(empty)
        return list(empty) if isinstance(empty, tuple) else empty

    @property
    def other(self) -> str | None:
        """The second column, where the member reads one."""
        return self.member.other if "other" in self.member.reads_also else None

    @property
    def arguments(self) -> dict[str, Any]:
        """The member's own arguments by name."""
        own = (one.name for one in fields(self.member) if one.name not in _NOT_OWN)
        return {name: getattr(self.member, name) for name in own}

    @property
    def rows(self) -> pl.DataFrame:
        """All histories as a frame, with the columns that are made of others."""
        return self.once("rows", lambda: frame_of(self.made))

    @property
    def spine(self) -> pl.DataFrame:
        """All questions."""
        return self.once("spine", lambda: self.made.frames()[1])

    def demand_same(self, found: Any, expected: Any, what: str) -> None:
        """`demand_same`, at the tolerance that the member declares; counted as compared."""
        demand_same(found, expected, what, tolerance=self.member.tolerance)
        self.kept["compared"] = self.kept.get("compared", False) or _tells(expected, self.empty)

    @property
    def has_told(self) -> bool | None:
        """Whether a value was compared that is not that of nothing; None: nothing was compared."""
        return self.kept.get("compared")

    def forget_compared(self) -> None:
        """From here on count anew what is compared."""
        self.kept.pop("compared", None)

    def found(self) -> dict[str, list[Any]]:
        """The features over all histories, asked once.

        Raises:
            AssertionError: The engine refuses to answer.
        """
        return self.once("found", lambda: answered(answers(self.make, self.rows, self.spine)))

    def alone(self) -> History:
        """Each question with a copy of its entity's history, under a key of its own."""
        return self.once("alone", lambda: each_alone(self.made))

    def found_alone(self) -> dict[str, list[Any]]:
        """The features over those, asked once."""
        return self.once("found alone", lambda: answered(self.answers(self.alone())))

    def answers(
        self, made: History, *, threads: int = 1, windows: Collection[str] | None = None
    ) -> Answers:
        """The features over another history; see `answers`."""
        spine = made.frames()[1]
        return answers(self.make, frame_of(made), spine, threads=threads, windows=windows)

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What is made the first time that it is asked for, by this name."""
        if what not in self.kept:
            self.kept[what] = make()
        found: T = self.kept[what]
        return found


def answered(found: Answers) -> dict[str, list[Any]]:
    """The answers.

    Raises:
        AssertionError: They are an error instead.
    """
    if isinstance(found, str):
        raise AssertionError(f"the engine refused with {found}")
    return found


def _tells(value: Any, empty: Any) -> bool:
    """Whether there is a value in it other than that of nothing."""
    if isinstance(value, dict):
        return any(_tells(one, empty) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_tells(one, empty) for one in value)
    return value is not None and value != empty


def each_alone(made: History) -> History:
    """Each question with a copy of its entity's history, under a key of its own."""
    rows, spine = [], []
    for i, asked in enumerate(made.spine):
        if asked["as_of"] is not None:
            own = {"region": f"question {i}", "store": i}
            spine.append(asked | own)
            rows += [row | own for row in made.rows if same_key(row, asked, ENTITY)]
    return History(rows, spine)


def merged(parts: Iterable[History]) -> History:
    """Histories as one; a null in a key stays null."""
    rows: list[Plain] = []
    spine: list[Plain] = []
    for part in parts:
        for old, new in ((part.rows, rows), (part.spine, spine)):
            new += [row | {"region": _prefixed(row["region"], part.seed)} for row in old]
    return History(rows, spine)


def _prefixed(region: str | None, seed: int | None) -> str | None:
    return None if region is None else f"{seed} {region}"


def answers(
    make: Make,
    rows: pl.DataFrame,
    spine: pl.DataFrame,
    *,
    threads: int = 1,
    sequence: str | None = "sequence",
    clock: str | int = "known_time",
    windows: Collection[str] | None = None,
) -> Answers:
    """What the engine gives: for each column each window, and all history where `flag` holds.

    Args:
        make: The member.
        rows: Those of `frame_of`.
        spine: The questions.
        threads: How many fold.
        sequence: The column that orders ties, if one does.
        clock: A time column, or the microseconds from an event to when it is known.
        windows: Some of `LENGTHS`; by default all that the member can be asked over.
    """
    plan = _plan(make, sequence, clock, None if windows is None else tuple(windows))
    moments = spine["as_of"].to_physical()
    try:
        found = window_features(
            plan, Rows(plan.source, rows), spine.select(ENTITY), as_of=moments, threads=threads
        )
    except DataError as error:
        return error.code
    return {column.name.removeprefix("laws__"): plain(column) for column in found.iter_columns()}


@lru_cache(maxsize=64)
def _plan(
    make: Make, sequence: str | None, clock: str | int, windows: tuple[str, ...] | None
) -> ViewPlan:
    return planned(list(_features(make, windows)), Frame(_nobody()), sequence=sequence, clock=clock)


@cache
def _nobody() -> pl.DataFrame:
    return frame_of(history(0))


def planned(
    features: Sequence[Windowed],
    reader: Reader,
    *,
    sequence: str | None = "sequence",
    clock: str | int = "known_time",
) -> ViewPlan:
    """The plan of features over rows such as those of `frame_of`.

    Keys, event times and sequence are known before all else is.
    """
    known = clock if isinstance(clock, str) else _after_events(clock)
    source = Source(
        "laws",
        reader,
        event_time="event_time",
        known_time=known,
        known_times=dict.fromkeys((*ENTITY, "event_time", "sequence"), ALWAYS),
        null_known_time="never",
        sequence=sequence,
    )
    faults = Faults()
    plan = plan_view(FeatureView("laws", source, entity=ENTITY, features=features), faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a view without faults has a plan")
    return plan


def _after_events(delay: int) -> pl.Expr:
    return pl.col("event_time") + pl.duration(microseconds=delay)


def _features(make: Make, wanted: Collection[str] | None) -> Iterable[Windowed]:
    case = Case(make, (), History([], []))
    asked = {text: case.windows[text] for text in wanted or case.windows}
    lengths = [text for text, length in asked.items() if length is not None]
    last = "all" if "all" in case.windows else "7d"
    for name in case.columns:
        yield from _over(make(name, name=name), asked, lengths)
        if last in asked:
            met = make(name, name=f"{name}_where", where="flag")
            yield met.over_all() if last == "all" else met.within(last)
    if case.member.reads == "rows":
        yield from _over(make(None, name="rows"), asked, lengths)


def _over(
    member: Aggregation, asked: Collection[str], lengths: Sequence[str]
) -> Iterable[Windowed]:
    if lengths:
        yield member.within(*lengths)
    if "all" in asked:
        yield member.over_all()


def frame_of(made: History) -> pl.DataFrame:
    """The history as a frame, with the columns that are made of others."""
    return with_made(made.frames()[0])


def with_made(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns that are made of others."""
    duration = (pl.col("known_time") - pl.col("event_time")).alias("lateness")
    pair = pl.when(pl.col("quantity").is_not_null()).then(pl.concat_list("quantity", "quantity"))
    price = (
        (pl.col("quantity") % _PRICES).cast(pl.Int128).reinterpret(dtype=pl.Decimal(12, DECIMALS))
    )
    return rows.with_columns(duration, pair.alias("pair"), price.alias("price"))


def apart(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Rows or questions with regions of their own; a null stays null."""
    return rows.with_columns(region=pl.format("{} {}", pl.lit(number), "region"))


def in_other_orders(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The same rows from the last to the first, shuffled, and in chunks."""
    cut = rows.height // 3
    return {
        "reversed": rows[::-1],
        "shuffled": rows.sample(fraction=1.0, shuffle=True, seed=5),
        "chunks": pl.concat([rows[:cut], rows[cut : cut + 1], rows[cut + 1 :]], rechunk=False),
    }


def value_of(row: Plain, column: str) -> Any:
    """The same of one row, in plain Python."""
    if column == "lateness":
        known = row["known_time"]
        return None if known is None else known - row["event_time"]
    if column == "price":
        quantity = row["quantity"]
        return None if quantity is None else Decimal(quantity % _PRICES).scaleb(-DECIMALS)
    if column == "pair":
        return None if row["quantity"] is None else [row["quantity"]] * 2
    return row[column]


def plain(column: pl.Series) -> list[Any]:
    """A column as plain Python values; times as whole microseconds, in lists too."""
    return (column.to_physical() if _holds_times(column.dtype) else column).to_list()


def _holds_times(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        return _holds_times(dtype.inner)  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return any(_holds_times(one.dtype) for one in dtype.fields)  # type: ignore[arg-type]
    return dtype.is_temporal()


def same(found: Any, expected: Any, *, tolerance: float = 0.0) -> bool:
    """Whether two plain values are the same to the bit, or as near as this; NaN is NaN."""
    if isinstance(found, dict) and isinstance(expected, dict):
        found, expected = list(found.items()), list(expected.items())
    if isinstance(found, list | tuple) and isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(
            same(one, other, tolerance=tolerance)
            for one, other in zip(found, expected, strict=True)
        )
    if isinstance(found, float) and isinstance(expected, float):
        if found != found or expected != expected:
            return found != found and expected != expected
        is_near = tolerance > 0 and math.isclose(found, expected, rel_tol=tolerance)
        return is_near or struct.pack("d", found) == struct.pack("d", expected)
    return type(found) is type(expected) and bool(found == expected)


def demand_same(found: Any, expected: Any, what: str, *, tolerance: float = 0.0) -> None:
    """Raise AssertionError, naming the first difference, where two answers are not the same."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        for name in found:
            demand_same(found[name], expected[name], f"{what}, {name}", tolerance=tolerance)
    elif not same(found, expected, tolerance=tolerance):
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")
