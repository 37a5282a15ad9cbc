"""A fit sees training rows, and a training row is prepared without its own label."""

STATES = "tests/leaks/test_fitted_states.py"

MUTANTS = (
    (
        "preparation is fitted on the rows of all parts",
        f"{STATES}::test_rows_of_validation_and_test_and_left_out_rows_move_no_state",
        ("runtime/build.py: _prepare", 'frames["train"],', "pl.concat(frames.values()),"),
        ("runtime/build.py: _prepare", 'frames["train"][', "pl.concat(frames.values())["),
    ),
    (
        "training rows are prepared with their own labels",
        f"{STATES}::test_the_label_of_a_training_row_moves_the_codes_of_others_and_not_its_own",
        ("runtime/build.py: Prepared.frames", 'if part == "train"', 'if part == "no part"'),
    ),
)
