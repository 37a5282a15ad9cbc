"""Every registered aggregation x every law; the laws find members that break them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations import base
from headwater.aggregations.base import NULL, TIE, VALUE, Aggregation, Composite, Earlier
from headwater.aggregations.change_count import ChangeCount
from headwater.aggregations.count import Count
from headwater.aggregations.count_distinct import CountDistinct
from headwater.aggregations.last import Last
from headwater.aggregations.max import Max
from headwater.engines import visibility
from headwater.engines.folding import fold
from headwater.errors import SpecError
from headwater.kernel.compile import compiled
from headwater.kernel.moments import add_words
from headwater.testing.aggregation_laws import Law, check_laws, laws_of
from headwater.testing.path_laws import PATH_LAWS
from headwater.testing.window_laws import uncompiled

MEMBERS = {name: member.load() for name, member in plugins.members("aggregations").items()}
FIRST = {"Count", "CountDistinct", "Last", "Latest", "Max", "Mean", "Median", "Min", "Std", "Sum"}
FIRST |= {"ValueCounts", "Variance"}
PROMISE = "it keeps its promise against the exact member"
COMPILED = {"Count", "Last", "Sum"}
"""As machine code every day; the others run as Python, and compiled among the slow tests."""


def shape_of(name: str) -> tuple[Any, ...]:
    """What decides by which way the values of a member go from its rows to its answers."""
    member: Any = MEMBERS[name].of_example("amount")
    is_added = getattr(member, "merge", None) is add_words
    given = (bool(member.parts), bool(member.reads_also), member.ordered, is_added)
    return (member.folds, member.returns, *given)


WAYS = {
    *PATH_LAWS,
    "a clock that follows events has the same bits",
    "other questions do not matter",
    "the number of threads does not matter",
}
"""Laws of the ways to an answer: each day for a member of each shape; slow tests ask all."""
SHAPES = {shape_of(name): name for name in sorted(MEMBERS, reverse=True)}
NOTHING_TO_COMPARE = "plain Python gives the same bits"
"""Where plain Python is all that runs."""


def is_daily(name: str, law: str) -> bool:
    """Whether what does not run as machine code is asked to meet a law every day."""
    return law != NOTHING_TO_COMPARE and (law not in WAYS or name in SHAPES.values())


DAILY = [
    (name, law)
    for name, member in MEMBERS.items()
    for law in laws_of(member, histories=12 if name in COMPILED else 4)
    if name in COMPILED or is_daily(name, law.name)
]
LAWS = [pytest.param(name, law, id=f"{name}: {law.name}") for name, law in DAILY]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "aggregations").mkdir()
    plugins.use_project(tmp_path)
    yield tmp_path
    plugins.forget_projects()


def example(word: str) -> str:
    """A complete member in the docstring of the contract."""
    found: list[str] = re.findall(r"```python\n(.*?)```", base.__doc__ or "", re.DOTALL)
    return next(text for text in found if f"class {word}(" in text)


def test_the_registry_holds_the_first_aggregations() -> None:
    assert MEMBERS.keys() >= FIRST


@pytest.mark.parametrize(("name", "law"), LAWS)
def test_member_meets_the_law(name: str, law: Law) -> None:
    """Compiling all of them takes minutes."""
    is_compiled = name in COMPILED or law.name == PROMISE  # for which many rows are folded
    with nullcontext() if is_compiled else uncompiled():
        law.check()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - COMPILED))
def test_compiled_member_meets_every_law(name: str) -> None:
    check_laws(MEMBERS[name].of_example)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_is_checked_against_the_reference_and_against_itself(name: str) -> None:
    laws = {law.name for law in laws_of(MEMBERS[name])}
    if "window" in MEMBERS[name].serves:
        assert "it equals the naive reference" in laws
        assert "plain Python gives the same bits" in laws
    if "fit" in MEMBERS[name].serves:
        assert "in a fit each group is its rows alone" in laws
    assert len(laws) > 5


def test_members_of_many_shapes_are_asked_in_each_way_every_day() -> None:
    asked = {name for name, law in DAILY if law.name in WAYS}
    assert laws_of(Count)[-1].name not in WAYS  # of a fit
    assert {law.name for law in laws_of(Count)} >= {*WAYS, NOTHING_TO_COMPARE}
    assert {shape_of(name) for name in asked} == {
        shape_of(name) for name, member in MEMBERS.items() if "window" in member.serves
    }
    assert len(asked) > 20


def test_uncompiled_passes_are_plain_functions_and_compiled_ones_come_back() -> None:
    signature = "void(const int64[::1], int64[::1])"
    assert is_machine_code(compiled(_double, signature))
    with uncompiled():
        assert not is_machine_code(compiled(_double, signature))
    assert is_machine_code(compiled(_double, signature))


def is_machine_code(function: Any) -> bool:
    return bool(function.__module__ == "headwater.kernel.machine_code")


def _double(x: Any, out: Any) -> None:
    for i in range(x.shape[0]):
        out[i] = 2 * x[i]


@pytest.mark.usefixtures("in_both_ways")
def test_the_example_of_the_contract_is_computed_from_its_file_alone(project: Path) -> None:
    (project / "aggregations" / "longest.py").write_text(example("Longest"), encoding="utf-8")
    assert plugins.members("aggregations")["Longest"].origin == "project"
    check_laws(hw.Longest)
    rows = pl.DataFrame(
        {
            "customer": ["a", "a", "a", "b", "b"],
            "at": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-01", "2024-01-02"],
            "amount": [3.0, 8.5, 99.0, None, -1.0],
            "items": [2**53, 2**53 + 1, 0, -5, None],
        }
    ).with_columns(pl.col("at").str.to_datetime(time_zone="UTC"))
    orders = hw.Source("orders", hw.Frame(rows), event_time="at", known_time="at")
    features = [hw.Longest("amount").within("7d"), hw.Longest("items").over_all()]
    view = hw.FeatureView("v", orders, entity="customer", features=features)
    moment = pl.datetime(2024, 1, 3, time_zone="UTC")
    spine = pl.DataFrame({"customer": ["b", "a", "c"]}).with_columns(asked_at=moment)
    enriched = hw.enrich(spine, [view], as_of="asked_at")
    assert enriched["v__amount_longest_7d"].to_list() == [-1.0, 8.5, None]
    assert enriched["v__items_longest_all"].to_list() == [-5, 2**53 + 1, None]
    assert enriched["v__items_longest_all"].dtype == pl.Int64


@pytest.mark.usefixtures("in_both_ways")
def test_the_example_of_a_fold_over_values_is_computed_from_its_file_alone(project: Path) -> None:
    (project / "aggregations" / "commonest.py").write_text(example("Commonest"), encoding="utf-8")
    check_laws(hw.Commonest)
    frame = pl.DataFrame({"g": ["x", "x", "x", "y", "y"], "w": ["b", "a", "b", None, "c"]})
    assert fold({"w": hw.Commonest("w")}, frame, by="g") == {"w": {"x": "b", "y": "c"}}
    assert fold({"w": hw.Commonest("w")}, frame.head(2)) == {"w": "a"}


@pytest.mark.usefixtures("in_both_ways")
def test_the_example_of_a_list_is_computed_from_its_file_alone(project: Path) -> None:
    (project / "aggregations" / "each_side.py").write_text(example("EachSide"), encoding="utf-8")
    check_laws(hw.EachSide, histories=4)
    frame = pl.DataFrame({"g": ["x", "x", "y", "y"], "n": [1.0, 2.5, math.nan, None]})
    sides = {"n": hw.EachSide("n", limit=2.0)}
    assert fold(sides, frame, by="g") == {"n": {"x": [1, 1], "y": None}}
    source = hw.Source(
        "s",
        hw.Frame(frame.with_columns(at=pl.datetime(2024, 1, 1, time_zone="UTC"))),
        event_time="at",
        known_time="at",
    )
    view = hw.FeatureView("v", source, entity="g", features=[hw.EachSide("n", 2.0).over_all()])
    spine = pl.DataFrame({"g": ["y", "x", "z"]}).with_columns(
        asked_at=pl.datetime(2024, 1, 2, time_zone="UTC")
    )
    found = hw.enrich(spine, [view], as_of="asked_at")
    assert found["v__n_each_side_2_all"].to_list() == [None, [1, 1], None]
    wrong = hw.FeatureView(
        "v", source, entity="g", features=[hw.EachSide("n", math.nan).over_all()]
    )
    with pytest.raises(SpecError, match="EachSide: limit= is not a number"):
        hw.enrich(spine, [wrong], as_of="asked_at")


@dataclass(frozen=True, slots=True)
class Middle(Aggregation):
    """The lower middle value, as a number; nulls are skipped, empty input is null, order nothing.

    >>> Middle("amount").word
    'middle'
    """

    folds: ClassVar[Any] = "values"
    returns: ClassVar[Any] = "value"

    @staticmethod
    def room(distinct: int) -> int:
        return 1 + distinct

    @staticmethod
    def add(state: Any, code: int, x: Any) -> None:
        state[0] += 1
        state[1 + code] += 1

    @staticmethod
    def remove(state: Any, code: int, x: Any) -> None:
        state[0] -= 1
        state[1 + code] -= 1

    @staticmethod
    def result(state: Any, x: Any) -> tuple[int, Any]:
        if state[0] == 0:
            return NULL, x.dtype.type(0)
        seen = 0
        code = -1
        while 2 * seen < state[0]:
            code += 1
            seen += state[1 + code]
        return VALUE, x[code]


@pytest.mark.usefixtures("in_both_ways")
def test_a_fold_over_values_is_told_the_numbers_themselves() -> None:
    check_laws(Middle)
    frame = pl.DataFrame({"x": [2.5, -0.0, 9.0, None], "n": [7, 8, 2**62, -1]})
    assert fold({"x": Middle("x"), "n": Middle("n")}, frame) == {"x": 2.5, "n": 7}


LATEST_DAY = '''
"""LatestDay: the greatest value of any type that has an order."""
from dataclasses import dataclass
from headwater.aggregations.base import NULL, TIE, VALUE, Aggregation, Composite, Earlier

@dataclass(frozen=True, slots=True)
class LatestDay(Aggregation):
    """The greatest value; nulls are skipped, empty input gives null, order does not matter.

    >>> LatestDay("day").word
    'latest_day'
    """

    takes = ("integer", "float", "boolean", "string", "time", "duration")
    returns = "row"

    @staticmethod
    def prepare(x, valid, start, stop):
        return 0, 1

    @staticmethod
    def lift(state, x, i, scale):
        state[0] = i + 1

    @staticmethod
    def merge(into, left, right, x, rank):
        a, b = left[0], right[0]
        into[0] = a if b == 0 or (a > 0 and x[a - 1] >= x[b - 1]) else b

    @staticmethod
    def result(state, x, scale):
        return (VALUE if state[0] > 0 else NULL), state[0] - 1
'''


@pytest.mark.usefixtures("in_both_ways")
def test_a_member_that_picks_a_row_by_its_value_sees_codes_of_every_type(project: Path) -> None:
    (project / "aggregations" / "latest_day.py").write_text(LATEST_DAY, encoding="utf-8")
    check_laws(hw.LatestDay)
    frame = pl.DataFrame({"group": ["x", "y", "x"], "word": ["b", None, "ü"]})
    statistic = {"greatest": hw.LatestDay("word")}
    assert fold(statistic, frame) == {"greatest": "ü"}
    assert fold(statistic, frame, by="group") == {"greatest": {"x": "ü", "y": None}}


@dataclass(frozen=True, slots=True)
class Positive(Count):
    """How many values are above zero; nulls are skipped, empty input gives 0, order is nothing.

    >>> Positive("amount").word
    'positive'
    """

    takes: ClassVar[Any] = ("integer", "float")
    reads: ClassVar[Any] = "value"

    @staticmethod
    def lift(state: Any, x: Any, i: int, scale: int) -> None:
        state[0] = 1 if x[i] > 0 else 0


@pytest.mark.usefixtures("in_both_ways")
def test_a_member_that_returns_an_integer_reads_the_values() -> None:
    check_laws(Positive)
    frame = pl.DataFrame({"x": [1.5, -2.0, None, 0.0, 3.0], "n": [1, -1, 0, None, 2]})
    assert fold({"x": Positive("x"), "n": Positive("n")}, frame) == {"x": 2, "n": 2}


class Broken:
    """Members that break one law each; every law that is named must notice."""

    @dataclass(frozen=True, slots=True)
    class FloatSum(Aggregation):
        """Nulls, empty, order: floats are added as they come, so that order moves bits."""

        takes: ClassVar[Any] = ("float",)
        returns: ClassVar[Any] = "float"

        @staticmethod
        def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
            return 0, 2

        @staticmethod
        def lift(state: Any, x: Any, i: int, scale: int) -> None:
            state[0] = 1
            state[1] = int(x[i] * 1e6) if abs(x[i]) < 1e9 else 0

        @staticmethod
        def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
            into[0] = left[0] + right[0]
            into[1] = int(float(left[1]) * 1.1) + right[1]

        @staticmethod
        def result(state: Any, x: Any, scale: int) -> tuple[int, float]:
            return (VALUE, state[1] / 1e6) if state[0] > 0 else (NULL, 0.0)

    @dataclass(frozen=True, slots=True)
    class FirstOfAll(Last):
        """The state of the left; nulls, empty, order."""

        ordered: ClassVar[bool] = False
        serves: ClassVar[tuple[str, ...]] = ("window", "fit")

    @dataclass(frozen=True, slots=True)
    class OrderedFit(Last):
        """Serves fits, whose rows have no order; nulls, empty, order."""

        serves: ClassVar[tuple[str, ...]] = ("window", "fit")

    @dataclass(frozen=True, slots=True)
    class PeeksAhead(Count):
        """Counts with a scale that the whole group has; nulls, empty, order."""

        @staticmethod
        def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
            return stop - start, 1

        @staticmethod
        def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
            return VALUE, state[0] * scale

    @dataclass(frozen=True, slots=True)
    class NotNeutral(Count):
        """Each merge counts one more; nulls, empty, order."""

        @staticmethod
        def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
            into[0] = left[0] + right[0] + 1

    @dataclass(frozen=True, slots=True)
    class ForgetsToRemove(CountDistinct):
        """What has left still counts; nulls, empty, order."""

        @staticmethod
        def remove(state: Any, code: int, x: Any) -> None:
            state[1 + code] -= 1

    @dataclass(frozen=True, slots=True)
    class HalfOfBoth(CountDistinct):
        """Says that it folds states; nulls, empty, order."""

        folds: ClassVar[Any] = "states"

    @dataclass(frozen=True, slots=True)
    class ListWithoutLength(Count):
        """Says that it gives lists, of no length; nulls, empty, order."""

        returns: ClassVar[Any] = "integers"

    @dataclass(frozen=True, slots=True)
    class FitWithTimes(Count):
        """Serves fits, whose rows have no times; nulls, empty, order."""

        reads_also: ClassVar[Any] = ("time",)

    @dataclass(frozen=True, slots=True)
    class OutOfOrder(Count):
        """Its functions would be given something else than it says; nulls, empty, order."""

        serves: ClassVar[Any] = ("window",)
        reads_also: ClassVar[Any] = ("parameters", "time")

    @dataclass(frozen=True, slots=True)
    class WrongExample(Count):
        """Cannot be tried with its own example; nulls, empty, order."""

        def parameter_fault(self) -> str | None:
            return "always"

    @dataclass(frozen=True, slots=True)
    class NothingIsNull(Composite):
        """Says null for nothing, and gives zero; nulls, empty, order."""

        returns: ClassVar[Any] = "integer"

        condition: Any = None

        @classmethod
        def of_example(cls, column: Any, **given: Any) -> Aggregation:
            return cls(column, given.pop("where", None), **given)

        @property
        def parts(self) -> tuple[Any, ...]:
            return (
                Count(self.column, where=self.condition),
                Earlier(Count(self.column, where=self.condition)),
            )

        @staticmethod
        def combine(*given: Any) -> tuple[Any, Any]:
            return given[0] - given[1], given[2] | given[3]

    @dataclass(frozen=True, slots=True)
    class AlwaysTied(Count):
        """Refuses each question; nulls, empty, order."""

        @staticmethod
        def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
            return TIE, 0

    @dataclass(frozen=True, slots=True)
    class AlwaysNull(Max):
        """Knows nothing, whatever it is told; nulls, empty, order."""

        @staticmethod
        def result(state: Any, x: Any, scale: int) -> tuple[int, Any]:
            return NULL, 0

    @dataclass(frozen=True, slots=True)
    class NotEmpty(Count):
        """Says null for nothing though it promised 0; nulls, empty, order."""

        when_empty: ClassVar[int | None] = 0

        @staticmethod
        def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
            return VALUE, state[0] + 1


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(
    ("member", "noticed"),
    [
        (Broken.FloatSum, "it equals its own functions in plain Python, in any split"),
        (Broken.FirstOfAll, "in a fit the order of rows does not matter"),
        (Broken.OrderedFit, "its attributes make sense"),
        (Broken.PeeksAhead, "history before the window does not matter"),
        (Broken.PeeksAhead, "future and unknown rows do not matter"),
        (Broken.NotNeutral, "it equals its own functions in plain Python, in any split"),
        (Broken.ForgetsToRemove, "it equals its own functions in plain Python, in any split"),
        (Broken.HalfOfBoth, "its attributes make sense"),
        (Broken.ListWithoutLength, "its attributes make sense"),
        (Broken.FitWithTimes, "its attributes make sense"),
        (Broken.OutOfOrder, "its attributes make sense"),
        (Broken.WrongExample, "its attributes make sense"),
        (Broken.NothingIsNull, "nothing visible gives the empty result"),
        (Broken.NotEmpty, "nothing visible gives the empty result"),
        (Broken.AlwaysTied, "the order of rows does not matter"),
        (Broken.AlwaysTied, "the number of threads does not matter"),
        (Broken.AlwaysTied, "a clock that follows events has the same bits"),
        (Broken.AlwaysNull, "the order of rows does not matter"),
        (Broken.AlwaysNull, "other questions do not matter"),
    ],
)
def test_a_broken_member_is_noticed(member: Any, noticed: str) -> None:
    laws = {law.name: law for law in laws_of(member, histories=8)}
    with pytest.raises(AssertionError, match=member.__name__):
        laws[noticed].check()


def test_a_delay_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    law = {law.name: law for law in laws_of(Count, histories=4)}[
        "a clock that follows events has the same bits"
    ]
    law.check()
    monkeypatch.setattr(visibility, "plus", lambda times, _: times)
    with pytest.raises(AssertionError, match=r"known -?\d+ microseconds after the event"):
        law.check()


def test_an_ordered_member_is_compared_where_no_tie_refuses_it() -> None:
    law = {law.name: law for law in laws_of(ChangeCount, histories=4)}[
        "ties give the same in any order of rows"
    ]
    with uncompiled():
        law.check()  # each history as a whole is refused, or has nothing to count


@pytest.mark.usefixtures("in_both_ways")
def test_the_message_of_a_broken_law_names_member_history_and_feature() -> None:
    laws = {law.name: law for law in laws_of(Broken.NotEmpty, histories=1)}
    with pytest.raises(AssertionError, match=r"NotEmpty, histories 0: nothing visible .* found"):
        laws["nothing visible gives the empty result"].check()


def test_an_incomplete_docstring_is_noticed() -> None:
    @dataclass(frozen=True, slots=True)
    class Undocumented(Count):
        """Counts."""

    message = r"the docstring of Undocumented lacks \['null', 'empty', 'order'\]"
    with pytest.raises(AssertionError, match=message):
        laws_of(Undocumented, histories=1)[1].check()


@pytest.mark.parametrize("name", MEMBERS)
def test_the_docstring_of_a_member_has_an_example_that_runs(name: str) -> None:
    assert ">>> " in MEMBERS[name].__doc__


def test_merge_of_shared_moments_is_what_count_uses() -> None:
    assert Count.merge is add_words


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([3.0], 3.0),
        ([4.0, 1.0], 2.5),
        ([1.0, None, math.nan, 9.0, 2.0], 2.0),
        ([2.0**1023, 1.5 * 2.0**1023], 1.25 * 2.0**1023),
        ([], None),
        ([math.nan], None),
        ([-math.inf, math.inf, 7.0], 7.0),
    ],
)
def test_median_is_the_middle_of_the_known_values(
    values: list[float | None], median: float | None
) -> None:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)})
    assert fold({"m": hw.Median("x")}, frame) == {"m": median}


def test_value_counts_are_sorted_and_leave_nulls_out() -> None:
    frame = pl.DataFrame({"c": ["b", None, "a", "b"]})
    found = fold({"n": hw.ValueCounts("c")}, frame)["n"]
    assert list(found.items()) == [("a", 1), ("b", 2)]
