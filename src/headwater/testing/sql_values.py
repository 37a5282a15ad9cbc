"""Words of values in any order, in SQL: counts, sums, extremes, frequencies, quantiles."""

from __future__ import annotations

from itertools import pairwise

from headwater.testing.sql_entries import LARGEST, NAN, SUM_SLACK, Asked, Word

RANKED = (
    "list_sort(list_transform(list_zip(map_keys(histogram(x)), map_values(histogram(x))), "
    "lambda e: {'c': -(e[2]::BIGINT), 'v': e[1]}))"
)
"""Each value with minus its count: the most frequent first, then the smaller."""


def _sum(asked: Asked) -> str:
    if asked.kind == "float":
        return f"sum(z) * {LARGEST} + 0.0"
    return "sum(x)" if asked.kind == "decimal" else "sum(x::HUGEINT)::BIGINT"


def _least(asked: Asked) -> str:
    return _ordered(asked, "")


def _most(asked: Asked) -> str:
    return _ordered(asked, " DESC")


def _ordered(asked: Asked, way: str) -> str:
    """The first value in order; of floats a NaN before all, and -0.0 below 0.0."""
    if asked.kind != "float":
        return f"first(x ORDER BY x{way})"
    first = f"first(x ORDER BY x{way}, NOT signbit(x){way})"
    return f"CASE WHEN bool_or(isnan(x)) THEN {NAN} ELSE {first} END"


def _spread(asked: Asked) -> str:
    if asked.kind == "float":
        return "max(x) - min(x) + 0.0"
    return (
        "max(x) - min(x)"
        if asked.kind == "decimal"
        else "(max(x)::HUGEINT - min(x)::HUGEINT)::BIGINT"
    )


def _bins(asked: Asked) -> str:
    edges = [f"'{float(edge)!r}'::DOUBLE" for edge in asked.member.edges]
    pairs = list(pairwise(edges))
    below = ["<"] * (len(pairs) - 1) + ["<="]
    counts = [
        f"count(*) FILTER (WHERE x >= {low} AND x {sign} {high})"
        for (low, high), sign in zip(pairs, below, strict=True)
    ]
    return f"[{', '.join(counts)}]"


def _around(asked: Asked) -> tuple[str, str, str]:
    """The values on both sides of a quantile's place, and how far it is from the lower one."""
    q = getattr(asked.member, "q", 0.5)
    place = f"((count(*) - 1) * {float(q)!r}::DOUBLE)"
    low, high = (
        f"list(x::DOUBLE ORDER BY x)[{side}({place})::BIGINT + 1]" for side in ("floor", "ceil")
    )
    return low, high, f"({place} - floor({place}))"


def _quantile(asked: Asked) -> str:
    low, high, rest = _around(asked)
    line = f"{low} * (1 - {rest}) + {high} * {rest}"
    return (
        f"CASE WHEN bool_or(isnan(x::DOUBLE)) THEN {NAN} "
        f"WHEN isinf({low}) OR isinf({high}) THEN {low} + {high} ELSE {line} END"
    )


def _quantile_slack(asked: Asked) -> str:
    low, high, _ = _around(asked)
    return f"1e-15 * abs({low}) + 1e-15 * abs({high}) + 1e-320"


VALUES: dict[str, Word] = {
    "count": Word("count(*)", empty="0"),
    "count_distinct": Word("count(DISTINCT x)", empty="0"),
    "sum": Word(_sum, lambda asked: SUM_SLACK if asked.kind == "float" else "0"),
    "mean": Word(f"avg(z) * {LARGEST} + 0.0", SUM_SLACK),
    "min": Word(_least),
    "max": Word(_most),
    "range": Word(_spread),
    "any_true": Word("bool_or(x)"),
    "all_true": Word("bool_and(x)"),
    "share": Word("count(*) FILTER (WHERE x) / count(*)"),
    "mode": Word(f"{RANKED}[1].v"),
    "top_k": Word(
        lambda asked: (
            f"list_transform({RANKED}[1:{asked.member.k}], "
            "lambda e: {'value': e.v, 'count': -e.c})"
        )
    ),
    "histogram": Word(_bins),
    "entropy": Word("entropy(x)", "1e-12"),
    "quantile": Word(_quantile, _quantile_slack),
    "median": Word(_quantile, _quantile_slack),
}
"""Each of these words."""
