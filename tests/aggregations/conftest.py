"""Members are tried as plain Python here, which needs no compiling and shows the same bits.

That machine code gives these bits is a law of every member; see `tests/contracts`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headwater.testing.window_laws import uncompiled


@pytest.fixture(autouse=True)
def as_plain_python(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sketches are filled with many rows, and tests of machine code are marked slow."""
    if request.node.get_closest_marker("slow") or "approximate" in request.node.path.name:
        yield
        return
    with uncompiled():
        yield
