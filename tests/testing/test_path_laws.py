"""The laws of the ways to an answer notice a way that loses or adds something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from headwater.aggregations.count import Count
from headwater.aggregations.sum import Sum
from headwater.engines.out_of_core import Room
from headwater.runtime.enrich import enrich
from headwater.sources.csv import Csv
from headwater.sources.parquet import Parquet
from headwater.testing import path_laws
from headwater.testing.aggregation_laws import laws_of
from headwater.testing.law_cases import Case
from headwater.testing.path_laws import (
    PATH_LAWS,
    a_row_asked_alone_gets_the_same,
    partitions_on_disk_do_not_matter,
    the_layout_of_files_does_not_matter,
)


@pytest.fixture
def case() -> Case:
    return Case.of(Sum, range(4))


def test_the_law_of_each_way_is_one_of_every_member_that_serves_windows() -> None:
    names = [law.name for law in laws_of(Count, histories=1)]
    assert PATH_LAWS.keys() <= set(names)


@pytest.mark.parametrize("reader", [Parquet, Csv])
def test_files_of_which_half_is_lost_are_noticed(
    reader: Any, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_layout_of_files_does_not_matter(case)
    read = reader.read
    half = case.rows.height // 2
    monkeypatch.setattr(reader, "read", lambda self, columns: read(self, columns)[:half])
    with pytest.raises(AssertionError, match=r"found .* expected"):
        the_layout_of_files_does_not_matter(case)


def test_a_request_that_is_told_a_later_moment_is_noticed(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_row_asked_alone_gets_the_same(case)

    def late(spine: pl.DataFrame, views: Any, *, as_of: str) -> Any:
        return enrich(spine.with_columns(pl.col(as_of) + timedelta(days=9)), views, as_of=as_of)

    monkeypatch.setattr(path_laws, "enrich", late)
    with pytest.raises(AssertionError, match="rows asked alone"):
        a_row_asked_alone_gets_the_same(case)


def test_a_view_that_was_folded_in_memory_proves_nothing_of_partitions(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    partitions_on_disk_do_not_matter(case)
    monkeypatch.setattr(path_laws, "Room", lambda memory, say: Room(1000 * memory, say=say))
    with pytest.raises(AssertionError, match="folded in memory"):
        partitions_on_disk_do_not_matter(case)
