"""A source that is replaced at any moment of any read of it: refused, or the build of one file.

Between its first and its last look at what the data is, a build reads the source three times, for
its rows and for two views. The file is put in its place by a rename, or its bytes are written over.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

CSV = """hw.Csv("orders.csv", types={
        "amount": pl.Float64(), "is_returned": pl.Boolean(),
        "ordered_at": pl.Datetime("us", "UTC"), "paid_at": pl.Datetime("us", "UTC"),
    })"""
WITHIN = [
    ("snapshot", 1, "open"),
    ("snapshot", 1, "after"),
    *itertools.product(["read"], [1, 2, 3], ["before", "open", "after"]),
    ("snapshot", 2, "before"),
]
"""Moments at which one build would see both files, or say of one what it read of the other."""
BEYOND = [("snapshot", 1, "before"), ("snapshot", 2, "open"), ("snapshot", 2, "after")]
"""Moments at which it need not."""


@dataclass(frozen=True)
class Replaced:
    """A project whose source is one of two files.

    Args:
        builds: Of the project.
        source: The file that is read.
        files: The two, by `one` and `other`.
        whole: What is there when both were built, one after the other.
    """

    builds: Any
    source: Path
    files: dict[str, Path]
    whole: dict[str, str]

    def put(self, name: str) -> None:
        self.source.unlink(missing_ok=True)
        shutil.copyfile(self.files[name], self.source)

    def struck(self, moment: tuple[str, int, str], how: str) -> Any:
        """A build of the one during which the other takes its place."""
        self.builds.forget()
        self.put("one")
        spare = self.source.with_suffix(".spare")
        shutil.copyfile(self.files["other"], spare)
        act, number, at = moment
        outcome = self.builds.run(
            "replace", source=str(self.source), other=str(spare), how=how,
            act=act, number=number, moment=at,
        )  # fmt: skip
        assert self.source.read_bytes() == self.files["other"].read_bytes()
        spare.unlink(missing_ok=True)
        return outcome

    def made_after_all(self) -> dict[str, str]:
        """What is there when both are built, with what the struck build has left."""
        for name in ("one", "other"):
            self.put(name)
            assert self.builds.run().error is None
        return dict(self.builds.digests())


@pytest.fixture(scope="module")
def wholes() -> dict[str, dict[str, str]]:
    """By kind of file what builds of both make, the same in any folder; made once."""
    return {"parquet": {}, "csv": {}}


@pytest.fixture(params=["parquet", "csv"])
def replaced(
    request: pytest.FixtureRequest,
    builds: Any,
    other_orders: pl.DataFrame,
    tmp_path: Path,
    wholes: dict[str, dict[str, str]],
) -> Replaced:
    kind: str = request.param
    files = {name: tmp_path / f"{name}.{kind}" for name in ("one", "other")}
    rows = {"one": pl.read_parquet(builds.folder / "orders.parquet"), "other": other_orders}
    for name, frame in rows.items():
        frame.write_parquet(files[name]) if kind == "parquet" else frame.write_csv(files[name])
    if kind == "csv":
        definitions = builds.folder / "definitions.py"
        text = definitions.read_text("utf-8").replace('hw.Parquet("orders.parquet")', CSV)
        definitions.write_text(text, "utf-8")
        (builds.folder / "orders.parquet").unlink()
    project = Replaced(builds, builds.folder / f"orders.{kind}", files, wholes[kind])
    if not project.whole:
        project.whole.update(project.made_after_all())
    made = (name for name in project.whole if "/artifacts/" in name)
    assert sum(name.endswith("manifest.json") for name in made) == 2
    return project


def check_refused(project: Replaced, moment: tuple[str, int, str], how: str) -> None:
    error = project.struck(moment, how).error
    assert error is not None, moment
    assert error.startswith(("[HW409] source 'orders' changed while it was read", "[HW401]")), (
        moment
    )
    left = project.builds.results()
    assert not any("artifacts/" in name or "staging" in name for name in left), moment
    assert not any(".headwater/cache/" in name for name in left), moment
    assert project.made_after_all() == project.whole, moment


@pytest.mark.parametrize("moment", [("read", 2, "open"), ("snapshot", 1, "open")], ids=str)
def test_a_source_that_is_replaced_while_it_is_open_is_refused(
    replaced: Replaced, moment: tuple[str, int, str]
) -> None:
    check_refused(replaced, moment, "renamed")


def test_a_source_that_is_replaced_between_two_reads_is_refused(replaced: Replaced) -> None:
    check_refused(replaced, ("read", 1, "after"), "renamed")
    check_refused(replaced, ("read", 3, "before"), "rewritten")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["renamed", "rewritten"])
def test_a_source_that_is_replaced_at_any_moment_of_a_build_is_refused(
    replaced: Replaced, how: str
) -> None:
    for moment in WITHIN:
        check_refused(replaced, moment, how)


@pytest.mark.parametrize("moment", BEYOND, ids=str)
def test_before_its_first_look_and_after_its_last_a_build_is_of_one_file(
    replaced: Replaced, moment: tuple[str, int, str]
) -> None:
    assert replaced.struck(moment, "renamed").error is None
    assert replaced.builds.results().items() <= replaced.whole.items()
    assert replaced.made_after_all() == replaced.whole
