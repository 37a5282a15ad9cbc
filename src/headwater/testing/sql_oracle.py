"""A second oracle beside the naive reference: SQL, generated from a plan, answered by DuckDB.

The reference asks each row in a loop of our own. Here the same rules are a range join and aggregate
functions of another system: neither knows the other, nor the passes that both have to equal.

`statement` writes the query of some features of one view; `answers` runs it. What each word of the
vocabulary is in SQL stands in `sql_words`, which rows a window holds in `sql_windows`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
from polars import selectors

from headwater.aggregations.base import Earlier
from headwater.errors import DataError
from headwater.plan.kinds import kind_of
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.testing.sql_columns import with_columns
from headwater.testing.sql_windows import in_sight
from headwater.testing.sql_words import Asked, word_of

NUMBERS = ("integer", "float", "boolean", "decimal", "duration")


@dataclass(frozen=True, slots=True)
class Answer:
    """What DuckDB says of one feature, a value for each row of the spine.

    Args:
        values: Plain values; times and durations as whole numbers of their unit.
        slack: How far an exact number may be from each.
    """

    values: list[Any]
    slack: list[float]

    def differences(self, found: Sequence[Any]) -> list[tuple[int, Any, Any]]:
        """Where other values are not these: `(row, found, wanted)`."""
        pairs = enumerate(zip(found, self.values, self.slack, strict=True))
        return [(row, one, wanted) for row, (one, wanted, slack) in pairs
                if not agrees(one, wanted, slack)]  # fmt: skip


def agrees(found: Any, wanted: Any, slack: float) -> bool:
    """Whether a value is the other one; numbers with a slack may lie that far apart."""
    if math.isinf(slack):
        return True
    if type(found) is type(wanted) and isinstance(found, int | float) and slack:
        return _is_same(found, wanted) or abs(found - wanted) <= slack + 1e-12 * abs(wanted)
    if isinstance(found, float) and isinstance(wanted, float):
        return _is_same(found, wanted)
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        alike = len(found) == len(wanted)
        return alike and all(agrees(*pair, slack) for pair in zip(found, wanted, strict=True))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return agrees(list(found.items()), list(wanted.items()), slack)
    return type(found) is type(wanted) and bool(found == wanted)


def answers(
    view: ViewPlan,
    rows: pl.DataFrame,
    spine: pl.DataFrame,
    *,
    as_of: str,
    complete_through: str | None = None,
) -> dict[str, Answer]:
    """What DuckDB says of each feature of the view, by column.

    Args:
        view: The plan that is written as SQL.
        rows: The source's rows, derived columns among them.
        spine: The rows that ask, with the view's keys by their names.
        as_of: The spine's column of the moments to look back from.
        complete_through: Its column of how far sources were complete, if any.

    Raises:
        SpecError: HW106 a word has no entry, HW206 or HW211 the oracle does not speak of something.
        DataError: HW407, an integer does not fit 64 bits.
    """
    base = duckdb.connect(":memory:")
    base.register("history", rows.with_columns(_TEMPORAL.to_physical()))
    base.register("asked", _questions(view, spine, as_of, complete_through))
    found: dict[str, Answer] = {}
    for features in sharing(view.features):
        try:
            table = base.sql(statement(view, features)).fetchall()
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise DataError("HW407", f"DuckDB: {error}") from error
        for place, feature in enumerate(features):
            pairs = [(row[2 * place + 1], row[2 * place + 2]) for row in table]
            found[feature.column] = Answer([one for one, _ in pairs], [two for _, two in pairs])
    return {feature.column: found[feature.column] for feature in view.features}


_TEMPORAL = selectors.temporal()


def _questions(
    view: ViewPlan, spine: pl.DataFrame, as_of: str, complete_through: str | None
) -> pl.DataFrame:
    """The table `asked`."""
    moment = pl.col(as_of).dt.cast_time_unit("us").to_physical()
    known = moment
    if complete_through is not None:
        through = pl.col(complete_through).dt.cast_time_unit("us").to_physical()
        is_null = moment.is_null() | through.is_null()
        known = pl.when(~is_null).then(pl.min_horizontal(moment, through))
    keys = [pl.col(key).alias(f"key_{i}") for i, key in enumerate(view.view.keys)]
    moments = (moment.alias("as_of"), known.alias("known_by"))
    return spine.select(*keys, *moments).with_columns(_TEMPORAL.to_physical()).with_row_index("j")


def sharing(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features over the same rows together: one statement answers all of them."""
    shared: dict[Any, list[FeaturePlan]] = {}
    for one in features:
        reads = tuple(map(_key, (one.value, one.where, one.other)))
        alone = one.column if one.parts else ""
        asked = (*reads, one.declared, one.mask, one.aggregation.counts_nulls, alone)
        shared.setdefault(asked, []).append(one)
    return list(shared.values())


def _key(expression: Any) -> Any:
    return expression.meta.serialize() if isinstance(expression, pl.Expr) else expression


def statement(
    view: ViewPlan, features: Sequence[FeaturePlan], *, is_earlier: bool = False, least: int = 0
) -> str:
    """One query of features over the same rows: `j`, then for each its answer and its slack.

    Args:
        view: Their view.
        features: What is asked for.
        is_earlier: Whether over the windows of the same length just before.
        least: How many rows have to count for an answer, if not what the features ask for.

    Raises:
        SpecError: HW106 a word has no entry, HW206 or HW211 the oracle does not speak of something.
    """
    first = features[0]
    if first.aggregation.parts:
        return _composed(view, first)
    kind = kind_of(first.value_type) if first.value is not None else "other"
    rows = in_sight(view, first, is_earlier=is_earlier)
    counted = f"SELECT * FROM ({rows}) WHERE {_counts(first)}"
    folded, selected = ["j", "count(*) AS number"], ["j"]
    for place, feature in enumerate(features):
        word = word_of(feature.aggregation)
        answer, slack = word.written(Asked(feature.aggregation, kind))
        if kind == "duration" and feature.aggregation.unit_power == 1:
            answer, slack = f"round_even({answer}, 0)::BIGINT", f"{slack} + 1"
        folded += [f"{answer} AS answer_{place}", f"{slack} AS slack_{place}"]
        enough = f"coalesce(number, 0) >= {least or feature.min_rows}"
        selected += [
            f"CASE WHEN {enough} THEN coalesce(answer_{place}, {word.empty}) END AS answer_{place}",
            f"coalesce(slack_{place}, 0) AS slack_{place}",
        ]
    return (
        f"WITH rows AS ({with_columns(counted, is_number=kind in NUMBERS)}),\n"
        f"folded AS (SELECT {', '.join(folded)} FROM rows GROUP BY j)\n"
        f"SELECT {', '.join(selected)} FROM asked LEFT JOIN folded USING (j) ORDER BY j"
    )


def _composed(view: ViewPlan, feature: FeaturePlan) -> str:
    """The same of a feature that is made of the answers of others: `p0`, `p1` and so on."""
    word = word_of(feature.aggregation)
    answer, slack = word.written(Asked(feature.aggregation, kind_of(feature.parts[0].dtype)))
    declared = [isinstance(part, Earlier) for part in feature.aggregation.parts]
    queries = [
        statement(view, [part], is_earlier=is_earlier, least=feature.min_rows)
        for part, is_earlier in zip(feature.parts, declared, strict=not feature.min_rows)
    ]
    parts = " JOIN ".join(
        f"(SELECT j, answer_0 AS p{i}, slack_0 AS s{i} FROM ({query}))"
        + (" USING (j)" if i else "")
        for i, query in enumerate(queries)
    )
    return f"SELECT j, {answer}, coalesce({slack}, 0) FROM {parts} ORDER BY j"


def _counts(feature: FeaturePlan) -> str:
    """Which of the rows in sight count: nulls are skipped, unless the member counts them."""
    if feature.aggregation.counts_nulls:
        return "TRUE"
    return "x IS NOT NULL" if feature.other is None else "x IS NOT NULL AND y IS NOT NULL"


def _is_same(found: float, wanted: float) -> bool:
    return found == wanted or (math.isnan(found) and math.isnan(wanted))
