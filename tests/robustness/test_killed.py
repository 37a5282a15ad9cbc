"""A build that is killed at any moment leaves what the next build makes whole, to the byte."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

KILLED = -signal.SIGKILL


@pytest.mark.slow
def test_a_build_killed_at_fifty_moments_is_made_whole_by_the_next(builds: Any) -> None:
    renames = builds.run().renames
    assert renames == 4  # rows, two views, artifact
    whole = builds.digests()
    builds.forget()
    started = time.monotonic()
    assert builds.run().code == 0
    seconds = time.monotonic() - started
    for number in range(42):
        while not _is_killed_after(seconds * number / 42, builds):
            seconds *= 0.8  # this run was quicker than the one that was measured
        assert builds.run().code == 0
        assert builds.digests() == whole
    for rename in range(renames):
        for moment in ("before", "after"):
            builds.forget()
            assert builds.run("kill", rename=rename, moment=moment).code == KILLED
            assert builds.run().code == 0
            assert builds.digests() == whole


def _is_killed_after(seconds: float, builds: Any) -> bool:
    """Whether the kill came before the end of the build."""
    builds.forget()
    running = builds.start()
    time.sleep(seconds)
    running.child.kill()
    return bool(running.ended().code == KILLED)


def test_a_build_killed_before_its_last_rename_is_made_whole_by_the_next(builds: Any) -> None:
    renames = builds.run().renames
    whole = builds.digests()
    builds.forget()
    assert builds.run("kill", rename=renames - 1, moment="before").code == KILLED
    assert any(".staging-" in path for path in builds.digests())  # it was in the midst of it
    again = builds.run()
    assert again.renames == 1  # the artifact; rows and views were kept and not computed again
    assert builds.digests() == whole


def test_two_processes_at_once_make_the_same_once(builds: Any) -> None:
    running = [builds.start() for _ in range(2)]
    outcomes = [one.ended() for one in running]
    assert [one.code for one in outcomes] == [0, 0]
    assert sorted(one.renames for one in outcomes) == [0, 4]  # one computed, the other reused
    together = builds.digests()
    builds.forget()
    assert builds.run().code == 0
    assert builds.digests() == together
