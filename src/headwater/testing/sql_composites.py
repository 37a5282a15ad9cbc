"""Words made of the answers of others, in SQL.

`p0` and `p1` are these answers, in the order of the member's parts, `s0` and `s1` their slack.
"""

from __future__ import annotations

from headwater.testing.sql_entries import INFINITY, NAN, Asked, Word

QUOTIENT_SLACK = (
    f"CASE WHEN s1 > 0 AND abs(p1) <= 2 * s1 THEN {INFINITY} WHEN p1 = 0 THEN 0 "
    "ELSE (s0 + s1 * (1 + abs(p0 / p1))) / abs(p1) * 2 + 1e-15 * (1 + abs(p0 / p1)) END"
)


def _change(asked: Asked) -> str:
    if asked.kind == "float":
        return "p0 - p1 + 0.0"
    return "p0 - p1" if asked.kind == "decimal" else "(p0::HUGEINT - p1::HUGEINT)::BIGINT"


def _ratio(asked: Asked) -> str:
    policies = {
        "null": "NULL",
        "zero": "0.0::DOUBLE",
        "nan": NAN,
        "infinity": f"CASE WHEN p0 > 0 THEN {INFINITY} WHEN p0 < 0 THEN -{INFINITY} ELSE {NAN} END",
    }
    return (
        "CASE WHEN p0 IS NULL OR p1 IS NULL THEN NULL "
        f"WHEN p1 = 0 THEN {policies[asked.member.zero]} ELSE p0::DOUBLE / p1::DOUBLE END"
    )


COMPOSITES: dict[str, Word] = {
    "change": Word(_change, "s0 + s1"),
    "relative_change": Word(
        "CASE WHEN p1 = 0 THEN NULL "
        "ELSE (p0::DOUBLE / 4 - p1::DOUBLE / 4) / abs(p1::DOUBLE / 4) + 0.0 END",
        QUOTIENT_SLACK,
    ),
    "ratio": Word(_ratio, QUOTIENT_SLACK),
}
"""Each of these words."""
