"""Splitting by time equals the naive reference (R8, R9), and the books balance."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.engines.splits import REASONS, Split, assign_parts
from headwater.errors import DataError, Place
from headwater.kernel.passes import NEVER
from headwater.spec.split_by_time import SplitByTime
from headwater.testing import reference_split

HALVES = SplitByTime(train=0.5, validation=0.0, test=0.5)
THIRDS = SplitByTime(train=0.5, validation=0.25, test=0.25)


def split(
    as_of: list[int | None],
    label: list[bool | None] | None = None,
    known: list[int | None] | None = None,
    *,
    by: SplitByTime = THIRDS,
    **left_out: list[bool] | None,
) -> Split:
    size = len(as_of)
    clock = [0] * size if known is None else known
    return assign_parts(
        pl.Series(as_of, dtype=pl.Int64),
        pl.Series([True] * size if label is None else label, dtype=pl.Boolean),
        np.array([NEVER if at is None else at for at in clock], np.int64),
        by,
        left_out={why: np.array(rows, np.bool_) for why, rows in left_out.items() if rows},
        place=None,
    )


def test_fractions_count_labelled_rows_in_the_order_of_time() -> None:
    found = split([8, 1, 7, 2, 6, 3, 5, 4])
    assert found.part.to_list() == [
        "test", "train", "test", "train", "validation", "train", "validation", "train",
    ]  # fmt: skip
    assert found.boundaries == {"validation": 5, "test": 7}
    assert found.excluded == {}


def test_ties_at_a_boundary_go_to_the_later_part() -> None:
    found = split([1, 2, 5, 5, 5, 6, 7, 8], by=THIRDS)
    assert found.boundaries == {"validation": 5, "test": 7}
    assert found.part.to_list() == ["train"] * 2 + ["validation"] * 4 + ["test"] * 2


def test_a_label_known_exactly_when_the_next_part_begins_is_kept_and_a_later_one_purged() -> None:
    found = split([1, 2, 3, 4], known=[3, 4, 9, 9], by=HALVES)
    assert found.part.to_list() == ["train", None, "test", "test"]
    assert found.excluded == {"purged": 1}


def test_boundaries_do_not_move_when_rows_are_purged() -> None:
    found = split([1, 2, 3, 4, 5, 6, 7, 8], known=[1, 99, 99, 99, 5, 6, 7, 8])
    assert found.boundaries == {"validation": 5, "test": 7}
    assert found.part.to_list() == ["train", None, None, None, *["validation"] * 2, *["test"] * 2]


def test_validation_is_purged_by_the_begin_of_test_and_train_by_that_of_validation() -> None:
    found = split([1, 2, 3, 4, 5, 6, 7, 8], known=[6, 5, 5, 5, 8, 7, 99, 99])
    assert found.part.to_list() == [
        None, "train", "train", "train", None, "validation", "test", "test",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "holds", "reason"),
    [
        ((None, None, None), {"filtered", "label_filtered", "label_not_mature"}, "filtered"),
        ((None, None, None), {"label_filtered", "label_not_mature"}, "as_of_null"),
        ((1, None, None), {"label_filtered", "label_not_mature"}, "label_filtered"),
        ((1, None, None), {"label_not_mature"}, "label_never_known"),
        ((1, None, 99), {"label_not_mature"}, "label_not_mature"),
        ((1, None, 99), set(), "label_null"),
        ((1, True, 99), set(), "purged"),
        ((1, True, 2), set(), None),
    ],
)
def test_each_reason_comes_before_those_after_it(
    row: Any, holds: set[str], reason: str | None
) -> None:
    at, label, known = row
    left_out = {why: [True, False, False, False] for why in holds}
    labels, clocks = [label, True, True, True], [known, 0, 9, 9]
    found = split([at, 1, 2, 2], labels, clocks, by=HALVES, **left_out)
    assert found.excluded == ({} if reason is None else {reason: 1})
    assert (found.part[0] is None) == (reason is not None)


def test_every_reason_has_its_place_in_the_books() -> None:
    assert REASONS == (
        "filtered",
        "as_of_null",
        "label_filtered",
        "label_never_known",
        "label_not_mature",
        "label_null",
        "purged",
    )


@pytest.mark.parametrize(
    ("as_of", "known", "part"),
    [
        ([None, None], [0, 0], "train"),
        ([5, 5, 5, 5], [0, 0, 0, 0], "train"),
        ([1, 2, 2, 2], [0, 0, 0, 0], "validation"),
        ([1, 2, 3, 4], [99, 99, 0, 0], "train"),
        ([1, 2, 3, 4], [0, 0, 99, 0], "validation"),
        ([], [], "train"),
    ],
)
def test_a_part_without_rows_is_refused_by_name(
    as_of: list[int | None], known: list[int | None], part: str
) -> None:
    with pytest.raises(DataError, match=f"part '{part}' of the split has no rows") as caught:
        split(as_of, known=known)
    assert caught.value.code == "HW406"
    assert caught.value.hint is not None


def test_the_refusal_names_the_line_of_the_split() -> None:
    with pytest.raises(DataError) as caught:
        assign_parts(
            pl.Series([], dtype=pl.Int64),
            pl.Series([], dtype=pl.Boolean),
            np.array([], np.int64),
            THIRDS,
            left_out={"filtered": np.array([], np.bool_)},
            place=Place("features.py", 3),
        )
    assert "features.py:3" in str(caught.value)


def test_one_part_takes_everything_and_purges_nothing() -> None:
    found = split([3, 1, 2], known=[9, 9, 9], by=SplitByTime(train=1.0, validation=0, test=0))
    assert found.part.to_list() == ["train"] * 3
    assert found.boundaries == {}


MOMENTS = st.one_of(st.none(), st.integers(0, 12))
ROWS = st.lists(
    st.tuples(MOMENTS, st.sampled_from([True, False, True, None]), MOMENTS, st.integers(0, 19)),
    max_size=30,
)
FRACTIONS = st.sampled_from(
    [(0.7, 0.15, 0.15), (0.5, 0.5, 0.0), (0.6, 0.0, 0.4), (1.0, 0.0, 0.0), (0.1, 0.2, 0.7),
     (1 / 3, 1 / 3, 1 / 3), (0.9, 0.05, 0.05)]
)  # fmt: skip


@settings(derandomize=True)
@given(ROWS, FRACTIONS)
def test_every_row_has_the_part_or_the_reason_of_the_reference(
    rows: list[tuple[int | None, bool | None, int | None, int]],
    fractions: tuple[float, float, float],
) -> None:
    as_of, label, known = ([row[i] for row in rows] for i in range(3))
    filtered, late, immature = ([row[3] == flag for row in rows] for flag in (0, 1, 2))
    left_out = {"filtered": filtered, "label_filtered": late, "label_not_mature": immature}
    train, validation, test = fractions
    by = SplitByTime(train=train, validation=validation, test=test)
    parts, reasons = reference_split(
        as_of,
        label,
        label_known=known,
        fractions=fractions,
        filtered=filtered,
        label_filtered=late,
        mature=[not one for one in immature],
    )
    if not set(by.fractions) <= set(parts):
        with pytest.raises(DataError, match="HW406"):
            split(as_of, label, known, by=by, **left_out)  # type: ignore[arg-type]
        return
    found = split(as_of, label, known, by=by, **left_out)  # type: ignore[arg-type]
    assert found.part.to_list() == parts
    assert found.excluded == {why: reasons.count(why) for why in set(reasons) if why}
    assert found.part.count() + sum(found.excluded.values()) == len(rows)


def test_the_reference_is_met_on_many_rows() -> None:
    generator = np.random.default_rng(5)
    size = 3_000
    as_of = [
        None if generator.random() < 0.02 else int(generator.integers(0, 400)) for _ in range(size)
    ]
    known = [
        None if generator.random() < 0.05 else (at or 0) + int(generator.integers(0, 40))
        for at in as_of
    ]
    label = [
        None if generator.random() < 0.03 else bool(generator.random() < 0.4) for _ in range(size)
    ]
    filtered = (generator.random(size) < 0.1).tolist()
    parts, reasons = reference_split(
        as_of, label, label_known=known, fractions=(0.7, 0.15, 0.15), filtered=filtered
    )
    by = SplitByTime(train=0.7, validation=0.15, test=0.15)
    found = split(as_of, label, known, by=by, filtered=filtered)
    assert found.part.to_list() == parts
    assert found.excluded == {why: reasons.count(why) for why in set(reasons) if why}
    assert set(found.excluded) == set(REASONS) - {"label_filtered", "label_not_mature"}
