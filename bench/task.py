"""What every contestant is asked: features of a word over a window, Parquet to Parquet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

WINDOWS = {"1h": 3_600, "1d": 86_400, "7d": 604_800, "30d": 2_592_000}
"""Seconds of each window; a window is `[as_of - length, as_of)`."""
WORDS = ("rows", "count", "sum", "mean", "std", "last", "min", "max")
"""What is asked for: how many rows, and of their amounts the rest."""


@dataclass(frozen=True, slots=True)
class Task:
    """One job.

    Args:
        folder: Holds `events.parquet` (entity, event_time, known_time, amount, merchant) and
            `spine.parquet` (row, entity, as_of).
        out: The file to write: `row`, then a column `<word>_<window>` for each feature.
        words: The aggregations, all of `amount` but for `rows`.
        threads: As many as there may be.
        clock: The column that says when an event was known; only Headwater minds it.
    """

    folder: Path
    out: Path
    words: tuple[str, ...]
    threads: int = 2
    clock: str = "event_time"

    @property
    def events(self) -> Path:
        """The history."""
        return self.folder / "events.parquet"

    @property
    def spine(self) -> Path:
        """The rows to enrich."""
        return self.folder / "spine.parquet"

    def to_json(self) -> str:
        """A text that `from_json` reads back."""
        fields = (str(self.folder), str(self.out), list(self.words), self.threads, self.clock)
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> Task:
        """The task that was written."""
        folder, out, words, threads, clock = json.loads(text)
        return cls(Path(folder), Path(out), tuple(words), threads, clock)
