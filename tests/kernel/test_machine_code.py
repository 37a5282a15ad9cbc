"""Kept machine code: what is damaged is not taken for code."""

from __future__ import annotations

import pytest

from headwater.kernel.machine_code import MachineCode

CODE = MachineCode("fold", ("malloc",), b"\x7fELF...", b"support")
KEPT = CODE.to_bytes()


def test_kept_code_is_read_back_as_it_was() -> None:
    assert MachineCode.from_bytes(KEPT) == CODE


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no json\ncode",
        b"[]\ncode",
        b"{}\ncode",
        b'{"support": 0, "entry": "fold", "needs": []}\ncode',
        KEPT[:-1],
        KEPT + b"x",
    ],
    ids=["empty", "no json", "a list", "no entry", "no digest", "cut", "longer"],
)
def test_damaged_code_is_none(damaged: bytes) -> None:
    assert MachineCode.from_bytes(damaged) is None
