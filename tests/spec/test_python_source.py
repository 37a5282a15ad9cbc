from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from headwater.spec.python_source import source_bytes

LIMIT = 15
NAMES = {"a": 1}
COUNTS = [1, 2]


class Model:
    pass


MODEL = Model()


def over_limit(delay: int) -> bool:
    return delay > LIMIT


def calls_over_limit(delay: int) -> bool:
    return not over_limit(delay)


def above(limit: object) -> Callable[[int], bool]:
    def check(delay: int) -> bool:
        return delay > limit  # type: ignore[operator]

    return check


def test_source_is_in_the_bytes() -> None:
    assert b"return delay > LIMIT" in source_bytes(over_limit)


def test_value_that_the_function_reads_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before, before_call = source_bytes(over_limit), source_bytes(calls_over_limit)
    monkeypatch.setitem(globals(), "LIMIT", 16)
    assert source_bytes(over_limit) != before
    assert source_bytes(calls_over_limit) != before_call


def test_enclosed_value_and_default_count() -> None:
    assert source_bytes(above(1)) == source_bytes(above(1))
    assert source_bytes(above(1)) != source_bytes(above(2))
    ones = [lambda delay, limit=limit: delay > limit for limit in (1, 1, 2)]
    assert source_bytes(ones[0]) == source_bytes(ones[1]) != source_bytes(ones[2])


def test_constant_read_within_an_inner_function_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_above(delays: list[int]) -> bool:
        return any(map(lambda delay: delay > LIMIT, delays))  # noqa: C417

    before = source_bytes(any_above)
    monkeypatch.setitem(globals(), "LIMIT", 16)
    assert source_bytes(any_above) != before


def test_lookup_table_counts_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(name: str) -> bool:
        return name in NAMES or len(name) in COUNTS

    before = source_bytes(known)
    monkeypatch.setitem(NAMES, "b", 2)
    assert source_bytes(known) != before


def test_object_that_can_change_unseen_is_refused() -> None:
    with pytest.raises(ValueError, match="reads 'MODEL', a Model"):
        source_bytes(lambda delay: MODEL is delay)
    with pytest.raises(ValueError, match="reads 'limit', a Model"):
        source_bytes(above(Model()))
    with pytest.raises(ValueError, match="reads 'limit', a tuple"):
        source_bytes(above((1, Model())))


def test_attribute_with_the_name_of_a_global_is_not_read() -> None:
    assert b"delay.MODEL" in source_bytes(lambda delay: delay.MODEL)


def test_modules_and_builtins_count_by_name() -> None:
    assert b"math" in source_bytes(lambda delay: math.floor(delay))
    assert source_bytes(math.floor) == b"math.floor"


def made(text: str, file: str) -> Callable[[int], int]:
    space: dict[str, Callable[[int], int]] = {}
    exec(compile(text, file, "exec"), space)
    return space["func"]


def test_function_without_source_counts_by_its_bytecode() -> None:
    first = made("def func(x):\n    return (lambda: x + 1)()", "<one>")
    moved = made("\n\n# moved\ndef func(x):\n    return (lambda: x + 1)()", "<two>")
    other = made("def func(x):\n    return (lambda: x + 2)()", "<one>")
    assert source_bytes(first) == source_bytes(moved)
    assert source_bytes(first) != source_bytes(other)


def test_function_that_calls_itself_ends() -> None:
    assert b"def endless" in source_bytes(endless)


def endless(depth: int) -> int:
    return endless(depth + 1)
