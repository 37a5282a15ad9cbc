"""Recipe: steps in order, as a plain value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.errors import SpecError
from headwater.spec.plain import fingerprint
from headwater.spec.recipe import Recipe
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.selectors import columns, numeric, strings


def test_definition_is_plain_and_leaves_the_place_out() -> None:
    recipe = Recipe(ImputeMedian(numeric() - columns("a")), EncodeTarget(strings(), smoothing=3.0))
    assert json.loads(json.dumps(recipe.definition())) == {
        "steps": [
            {
                "is": "ImputeMedian",
                "columns": {
                    "is": "Combined",
                    "left": {"is": "OfKind", "kind": "number"},
                    "operator": "-",
                    "right": {"is": "Named", "names": ["a"]},
                },
            },
            {
                "is": "EncodeTarget",
                "columns": {"is": "OfKind", "kind": "category"},
                "folds": 5,
                "smoothing": 3.0,
            },
        ]
    }


def test_fingerprint_tells_order_and_parameters_apart() -> None:
    first, second = ImputeMedian(numeric()), EncodeTarget(strings())
    recipes = [
        Recipe(first, second),
        Recipe(second, first),
        Recipe(first, EncodeTarget(strings(), folds=3)),
        Recipe(first),
        Recipe(),
    ]
    assert len({fingerprint(recipe) for recipe in recipes}) == len(recipes)
    assert Recipe(first, second) == Recipe(ImputeMedian(numeric()), EncodeTarget(strings()))


def test_recipe_remembers_its_line() -> None:
    assert "test_recipe.py" in str(Recipe().place)


@pytest.mark.parametrize("wrong", [[], "ImputeMedian", ImputeMedian])
def test_what_is_not_a_step_is_refused(wrong: Any) -> None:
    with pytest.raises(SpecError, match="made of steps") as caught:
        Recipe(wrong)
    assert caught.value.code == "HW211"
