"""Faults that rows in parts have together: what one part says, and what all of them say.

A history that is folded in parts must be refused in the words of one that is folded as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from headwater.errors import DataError, Place


class RowsRefused(DataError):
    """So many rows have a fault; the rows of several parts have it together.

    Args:
        code: As in `DataError`, and so place and hint.
        found: What was found, up to the number.
        rows: In how many rows.
        which: What is said of these rows after the number.
    """

    def __init__(
        self,
        code: str,
        found: str,
        rows: int,
        *,
        which: str = "",
        place: Place | str | None,
        hint: str | None,
    ) -> None:
        super().__init__(code, f"{found} in {rows} rows{which}", place=place, hint=hint)
        self.found = found
        self.rows = rows
        self.which = which

    def among(self, others: Sequence[DataError]) -> RowsRefused:
        """The same fault with the rows of all that say it."""
        said = self.found, self.which
        alike = [one for one in others if isinstance(one, RowsRefused)]
        rows = sum(one.rows for one in alike if (one.found, one.which) == said)
        return RowsRefused(
            self.code, self.found, rows, which=self.which, place=self.place, hint=self.hint
        )


class AnswerRefused(DataError):
    """A result of one row of a spine cannot be given.

    Args:
        code: As in `DataError`, and so message, place and hint.
        turn: What is refused first where several results are: the least.
        row: The row of the spine.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        turn: tuple[int, ...],
        row: int,
        place: Place | str | None,
        hint: str,
    ) -> None:
        super().__init__(code, message, place=place, hint=hint)
        self.turn = turn
        self.row = row


def refusal_of(parts: Sequence[tuple[DataError, Sequence[int]]]) -> DataError:
    """What a history as a whole is refused for, whose parts were refused.

    Args:
        parts: What each was refused for, with the rows of the spine that it was asked by.
    """
    errors = [error for error, _ in parts]
    for error in errors:
        if not isinstance(error, AnswerRefused):
            return error.among(errors) if isinstance(error, RowsRefused) else error
    answers = [
        ((*error.turn, rows[error.row]), error)
        for error, rows in parts
        if isinstance(error, AnswerRefused)
    ]
    return min(answers, key=lambda answer: answer[0])[1]
