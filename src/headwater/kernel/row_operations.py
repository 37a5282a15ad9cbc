"""The closed algebra of what a fitted step may do to one row.

A step hands over a list of these; `headwater.kernel.assembly` turns the lists of a whole recipe
into one program. An operation reads one column and writes one column; where it writes the column
that it reads, it replaces it. There is no operation that reads a second row.

Columns are numbers (float64, missing is NaN) or categories (text, compared with a vocabulary).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

ColumnKind = Literal["number", "category"]


class Operation(IntEnum):
    """Every operation with its fixed code; programs are stored, so a code is never reused."""

    DROP = 0
    FILL = 1
    IS_MISSING = 2
    AFFINE = 3
    CLIP = 4
    EQUALS = 5
    LOOK_UP = 6
    LOG1P = 7
    COPY = 8
    RECODE = 9


_ARGUMENTS = {
    Operation.FILL: 1,
    Operation.AFFINE: 2,
    Operation.CLIP: 2,
    Operation.EQUALS: 1,
}


@dataclass(frozen=True, slots=True)
class RowOperation:
    """One column computed from one column of the same row.

    Args:
        operation: What is done.
        column: The column that is read.
        into: The column that is written.
        p: First parameter.
        q: Second parameter.
        vocabulary: The sorted training values where `column` is a category, else None.
        table: For `LOOK_UP` and `RECODE` one value per word, then those of null and of an unseen
            word; those of `RECODE` are codes again.
        words: For `RECODE` the sorted words that the category holds afterwards, else None.
    """

    operation: Operation
    column: str
    into: str
    p: float = 0.0
    q: float = 0.0
    vocabulary: tuple[str, ...] | None = None
    table: tuple[float, ...] = ()
    words: tuple[str, ...] | None = None

    def __str__(self) -> str:
        if self.operation is Operation.DROP:
            return f"drop({self.column})"
        arguments = [repr(x) for x in (self.p, self.q)[: _ARGUMENTS.get(self.operation, 0)]]
        if self.vocabulary is not None and self.operation is Operation.EQUALS:
            arguments = [repr(self.word)]
        call = f"{self.operation.name.lower()}({', '.join([self.column, *arguments])})"
        return f"{self.into} = {call}"

    @property
    def makes(self) -> ColumnKind:
        """The kind of the column that is written."""
        return "number" if self.words is None else "category"

    @property
    def word(self) -> str | None:
        """The word that `EQUALS` compares a category with; None is null."""
        words = (*(self.vocabulary or ()), None)
        return words[int(self.p)]


def drop(column: str) -> RowOperation:
    """The column ends here."""
    return RowOperation(Operation.DROP, column, column)


def fill(column: str, value: float) -> RowOperation:
    """The column with missing values replaced by `value`.

    >>> print(fill("delay", 2.5))
    delay = fill(delay, 2.5)
    """
    return RowOperation(Operation.FILL, column, column, value)


def is_missing(column: str, *, into: str) -> RowOperation:
    """1.0 where the value, a number or a category, is missing, else 0.0."""
    return RowOperation(Operation.IS_MISSING, column, into)


def affine(column: str, *, shift: float, scale: float) -> RowOperation:
    """`(x - shift) * scale`, each rounded once; missing stays missing."""
    # a shift of -0.0 becomes 0.0, which leaves every value as it is, -0.0 too
    return RowOperation(Operation.AFFINE, column, column, shift + 0.0, scale)


def clip(column: str, *, low: float, high: float) -> RowOperation:
    """The value moved into `[low, high]`; missing stays missing.

    Raises:
        ValueError: A bound is NaN, or low is above high.
    """
    if not low <= high:
        raise ValueError(f"cannot clip to [{low}, {high}]")
    return RowOperation(Operation.CLIP, column, column, low, high)


def log1p(column: str) -> RowOperation:
    """`log(1 + x)`; -1 gives minus infinity, anything below it missing, as does missing."""
    return RowOperation(Operation.LOG1P, column, column)


def copy(column: str, *, into: str) -> RowOperation:
    """The same number under a second name."""
    return RowOperation(Operation.COPY, column, into)


def equals(column: str, value: float, *, into: str) -> RowOperation:
    """1.0 where the number is `value`, else 0.0; missing equals nothing.

    Raises:
        ValueError: The value is NaN; ask `is_missing`.
    """
    if math.isnan(value):
        raise ValueError("nothing equals NaN")
    return RowOperation(Operation.EQUALS, column, into, value)


def equals_word(
    column: str, word: str | None, *, vocabulary: Sequence[str], into: str
) -> RowOperation:
    """1.0 where the category is `word` (None for null), else 0.0.

    Raises:
        ValueError: The word is not in the vocabulary.

    >>> print(equals_word("carrier", "AA", vocabulary=["AA", "UA"], into="carrier=AA"))
    carrier=AA = equals(carrier, 'AA')
    """
    words = tuple(vocabulary)
    code = len(words) if word is None else words.index(word)
    return RowOperation(Operation.EQUALS, column, into, float(code), vocabulary=words)


def look_up(
    column: str, values: Mapping[str, float], *, missing: float, unseen: float
) -> RowOperation:
    """The category replaced by the number that stands for it.

    Args:
        column: A category.
        values: One number per training value.
        missing: For null.
        unseen: For a word that is not among `values`.
    """
    words = tuple(sorted(values))
    table = (*(values[word] for word in words), missing, unseen)
    return RowOperation(Operation.LOOK_UP, column, column, vocabulary=words, table=table)


def recode(
    column: str,
    words: Mapping[str, str],
    *,
    missing: str | None = None,
    unseen: str | None = None,
) -> RowOperation:
    """The category with each word replaced by another; it is a category of the new words then.

    Args:
        column: A category.
        words: The new word for each training value.
        missing: The word for null; without it null stays null.
        unseen: The word for what is not among `words`; without it such a word stays unseen.

    >>> operation = recode("carrier", {"AA": "AA", "OO": "other"}, unseen="other")
    >>> operation.vocabulary, operation.words, operation.table
    (('AA', 'OO'), ('AA', 'other'), (0.0, 1.0, 2.0, 1.0))
    """
    old = tuple(sorted(words))
    kept = {*words.values(), *(word for word in (missing, unseen) if word is not None)}
    new = tuple(sorted(kept))
    code = {word: float(place) for place, word in enumerate(new)}
    null = float(len(new)) if missing is None else code[missing]
    other = len(new) + 1.0 if unseen is None else code[unseen]
    table = (*(code[words[word]] for word in old), null, other)
    return RowOperation(Operation.RECODE, column, column, vocabulary=old, table=table, words=new)
