"""Every registered step x every law."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from headwater.engines.preparation import FittedPreparation, fit
from headwater.engines.preparation_state import load, save
from headwater.errors import DataError, SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.plugins import members
from headwater.spec.recipe import Recipe
from headwater.steps.base import OutOfFoldStep, Step
from headwater.steps.encode_ordinal import EncodeOrdinal
from headwater.steps.selectors import numeric, strings

STEPS = {name: member.load() for name, member in members("steps").items()}
WORDS = ["", "ä", "日本", "NaN", "a=b", None]


def rows(seed: int, height: int) -> pl.DataFrame:
    """Rows with nulls, NaN, ties, a constant, large offsets, integers beyond 2**53, unicode."""
    rng = np.random.default_rng(seed)
    words = [*WORDS, f"only in {seed}"]
    unit = rng.normal(size=height)
    return pl.DataFrame(
        {
            "c": [words[i] for i in rng.integers(0, len(words), height)],
            "x": [None if i % 7 == 0 else math.nan if i % 11 == 0 else v
                  for i, v in enumerate(unit.tolist())],
            "offset": 1e8 + unit,
            "constant": np.full(height, 0.1),
            "integer": (rng.integers(0, 5, height) + 2**53).tolist(),
            "flag": rng.random(height) < 0.3,
            "d": [words[i] for i in rng.integers(1, 4, height)],
        }
    )  # fmt: skip


TRAINING = rows(1, 200)
TEST = rows(2, 1030)
LABEL = pl.Series("y", np.random.default_rng(3).integers(0, 2, 200).astype(np.float64))
FEATURES: dict[ColumnKind, list[str]] = {
    "number": ["x", "offset", "constant", "integer", "flag"],
    "category": ["c", "d"],
}


@dataclass(frozen=True)
class Case:
    """A step with arguments of its own, over the columns of one kind."""

    step: type[Step]
    arguments: Mapping[str, Any]
    kind: ColumnKind

    def make(self) -> Step:
        selector = numeric() if self.kind == "number" else strings()
        return self.step(selector, **self.arguments)

    def fits(self) -> bool:
        try:
            self.make().select(dict.fromkeys(FEATURES[self.kind], self.kind))
        except SpecError:
            return False
        return True


CASES = {
    f"{name} {' '.join(map(repr, arguments.values()))} {kind}": Case(step, arguments, kind)
    for name, step in STEPS.items()
    for arguments in step.examples
    for kind in FEATURES
    if Case(step, arguments, kind).fits()
}


def fitted(
    case: Case, training: pl.DataFrame = TRAINING, label: pl.Series | None = LABEL
) -> FittedPreparation:
    steps = [case.make()]
    columns = FEATURES[case.kind]
    after = steps[0].columns_after(dict.fromkeys(columns, case.kind))
    if after is not None and "category" in after.values():  # a recipe ends with numbers
        steps.append(EncodeOrdinal(strings()))
    return fit(Recipe(*steps), training, columns=columns, label=label, seed=4, fingerprint="rows")


def bits(values: Any) -> NDArray[np.int64]:
    floats = np.asarray(values, np.float64)
    return np.where(np.isnan(floats), np.nan, floats).view(np.int64)


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=list(STEPS.values()), ids=list(STEPS))
def step(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_registry_holds_the_first_steps() -> None:
    assert {
        "EncodeOneHot",
        "EncodeOrdinal",
        "EncodeTarget",
        "FlagMissing",
        "GroupRare",
        "ImputeConstant",
        "ImputeMedian",
        "ScaleStandard",
    } <= STEPS.keys()


def test_every_step_is_tried(step: type[Step]) -> None:
    assert [case for case in CASES.values() if case.step is step]


def test_whole_equals_chunks_equals_one_row_to_the_bit(case: Case) -> None:
    preparation = fitted(case)
    whole = bits(preparation.apply(TEST).to_numpy())
    pieces = [TEST[start : start + 97] for start in range(0, TEST.height, 97)]
    assert (bits(pl.concat(map(preparation.apply, pieces)).to_numpy()) == whole).all()
    assert (bits(preparation.apply(pl.concat(pieces, rechunk=False)).to_numpy()) == whole).all()
    prepare = preparation.row_function()
    single = [prepare(row) for row in TEST.iter_rows(named=True)]
    assert (bits(single) == whole).all()


def test_rows_do_not_see_each_other(case: Case) -> None:
    preparation = fitted(case)
    order = np.random.default_rng(0).permutation(TEST.height)
    shuffled = preparation.apply(TEST[order])
    assert (bits(shuffled.to_numpy()) == bits(preparation.apply(TEST).to_numpy()[order])).all()


def test_state_does_not_depend_on_the_order_of_training_rows(case: Case) -> None:
    expected = save(fitted(case))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(TRAINING.height)
        assert save(fitted(case, TRAINING[order], LABEL[order])) == expected


def test_state_does_not_move_when_other_rows_are_prepared(case: Case) -> None:
    preparation = fitted(case)
    before, output = save(preparation), preparation.apply(TRAINING)
    preparation.apply(TEST)
    assert save(preparation) == before
    assert preparation.apply(TRAINING).equals(output)


def test_program_equals_its_polars_rendering_to_the_bit(case: Case) -> None:
    preparation = fitted(case)
    rendered = TEST.select(**preparation.expressions())
    assert tuple(rendered.columns) == preparation.columns
    assert (bits(rendered.to_numpy()) == bits(preparation.apply(TEST).to_numpy())).all()


def test_state_survives_writing_and_reading(case: Case) -> None:
    preparation = fitted(case)
    again = load(save(preparation))
    assert save(again) == save(preparation)
    assert (bits(again.apply(TEST).to_numpy()) == bits(preparation.apply(TEST).to_numpy())).all()


def test_training_output_differs_from_serving_only_where_the_type_says_so(
    case: Case,
) -> None:
    preparation = fitted(case)
    serving = preparation.apply(TRAINING)
    assert preparation.training_output.columns == serving.columns
    assert preparation.training_output.equals(serving) is not issubclass(case.step, OutOfFoldStep)


def test_only_a_supervised_step_is_moved_by_the_label(case: Case) -> None:
    other = 1.0 - LABEL
    assert (save(fitted(case)) == save(fitted(case, label=other))) is not case.step.supervised
    if case.step.supervised:
        with pytest.raises(SpecError) as caught:
            fitted(case, label=None)
        assert caught.value.code == "HW605"
    else:
        assert save(fitted(case, label=None)) == save(fitted(case))


def test_no_training_row_is_a_coded_error(case: Case) -> None:
    with pytest.raises(DataError) as caught:
        fitted(case, TRAINING[:0], LABEL[:0])
    assert caught.value.code == "HW602"


def test_no_row_gives_no_row(case: Case) -> None:
    preparation = fitted(case)
    empty = preparation.apply(TEST[:0])
    assert (empty.height, tuple(empty.columns)) == (0, preparation.columns)
    assert set(empty.dtypes) == {pl.Float64}


def test_docstring_says_how_nulls_empty_input_order_and_unseen_values_are_treated(
    step: type[Step],
) -> None:
    text = (step.__doc__ or "").lower()
    assert [word for word in ("null", "empty", "order", "unseen", ">>>") if word not in text] == []
