"""A word that is dropped into a project as one file is used and named, without any other edit."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

import headwater as hw
from headwater import plugins
from headwater.aggregations import base as aggregation
from headwater.steps import base as step

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MEAN = 'hw.Mean("amount").within("7d"),'


def printed_in(module: Any) -> str:
    """The complete example in the docstring of a family's contract."""
    found = re.search(r"```python\n(.*?)```", module.__doc__, re.DOTALL)
    assert found is not None
    return found.group(1)


def built(project: Any) -> pl.DataFrame:
    (artifact,) = project.artifacts()
    parts = ("train", "validation", "test")
    return pl.concat([pl.read_parquet(artifact / "raw" / f"{part}.parquet") for part in parts])


def prepared(project: Any) -> pl.DataFrame:
    (artifact,) = project.artifacts()
    return pl.read_parquet(artifact / "prepared" / "train.parquet")


def test_an_aggregation_in_a_file_is_computed_as_its_tutorial_prints_it(
    project: Any, call: Any
) -> None:
    project.write("aggregations/longest.py", printed_in(aggregation))
    project.change((MEAN, 'hw.Longest("amount").within("7d"), hw.Longest("items").within("7d"),'))
    found = call("build", project.folder)
    assert found.exit_code == 0, found.output
    rows = built(project)
    orders = project.orders().drop("country")
    visible = (
        rows.select("as_of", "customer")
        .join(orders, on="customer", how="left")
        .filter(
            pl.col("ordered_at") < pl.col("as_of"),
            pl.col("ordered_at") >= pl.col("as_of") - pl.duration(days=7),
            pl.col("paid_at") <= pl.col("as_of"),
        )
        .group_by("as_of", "customer")
        .agg(pl.col("amount").max(), pl.col("items").max())
    )
    expected = rows.select("as_of", "customer").join(
        visible, on=["as_of", "customer"], how="left", maintain_order="left"
    )
    assert rows["spend__amount_longest_7d"].dtype == pl.Float64
    assert rows["spend__items_longest_7d"].dtype == pl.Int64
    assert rows["spend__amount_longest_7d"].to_list() == expected["amount"].to_list()
    assert rows["spend__items_longest_7d"].to_list() == expected["items"].to_list()
    assert expected["amount"].null_count() > 0
    assert expected["amount"].n_unique() > 5


def test_the_printed_aggregation_does_not_depend_on_the_order_of_rows(project: Any) -> None:
    project.write("aggregations/longest.py", printed_in(aggregation))
    plugins.use_project(project.folder)
    nan = float("nan")
    rows = pl.DataFrame(
        {
            "key": ["a", "a", "a", "b", "b", "c", "c", "d"],
            "time": [FIRST] * 8,
            "value": [-0.0, 0.0, -1.0, nan, 5.0, float("inf"), None, None],
        }
    )
    spine = pl.DataFrame({"key": ["a", "b", "c", "d", "e"], "as_of": [FIRST + timedelta(1)] * 5})
    for order in (range(8), range(7, -1, -1), (1, 0, 2, 4, 3, 6, 5, 7)):
        source = hw.Source(
            "rows", hw.Frame(rows[list(order)]), event_time="time", known_time="time"
        )
        view = hw.FeatureView(
            "v", source, entity="key", features=[hw.Longest("value", name="x").over_all()]
        )
        found = hw.enrich(spine, [view], as_of="as_of")["v__x_all"].to_list()
        assert str(found) == "[0.0, nan, inf, None, None]"


def test_a_step_in_a_file_prepares_as_its_tutorial_prints_it(project: Any, call: Any) -> None:
    project.write("steps/center_mean.py", printed_in(step))
    project.change(
        (
            "hw.ImputeMedian(hw.numeric())",
            "hw.ImputeMedian(hw.numeric()), hw.CenterMean(hw.numeric())",
        )
    )
    found = call("build", project.folder)
    assert found.exit_code == 0, found.output
    column = prepared(project)["spend__amount_mean_7d"]
    assert abs(column.to_numpy().sum()) < 1e-9
    assert column.n_unique() > 3


def test_help_names_the_words_of_the_project_here_without_importing_them(
    project: Any, call: Any, monkeypatch: Any
) -> None:
    project.write("aggregations/longest.py", "raise RuntimeError('imported')")
    project.write("steps/center_mean.py", "raise RuntimeError('imported')")
    monkeypatch.chdir(project.folder)
    words = " ".join(call("--help").stdout.partition("Vocabulary")[2].split())
    assert "Latest, Longest (project), Max, Mean," in words
    assert "steps CenterMean (project), EncodeOneHot," in words


def test_a_file_without_the_class_of_its_name_says_so(project: Any, call: Any) -> None:
    project.write("aggregations/longest.py", "class Longer: pass")
    project.change((MEAN, 'hw.Longest("amount").within("7d"),'))
    found = call("check", project.folder)
    assert found.exit_code == 2
    assert "[HW106] file 'longest.py' holds no class 'Longest'" in found.stderr
    assert "hint: name the class Longest, or rename the file" in found.stderr


def test_a_changed_file_of_the_project_is_another_build(project: Any, call: Any) -> None:
    project.write("aggregations/longest.py", printed_in(aggregation))
    project.change((MEAN, 'hw.Longest("amount").within("7d"),'))
    assert call("build", project.folder).exit_code == 0
    project.write("aggregations/longest.py", printed_in(aggregation) + "\n# changed\n")
    assert call("build", project.folder).exit_code == 0
    assert len(project.artifacts()) == 2


def test_a_changed_step_of_the_project_is_another_build(project: Any, call: Any) -> None:
    project.write("steps/center_mean.py", printed_in(step))
    project.change(
        (
            "hw.ImputeMedian(hw.numeric())",
            "hw.ImputeMedian(hw.numeric()), hw.CenterMean(hw.numeric())",
        )
    )
    assert call("build", project.folder).exit_code == 0
    project.write("steps/center_mean.py", printed_in(step) + "\n# changed\n")
    assert call("build", project.folder).exit_code == 0
    assert len(project.artifacts()) == 2
