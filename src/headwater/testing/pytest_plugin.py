"""`pytest --headwater PROJECT`: each of a project's own words, held to each law of its family.

A test is a law, and its name says what should hold: `steps/clip.py::rows do not see each other`.
Nothing is loaded unless the option is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from headwater.plugins import Member

_FAMILIES = ("aggregations", "steps", "checks")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headwater`."""
    parser.getgroup("headwater").addoption(
        "--headwater",
        metavar="PROJECT",
        help="hold the words in PROJECT's folders aggregations, steps and checks to their laws",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the project's words, and beside them only what was named."""
    named = config.getoption("--headwater")
    if named is None:
        return
    words = Words(Path(named).resolve())
    config.pluginmanager.register(words, "headwater-words")
    given = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args[:] = [*given, *(str(f) for f in words.folders if str(f) not in given)]


class Words:
    """The words of a project as collectors of tests.

    Args:
        project: Its folder.

    Raises:
        UsageError: There is no word.
    """

    def __init__(self, project: Path) -> None:
        from headwater import plugins

        plugins.use_project(project)
        self.project = project
        self.members = {
            member.path: member
            for family in _FAMILIES
            for member in plugins.members(family).values()
            if member.path is not None and member.path.is_relative_to(project)
        }
        self.folders = sorted({path.parent for path in self.members})
        if not self.folders:
            listed = ", ".join(f"{family}/" for family in _FAMILIES)
            raise pytest.UsageError(
                f"[HW104] project {str(project)!r} has no word of its own\n"
                f"  hint: a word is a Python file in {listed} of the project's folder"
            )

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """The laws of the word in this file."""
        if file_path not in self.members:
            return None
        made = WordFile.from_parent(parent, path=file_path)
        made.member, made.project = self.members[file_path], self.project
        return made

    def pytest_unconfigure(self) -> None:
        """Leave no word behind for who runs pytest in a process of theirs."""
        from headwater import plugins

        plugins.forget_projects()


class WordFile(pytest.File):
    """The file of a word."""

    member: Member
    project: Path

    def collect(self) -> Iterator[LawItem]:
        """A test for each law."""
        for law in self._laws():
            item = LawItem.from_parent(self, name=law.name)
            item.check, item.word = law.check, self.member.name
            yield item

    def _laws(self) -> Any:
        from headwater.errors import HeadwaterError
        from headwater.runtime.project_modules import importable
        from headwater.testing.contracts import contract_of

        try:
            with importable(self.project):
                return contract_of(self.member.load())
        except (AssertionError, HeadwaterError) as error:
            raise self.CollectError(str(error)) from error


class LawItem(pytest.Item):
    """One law of one word."""

    check: Callable[[], None]
    word: str

    def runtest(self) -> None:
        """Check the law."""
        self.check()

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What is wrong, in the words of the law; the stack only for what is not foreseen."""
        from headwater.errors import HeadwaterError

        if isinstance(excinfo.value, (AssertionError, HeadwaterError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, and the law with its word."""
        return self.path, 0, f"{self.word}: {self.name}"
