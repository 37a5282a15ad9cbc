"""The laws that every step meets; for the author of a new one.

A step learns from training rows only, in any order, and from their label only where it says so.
What it learned prepares each row by itself: a frame, its pieces and a single row give the same
bits, and so does the program as Polars expressions, after writing and reading too.

>>> from headwater.steps.impute_median import ImputeMedian
>>> laws = step_laws(ImputeMedian)
>>> laws[0].name
'it is a frozen dataclass'
>>> laws[2].check()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.preparation_state import load, save
from headwater.errors import HeadwaterError, SpecError
from headwater.steps.base import OutOfFoldStep, Step
from headwater.testing.aggregation_laws import Law
from headwater.testing.frame_edges import edge_frames
from headwater.testing.step_cases import LABEL, OTHERS, TRAINING, StepCase, bits, cases_of


def step_laws(make: type[Step]) -> list[Law]:
    """The laws that a step has to meet, for each of its `examples`.

    Args:
        make: The step's class.
    """
    documented = "its docstring says how nulls, empty input, order and unseen values are treated"
    return [
        Law("it is a frozen dataclass", lambda: _shape(make)),
        Law(documented, lambda: _documented(make)),
        *(Law(name, _over(make, name, law)) for name, law in STEP_LAWS.items()),
    ]


def _over(make: type[Step], name: str, law: Callable[[StepCase], None]) -> Callable[[], None]:
    def check() -> None:
        for case in _cases(make):
            try:
                law(case)
            except (AssertionError, HeadwaterError) as broken:
                raise AssertionError(f"{case}: {name}: {broken}") from broken

    return check


def _cases(make: type[Step]) -> list[StepCase]:
    found = list(cases_of(make))
    if not found:
        raise AssertionError(
            f"{make.__name__} takes no column that the laws have; say in takes= whether it takes "
            'a "number" or a "category", and in examples= which arguments to try'
        )
    return found


def _shape(make: type[Step]) -> None:
    own = vars(make).get("__dataclass_params__")
    if own is None or not own.frozen:
        raise AssertionError(f"{make.__name__} is not a frozen dataclass of its own")


def _documented(make: type[Step]) -> None:
    text = (make.__doc__ or "").lower()
    missing = [word for word in ("null", "empty", "order", "unseen") if word not in text]
    if missing:
        raise AssertionError(f"the docstring of {make.__name__} lacks {missing}")


def a_frame_its_pieces_and_single_rows_are_prepared_alike(case: StepCase) -> None:
    """To the bit, whatever the chunks of the frame are."""
    preparation = case.fitted()
    whole = bits(preparation.apply(OTHERS).to_numpy())
    pieces = [OTHERS[start : start + 97] for start in range(0, OTHERS.height, 97)]
    prepare = preparation.row_function()
    others = {
        "pieces": pl.concat(map(preparation.apply, pieces)).to_numpy(),
        "chunks": preparation.apply(pl.concat(pieces, rechunk=False)).to_numpy(),
        "single rows": [prepare(row) for row in OTHERS.iter_rows(named=True)],
    }
    for name, found in others.items():
        _demand_alike(bits(found), whole, f"{name} against the frame")


def rows_do_not_see_each_other(case: StepCase) -> None:
    """Neither when prepared in another order."""
    preparation = case.fitted()
    order = np.random.default_rng(0).permutation(OTHERS.height)
    whole = bits(preparation.apply(OTHERS).to_numpy())
    _demand_alike(bits(preparation.apply(OTHERS[order]).to_numpy()), whole[order], "shuffled")


def the_order_of_training_rows_does_not_matter(case: StepCase) -> None:
    """The state is the same text."""
    expected = save(case.fitted())
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(TRAINING.height)
        if save(case.fitted(TRAINING[order], LABEL[order])) != expected:
            raise AssertionError("the state is another one for shuffled training rows")


def other_rows_move_no_state(case: StepCase) -> None:
    """Preparing is not learning."""
    preparation = case.fitted()
    before, output = save(preparation), preparation.apply(TRAINING)
    preparation.apply(OTHERS)
    if save(preparation) != before or save(case.fitted()) != before:
        raise AssertionError("the state moved when other rows were prepared")
    if not preparation.apply(TRAINING).equals(output):
        raise AssertionError("training rows are prepared otherwise after other rows")


def it_learns_from_the_label_only_where_it_says_so(case: StepCase) -> None:
    """An unsupervised step gives the same without a label; a supervised one must be moved by it."""
    own = save(case.fitted())
    moved = save(case.fitted(label=1.0 - LABEL)) != own
    if case.make.supervised:
        if not issubclass(case.make, OutOfFoldStep):
            raise AssertionError(
                "a supervised step must be an OutOfFoldStep, or rows see their own"
            )
        if not moved:
            raise AssertionError("it is supervised, and the label does not move it")
        _demand_refusal(case, "HW605")
    elif moved or save(case.fitted(label=None)) != own:
        raise AssertionError("the label moves its state, and it is not supervised")


def _demand_refusal(case: StepCase, code: str) -> None:
    try:
        case.fitted(label=None)
    except SpecError as error:
        if error.code == code:
            return
    raise AssertionError(f"without a label it must be refused with {code}")


def training_rows_differ_only_where_the_type_says_so(case: StepCase) -> None:
    """Out of fold for an `OutOfFoldStep`, else as served."""
    preparation = case.fitted()
    serving = preparation.apply(TRAINING)
    if preparation.training_output.columns != serving.columns:
        raise AssertionError("training rows have other columns than served ones")
    if preparation.training_output.equals(serving) is issubclass(case.make, OutOfFoldStep):
        raise AssertionError("training rows leave it otherwise than its type says")


def the_program_equals_its_polars_rendering(case: StepCase) -> None:
    """To the bit."""
    preparation = case.fitted()
    rendered = OTHERS.select(**preparation.expressions())
    if tuple(rendered.columns) != preparation.columns:
        raise AssertionError("as expressions it has other columns")
    _demand_alike(
        bits(rendered.to_numpy()), bits(preparation.apply(OTHERS).to_numpy()), "as expressions"
    )


def the_state_survives_writing_and_reading(case: StepCase) -> None:
    """As text, and prepares the same bits."""
    preparation = case.fitted()
    again = load(save(preparation))
    if save(again) != save(preparation):
        raise AssertionError("the state that was read writes itself otherwise")
    expected = bits(preparation.apply(OTHERS).to_numpy())
    _demand_alike(bits(again.apply(OTHERS).to_numpy()), expected, "after reading")


def no_training_row_is_refused_with_a_code(case: StepCase) -> None:
    """HW602: nothing can be learned from nothing."""
    try:
        case.fitted(TRAINING[:0], LABEL[:0])
    except HeadwaterError as error:
        if error.code == "HW602":
            return
    raise AssertionError("no training row must be refused with HW602")


def edge_frames_are_prepared(case: StepCase) -> None:
    """No row, one row, nulls, extremes, unseen values: as many rows, alone as together."""
    preparation = case.fitted()
    prepare = preparation.row_function()
    for name, frame in edge_frames(TRAINING).items():
        found = preparation.apply(frame)
        if found.height != frame.height or tuple(found.columns) != preparation.columns:
            raise AssertionError(f"{name}: other rows or columns come out")
        if set(found.dtypes) != {pl.Float64}:
            raise AssertionError(f"{name}: something else than Float64 comes out")
        alone = [prepare(row) for row in frame.iter_rows(named=True)]
        _demand_alike(bits(alone).reshape(found.shape), bits(found.to_numpy()), name)


def edge_frames_are_learned_from_or_refused(case: StepCase) -> None:
    """Whatever the training rows hold: a state, or an error with a code that is the data's."""
    for name, frame in edge_frames(TRAINING).items():
        label = pl.Series("y", [float(i % 2) for i in range(frame.height)], pl.Float64)
        try:
            preparation = case.fitted(frame, label)
        except HeadwaterError as error:
            if error.code != "HW602":
                raise AssertionError(f"{name}: refused with {error}") from error
            continue
        preparation.apply(OTHERS)


STEP_LAWS: dict[str, Callable[[StepCase], None]] = {
    "a frame, its pieces and single rows are prepared alike": (
        a_frame_its_pieces_and_single_rows_are_prepared_alike
    ),
    "rows do not see each other": rows_do_not_see_each_other,
    "the order of training rows does not matter": the_order_of_training_rows_does_not_matter,
    "other rows move no state": other_rows_move_no_state,
    "it learns from the label only where it says so": (
        it_learns_from_the_label_only_where_it_says_so
    ),
    "training rows differ only where the type says so": (
        training_rows_differ_only_where_the_type_says_so
    ),
    "the program equals its Polars rendering": the_program_equals_its_polars_rendering,
    "the state survives writing and reading": the_state_survives_writing_and_reading,
    "no training row is refused with a code": no_training_row_is_refused_with_a_code,
    "edge frames are prepared": edge_frames_are_prepared,
    "edge frames are learned from or refused": edge_frames_are_learned_from_or_refused,
}


def _demand_alike(found: Any, expected: Any, what: str) -> None:
    """Raise AssertionError with the first row that differs."""
    if found.shape != expected.shape:
        raise AssertionError(f"{what}: {found.shape} values instead of {expected.shape}")
    rows = np.flatnonzero((found != expected).any(axis=1)).tolist() if found.size else []
    if rows:
        row = rows[0]
        one, other = (side[row].view(np.float64).tolist() for side in (found, expected))
        raise AssertionError(f"{what}: row {row} is {one}, and should be {other}")
