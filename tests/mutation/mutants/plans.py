"""R2: the plan masks what it cannot prove, and is not run where it does not."""

MASKS = "tests/leaks/test_planned_masks.py"
PROOF = "tests/plan/test_proof.py"
YEAR = "tests/leaks/test_non_interference.py"
NO_MASK = (
    "plan/features.py: _feature",
    "mask=clock,\n            value_type=one",
    "mask=type(clock)(),\n            value_type=one",
)
NO_PROOF = ("runtime/build.py: planned", "    prove(plan)\n", "")

MUTANTS = (
    (
        "features are planned without a mask",
        f"{PROOF}::test_each_input_is_proved_or_masked_and_says_by_which_comparison",
        NO_MASK,
    ),
    (
        "attributes are planned without a mask",
        f"{MASKS}::test_what_is_not_known_at_as_of_is_masked_in_the_plan",
        ("plan/attributes.py: attribute_plans", "mask=clock,", "mask=type(clock)(),"),
    ),
    (
        "the proof takes any mask",
        f"{PROOF}::test_a_plan_without_its_masks_is_refused_with_the_chain_that_shows_why",
        ("plan/proof.py: covers", "return all(", "return bool(asked) or all("),
    ),
    (
        "features are planned without a mask, and no proof is asked for",
        f"{MASKS}::test_a_value_that_came_late_is_in_no_artifact",
        NO_MASK,
        NO_PROOF,
    ),
    (
        "a year of flights is planned without a mask, and no proof is asked for",
        f"{YEAR}::test_what_was_not_known_then_moves_no_bit_of_a_feature",
        NO_MASK,
        NO_PROOF,
    ),
    (
        "a year of reports is planned without a mask, and no proof is asked for",
        f"{YEAR}::test_nor_does_it_for_rows_of_all_earlier_time_with_all_of_history[16]",
        ("plan/attributes.py: attribute_plans", "mask=clock,", "mask=type(clock)(),"),
        NO_PROOF,
    ),
)
