"""Sizes of memory are read as they are written, and anything else is refused."""

from __future__ import annotations

import pytest

from headwater.schema.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("2GB", 2 * 10**9), ("2 gb", 2 * 10**9), ("1.5MiB", 3 << 19), (" 512KiB ", 1 << 19)],
)
def test_a_size_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "0", "0.5", "-1GB", "2XB", "1e9", "2GB!", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size of memory"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 KB"), (2_345_678, "2.3 MB")]
)
def test_a_size_is_written_for_people(size: int, text: str) -> None:
    assert format_size(size) == text
