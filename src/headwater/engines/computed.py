"""Row expressions over the user's data, where a value that does not fit is the data's fault."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from headwater.errors import DataError, Place
from headwater.spec.evaluation import evaluate
from headwater.spec.integer_overflow import DoesNotFit
from headwater.spec.row_expressions import RowExpression


def computed(
    frame: pl.DataFrame, expressions: Mapping[str, RowExpression], *, place: Place | None
) -> pl.DataFrame:
    """One column per expression, named by its key, in the rows of the frame.

    Args:
        frame: The rows.
        expressions: Checked by the plan against the types of the frame.
        place: Named in the error.

    Raises:
        DataError: HW410, a value does not fit an operation, such as a strict cast or a product
            that leaves its type.
    """
    try:
        return evaluate(frame, expressions)
    except DoesNotFit as error:
        raise DataError(
            "HW410",
            f"{error.name!r} cannot be computed: {error}",
            place=place,
            hint=error.hint,
        ) from None
    except (ValueError, pl.exceptions.PolarsError) as error:
        listed = ", ".join(map(repr, expressions))
        raise DataError(
            "HW410",
            f"{listed} cannot be computed: {_reason(error)}",
            place=place,
            hint="mend such values, or let the expression give null for them",
        ) from error


def _reason(error: Exception) -> str:
    """What Polars says, without the values that it quotes."""
    lines = str(error).splitlines()
    return lines[0].partition(": [")[0] if lines else type(error).__name__
