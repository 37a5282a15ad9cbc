"""Contracts on the command line: exit code 1, a table, the same in JSON, a word in one file."""

from __future__ import annotations

import json
import re
from typing import Any

from headwater.checks import base as check

PAID = 'known_time="paid_at",'


def with_contract(project: Any, *checks: str) -> None:
    project.change((PAID, f"{PAID} contract=[{', '.join(checks)}],"))


def test_check_with_data_shows_what_each_check_found_and_fails(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer")', 'hw.Between("amount", 0, 10)')
    found = call("check", project.folder, "--data")
    assert found.exit_code == 1
    assert [line.split() for line in found.stdout.splitlines()[1:]] == [
        ["source", "check", "rows", "broken", "allowed"],
        ["orders", "NotNull(customer)", "60", "15", "0", "failed"],
        ["orders", "Between(amount)", "60", "0", "0", "passed"],
    ]


def test_check_with_data_gives_the_same_in_json(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer", at_most=0.25)')
    found = call("check", project.folder, "--data", "--json")
    said = json.loads(found.stdout)
    assert (found.exit_code, said["passed"]) == (0, True)
    (result,) = said["checks"]
    assert (result["broken"], result["allowed"], result["passed"]) == (15, 15, True)


def test_a_check_that_warns_is_shown_and_does_not_fail(project: Any, call: Any) -> None:
    with_contract(project, 'hw.Unique("country", on_break="warn")')
    found = call("check", project.folder, "--data")
    assert found.exit_code == 0
    assert found.stdout.splitlines()[-1].split() == [
        "orders",
        "Unique(country)",
        "60",
        "57",
        "0",
        "warns",
    ]


def test_check_with_data_says_where_there_is_no_contract(project: Any, call: Any) -> None:
    found = call("check", project.folder, "--data")
    assert found.exit_code == 0
    assert found.stdout.endswith("no source has a contract\n")


def test_check_without_data_does_not_ask_the_rows(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer")')
    assert call("check", project.folder).exit_code == 0


def test_build_ends_with_code_1_and_tells_counts_but_no_values(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer")', 'hw.Unique("country")')
    found = call("build", project.folder)
    assert found.exit_code == 1
    assert found.stdout == ""
    assert "[HW411] 2 of 2 checks failed: orders, NotNull(customer): 15 of 60 rows" in found.stderr
    assert "orders, Unique(country): 57 of 60 rows" in found.stderr
    assert "CH" not in found.stderr
    assert project.artifacts() == []


def test_build_says_in_json_what_each_check_found(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer")', 'hw.NotNull("amount")')
    found = call("build", project.folder, "--json")
    error = json.loads(found.stdout)["error"]
    assert (found.exit_code, error["code"]) == (1, "HW411")
    assert [one["passed"] for one in error["checks"]] == [False, True]


def test_a_check_that_warns_is_a_finding_of_the_build(project: Any, call: Any) -> None:
    with_contract(project, 'hw.NotNull("customer", on_break="warn")')
    found = call("build", project.folder)
    assert found.exit_code == 0
    said = " ".join(found.stdout.split())
    assert (
        "measured: [HW411] source 'orders', NotNull(customer): 15 of 60 rows break it, none may"
        in said
    )


def test_a_fault_of_a_contract_ends_with_code_2_beside_other_faults(
    project: Any, call: Any
) -> None:
    with_contract(project, 'hw.NotNull("custmer")', 'hw.Between("amount", 3, 1)')
    found = call("check", project.folder)
    assert found.exit_code == 2
    assert "did you mean 'customer'?" in found.stderr
    assert "low= 3 is above high= 1" in found.stderr
    assert "definitions.py:9, source 'orders', NotNull" in found.stderr


def test_a_check_in_a_file_is_a_word_as_its_tutorial_prints_it(project: Any, call: Any) -> None:
    printed = re.search(r"```python\n(.*?)```", check.__doc__ or "", re.DOTALL)
    assert printed is not None
    project.write("checks/positive.py", printed.group(1))
    with_contract(project, 'hw.Positive("amount")')
    found = call("check", project.folder, "--data")
    zeros = (project.orders()["amount"] <= 0).sum()
    assert found.stdout.splitlines()[-1].split() == [
        *("orders", "Positive(amount)", "60", str(zeros), "0", "failed")
    ]


def test_help_names_the_checks(call: Any) -> None:
    said = " ".join(call("--help").stdout.split())
    assert "checks Between, NoGaps, NotNull, Unique" in said
