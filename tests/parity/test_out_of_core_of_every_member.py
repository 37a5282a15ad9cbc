"""Every member gives the same bits from partitions on disk as from a history in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.engines.out_of_core import Room
from headwater.engines.views import view_features
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.testing.histories import ENTITY, history
from headwater.testing.law_cases import KINDS, demand_same, frame_of, merged, plain
from headwater.testing.window_laws import uncompiled


def features(kinds: int) -> list[Any]:
    """Each member that serves windows, over columns of so many kinds that it takes."""
    found: list[Any] = []
    for name, member in sorted(plugins.members("aggregations").items()):
        word: Any = member.load()
        if "window" not in word.serves:
            continue
        taken = [column for column, kind in KINDS.items() if kind in word.takes]
        for column in taken[:kinds]:
            one = word.of_example(column, name=f"{name}_{column}")
            found.append(one.within("1d", "7d"))
            if not any(isinstance(part, Earlier) for part in one.parts):
                found.append(one.over_all())
    return found


def planned(file: Path, kinds: int) -> ViewPlan:
    source = hw.Source(
        "s", hw.Parquet(str(file)), event_time="event_time", known_time="known_time",
        null_known_time="never", sequence="sequence",
    )  # fmt: skip
    faults = Faults()
    view = hw.FeatureView("v", source, entity=ENTITY, features=features(kinds))
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def check(folder: Path, seeds: range, *, kinds: int, memory: int) -> None:
    made = merged([history(seed) for seed in seeds])
    frame_of(made).write_parquet(folder / "rows.parquet", row_group_size=50)
    plan, spine = planned(folder / "rows.parquet", kinds), made.frames()[1]
    moments = spine["as_of"].to_physical()
    expected = view_features(plan, spine, as_of=moments)
    assert sum(value > 1 for value in expected["v__Count_amount_7d"]) > 3  # else all is empty
    for threads in (1, 2):
        heard: list[str] = []
        room = Room(memory=memory, say=heard.append)
        found = view_features(plan, spine, as_of=moments, threads=threads, room=room)
        assert "partitions on disk" in heard[0]
        assert found.schema == expected.schema
        for name in expected.columns:
            demand_same(plain(found[name]), plain(expected[name]), name)
    assert len(plan.features) > 90


def test_partitions_give_the_bits_of_the_whole(tmp_path: Path) -> None:
    with uncompiled():  # compiling every member takes minutes
        check(tmp_path, range(10, 13), kinds=1, memory=10_000)


@pytest.mark.slow
def test_partitions_give_the_bits_of_the_whole_when_compiled(tmp_path: Path) -> None:
    check(tmp_path, range(12), kinds=9, memory=100_000)
