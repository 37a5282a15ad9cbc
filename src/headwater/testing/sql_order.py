"""Words that read the order of rows or the times between them, in SQL."""

from __future__ import annotations

from headwater.testing.sql_entries import NAN, NEWEST_FIRST, OLDEST_FIRST, Asked, Word

NEWEST = "arg_max({'v': x}, (t, s)).v"


def _place(asked: Asked) -> str:
    n = asked.member.n
    return f"{OLDEST_FIRST}[{n + 1 if n >= 0 else n}]"


def _before(asked: Asked) -> tuple[str, str]:
    """The newest value and the one k rows before it."""
    return f"{NEWEST_FIRST}[1]", f"{NEWEST_FIRST}[{asked.member.k + 1}]"


def _difference(asked: Asked) -> str:
    new, old = _before(asked)
    if asked.kind == "float":
        return f"{new} - {old} + 0.0"
    if asked.kind == "decimal":
        return f"{new} - {old}"
    return f"({new}::HUGEINT - {old}::HUGEINT)::BIGINT"


def _percent_change(asked: Asked) -> str:
    new, old = _before(asked)
    if asked.kind == "decimal":  # the nearest floats
        new, old = f"{new}::DOUBLE", f"{old}::DOUBLE"
    elif asked.kind != "float":
        return f"({new}::HUGEINT - {old}::HUGEINT)::DOUBLE / nullif(abs({old}::HUGEINT), 0)::DOUBLE"
    most = f"greatest(abs({new}), abs({old}))"
    return (
        f"CASE WHEN {old} IS NULL OR {old} = 0 THEN NULL WHEN NOT isfinite({old}) THEN {NAN} "
        f"WHEN NOT isfinite({new}) THEN {new} "
        f"ELSE ({new} / {most} - {old} / {most}) / (abs({old}) / {most}) END"
    )


def _percent_slack(asked: Asked) -> str:
    new, old = _before(asked)
    return f"1e-15 * (1 + coalesce(abs({new}::DOUBLE / nullif({old}::DOUBLE, 0)), 0))"


def _since(asked: Asked) -> str:
    return f"any_value(as_of) - {'max' if asked.member.which == 'last' else 'min'}(t)"


def _between(asked: Asked) -> str:
    if asked.member.what == "std":
        return "round(stddev_samp(gap))::BIGINT"
    length, number = "(max(t) - min(t))", "nullif(count(*) - 1, 0)"
    whole, twice = f"({length} // {number})", f"(2 * ({length} % {number}))"
    is_up = f"{twice} > {number} OR ({twice} = {number} AND {whole} % 2 = 1)"
    return f"{whole} + ({is_up})::BIGINT"


ORDER: dict[str, Word] = {
    "last": Word(NEWEST),
    "latest": Word(NEWEST),
    "first": Word("arg_min({'v': x}, (t, s)).v"),
    "first_k": Word(lambda asked: f"{OLDEST_FIRST}[1:{asked.member.k}]"),
    "last_k": Word(lambda asked: f"list_reverse({NEWEST_FIRST}[1:{asked.member.k}])"),
    "nth": Word(_place),
    "lag": Word(lambda asked: f"{NEWEST_FIRST}[{asked.member.k + 1}]"),
    "difference": Word(_difference),
    "percent_change": Word(_percent_change, _percent_slack),
    "streak": Word("count(*) FILTER (WHERE runs = 0)", empty="0"),
    "change_count": Word("count(*) FILTER (WHERE is_change)", empty="0"),
    "time_since": Word(_since),
    "time_between": Word(_between, lambda asked: "1" if asked.member.what == "std" else "0"),
}
"""Each of these words."""
