"""The laws of steps find steps that break them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from headwater.aggregations.count import Count
from headwater.aggregations.mean import Mean
from headwater.kernel.row_operations import RowOperation, fill
from headwater.steps.base import LABEL, OutOfFoldStep, Statistic, Step
from headwater.steps.impute_median import ImputeMedian
from headwater.testing.step_laws import step_laws


class Broken:
    """Steps that break one law each."""

    @dataclass(frozen=True, slots=True)
    class AsksForTheLabel(Step):
        """Null, empty, order, unseen."""

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {"label": Mean(LABEL)}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            return [fill(column, 0.0) for column in columns]

    @dataclass(frozen=True, slots=True)
    class ShowsRowsTheirOwn(Step):
        """Null, empty, order, unseen."""

        supervised: ClassVar[bool] = True

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {"label": Mean(LABEL)}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            return [fill(column, statistics["label"]) for column in columns]

    @dataclass(frozen=True, slots=True)
    class AsksInVain(OutOfFoldStep):
        """Null, empty, order, unseen."""

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {"label": Count(LABEL)}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            return [fill(column, 0.0) for column in columns]

    @dataclass(frozen=True, slots=True)
    class Remembers(Step):
        """Null, empty, order, unseen."""

        seen: ClassVar[list[float]] = []

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {column: Mean(column) for column in columns}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            self.seen.append(1.0)
            return [fill(column, float(len(self.seen))) for column in columns]

    @dataclass(frozen=True, slots=True)
    class FailsOnNulls(Step):
        """Null, empty, order, unseen."""

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {column: Mean(column) for column in columns}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            return [fill(column, statistics[column] + 0.0) for column in columns]

    @dataclass(frozen=True, slots=True)
    class NeedsArguments(ImputeMedian):
        """Null, empty, order, unseen; takes none of the columns that there are."""

        takes: ClassVar[Any] = "date"

    class Thawed(Step):
        """Counts."""

        def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
            return {}

        def outputs(
            self, columns: Sequence[str], statistics: Mapping[str, Any]
        ) -> list[RowOperation]:
            return []


@pytest.mark.parametrize(
    ("step", "law", "says"),
    [
        (Broken.AsksForTheLabel, "rows do not see each other", "HW605"),
        (
            Broken.ShowsRowsTheirOwn,
            "it learns from the label only where it says so",
            "must be an OutOfFoldStep",
        ),
        (
            Broken.AsksInVain,
            "it learns from the label only where it says so",
            "the label does not move it",
        ),
        (Broken.Remembers, "the order of training rows does not matter", "the state is another"),
        (Broken.Remembers, "other rows move no state", "the state moved"),
        (Broken.NeedsArguments, "rows do not see each other", "say in takes="),
    ],
)
def test_a_broken_step_is_noticed_by_its_law(step: type[Step], law: str, says: str) -> None:
    laws = {one.name: one for one in step_laws(step)}
    with pytest.raises(AssertionError, match=says) as caught:
        laws[law].check()
    assert step.__name__ in str(caught.value)


def test_an_error_without_a_code_on_edge_frames_is_not_swallowed() -> None:
    laws = {one.name: one for one in step_laws(Broken.FailsOnNulls)}
    with pytest.raises(TypeError):
        laws["edge frames are learned from or refused"].check()


def test_a_step_that_anyone_could_change_or_that_says_nothing_is_noticed() -> None:
    shape, documented, *_ = step_laws(Broken.Thawed)
    with pytest.raises(AssertionError, match="Thawed is not a frozen dataclass"):
        shape.check()
    with pytest.raises(
        AssertionError, match=r"Thawed lacks \['null', 'empty', 'order', 'unseen'\]"
    ):
        documented.check()
