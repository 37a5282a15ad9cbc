"""Sessions: what a use case works with, and where it keeps what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.errors import Place
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import memory_of, read_settings
from headwater.runtime.whole_numbers import check_whole
from headwater.stores.cache import Cache
from headwater.stores.home import Home, home_of


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What a use case works with.

    Args:
        home: Where results are kept.
        seed: The root seed of the project.
        say: Hears what is being done.
        threads: By default the processors at hand.
        memory: Bytes that a view may take in memory, as the project declares; None where it does
            not.
    """

    home: Home
    seed: int = 0
    say: Say = silent
    threads: int | None = None
    memory: int | None = None

    @property
    def cache(self) -> Cache:
        """Results of tasks."""
        return Cache(self.home.cache)


def session_at(place: Place | None, seed: int | None, say: Say, threads: int | None) -> Session:
    """What works for definitions made at this place: their project's folder, seed and memory.

    Raises:
        SpecError: HW211, the seed or the number of threads is none.
    """
    check_whole(seed, "seed", least=0)
    check_whole(threads, "threads", least=1)
    home = home_of(None if place is None else place.file)
    settings = dict[str, Any]()
    if (home.project / "headwater.toml").is_file():
        settings = read_settings(home.project)
    seed = int(settings.get("seed", 0)) if seed is None else seed
    return Session(home, seed, say, threads, memory_of(settings))
