"""Demand of each package the share of lines and of branches that its tests have to reach.

    python tests/coverage/floors.py COVERAGE.json

All of `plan`, `spec` and `kernel`, and 90 % of every other package. The file is what
`coverage json` writes. What is missing is told by file and line; any shortage is an error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHOLE = ("kernel", "plan", "spec")
FLOOR = 90


@dataclass(frozen=True)
class Package:
    """What the tests reach of one package, each as (reached, all)."""

    name: str
    lines: tuple[int, int]
    branches: tuple[int, int]

    @property
    def floor(self) -> int:
        """The least share of lines, and the least of branches, in percent."""
        return 100 if self.name in WHOLE else FLOOR

    @property
    def is_short(self) -> bool:
        """Whether lines or branches are below the floor; of integers, so that nothing rounds up."""
        return any(100 * reached < self.floor * all_ for reached, all_ in self._parts)

    @property
    def _parts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.lines, self.branches

    def __str__(self) -> str:
        lines, branches = (_percent(*part) for part in self._parts)
        end = ", too few" if self.is_short else ""
        return f"{self.name:14} lines {lines}  branches {branches}  at least {self.floor} %{end}"


def _percent(reached: int, all_: int) -> str:
    share = 1000 * reached // all_ if all_ else 1000  # rounded down: 100 % is all
    return f"{share / 10:5.1f} %"


def package_of(path: str) -> str:
    """The package that a file belongs to; `headwater` for the modules beside the packages."""
    inner = Path(path).parts[Path(path).parts.index("headwater") + 1 :]
    return inner[0] if len(inner) > 1 else "headwater"


def packages(files: Mapping[str, Any]) -> Iterator[Package]:
    """The packages by name, each with all of its files."""
    for name in sorted({*map(package_of, files), *WHOLE}):
        sums = [one["summary"] for path, one in files.items() if package_of(path) == name]
        if not sums:
            raise SystemExit(f"no file of {name} was traced")
        yield Package(
            name,
            (_sum(sums, "covered_lines"), _sum(sums, "num_statements")),
            (_sum(sums, "covered_branches"), _sum(sums, "num_branches")),
        )


def _sum(summaries: Iterable[Mapping[str, int]], name: str) -> int:
    return sum(one[name] for one in summaries)


def missing(files: Mapping[str, Any], name: str) -> Iterator[str]:
    """Lines and branches of a package that no test reaches, by file."""
    for path, one in sorted(files.items()):
        jumps = [f"{start}->{end}" for start, end in one["missing_branches"]]
        if package_of(path) == name and (one["missing_lines"] or jumps):
            yield f"  {path}: {', '.join([*map(str, one['missing_lines']), *jumps])}"


def main(path: Path) -> int:
    """Tell every package; 1 where one is short."""
    files = json.loads(path.read_text("utf-8"))["files"]
    found = list(packages(files))
    print(*found, sep="\n")
    short = [one for one in found if one.is_short]
    for one in short:
        print(f"\n{one.name} is not reached at", *missing(files, one.name), sep="\n")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
