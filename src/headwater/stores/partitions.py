"""Partitions of views that are larger than memory: `cache/partitions/<fingerprint>/`.

They outlive a process that is killed, so that the next one of the same fingerprint goes on where it
was. One that ends well removes them, and so does a later build of the training set that has no use
for them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from headwater.stores.atomic import STAGING, appearing, write_whole

_OWNER = "training_set.json"


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partitions of one view for the rows of one training set.

    Args:
        folder: Theirs, named by the fingerprint of what they are a part of.
        training_set: The training set's name.
    """

    folder: Path
    training_set: str

    def names(self) -> Sequence[str]:
        """The folders that are there."""
        if not self.folder.is_dir():
            return ()
        found = (path for path in self.folder.iterdir() if path.is_dir())
        return sorted(path.name for path in found if not path.name.startswith(STAGING))

    def path(self, name: str) -> Path:
        """Where a folder is, or would be."""
        return self.folder / name

    def filling(self, name: str) -> AbstractContextManager[Path]:
        """A folder to fill, which is there under its name, synced, when the block ends well.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        if not (self.folder / _OWNER).exists():
            write_whole(self.folder / _OWNER, json.dumps(self.training_set).encode())
        return appearing(self.folder / name)

    def remove(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_stale(folder: Path, training_set: str, wanted: Container[str]) -> None:
    """Remove what was left of a training set that none of these fingerprints needs.

    Args:
        folder: That of all partitions.
        training_set: Its name; what others left may be of use to them.
        wanted: The fingerprints of what is still to be computed.
    """
    for left in folder.iterdir() if folder.is_dir() else ():
        if left.name not in wanted and _owner(left) in (training_set, None):
            shutil.rmtree(left, ignore_errors=True)


def _owner(folder: Path) -> str | None:
    """Whose partitions these are; None where nothing says so."""
    try:
        return str(json.loads((folder / _OWNER).read_bytes()))
    except (OSError, ValueError):
        return None
