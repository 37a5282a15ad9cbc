"""ScaleStandard against scikit-learn and at its edges."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import StandardScaler

from headwater.engines.preparation import FittedPreparation, fit
from headwater.errors import DataError
from headwater.spec.recipe import Recipe
from headwater.steps.scale_standard import ScaleStandard
from headwater.steps.selectors import numeric


def scaled(values: list[float | None]) -> FittedPreparation:
    training = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    return fit(Recipe(ScaleStandard(numeric())), training, columns=["x"], seed=0)


def test_it_divides_by_the_population_standard_deviation() -> None:
    fitted = scaled([2.0, 4.0, None, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert fitted.apply(pl.DataFrame({"x": [5.0, 9.0, None]}))["x"].to_list() == [0.0, 2.0, None]


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_it_agrees_with_scikit_learn(offset: float) -> None:
    values = np.random.default_rng(3).normal(size=500) + offset
    fitted = scaled(values.tolist())
    expected = StandardScaler().fit_transform(values.reshape(-1, 1))[:, 0]
    np.testing.assert_allclose(
        fitted.training_output["x"].to_numpy(), expected, rtol=1e-7, atol=1e-7
    )


def test_a_large_offset_costs_no_digits() -> None:
    fitted = scaled([1e15, 1e15 + 1.0, 1e15 + 2.0])
    expected = [-math.sqrt(1.5), 0.0, math.sqrt(1.5)]
    assert fitted.training_output["x"].to_list() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("values", [[3.0], [0.1, 0.1, 0.1, None]])
def test_without_variance_it_centres_only(values: list[float | None]) -> None:
    fitted = scaled(values)
    known = [value for value in values if value is not None]
    assert fitted.apply(pl.DataFrame({"x": [known[0] + 2.0]}))["x"].to_list() == [
        (known[0] + 2.0) - known[0]
    ]


def test_a_deviation_too_small_to_invert_centres_only() -> None:
    assert scaled([0.0, 5e-324]).training_output["x"].is_finite().all()


@pytest.mark.parametrize(
    ("values", "message"), [([None], "no value"), ([1.0, math.inf], "infinite"), ([], "no value")]
)
def test_without_finite_values_it_is_an_error(values: list[float | None], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        scaled(values)
    assert caught.value.code == "HW602"
