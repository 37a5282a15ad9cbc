"""Whatever is wrong: a code, a place, a hint, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest

MEAN = 'hw.Mean("amount").within("7d"),'
SPINE = 'spine=hw.Spine(orders, as_of="ordered_at", keep=["country"]),'
STRANGE = (
    'spine=hw.Spine(pl.DataFrame(schema={"ordered_at": pl.Datetime("us", "UTC")}), '
    'as_of="ordered_at"),'
)
EARLIER = (
    'spine=hw.Spine(orders, as_of=pl.col("ordered_at") - pl.duration(hours=2), '
    'keep=["country", "ordered_at"]),'
)


@dataclass(frozen=True)
class Case:
    """One mistake in the definitions, and what is said about it.

    Args:
        change: A text of the definitions and what stands there by mistake.
        code: The code of the error.
        place: File, line and definition.
        says: Part of the message.
        hint: Part of the hint; none where there is no next action to name.
    """

    change: tuple[str, str]
    code: str
    place: str
    says: str
    hint: str | None = field(default=None)


SPEC = {
    "a misspelt column": Case(
        (MEAN, 'hw.Mean("amout").within("7d"),'),
        "HW201",
        "definitions.py:18, feature view 'spend', Mean",
        "column 'amout' is not in source 'orders'",
        "did you mean 'amount'?",
    ),
    "a misspelt column in an expression": Case(
        (MEAN, 'hw.Mean(pl.col("amout") * 2, name="double").within("7d"),'),
        "HW201",
        "definitions.py:18, feature view 'spend', Mean",
        "column 'amout'",
        "did you mean 'amount'?",
    ),
    "a misspelt clock": Case(
        ('known_time="paid_at"', 'known_time="payed_at"'),
        "HW201",
        "definitions.py:5, source 'orders'",
        "column 'payed_at'",
        "did you mean 'paid_at'?",
    ),
    "a misspelt kept column": Case(
        (SPINE, SPINE.replace("country", "county")),
        "HW201",
        "definitions.py:25, spine",
        "column 'county'",
        "did you mean 'country'?",
    ),
    "two features of one name": Case(
        (MEAN, 'hw.Mean("amount").within("7d"), hw.Mean("amount").within("7d"),'),
        "HW203",
        "definitions.py:13, feature view 'spend'",
        "two features are named 'spend__amount_mean_7d'",
        "another name=",
    ),
    "an expression that mixes rows": Case(
        (MEAN, 'hw.Mean(pl.col("amount") - pl.col("amount").mean(), name="x").within("7d"),'),
        "HW206",
        "definitions.py:18, feature view 'spend', Mean",
        "mean",
        "row by row",
    ),
    "a feature of an expression without a name": Case(
        (MEAN, 'hw.Mean(pl.col("amount") * 2).within("7d"),'),
        "HW204",
        "definitions.py:18, feature view 'spend', Mean",
        "needs a name",
        'add name="..."',
    ),
    "the label among the inputs": Case(
        (SPINE, SPINE.replace('"country"', '"country", "is_returned"')),
        "HW207",
        "definitions.py:27, training set 'returns'",
        "'is_returned' is read by the label and kept as an input",
        "leave it out of keep=",
    ),
    "a kept column that is provably not known": Case(
        (SPINE, EARLIER),
        "HW303",
        "definitions.py:25, spine",
        "'ordered_at' is known at ordered_at, which is after as_of = ordered_at - 2h",
        "leave the column out of keep=",
    ),
    "a window of no length": Case(
        (MEAN, 'hw.Mean("amount").within("0d"),'),
        "HW202",
        "definitions.py:18, feature view 'spend', Mean",
        "'0d' is not longer than zero",
    ),
    "a window that is no duration": Case(
        (MEAN, 'hw.Mean("amount").within("7x"),'),
        "HW202",
        "definitions.py:18, feature view 'spend', Mean",
        "7x",
        "such as 7d",
    ),
    "an aggregation without a window": Case(
        (MEAN, 'hw.Mean("amount"),'),
        "HW202",
        "definitions.py:18, feature view 'spend'",
        "Mean has no window",
        '.within("7d")',
    ),
    "a type that an aggregation cannot take": Case(
        (MEAN, 'hw.Mean("country").within("7d"),'),
        "HW205",
        "definitions.py:18, feature view 'spend', Mean",
        "Mean cannot take String",
        "it takes integer, float, boolean",
    ),
    "an event time that is no time": Case(
        ('event_time="ordered_at"', 'event_time="amount"'),
        "HW301",
        "definitions.py:5, source 'orders'",
        "column 'amount' holds Float64, not times",
    ),
    "a clock that is no time": Case(
        ('known_time="paid_at"', 'known_time="amount"'),
        "HW304",
        "definitions.py:5, source 'orders'",
        "column 'amount' holds Float64, not times",
        "derive=",
    ),
    "a clock that is not a time plus a constant": Case(
        ('known_time="paid_at"', 'known_time=pl.col("paid_at").dt.offset_by("1mo")'),
        "HW304",
        "definitions.py:5, source 'orders'",
        "not a time column plus a constant",
        "derive=",
    ),
    "an entity that the spine does not have": Case(
        (SPINE, STRANGE),
        "HW208",
        "definitions.py:25, spine",
        "no column 'customer'",
        "columns: ordered_at",
    ),
    "fractions that do not add up": Case(
        ("train=0.6", "train=0.7"),
        "HW209",
        "definitions.py:28, training set 'returns'",
        "add up to 1, found 1.1",
    ),
    "a label that is no boolean": Case(
        ('pl.col("is_returned")', 'pl.col("customer")'),
        "HW211",
        "definitions.py:27, training set 'returns'",
        "label 'returned' gives String",
    ),
    "a word that is not known": Case(
        (MEAN, 'hw.Meen("amount").within("7d"),'),
        "HW103",
        "definitions.py:18",
        "no 'Meen'; did you mean 'Mean'?",
    ),
    "definitions that raise": Case(
        ("features=[spend],", "features=[spend, 1 / 0],"),
        "HW103",
        "definitions.py:26",
        "ZeroDivisionError: division by zero",
    ),
    "definitions with a syntax error": Case(
        ("features=[spend],", "features=[spend,"),
        "HW103",
        "definitions.py:",
        "SyntaxError",
    ),
    "two definitions of one name": Case(
        (
            "clocks = hw.",
            'again = hw.FeatureView("spend", orders, entity="country", features=[])\nclocks = hw.',
        ),
        "HW105",
        "definitions.py:39",
        "two definitions of kind feature view are named 'spend', first at definitions.py:13",
    ),
    "an estimator that does not exist": Case(
        ("sklearn.linear_model.LogisticRegression", "sklearn.linear_model.LogisticRegresion"),
        "HW701",
        "definitions.py:32",
        "LogisticRegresion",
        "did you mean 'LogisticRegression'?",
    ),
    "a step for the wrong kind of column": Case(
        ("hw.EncodeOneHot(hw.strings())", "hw.ScaleStandard(hw.strings())"),
        "HW601",
        "definitions.py:29, ScaleStandard",
        "prepares a number",
        "encode it first",
    ),
    "a column without an encoding": Case(
        (", hw.EncodeOneHot(hw.strings())", ""),
        "HW601",
        "definitions.py:29",
        "still categories: 'country'",
        "encode them",
    ),
}


def errors_of(found: Any) -> list[dict[str, str]]:
    """What `--json` says went wrong; several faults come as a list."""
    said = json.loads(found.stdout)
    assert set(said) in ({"error"}, {"errors"})
    return [said["error"]] if "error" in said else list(said["errors"])


@pytest.mark.parametrize("name", SPEC)
def test_a_fault_of_the_definitions_is_named_with_its_line(
    name: str, project: Any, call: Any
) -> None:
    case = SPEC[name]
    project.change(case.change)
    verb = "train" if case.code == "HW701" else "build"
    found = call(verb, project.folder)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert f"[{case.code}] " in found.stderr
    assert case.says in found.stderr
    assert f"  at {case.place}" in found.stderr
    assert (case.hint or "") in found.stderr
    assert project.half_written() == []
    assert verb == "train" or project.artifacts() == []
    error = errors_of(call(verb, project.folder, "--json"))[0]
    assert error["code"] == case.code
    assert case.says in error["message"]
    assert error["place"].startswith(case.place)
    assert (error["hint"] is None) if case.hint is None else (case.hint in error["hint"])


def ties(frame: pl.DataFrame) -> pl.DataFrame:
    """Two orders of one customer at one time with different amounts."""
    return pl.concat([frame, frame[8:9].with_columns(pl.col("amount") + 1.0)])


DATA: dict[str, tuple[Any, list[tuple[str, str]], str, str, str, str]] = {
    "an empty source": (
        lambda frame: frame.clear(), [],
        "HW402", "definitions.py:5", "source 'orders' has no rows", "",
    ),
    "a null clock that was not declared": (
        lambda frame: frame.with_columns(
            pl.when(pl.col("items") > 2).then("paid_at").alias("paid_at")
        ),
        [],
        "HW403", "definitions.py:5", "clock 'paid_at' of source 'orders' is null in 36 rows",
        'declare null_known_time="never"',
    ),
    "a tie that changes a result": (
        ties, [(MEAN, 'hw.Last("amount").within("7d"),')],
        "HW404", "definitions.py:18", "tie with different values, and 'spend__amount_last_7d'",
        "declare sequence= in source 'orders'",
    ),
    "a part of the split without rows": (
        lambda frame: frame,
        [("train=0.6, validation=0.2, test=0.2", "train=0.99, validation=0.005, test=0.005")],
        "HW406", "definitions.py:28", "part 'validation' of the split has no rows",
        "choose other fractions",
    ),
    "an identity that repeats": (
        ties, [('event_time="ordered_at",', 'event_time="ordered_at", identity=("ordered_at",),')],
        "HW405", "definitions.py:5", "ordered_at", "",
    ),
    "an event time that is null": (
        lambda frame: frame.with_columns(
            pl.when(pl.col("items") > 2).then("ordered_at").alias("ordered_at")
        ),
        [('"ordered_at": "ordered_at"}', '}')],
        "HW408", "definitions.py:5", "'ordered_at' of source 'orders' is null in 36 rows",
        "leave such rows out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_a_fault_of_the_data_is_named_with_the_rule_that_it_breaks(
    name: str, project: Any, call: Any
) -> None:
    spoil, changes, code, place, says, hint = DATA[name]
    project.change(*changes)
    project.store(spoil(project.orders()))
    assert call("check", project.folder).exit_code == 0
    found = call("build", project.folder, "--json")
    assert found.exit_code == 3
    (error,) = errors_of(found)
    assert error["code"] == code
    assert error["place"].startswith(place)
    assert says in error["message"]
    assert hint in (error["hint"] or "")
    assert project.artifacts() == project.half_written() == []


def test_a_missing_file_is_the_datas_fault_and_named_with_its_folder(
    project: Any, call: Any
) -> None:
    (project.folder / "orders.parquet").unlink()
    for verb in ("check", "build", "train", "run"):
        found = call(verb, project.folder)
        assert found.exit_code == 3
        assert "[HW401] file 'orders.parquet' does not exist\n  at definitions.py:7" in found.stderr
        assert f"hint: looked in {project.folder.as_posix()}" in found.stderr


def test_a_file_that_is_no_parquet_is_the_datas_fault(project: Any, call: Any) -> None:
    project.write("orders.parquet", "ordered_at,amount\n")
    found = call("build", project.folder)
    assert found.exit_code == 3
    assert "[HW401] file 'orders.parquet' cannot be read" in found.stderr


def test_naive_times_ask_for_their_zone(project: Any, call: Any) -> None:
    naive = pl.col("ordered_at", "paid_at").dt.replace_time_zone(None)
    project.store(project.orders().with_columns(naive))
    found = call("build", project.folder, "--json")
    assert found.exit_code == 2
    faults = errors_of(found)
    assert {fault["code"] for fault in faults} == {"HW302"}
    assert [(fault["place"], fault["message"]) for fault in faults] == [
        ("definitions.py:5, source 'orders'", "column 'ordered_at' holds times without a zone"),
        ("definitions.py:5, source 'orders'", "column 'paid_at' holds times without a zone"),
        ("definitions.py:25, spine", "column 'as_of' holds times without a zone"),
    ]
    assert all('declare zone="UTC"' in fault["hint"] for fault in faults)


def test_a_broken_setting_file_is_named_with_the_reason(project: Any, call: Any) -> None:
    project.write("headwater.toml", 'name = "shop\nseed = 7\n')
    found = call("check", project.folder)
    assert found.exit_code == 2
    assert "[HW102] headwater.toml cannot be read" in found.stderr
    assert "line 1" in found.stderr


def test_an_unknown_setting_names_the_nearest_one(project: Any, call: Any) -> None:
    project.write("headwater.toml", "sead = 7\n")
    found = call("check", project.folder)
    assert found.exit_code == 2
    assert "[HW102] setting 'sead' is not known" in found.stderr
    assert "did you mean 'seed'?" in found.stderr


def test_a_folder_without_a_project_is_named(tmp_path: Any, call: Any) -> None:
    found = call("run", tmp_path / "nowhere")
    assert found.exit_code == 2
    assert "[HW101] no project at" in found.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_definition_that_was_asked_for_and_is_not_there_names_the_nearest(
    project: Any, call: Any
) -> None:
    found = call("build", project.folder, "return")
    assert found.exit_code == 2
    assert "[HW104] no training set is named 'return'" in found.stderr
    assert "did you mean 'returns'?" in found.stderr


def test_several_faults_are_reported_in_one_run_each_with_its_own_line(
    project: Any, call: Any
) -> None:
    project.change(
        (MEAN, 'hw.Mean("amout").within("7d"),'),
        ('hw.Count("amount").within("30d"),', 'hw.Count("amount").within("30x"),'),
        (SPINE, SPINE.replace('"country"', '"country", "is_returned"')),
        ("test=0.2", "test=0.3"),
    )
    expected = [
        ("HW201", "definitions.py:18, feature view 'spend', Mean"),
        ("HW202", "definitions.py:19, feature view 'spend', Count"),
        ("HW207", "definitions.py:27, training set 'returns'"),
        ("HW209", "definitions.py:28, training set 'returns'"),
    ]
    for verb in ("check", "build", "train", "run"):
        found = call(verb, project.folder, "--json")
        assert found.exit_code == 2
        faults = errors_of(found)
        assert sorted((fault["code"], fault["place"]) for fault in faults) == expected
    text = call("check", project.folder).stderr
    assert re.findall(r"^\[(HW\d+)\]", text, re.MULTILINE).count("HW201") == 1
    assert len(re.findall(r"^  at definitions\.py:\d+", text, re.MULTILINE)) == 4


def test_a_missing_clock_is_a_finding_that_strict_refuses(project: Any, call: Any) -> None:
    project.change(
        ('    known_time="paid_at",\n', ""),
        ('known_times={"customer": hw.ALWAYS, "country": hw.ALWAYS, "ordered_at": "ordered_at"},',
         ""),
    )  # fmt: skip
    found = call("check", project.folder)
    assert found.exit_code == 0
    assert "suspected: [HW305] source 'orders' declares no clock" in found.stdout
    refused = call("check", project.folder, "--strict")
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert "[HW305] source 'orders' declares no clock" in refused.stderr


def test_a_folder_that_cannot_be_written_is_the_operators_fault(project: Any, call: Any) -> None:
    project.write(".headwater", "a file where the results should go")
    found = call("build", project.folder)
    assert found.exit_code == 4
    assert "[HW502] '.headwater' cannot be written" in found.stderr
    assert "hint: " in found.stderr


def test_an_artifact_that_was_changed_is_not_used(project: Any, call: Any) -> None:
    assert call("build", project.folder).exit_code == 0
    (artifact,) = project.artifacts()
    (artifact / "raw" / "train.parquet").write_bytes(b"PAR1")
    found = call("build", project.folder)
    assert found.exit_code == 4
    assert "[HW503] file 'raw/train.parquet' of artifact" in found.stderr


def test_a_report_before_a_run_says_what_to_do(project: Any, call: Any) -> None:
    found = call("report", project.folder)
    assert found.exit_code == 4
    assert "model 'returns_model' was not run yet" in found.stderr
    assert "hint: headwater run" in found.stderr
