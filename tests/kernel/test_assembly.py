"""Assembly: recoded categories, translations between vocabularies, `is_missing` of either kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import SpecError
from headwater.kernel.assembly import assemble, columns_after
from headwater.kernel.programs import Input, Program, execute
from headwater.kernel.row_operations import (
    ColumnKind,
    Operation,
    RowOperation,
    copy,
    drop,
    equals_word,
    fill,
    is_missing,
    look_up,
    recode,
)

GROUP = recode("c", {"a": "a", "b": "b", "r": "other"}, unseen="other")
FILL = recode("c", {"a": "a", "b": "b", "none": "none"}, missing="none")


def asked(program: Program, rows: list[str | None]) -> dict[str, list[float]]:
    """What the program makes of texts, coded as the border codes them."""
    columns = []
    for entry in program.inputs:
        words = (*entry.vocabulary, None)
        codes: dict[str | None, int] = {word: i for i, word in enumerate(words)}
        columns.append(np.array([codes.get(row, entry.null_code + 1) for row in rows], np.float64))
    results = execute(program, columns, rows=len(rows))
    return dict(zip(program.columns, results.tolist(), strict=True))


def of_category(*operations: RowOperation) -> Program:
    return assemble({"c": "category"}, operations)


def position(words: Sequence[str]) -> RowOperation:
    """The position among the words, then null, then unseen."""
    codes = {word: float(i) for i, word in enumerate(words)}
    return look_up("c", codes, missing=float(len(words)), unseen=len(words) + 1.0)


def test_a_recoded_category_is_read_by_its_new_words() -> None:
    program = of_category(GROUP, look_up("c", {"a": 1, "b": 2, "other": 3}, missing=4, unseen=5))
    assert program.inputs == (Input("c", "category", ("a", "b", "r")),)
    assert asked(program, ["a", "b", "r", "new", None]) == {"c": [1, 2, 3, 3, 4]}


def test_codes_over_other_words_are_translated() -> None:
    program = of_category(GROUP, look_up("c", {"b": 2.0, "x": 9.0}, missing=4, unseen=5))
    assert asked(program, ["a", "b", "r", "new", None]) == {"c": [5, 2, 5, 5, 4]}


def test_a_word_that_stays_unseen_is_unseen_to_later_steps() -> None:
    program = of_category(FILL, look_up("c", {"a": 1, "none": 2}, missing=4, unseen=5))
    assert asked(program, ["a", "b", "none", "new", None]) == {"c": [1, 5, 2, 5, 2]}


def test_a_category_can_be_recoded_again_and_again() -> None:
    second = recode("c", {"a": "z", "other": "z"}, missing="none")
    program = of_category(GROUP, second, position(("none", "z")))
    # b is not among the words of the second: unseen there, and left so
    assert asked(program, ["a", "b", "r", "new", None]) == {"c": [1, 3, 1, 1, 0]}


def test_what_was_read_before_recoding_keeps_its_own_words() -> None:
    program = of_category(
        equals_word("c", "r", vocabulary=("a", "r"), into="was_r"),
        GROUP,
        equals_word("c", "other", vocabulary=("a", "other"), into="is_other"),
        equals_word("c", "a", vocabulary=("a", "other"), into="is_a"),
        drop("c"),
    )
    assert [entry.vocabulary for entry in program.inputs] == [("a", "r"), ("a", "b", "r")]
    assert asked(program, ["a", "r", "new", None]) == {
        "was_r": [0, 1, 0, 0],
        "is_other": [0, 1, 1, 0],
        "is_a": [1, 0, 0, 0],
    }


def test_two_readers_with_the_same_words_share_one_translation() -> None:
    words = ("a", "other")
    program = of_category(
        GROUP,
        equals_word("c", "a", vocabulary=words, into="one"),
        equals_word("c", "other", vocabulary=words, into="two"),
        drop("c"),
    )
    look_ups = [code for code, _, _ in program.operations.tolist() if code == Operation.LOOK_UP]
    assert len(look_ups) == 2  # the grouping and one translation


def test_missing_is_flagged_in_either_kind() -> None:
    kinds: Mapping[str, ColumnKind] = {"x": "number", "c": "category"}
    flags = [is_missing("x", into="fx"), is_missing("c", into="fc"), fill("x", 0.0), drop("c")]
    program = assemble(kinds, flags)
    columns = [np.array([math.nan, 1.0]), np.array([1.0, 0.0])]  # the word "", then null
    results = execute(program, columns, rows=2).tolist()
    assert dict(zip(program.columns, results, strict=True)) == {
        "x": [0.0, 1.0],
        "fx": [1.0, 0.0],
        "fc": [0.0, 1.0],
    }


def test_nothing_is_missing_in_a_category_that_was_filled() -> None:
    program = of_category(FILL, is_missing("c", into="flag"), drop("c"))
    assert asked(program, ["a", "new", None]) == {"flag": [0, 0, 0]}


def test_missing_of_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SpecError, match="column 'y' does not exist"):
        assemble({"x": "number"}, [is_missing("y", into="flag")])


def test_a_recoded_column_is_a_category_still_and_does_not_come_out() -> None:
    assert columns_after({"c": "category", "x": "number"}, [GROUP]) == {
        "c": "category",
        "x": "number",
    }
    assert assemble({"c": "category", "x": "number"}, [GROUP]).columns == ("x",)


def test_a_number_cannot_be_recoded() -> None:
    with pytest.raises(SpecError, match="column 'c' is a number"):
        assemble({"c": "number"}, [GROUP])


def test_a_number_may_take_the_name_of_a_recoded_category() -> None:
    program = assemble({"c": "category", "x": "number"}, [GROUP, drop("c"), copy("x", into="c")])
    results = execute(program, [np.array([7.0]), np.array([0.0])], rows=1)
    assert (program.columns, results.tolist()) == (("x", "c"), [[7.0], [7.0]])


def test_recoding_says_what_it_makes() -> None:
    assert (GROUP.makes, position(["a"]).makes) == ("category", "number")
    assert str(GROUP) == "c = recode(c)"
    assert recode("c", {}, missing="m", unseen="u").words == ("m", "u")


WORDS = st.sampled_from(["", "a", "b", "ä", "other", "日本"])
RECODES = st.builds(
    recode,
    st.just("c"),
    st.dictionaries(WORDS, WORDS, max_size=5),
    missing=st.none() | WORDS,
    unseen=st.none() | WORDS,
)


UNSEEN = "a word that some step has not known"


def meant(operation: RowOperation, value: str | None) -> str | None:
    """What a recoding means, said of the word itself."""
    words = dict(enumerate(operation.words or ()))
    *known, missing, unseen = (words.get(int(place)) for place in operation.table)
    if value is None:
        return missing
    if value in (vocabulary := operation.vocabulary or ()):
        return known[vocabulary.index(value)]
    return UNSEEN if unseen is None else unseen


@given(operations=st.lists(RECODES, max_size=4), last=st.sets(WORDS))
def test_codes_follow_the_words_whatever_each_step_knows(
    operations: list[RowOperation], last: set[str]
) -> None:
    words = sorted(last)
    rows = ["", "a", "b", "ä", "other", "日本", "never", None]
    expected = []
    for row in rows:
        value = reduce(lambda word, operation: meant(operation, word), operations, row)
        unknown = len(words) if value is None else len(words) + 1
        expected.append(words.index(value) if value in last else unknown)
    assert asked(of_category(*operations, position(words)), rows) == {"c": expected}
