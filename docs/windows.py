"""What each kind of window sees at its edges: pictures drawn from what the engine answers.

.. windows::      a picture and a sentence for each kind
.. vocabulary::   each aggregation in one line

One entity has a few rows, some of them exactly at an edge, one known late. Each picture asks for
the rows that a window sees; a dot is full where the engine says that the row counts.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import polars as pl
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Windowed

AS_OF = datetime(2026, 3, 29, 12, tzinfo=UTC)
"""Noon on the day on which the clocks of Zurich go forward."""
FIRST, LAST = AS_OF - timedelta(hours=17), AS_OF + timedelta(hours=1)
WIDTH, LEFT, MIDDLE = 640.0, 12.0, 34.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A row of the picture.

    Args:
        hours: How long before `as_of` it happened.
        late: How long after that it was known.
    """

    hours: float
    late: float = 0.0

    @property
    def event(self) -> datetime:
        """When it happened."""
        return AS_OF - timedelta(hours=self.hours)


ROWS = (
    Seen(16), Seen(14), Seen(13.5), Seen(10), Seen(7.5), Seen(6), Seen(5.5), Seen(3, late=4),
    Seen(1.5), Seen(0.75), Seen(0.25, late=0.25), Seen(0), Seen(-0.5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of window.

    Args:
        code: As a user writes it.
        windowed: The same, made.
        start: Where it begins, in hours before `as_of`; None where rows decide.
        said: What the picture shows.
    """

    code: str
    windowed: Windowed
    start: float | None
    said: str


def _ids() -> Any:
    return hw.LastK("id", k=len(ROWS), name="ids")


def kinds() -> list[Kind]:
    """Every kind, in the order of the page."""
    zone = "Europe/Zurich"
    return [
        Kind('.within("6h")', _ids().within("6h"), 6, "A row exactly six hours before counts, one "
             "at `as_of` does not. The row that was not known by then does not count, though it "
             "happened; one known exactly at `as_of` does."),
        Kind('.within("6h", hop="4h")', _ids().within("6h", hop="4h"), 8, "The start is rounded "
             "down, here from 06:00 to 04:00 UTC, for every moment and everywhere alike."),
        Kind(".over_rows(3)", _ids().over_rows(3), None, "The three newest rows that were known, "
             "however old. The row that was not known takes no place."),
        Kind('.over_rows(8, within="6h")', _ids().over_rows(8, within="6h"), 6, "Both limits."),
        Kind(f'.so_far("day", zone="{zone}")', _ids().so_far("day", zone=zone), 13,
             "Since midnight in Zurich. The clocks went forward that night, so that noon in UTC, "
             "two in the afternoon there, is thirteen hours after midnight."),
        Kind('.over_session("90m")', _ids().over_session("90m"), None, "Back to the first gap of "
             "more than ninety minutes between rows that were known; the gap to `as_of` counts."),
        Kind(".over_all()", _ids().over_all(), 17, "All rows before `as_of` that were known."),
    ]  # fmt: skip


def counted(windowed: Windowed) -> set[int]:
    """The rows that the engine counts."""
    frame = pl.DataFrame(
        {
            "who": ["a"] * len(ROWS),
            "id": range(len(ROWS)),
            "at": [row.event for row in ROWS],
            "known_at": [row.event + timedelta(hours=row.late) for row in ROWS],
        }
    )
    source = hw.Source("rows", hw.Frame(frame), event_time="at", known_time="known_at")
    view = hw.FeatureView("v", source, entity="who", features=[windowed])
    found = hw.enrich(pl.DataFrame({"who": ["a"], "t": [AS_OF]}), [view], as_of="t")
    return set(found[found.columns[-1]].to_list()[0] or [])


def place(moment: datetime) -> float:
    """Where a moment stands from left to right."""
    return LEFT + (moment - FIRST) / (LAST - FIRST) * (WIDTH - 2 * LEFT)


def picture(kind: Kind) -> str:
    """The SVG of one kind."""
    inside = counted(kind.windowed)
    oldest = max(ROWS[row].hours for row in inside)
    start = place(AS_OF - timedelta(hours=oldest if kind.start is None else kind.start))
    end = place(AS_OF)
    label = escape(f"{kind.code} counts {len(inside)} of {len(ROWS)} rows")
    parts = [
        f'<svg viewBox="0 0 {WIDTH:.0f} 74" role="img" aria-label="{label}" class="window">',
        f'<rect x="{start:.1f}" y="18" width="{end - start:.1f}" height="32" class="span"/>',
        f'<line x1="{LEFT}" y1="{MIDDLE}" x2="{WIDTH - LEFT}" y2="{MIDDLE}" class="axis"/>',
        f'<line x1="{end:.1f}" y1="10" x2="{end:.1f}" y2="58" class="now"/>',
        f'<text x="{end:.1f}" y="71" text-anchor="middle">as_of</text>',
        *(_hour(hour) for hour in range(0, 18, 3)),
        *(_dot(row, is_in=number in inside) for number, row in enumerate(ROWS)),
        "</svg>",
    ]
    return "".join(parts)


def _hour(hours: int) -> str:
    x = place(AS_OF - timedelta(hours=hours))
    text = "" if hours == 0 else f'<text x="{x:.1f}" y="71" text-anchor="middle">−{hours} h</text>'
    return f'<line x1="{x:.1f}" y1="50" x2="{x:.1f}" y2="56" class="axis"/>{text}'


def _dot(row: Seen, *, is_in: bool) -> str:
    x, known = place(row.event), place(row.event + timedelta(hours=row.late))
    late = (
        f'<path d="M{x:.1f} {MIDDLE} Q{(x + known) / 2:.1f} 2 {known:.1f} {MIDDLE - 6}" '
        'class="late"/>'
        if row.late
        else ""
    )
    kind = "in" if is_in else "out"
    return f'{late}<circle cx="{x:.1f}" cy="{MIDDLE}" r="5" class="{kind}"/>'


class Windows(SphinxDirective):
    """A picture and a sentence for each kind of window."""

    def run(self) -> list[nodes.Node]:
        """The nodes of all kinds."""
        found: list[nodes.Node] = []
        for kind in kinds():
            found.append(nodes.paragraph("", "", nodes.literal(text=kind.code)))
            found.append(nodes.raw("", picture(kind), format="html"))
            said, _ = self.state.inline_text(kind.said, self.lineno)
            found.append(nodes.paragraph("", "", *said))
        return found


class Vocabulary(SphinxDirective):
    """Each aggregation in one line: its name, what it is, what it takes."""

    def run(self) -> list[nodes.Node]:
        """The nodes of a table."""
        table = nodes.table(classes=["vocabulary"])
        group = nodes.tgroup(cols=3)
        table += group
        for width in (22, 58, 20):
            group += nodes.colspec(colwidth=width)
        head, body = nodes.thead(), nodes.tbody()
        group += [head, body]
        head += self._row("Word", "", "Takes")
        for name, said, takes in words():
            body += self._row(f"`{name}`", said, takes)
        return [table]

    def _row(self, *cells: str) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            text, _ = self.state.inline_text(cell, self.lineno)
            row += nodes.entry("", nodes.paragraph("", "", *text))
        return row


def words() -> Iterator[tuple[str, str, str]]:
    """Each aggregation with the first sentence of its docstring and the kinds that it takes."""
    for name in plugins.members("aggregations"):
        cls = getattr(hw, name)
        said = " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
        takes = "any" if len(cls.takes) > 6 else ", ".join(cls.takes)
        yield name, said, takes


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("windows", Windows)
    app.add_directive("vocabulary", Vocabulary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
