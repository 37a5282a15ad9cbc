"""View: what feature views and attributes have in common, an entity of a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from headwater.errors import Place, caller
from headwater.spec.cards import definition_card
from headwater.spec.plain import names
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Columns about one entity, from one source; `FeatureView` and `Attributes` are such.

    Args:
        name: Unique in a project.
        source: Where the history is read.
        entity: The column, or the columns, that say what a row is about; a null in any of them is
            a null key, which gives the empty result.
        attached: The spine's column for each key whose name differs there; see `on`.
    """

    name: str
    source: Source
    entity: str | Sequence[str] = field(kw_only=True)
    attached: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False)
    description: str = field(default="", kw_only=True)
    owner: str = field(default="", kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    version: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The entity's columns in the source."""
        return names(self.entity)

    @property
    def spine_keys(self) -> tuple[str, ...]:
        """The spine's columns by which this attaches, in the order of `keys`."""
        given: Any = self.attached  # the plan has a fault for what is not what it should be
        mapping = given if isinstance(given, Mapping) else {}
        texts = [(ours, key) for ours, key in mapping.items() if isinstance(key, str)]
        columns = [(ours, key) for ours, key in texts if isinstance(ours, str)]
        return tuple(
            next((ours for ours, theirs in columns if theirs == key), key) for key in self.keys
        )

    def on(self, columns: Mapping[str, str], *, name: str) -> Self:
        """A copy that attaches by other columns of the spine, under a name of its own.

        So one view can be attached several times.

        Args:
            columns: The entity's column for each of these columns of the spine; a key that is not
                named attaches by its own name.
            name: The name of the copy, which begins the names of its columns.

        >>> import headwater as hw
        >>> weather = hw.Source("weather", hw.Parquet("weather.parquet"), event_time="at")
        >>> seen = hw.Attributes("weather", weather, entity="airport", columns=["wind"])
        >>> seen.on({"origin": "airport"}, name="origin_weather").spine_keys
        ('origin',)
        """
        return replace(self, name=name, attached=columns, place=caller())

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this view is, as plain values."""
        return {
            "name": self.name,
            "source": self.source.definition(),
            "entity": list(self.keys),
            "spine_keys": list(self.spine_keys),
        }
