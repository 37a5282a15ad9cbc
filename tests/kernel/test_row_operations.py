"""What an operation says of itself."""

from __future__ import annotations

import pytest

from headwater.kernel.row_operations import RowOperation, clip, copy, drop, equals_word, fill


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (drop("delay"), "drop(delay)"),
        (fill("delay", 2.5), "delay = fill(delay, 2.5)"),
        (clip("delay", low=-1.0, high=3.0), "delay = clip(delay, -1.0, 3.0)"),
        (copy("delay", into="late"), "late = copy(delay)"),
        (equals_word("by", None, vocabulary=["AA"], into="none"), "none = equals(by, None)"),
    ],
)
def test_an_operation_is_written_as_what_it_does(operation: RowOperation, said: str) -> None:
    assert str(operation) == said
