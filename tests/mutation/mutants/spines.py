"""R5, R8, R9 and R10: the rows that ask, their labels and their parts; and the grid of moments."""

SPINES = "tests/engines/test_spines.py"
SPLITS = "tests/engines/test_splits.py"
GRIDS = "tests/engines/test_grids.py"
LABELS = "tests/parity/test_labels_against_reference.py"
BOOKS = "tests/runtime/test_build_books.py::test_the_books_and_every_value_equal_the_reference"
PURGE = (
    f"{SPLITS}::test_a_label_known_exactly_when_the_next_part_begins_is_kept_and_a_later_one_purged"
)
COMPLETE = (
    f"{LABELS}::test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time"
)

MUTANTS = (
    # what is known of the row itself
    (
        "a column of the spine row is hidden at the moment when it is known",
        SPINES,
        (
            "engines/spines.py: _masked",
            "rows.known_times(column.clock) > as_of",
            "rows.known_times(column.clock) >= as_of",
        ),
    ),
    (
        "a column of the spine row is not masked",
        f"{SPINES}::test_what_is_not_known_at_the_moment_is_null_and_counted",
        (
            "engines/spines.py: _masked",
            "rows.known_times(column.clock) > as_of",
            "rows.known_times(column.clock) > NEVER + 0 * as_of",
        ),
    ),
    (
        "what is hidden of the spine row is not counted",
        BOOKS,
        (
            "engines/spines.py: _masked",
            "(hidden & values.is_not_null())",
            "(hidden & values.is_null())",
        ),
    ),
    (
        "a filter sees what came later",
        f"{SPINES}::test_a_filter_does_not_see_what_is_known_later",
        ("engines/spines.py: _asked", "**known(_filter_columns(plan), {})", ""),
    ),
    # labels
    (
        "a label is mature one moment early",
        COMPLETE,
        (
            "engines/labels.py: labels",
            "passed <= complete_through(plan.ahead.source)",
            "passed - 1 <= complete_through(plan.ahead.source)",
        ),
    ),
    (
        "a label is known before its delay has passed",
        COMPLETE,
        ("engines/labels.py: labels", "plan.ahead.source.delay)", "0)"),
    ),
    (
        "a label ahead covers the time before as_of",
        f"{LABELS}::test_parts_and_reasons_equal_the_reference_where_rows_are_chosen_later",
        (
            "engines/labels.py: _ahead",
            "plus(as_of.fill_null(0).to_numpy(), horizon)",
            "plus(as_of.fill_null(0).to_numpy(), 0)",
        ),
    ),
    (
        "a label that is never known is a label",
        BOOKS,
        ("engines/splits.py: assign_parts", "known == NEVER", "known > NEVER"),
    ),
    # parts
    (
        "a label known when the next part begins is purged",
        PURGE,
        (
            "engines/splits.py: assign_parts",
            "known > boundaries[later]",
            "known >= boundaries[later]",
        ),
    ),
    (
        "nothing is purged",
        PURGE,
        ("engines/splits.py: assign_parts", "known > boundaries[later]", "known > NEVER"),
    ),
    (
        "a build purges nothing",
        BOOKS,
        ("engines/splits.py: assign_parts", "known > boundaries[later]", "known > NEVER"),
    ),
    (
        "ties of a boundary go to the earlier part",
        f"{SPLITS}::test_ties_at_a_boundary_go_to_the_later_part",
        ("engines/splits.py: assign_parts", "moments >= boundary", "moments > boundary"),
    ),
    # the grid
    (
        "what happens at a moment makes active before it",
        f"{GRIDS}::test_what_happens_at_a_moment_is_not_before_it_and_the_window_includes_its_start",
        ("engines/grids.py: _active", "plus(times, 1)", "times"),
    ),
    (
        "an entity is active one moment less than its window is long",
        f"{GRIDS}::test_what_happens_at_a_moment_is_not_before_it_and_the_window_includes_its_start",
        ("engines/grids.py: _active", "feature.window.length", "feature.window.length - 1"),
    ),
    (
        "a row makes active before it is known",
        f"{GRIDS}::test_a_visit_counts_from_the_moment_at_which_it_is_known",
        ("engines/grids.py: _active", "history.known_times(feature.mask)", "plus(times, 1)"),
    ),
    (
        "a row that is never known makes active",
        f"{GRIDS}::test_the_clock_of_the_entity_counts_and_others_do_not",
        (
            "engines/grids.py: _active",
            "history.known_times(feature.mask)",
            "np.minimum(history.known_times(feature.mask), 0)",
        ),
    ),
    (
        "an entity is active at the moment from which its event no longer counts",
        f"{GRIDS}::test_an_event_that_is_known_to_be_deleted_at_a_moment_is_not_active_at_it",
        ("engines/grids.py: _active", "until - 1", "until"),
    ),
    (
        "a grid goes on where its source is not complete",
        f"{GRIDS}::test_a_grid_ends_at_its_end_or_where_the_source_is_complete",
        ("engines/grids.py: _active", "min(plan.end, end)", "plan.end"),
    ),
    (
        "an entity is asked twice where two of its rows make it active",
        f"{LABELS}::test_the_moments_of_a_grid_equal_the_reference",
        ("engines/grids.py: _united", "first[1:] > furthest[:-1]", "first[1:] >= furthest[:-1]"),
    ),
)
