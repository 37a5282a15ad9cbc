"""Tables as plain lines: columns aligned, no colour, no frame."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence

WIDTH = 100
"""No line is wider, so that results fit a terminal and a mail."""

LEFT = "<"
RIGHT = ">"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, aligned: str) -> str:
    """The rows below a head, indented by two spaces.

    Args:
        head: Names of the columns; may be empty texts.
        rows: As many texts in each as in the head.
        aligned: One of `<` and `>` per column.

    >>> print(table(["part", "rows"], [["train", "4"], ["test", "12"]], aligned="<>"))
      part   rows
      train     4
      test     12
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for name, side in zip(head, aligned, strict=True):
        drawn.add_column(Text(name), justify="left" if side == LEFT else "right")
    for row in rows:
        drawn.add_row(*map(Text, row))
    console = Console(
        file=io.StringIO(), width=width() - 2, color_system=None, legacy_windows=False
    )
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(f"  {line.rstrip()}".rstrip() for line in captured.get().splitlines())


def width() -> int:
    """The width that results are written in: that of the terminal, at most 100."""
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDTH
    return min(WIDTH, shutil.get_terminal_size().columns)
