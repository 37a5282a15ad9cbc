"""`headwater catalog` as a newcomer, a page and a program see it."""

from __future__ import annotations

import json
import re
from typing import Any


def test_the_catalog_says_of_each_feature_when_its_rows_count(project: Any, call: Any) -> None:
    found = call("catalog", project.folder)
    assert found.exit_code == 0
    text = " ".join(found.stdout.split())
    assert "as_of is the moment at which a row asks." in text
    assert (
        "feature view spend of each customer read from source orders (Parquet orders.parquet)"
        in (text)
    )
    block = found.stdout.split("  spend__amount_mean_7d\n")[1].split("\n\n")[0]
    said = dict(re.findall(r"^    (\w[\w ]*?)  +(.*)$", block, re.MULTILINE))
    assert said["is"] == "Mean of amount, Float64"
    assert said["window"] == "the 7 days before as_of"
    assert said["boundary"] == (
        "rows with ordered_at from as_of - 7d (included) to before as_of (excluded)"
    )
    assert said["known"].startswith("once ordered_at is reached (the event time, by")
    assert said["lag"] == "differs from row to row: until paid_at"
    assert said["empty"] == "null where no row counts"
    assert said["used by"] == "training set returns; model returns_model"
    assert all(len(line) <= 100 for line in found.stdout.splitlines())


def test_the_catalog_as_json_is_one_object(project: Any, call: Any) -> None:
    found = json.loads(call("catalog", project.folder, "--json").stdout)
    (view,) = found["views"]
    keys = {"window", "boundary", "lag", "availability", "empty", "nulls", "training_sets"}
    assert [keys <= one.keys() for one in view["features"]] == [True, True]


def test_the_catalog_narrows_to_one_feature(project: Any, call: Any) -> None:
    found = call("catalog", project.folder, "spend__amount_count_30d").stdout
    assert "spend__amount_count_30d" in found
    assert "spend__amount_mean_7d" not in found
    wrong = call("catalog", project.folder, "spent")
    assert wrong.exit_code == 2
    assert "did you mean 'spend'?" in wrong.stderr


def test_the_catalog_as_a_page_is_markdown_and_nothing_else(project: Any, call: Any) -> None:
    lines = call("catalog", project.folder, "--markdown").stdout.splitlines()
    assert lines[0] == "# Catalog of shop"
    heads = [line for line in lines if line.startswith("#")]
    assert heads[1:] == [
        "## spend",
        "### spend\\_\\_amount\\_mean\\_7d",
        "### spend\\_\\_amount\\_count\\_30d",
    ]
    assert all(re.match(r"$|#|- \*\*|`as_of` is", line) for line in lines)


def test_a_project_without_features_says_so(project: Any, call: Any) -> None:
    project.write("definitions.py", "import headwater as hw\n")
    found = call("catalog", project.folder)
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "no features are defined")


def test_a_fault_of_the_definitions_ends_it_with_two(project: Any, call: Any) -> None:
    project.change(('hw.Mean("amount")', 'hw.Mean("amuont")'))
    found = call("catalog", project.folder)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "[HW201]" in found.stderr


def test_a_derived_column_stands_at_the_end(project: Any, call: Any) -> None:
    derived = 'features=[spend, hw.Derived("twice", pl.col("spend__amount_mean_7d") * 2)],'
    project.change(("features=[spend],", derived))
    found = call("catalog", project.folder).stdout
    (_, block) = found.split("\nderived column twice\n")
    words = " ".join(block.split())
    assert words.startswith('is [(col("spend__amount_mean_7d")) * (dyn int: 2)], Float64 reads')
    assert "known it reads nothing but spend__amount_mean_7d of its own row used by" in words
    assert words.endswith("training set returns; model returns_model")
