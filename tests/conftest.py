"""Settings that every test shares."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import pytest

from headwater.testing.window_laws import uncompiled

hypothesis.settings.register_profile(
    "headwater", derandomize=True, deadline=None, print_blob=False, database=None
)
hypothesis.settings.load_profile("headwater")


@pytest.fixture(params=["python", pytest.param("compiled", marks=pytest.mark.slow)])
def in_both_ways(request: pytest.FixtureRequest) -> Iterator[None]:
    """As plain Python every day, and as machine code among the slow tests.

    For members whose compiling takes longer than the test: that both give the same bits is a law.
    """
    if request.param == "compiled":
        yield
        return
    with uncompiled():
        yield


class NoSkips:
    """Turns skips into failures: what a machine of CI leaves out, nobody has run."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail a test that skipped itself; an expected failure stays one."""
        report = yield
        # pytest reports an expected failure as skipped; no test here is one, plug-ins may have some
        if report.skipped and not hasattr(report, "wasxfail"):
            _fail(report)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Fail a module that skipped itself as a whole."""
        report = yield
        if report.skipped:
            _fail(report)
        return report


def _fail(report: Any) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"HEADWATER_NO_SKIPS counts this skip as a failure: {reason}"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a name that is another one in every process, which only parallel runs would notice."""
    if re.search("0x[0-9a-fA-F]{6}", item.nodeid):
        raise pytest.UsageError(f"{item.nodeid} holds an address: give its cases ids of their own")


def pytest_configure(config: pytest.Config) -> None:
    """Register by hand, so that it holds for the doctests of src too."""
    if os.environ.get("HEADWATER_NO_SKIPS") == "1":
        config.pluginmanager.register(NoSkips(), "headwater-no-skips")
