"""R2 and R10 for checks that set rows aside: a condition is known when what it reads is."""

LEAKS = "tests/leaks/test_rows_set_aside.py"
PLAN = "tests/plan/test_setting_aside.py"

MUTANTS = (
    (
        "rows are seen before it is known whether a check sets them aside",
        f"{LEAKS}::test_what_was_not_known_moves_no_feature_though_it_decides_what_is_set_aside[3]",
        ("plan/sources.py: plan_source", "latest(one, told)", "latest(one)"),
    ),
    (
        "what is set aside is read from partitions",
        f"{LEAKS}::test_out_of_core_and_for_single_rows_the_same_rows_are_set_aside[versions]",
        (
            "engines/histories.py: without_set_aside",
            "if not plan.sets_aside:",
            "if rows.frame.height < 60:",
        ),
    ),
    (
        "the spine is chosen by what is known later",
        f"{PLAN}::test_a_spine_that_is_chosen_by_what_is_known_later_is_refused",
        ("plan/spines.py: _check_set_aside", '== "refused"', '== "never"'),
    ),
    (
        "a check of several rows sets rows aside",
        f"{PLAN}::test_a_check_of_several_rows_is_refused_where_it_stands_and_told_what_to_do",
        (
            "plan/checks.py: _tells_rows",
            "    if breaks is None:\n",
            "    if breaks is None:\n        return True\n    if breaks is None:\n",
        ),
    ),
)
