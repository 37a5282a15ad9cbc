"""The folder of results beside a project: `.headwater/` with its lock."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headwater.stores.atomic import sweep, unwritable


@dataclass(frozen=True, slots=True)
class Home:
    """Where a project's results are kept.

    Args:
        project: The project's folder.
    """

    project: Path

    @property
    def folder(self) -> Path:
        """`.headwater/`, which git ignores."""
        return self.project / ".headwater"

    @property
    def artifacts(self) -> Path:
        """`artifacts/<training set>/<fingerprint>/`."""
        return self.folder / "artifacts"

    @property
    def cache(self) -> Path:
        """Results of tasks by fingerprint; may be deleted at any time."""
        return self.folder / "cache"

    @property
    def models(self) -> Path:
        """`models/<model>/<fingerprint>/`."""
        return self.folder / "models"

    @property
    def runs(self) -> Path:
        """What happened when: the only place with wall clocks and durations."""
        return self.folder / "runs"

    @property
    def ledger(self) -> Path:
        """The append-only list of looks at test metrics."""
        return self.folder / "ledger.jsonl"

    @contextmanager
    def locked(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the project's lock; a second process waits, says so, and then finds the results.

        Raises:
            EngineError: HW502, the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            handle = (self.folder / "lock").open("w")
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another process is at work in this project: waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            sweep(self.folder)
            yield


def home_of(file: str | None) -> Home:
    """The home of definitions made in this file: the nearest folder with `headwater.toml`.

    Without one, the working directory is the project.
    """
    if file is not None:
        for folder in Path(file).resolve().parents:
            if (folder / "headwater.toml").is_file():
                return Home(folder)
    return Home(Path.cwd())
