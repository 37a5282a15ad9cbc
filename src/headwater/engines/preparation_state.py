"""A preparation as text and back, to the bit: JSON, with floats in hexadecimal, never pickle."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from headwater.engines.preparation import LearnedFrom, Preparation
from headwater.errors import DataError
from headwater.kernel.programs import Input, Program

FORMAT = 2
_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What parsing raises for text that `save` has not written."""


def save(preparation: Preparation) -> str:
    """The preparation as JSON; the same preparation gives the same text."""
    learned = preparation.learned_from
    state = {
        "format": FORMAT,
        "recipe": preparation.recipe,
        "inputs": dict(preparation.inputs),
        "learned_from": {
            "rows": learned.rows,
            "fingerprint": learned.fingerprint,
            "seed": learned.seed,
            "proved": learned.proved,
        },
        "program": _program_state(preparation.program),
    }
    state["sha256"] = _digest(state)
    return json.dumps(state, ensure_ascii=False, indent=1) + "\n"


def load(text: str, *, name: str = "state") -> Preparation:
    """The preparation that `save` wrote.

    Args:
        text: The JSON.
        name: What to call it in a message, such as the file's name.

    Raises:
        DataError: HW604, the text is not a whole preparation of this format.
    """
    try:
        state = json.loads(text)
        if state["format"] != FORMAT:
            raise ValueError(f"its format is {state['format']!r}, not {FORMAT}")
        if state["sha256"] != _digest(state):
            raise ValueError("it is not what was written")
        return Preparation(
            state["recipe"],
            dict(state["inputs"]),
            _program(state["program"]),
            LearnedFrom(**state["learned_from"]),
        )
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        message = f"a preparation cannot be read: {error}"
        hint = "fit it again from its training set"
        raise DataError("HW604", message, place=name, hint=hint) from error


def _digest(state: dict[str, Any]) -> str:
    """The digest of all that a state says but for the digest itself."""
    said = {key: value for key, value in state.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _program_state(program: Program) -> dict[str, Any]:
    return {
        "inputs": [
            {"column": entry.column, "kind": entry.kind, "vocabulary": entry.vocabulary}
            for entry in program.inputs
        ],
        "operations": program.operations.tolist(),
        "parameters": [[p.hex(), q.hex()] for p, q in program.parameters.tolist()],
        "table": [value.hex() for value in program.table.tolist()],
        "outputs": [list(output) for output in program.outputs],
        "registers": program.registers,
    }


def _program(state: dict[str, Any]) -> Program:
    pairs = [[float.fromhex(p), float.fromhex(q)] for p, q in state["parameters"]]
    return Program(
        inputs=tuple(
            Input(entry["column"], entry["kind"], tuple(entry["vocabulary"]))
            for entry in state["inputs"]
        ),
        operations=np.array(state["operations"], np.int64).reshape(-1, 3),
        parameters=np.array(pairs, np.float64).reshape(-1, 2),
        table=np.array([float.fromhex(value) for value in state["table"]], np.float64),
        outputs=tuple((name, register) for name, register in state["outputs"]),
        registers=state["registers"],
    )
