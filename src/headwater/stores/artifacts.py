"""Artifacts: a training set as built, in a folder named by its fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from headwater.errors import EngineError
from headwater.spec.cards import SHOWN, card
from headwater.spec.derived import Derived
from headwater.spec.view import View

FORMAT = 1
"""The layout's version; an artifact of another one is not read."""
MANIFEST = "manifest.json"
"""The file that says what an artifact holds."""
TOP_VALUES = "top_values.json"
"""The state that says which value each feature of a `top=` means."""
SET_ASIDE = "set_aside"
"""The folder with a file for each source of which checks set rows aside."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A training set as built.

    Args:
        path: `.headwater/artifacts/<training set>/<fingerprint>`.
        manifest: What it holds, how it came to be, and the digest of each file.
        cached: Whether it was there already.
        definitions: Of its features, in their order; see `views`.
    """

    path: Path
    manifest: dict[str, Any]
    cached: bool = False
    definitions: tuple[View | Derived, ...] = field(default=(), repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """The identity of everything that determines the values."""
        return str(self.manifest["fingerprint"])

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts in the order of time."""
        return tuple(self.manifest["parts"])

    def views(self) -> list[View | Derived]:
        """The views and derived columns of the training set, for `hw.enrich`.

        They are those that were declared, except that `by=..., top=` has become the values that
        were learned here: other rows get the columns of the training set, to the bit.
        """
        return list(self.definitions)

    @property
    def top_values(self) -> dict[str, Any]:
        """The value of each column of a `top=`, None where there were fewer; empty without one."""
        name = f"states/{TOP_VALUES}"
        known = name in self.manifest["files"]
        return dict(json.loads((self.path / name).read_text("utf-8"))) if known else {}

    def to_polars(self, part: str) -> pl.DataFrame:
        """The rows of a part: `as_of`, keys, kept columns, features, label, `label_known_time`.

        Raises:
            KeyError: There is no such part.
        """
        return pl.read_parquet(self._file("raw", part))

    def to_pandas(self, part: str) -> Any:
        """The same rows as a pandas frame.

        Raises:
            EngineError: HW501, pandas is not installed.
        """
        try:
            return self.to_polars(part).to_pandas()
        except ImportError as error:
            hint = "pip install 'headwater[pandas]'"
            raise EngineError("HW501", "pandas is not installed", hint=hint) from error

    def to_arrow(self, part: str) -> Any:
        """The same rows as an Arrow table."""
        return self.to_polars(part).to_arrow()

    def prepared(self, part: str) -> pl.DataFrame:
        """The inputs of a model, all Float64, in the rows and order of `to_polars(part)`."""
        return pl.read_parquet(self._file("prepared", part))

    def set_aside(self, source: str) -> pl.DataFrame:
        """The rows of a source that checks set aside, as `hw.set_aside` has them.

        Raises:
            KeyError: No check of that source sets rows aside.
        """
        known = self.manifest.get("set_aside", {})
        if source not in known:
            raise KeyError(f"no rows are set aside of {source!r}; of {', '.join(known) or 'none'}")
        return pl.read_parquet(self.path / SET_ASIDE / f"{source}.parquet")

    def _repr_html_(self) -> str:
        """Rows, parts, what is excluded and what is suspected, for a notebook."""
        told = self.manifest
        books = told.get("set_aside", {})
        aside = {source: read["set_aside"] for source, read in books.items()}
        parts = {part: f"{facts['rows']:,} rows" for part, facts in told["parts"].items()}
        findings = [f"{one['code']} {one['message']}" for one in told["findings"]]
        return card(
            f"Artifact of {told['training_set']!r}",
            [
                ("fingerprint", self.fingerprint[:SHOWN]),
                ("path", str(self.path)),
                ("parts", parts),
                ("left out", told["excluded"]),
                *([("set aside", aside)] if aside else []),
                ("features", told["columns"]["features"]),
                ("label", told["columns"]["label"]),
                ("findings", findings),
            ],
        )

    def _file(self, kind: str, part: str) -> Path:
        if part not in self.parts:
            raise KeyError(f"no part {part!r}; there are {', '.join(self.parts)}")
        return self.path / kind / f"{part}.parquet"


def load_artifact(path: Path) -> Artifact:
    """An artifact from disk, every file compared with its digest.

    Raises:
        EngineError: HW503, a file is missing, changed or of another version.
    """
    name = path.name[:12]
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            raise _refused(f"artifact {name} has format {manifest['format']}, not {FORMAT}")
        if _digest_of_text(manifest) != manifest["sha256"]:
            raise _refused(f"the manifest of artifact {name} is not what was written")
        for file, digest in manifest["files"].items():
            if file_digest(path / file) != digest:
                raise _refused(f"file {file!r} of artifact {name} is not what was written")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(f"artifact {name} is damaged") from error
    return Artifact(path, manifest, cached=True)


def finish_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest with the digest of each file in the folder, and with its own."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    whole = {**manifest, "format": FORMAT, "files": digests}
    whole["sha256"] = _digest_of_text(whole)
    text = json.dumps(whole, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _refused(message: str) -> EngineError:
    hint = "delete its folder and build again: the same definitions give the same bytes"
    return EngineError("HW503", message, hint=hint)


def _digest_of_text(manifest: dict[str, Any]) -> str:
    """The digest of all that a manifest says but for the digest itself."""
    said = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
