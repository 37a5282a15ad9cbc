"""A project: a folder with `headwater.toml` and Python files that hold definitions."""

from __future__ import annotations

import tomllib
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from headwater import plugins
from headwater.errors import Place, SpecError, SpecErrors, closest, raise_all
from headwater.runtime.failure_hooks import hook_faults
from headwater.runtime.project_modules import execute, importable
from headwater.schema.sizes import parse_size
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.model import ClockComparison, Model
from headwater.spec.source import Source
from headwater.spec.training_set import TrainingSet
from headwater.stores.home import Home

Definition = Source | FeatureView | Attributes | TrainingSet | Model | ClockComparison
_Kind = TypeVar("_Kind", Source, FeatureView, Attributes, TrainingSet, Model, ClockComparison)
_KINDS: dict[str, type] = {
    "name": str,
    "seed": int,
    "definitions": list,
    "prepare": str,
    "memory": str,
    "on_failure": list,
    "on_failure_seconds": int,
}
"""The settings and what each takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """What a project declares.

    Args:
        folder: Where `headwater.toml` is.
        name: From `headwater.toml`, else the folder's name.
        seed: The root seed, from which each task derives its own generator.
        prepare: A script that makes the data where it is missing; only examples have one.
        definitions: All of them by kind and name.
        memory: Bytes that a view may take in memory; None where the project does not say.
    """

    folder: Path
    name: str
    seed: int = 0
    prepare: str | None = None
    definitions: Mapping[type, Mapping[str, Any]] = field(default_factory=dict)
    memory: int | None = None

    @property
    def home(self) -> Home:
        """Where its results are kept."""
        return Home(self.folder)

    def of(self, kind: type[_Kind]) -> dict[str, _Kind]:
        """The definitions of one kind by name."""
        return dict(self.definitions.get(kind, {}))

    def only(self, kind: type[_Kind], name: str | None, word: str) -> _Kind:
        """The definition of this name; without a name the only one there is.

        Raises:
            SpecError: HW104, there is none, or several and no name.
        """
        known = self.of(kind)
        if name is None and len(known) == 1:
            return next(iter(known.values()))
        if name in known:
            return known[name]
        found = f"no {word} is defined" if not known else f"there are {len(known)} of kind {word}"
        raise SpecError(
            "HW104",
            found if name is None else f"no {word} is named {name!r}",
            place=str(self.folder / "headwater.toml"),
            hint=closest(name or "", known, f"{word}s"),
        )


def load_project(folder: Path) -> Project:
    """Read a project and load its definitions.

    Raises:
        SpecError: HW101 no project there, HW102 the file is wrong, HW103 definitions do not load,
            HW105 a name is taken twice.
    """
    settings = read_settings(folder)
    plugins.use_project(folder)
    files = [folder / name for name in settings.get("definitions", ["definitions.py"])]
    found: dict[type, dict[str, Any]] = {}
    faults: list[SpecError] = []
    with importable(folder):
        loaded = [value for file in files for value in _definitions(file, folder)]
    for value in loaded:
        named = found.setdefault(type(value), {})
        other = named.setdefault(value.name, value)
        if other is not value:
            faults.append(_twice(value, other))
    raise_all(faults)
    return Project(
        folder,
        str(settings.get("name", folder.resolve().name)),
        int(settings.get("seed", 0)),
        settings.get("prepare"),
        found,
        memory_of(settings),
    )


def read_settings(folder: Path) -> dict[str, Any]:
    """What `headwater.toml` says, checked.

    Raises:
        SpecError: HW101 no project there, HW102 the file is wrong.
    """
    path = folder / "headwater.toml"
    if not path.is_file():
        raise SpecError(
            "HW101",
            f"no project at {folder.as_posix()!r}: headwater.toml is missing",
            hint="name the folder of a project",
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(
            "HW102", f"headwater.toml cannot be read: {error}", place=str(path)
        ) from error
    for key, value in settings.items():
        if key not in _KINDS:
            raise SpecError(
                "HW102",
                f"setting {key!r} is not known",
                place=str(path),
                hint=closest(key, _KINDS, "settings"),
            )
        if not isinstance(value, _KINDS[key]) or isinstance(value, bool):
            raise SpecError(
                "HW102",
                f"setting {key!r} takes {_KINDS[key].__name__}, found {value!r}",
                place=str(path),
            )
    for name in settings.get("definitions", ()):
        if not isinstance(name, str) or not (folder / name).resolve().is_relative_to(
            folder.resolve()
        ):
            raise SpecError(
                "HW102",
                f"setting 'definitions' takes files of the project, found {name!r}",
                place=str(path),
            )
    _check_memory(settings, path)
    fault = hook_faults(settings)
    if fault is not None:
        raise SpecError("HW102", fault, place=str(path))
    return settings


def memory_of(settings: Mapping[str, Any]) -> int | None:
    """The bytes that checked settings declare as memory of a view."""
    return parse_size(settings["memory"]) if "memory" in settings else None


def _check_memory(settings: Mapping[str, Any], path: Path) -> None:
    try:
        memory_of(settings)
    except ValueError as error:
        raise SpecError(
            "HW102",
            f"setting 'memory' takes a size, found {settings['memory']!r}",
            place=str(path),
            hint='write such as "4GB" or "512MiB"',
        ) from error


def _definitions(file: Path, folder: Path) -> Iterator[Definition]:
    """The definitions that a file makes, in its order; each once, whatever names it has."""
    seen: set[int] = set()
    for value in vars(_execute(file, folder)).values():
        if isinstance(value, Definition) and id(value) not in seen:
            seen.add(id(value))
            yield value


def _execute(file: Path, folder: Path) -> Any:
    if not file.is_file():
        raise SpecError(
            "HW101",
            f"file {file.name!r} of the project does not exist",
            place=str(folder / "headwater.toml"),
        )
    try:
        return execute(file, folder)
    except SpecErrors:
        raise
    except SpecError as error:
        error.place = error.place or _line_of(error, folder, file)
        raise
    except (Exception, SystemExit) as error:
        raise SpecError(
            "HW103",
            f"the definitions do not load: {type(error).__name__}: {error}",
            place=_line_of(error, folder, file),
        ) from error


def _line_of(error: BaseException, folder: Path, file: Path) -> Place:
    """The last line of the project's own files that the error went through."""
    inside = folder.resolve()
    if isinstance(error, SyntaxError) and _is_inside(error.filename, inside):
        return Place(str(error.filename), error.lineno or 1)
    places = [
        Place(frame.filename, frame.lineno or 1)
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_inside(frame.filename, inside)
    ]
    return places[-1] if places else Place(str(file), 1)


def _is_inside(filename: str | None, folder: Path) -> bool:
    return filename is not None and Path(filename).resolve().is_relative_to(folder)


def _twice(value: Any, other: Any) -> SpecError:
    word = {TrainingSet: "training set", FeatureView: "feature view"}.get(type(value))
    word = word or type(value).__name__.lower()
    where = f", first at {other.place}" if other.place else ""
    return SpecError(
        "HW105",
        f"two definitions of kind {word} are named {value.name!r}{where}",
        place=value.place,
    )
