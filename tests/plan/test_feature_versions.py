"""Versions of features: what moves the version of an input of a model, and what moves no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.plan.faults import Faults
from headwater.plan.feature_versions import (
    FeatureVersion,
    _without_comments,
    differences,
    feature_versions,
)
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
ROWS = pl.DataFrame(
    {
        **{"user": ["a"], "shop": ["x"], "n": [1], "m": [2.0], "kind": ["k"]},
        **{
            "is_large": [True],
            "gone": [False],
            "number": [1],
            "turn": [1],
            "at": [AT],
            "seen": [AT],
        },
    }
)
MEAN, COUNT, LAST = "one__n_mean_7d", "two__count_1d", "two__n_last_1d"
SHARE, RATED, TOP, CHANGE = (
    "one__share_7d_min_2rows",
    "two__rated_7d",
    "two__n_sum_top_1_7d",
    "one__n_sum_change_7d",
)
ALL = {"m", "kind", "twice", MEAN, SHARE, CHANGE, COUNT, LAST, RATED, TOP}

Change = Callable[[dict[str, Any]], None]


def double(n: int) -> int:
    return n * 2


def put(**given: Any) -> Change:
    """A change of definitions that puts these in the place of others."""
    return lambda definitions: definitions.update(given)


def ratio(other: str, **given: Any) -> Any:
    return hw.Ratio(hw.Sum("n"), hw.Sum(other), name="share", **given).within("7d", min_rows=2)


def declared() -> dict[str, Any]:
    """Definitions with each kind of input, as arguments that a test may change."""
    return {
        "rows": {
            **{"event_time": "at", "known_time": "seen", "sequence": "number"},
            "known_times": {"m": "at", "kind": "at"},
            "derive": {"k": pl.col("n") + 1, "l": pl.col("k") * 2, "unread": pl.col("n") - 1},
        },
        "reader": hw.Frame(ROWS),
        "ratings": {"event_time": "at", "known_time": "seen"},
        "stars": hw.Mean("n", name="stars").within("9d"),
        "mean": hw.Mean("n").within("7d"),
        "share": ratio("m"),
        "change": hw.Change(hw.Sum("n")).within("7d"),
        "count": hw.Count().within("1d"),
        "last": hw.Last("n").within("1d"),
        "rated": hw.Sum(pl.col("l") + pl.col("shop__stars_9d"), name="rated").within("7d"),
        "top": hw.Sum("n", by="kind", top=1).within("7d"),
        "one": {"entity": "user"},
        "two": {"entity": "user"},
        "twice": hw.PythonExpression(double, returns=pl.Int64(), columns=[COUNT]),
        "steps": [hw.ImputeMedian(hw.numeric()), hw.EncodeOneHot(hw.strings())],
        "spine": {"as_of": "at", "keep": ["m", "kind"]},
        "set": {},
    }


def planned(change: Change = lambda given: None) -> TrainingSetPlan:
    given = declared()
    change(given)
    ratings = hw.Source("ratings", hw.Frame(ROWS), **given["ratings"])
    shop = hw.FeatureView("shop", ratings, entity="shop", features=[given["stars"]])
    source = hw.Source("orders", given["reader"], views=[shop], **given["rows"])
    recipe = None if given["steps"] is None else hw.Recipe(*given["steps"])
    second = [given["count"], given["last"], given["rated"], given["top"]]
    first = [given["mean"], given["share"], given["change"]]
    training_set = hw.TrainingSet(
        "orders",
        spine=hw.Spine(source, **given["spine"]),
        features=[
            hw.FeatureView("one", source, features=first, **given["one"]),
            hw.FeatureView("two", source, features=second, **given["two"]),
            hw.Derived("twice", given["twice"]),
        ],
        label=hw.Label("large", pl.col("is_large")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
        recipe=recipe,
        **given["set"],
    )
    faults = Faults()
    plan = plan_training_set(training_set, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def moved(change: Change) -> set[str]:
    """The inputs whose version a change moves."""
    before, after = feature_versions(planned()), feature_versions(planned(change))
    assert set(before) == ALL
    same = before.keys() & after.keys()
    return {name for name in same if before[name].identity != after[name].identity}


def said(change: Change, column: str) -> tuple[str, ...]:
    before, after = feature_versions(planned()), feature_versions(planned(change))
    return differences(before[column], after[column])


@pytest.mark.parametrize(
    "change",
    [
        lambda g: None,
        lambda g: g["rows"].update(description="all orders", owner="ada", tags=["x"], version="9"),
        lambda g: g["one"].update(description="means", owner="ada", place=None),
        lambda g: g["set"].update(description="of orders", version="3"),
        lambda g: g["rows"].update(contract=[hw.NotNull("n")]),
        lambda g: g["rows"]["known_times"].update(shop="at"),
        lambda g: g["rows"]["derive"].update(unread=pl.col("n") - 2),
        lambda g: g["rows"]["derive"].update(more=pl.col("n") - 2),
        lambda g: g.update(reader=hw.Frame(ROWS.with_columns(n=pl.lit(7, pl.Int64)))),
        lambda g: g.update(mean=hw.Mean("n", place=None).within("7d")),
    ],
)
def test_prose_data_and_what_is_not_read_move_nothing(change: Change) -> None:
    assert moved(change) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put(mean=hw.Mean("m", name="n_mean").within("7d")), {MEAN}),
        (put(mean=hw.Max("n", name="n_mean").within("7d")), {MEAN}),
        (put(mean=hw.Mean("n", name="n_mean", where="is_large").within("7d")), {MEAN}),
        (put(share=ratio("n")), {SHARE}),
        (put(share=ratio("m", zero="nan")), {SHARE}),
        (put(change=hw.Change(hw.Max("n"), name="n_sum_change").within("7d")), {CHANGE}),
        (lambda g: g["one"].update(ttl="3d"), {MEAN, SHARE, CHANGE}),
        (lambda g: g["rows"]["derive"].update(k=pl.col("n") + 2), {RATED}),
        (put(stars=hw.Mean("m", name="stars").within("9d")), {RATED}),
        (lambda g: g["ratings"].update(known_time="at"), {RATED}),
        (lambda g: g["rows"].update(sequence="turn"), {LAST}),
        (lambda g: g["rows"]["known_times"].update(n="at"), {MEAN, CHANGE, LAST}),
        (lambda g: g["rows"]["known_times"].update(m="seen"), {"m", SHARE}),
        (put(top=hw.Sum("n", by="shop", top=1).within("7d")), {TOP}),
        (put(twice=pl.col(COUNT) * 3), {"twice"}),
        (lambda g: g["steps"].append(hw.ScaleStandard(hw.columns(MEAN))), {MEAN}),
        (lambda g: g["steps"].append(hw.ScaleStandard(hw.columns("kind=k"))), {"kind"}),
        (lambda g: g["steps"].insert(0, hw.ImputeConstant(hw.columns("m"), value=0.5)), {"m"}),
        (lambda g: g["rows"].update(null_known_time="never"), ALL - {"twice"}),
        (lambda g: g["rows"].update(identity=("number",)), ALL - {"twice"}),
        (lambda g: g["rows"].update(identity=("number",), deleted="gone"), ALL - {"twice"}),
        (lambda g: g["rows"].update(zone="UTC"), ALL - {"twice"}),
    ],
)  # fmt: skip
def test_a_version_moves_with_what_the_feature_computes_and_no_other(
    change: Change, expected: set[str]
) -> None:
    assert moved(change) == expected


def test_without_a_recipe_nothing_is_said_of_preparation() -> None:
    without = feature_versions(planned(lambda g: g.update(steps=None, spine={"as_of": "at"})))
    assert all("preparation" not in version.facts for version in without.values())


def test_another_source_moves_all_that_read_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        ROWS.write_parquet(tmp_path / f"{name}.parquet")
    files = [str(tmp_path / f"{name}.parquet") for name in ("a", "b")]
    one, other = (feature_versions(planned(put(reader=hw.Parquet(file)))) for file in files)
    assert {name for name in one if one[name].identity != other[name].identity} == ALL - {"twice"}
    assert differences(one[COUNT], other[COUNT]) == (
        "source was orders (Parquet a.parquet), is orders (Parquet b.parquet)",
    )


def test_a_check_that_sets_rows_aside_counts_for_all_that_reads_them() -> None:
    def contract(*checks: Any, twice: int = 2) -> Change:
        rows = declared()["rows"]
        derive = {**rows["derive"], "doubled": pl.col("n") * twice}
        return put(rows={**rows, "derive": derive, "contract": checks})

    aside = contract(hw.NotNull("doubled", on_break="set_aside"))
    assert moved(aside) == ALL - {"twice"}
    assert said(aside, COUNT)[0] == "set aside where broken was nothing, is NotNull(doubled)"
    other = contract(hw.NotNull("doubled", on_break="set_aside"), twice=3)
    one, two = (feature_versions(planned(change))[COUNT] for change in (aside, other))
    assert differences(one, two) == (
        'doubled of orders was [(col("n")) * (dyn int: 2)], is [(col("n")) * (dyn int: 3)]',
    )


def test_what_identity_and_deletion_read_counts() -> None:
    def versions(gone: pl.Expr) -> dict[str, FeatureVersion]:
        more = {"identity": ("number",), "deleted": "was_gone", "derive": {"was_gone": gone}}
        rated = hw.Sum("n", name="rated").within("7d")
        rows = declared()["rows"] | more
        return feature_versions(planned(put(rows=rows, rated=rated)))

    one, other = versions(pl.col("gone")), versions(pl.col("gone") & pl.col("is_large"))
    assert one[COUNT].facts["identity"] == "number"
    assert one[COUNT].identity != other[COUNT].identity


def test_a_static_table_says_that_it_is_one_and_not_why() -> None:
    def versions(reason: str) -> dict[str, FeatureVersion]:
        table = hw.Source("shops", hw.Frame(ROWS.select("shop", "m")), static=reason)
        orders = hw.Source("orders", hw.Frame(ROWS), event_time="at", known_time="at")
        faults = Faults()
        plan = plan_training_set(
            hw.TrainingSet(
                "shops",
                spine=hw.Spine(orders, as_of="at"),
                features=[hw.Attributes("shop", table, entity="shop", columns=["m"])],
                label=hw.Label("large", pl.col("is_large")),
                split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
            ),
            faults,
        )
        assert plan is not None
        return feature_versions(plan)

    assert versions("opened before")["shop__m"] == versions("never moves")["shop__m"]
    assert versions("opened before")["shop__m"].facts["static"] == "yes"


def test_a_change_is_said_with_what_was_and_what_is() -> None:
    assert said(put(mean=hw.Max("n", name="n_mean").within("7d")), MEAN) == (
        "aggregation was Mean(), is Max()",
        "type was Float64, is Int64",
    )
    assert said(put(mean=hw.Mean("n", name="n_mean", where="is_large").within("7d")), MEAN) == (
        'where was nothing, is col("is_large")',
    )
    assert said(lambda g: g["rows"]["known_times"].update(n="at"), LAST) == (
        "known at was seen, is at and seen",
    )
    assert said(lambda g: g["steps"].append(hw.ScaleStandard(hw.columns(MEAN))), MEAN) == (
        "preparation was ImputeMedian(), is ImputeMedian(), then ScaleStandard()",
    )
    assert said(put(top=hw.Sum("n", by="shop", top=1).within("7d")), TOP)[1] == (
        "by was rank 1 of kind, is rank 1 of shop"
    )


def test_what_words_do_not_tell_is_told_by_digests() -> None:
    long = [str(number) for number in range(500)]
    chosen = [pl.col("kind").is_in(given) for given in (long, [*long[:250], "x", *long[251:]])]
    means = [hw.Mean("n", name="n_mean", where=where).within("7d") for where in chosen]
    one, other = (feature_versions(planned(put(mean=mean)))[MEAN] for mean in means)
    assert one.facts == other.facts
    assert differences(one, other) == (
        f"where is another one, though both read {one.facts['where']}",
    )
    assert differences(one, other, words_only=True) == ()
    assert max(map(len, one.facts.values())) <= 120


OWN = '''"""Longest."""
from dataclasses import dataclass
from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count

@dataclass(frozen=True, slots=True)
class Longest(Aggregation):
    """A project's own."""

    prepare, lift, merge, result = Count.prepare, Count.lift, Count.merge, Count.result
    takes, returns = ("integer",), "integer"
'''


def test_the_code_of_a_projects_own_word_counts_and_its_comments_do_not(tmp_path: Path) -> None:
    def version(name: str, text: str) -> FeatureVersion:
        folder = tmp_path / name / "aggregations"
        folder.mkdir(parents=True)
        (folder / "longest.py").write_text(text)
        plugins.forget_projects()
        plugins.use_project(folder.parent)
        try:
            own = hw.Longest("n", name="n_mean").within("7d")
            return feature_versions(planned(lambda g: g.update(mean=own)))[MEAN]
        finally:
            plugins.forget_projects()

    one = version("one", OWN)
    assert one == version("two", OWN.replace("    takes", "    # which kinds\n    takes"))
    other = version("three", OWN.replace("Count.merge", "Count.lift"))
    assert differences(one, other) == ("aggregation is another one, though both read Longest()",)


def test_a_comment_in_a_function_of_ones_own_does_not_count() -> None:
    text = "def double(n):\n    return n * 2\n"
    assert _without_comments(text) == _without_comments(
        "def double(n):\n    # twice\n    return n * 2  # why\n"
    )
    assert _without_comments(text) != _without_comments(text.replace("2", "3"))
    unfinished = "lambda n: (n"
    assert _without_comments(unfinished) == unfinished
