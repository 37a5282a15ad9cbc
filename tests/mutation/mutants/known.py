"""R3's clock and R4: a row counts from the moment at which it is known, in each pass that asks."""

PASSES = "tests/kernel/test_passes.py"
EDGES = "tests/kernel/test_edges.py"
NEWEST = f"{EDGES}::test_the_newest_rows_are_those_that_can_be_seen"
SESSION = f"{EDGES}::test_a_session_is_the_last_run_that_can_be_seen"
END = f"{EDGES}::test_a_row_that_is_never_known_starts_no_window_at_the_end_of_time"
SLIDING = (
    "tests/kernel/test_sliding_counts.py::"
    "test_a_row_counts_from_the_moment_at_which_it_is_known_also_where_moments_fall"
)
LEAKS = "tests/leaks/test_generated_histories.py::test_what_was_not_known_moves_no_value"
PREFIX = (
    f"{PASSES}::test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls[Count]"
)
STACKS = f"{PASSES}::test_two_stacks_have_the_bits_of_the_tree_where_known_time_never_falls[Count]"
STACK = f"{PASSES}::test_one_stack_has_the_bits_of_two[Max]"
NEWEST_ROW = f"{PASSES}::test_the_newest_row_is_that_of_the_tree_where_nothing_ties"
MULTISET = f"{PASSES}::test_the_sliding_multiset_counts_the_distinct_values_in_sight"
IN_ORDER = "known[seen] <= as_of[j]"
HISTORIES = "tests/engines/test_histories.py"

MUTANTS = (
    # passes over rows that become known in any order
    (
        "the tree takes rows one moment late",
        f"{PASSES}::test_activated_tree_equals_a_loop_over_the_visible_rows[Count]",
        ("kernel/passes.py: activated_tree", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    (
        "the tree takes rows that are not known",
        f"{LEAKS}[Sum-rows]",
        ("kernel/passes.py: activated_tree", "moments[p] <= asked[j]", "moments[p] < NEVER"),
    ),
    (
        "the tree takes rows that are never known",
        f"{PASSES}::test_a_row_that_is_never_known_is_not_seen_at_the_end_of_time",
        ("kernel/passes.py: activated_tree", "moments[p] == NEVER", "moments[p] > NEVER"),
    ),
    (
        "the multiset takes rows one moment late",
        MULTISET,
        ("kernel/passes.py: sliding_multiset", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    (
        "the multiset takes rows that are not known",
        f"{LEAKS}[CountDistinct-rows]",
        (
            "kernel/passes.py: sliding_multiset",
            "moments[p] <= asked[j] and moments[p] != NEVER",
            "moments[p] < NEVER",
        ),
        (
            "kernel/passes.py: sliding_multiset",
            "moments[p - 1] > asked[j]",
            "moments[p - 1] == NEVER",
        ),
    ),
    (
        "the multiset keeps rows that were not known at an earlier moment",
        MULTISET,
        (
            "kernel/passes.py: sliding_multiset",
            "moments[p - 1] > asked[j]",
            "moments[p - 1] == NEVER",
        ),
    ),
    (
        "the multiset takes rows that are never known",
        f"{PASSES}::test_a_value_that_is_never_known_is_not_counted_at_the_end_of_time",
        ("kernel/passes.py: sliding_multiset", "moments[p] != NEVER", "moments[p] <= NEVER"),
    ),
    (
        "sliding counts take rows one moment late",
        SLIDING,
        (
            "kernel/sliding_counts.py: sliding_counts",
            "moments[p] <= asked[j]",
            "moments[p] < asked[j]",
        ),
    ),
    (
        "sliding counts take rows that are not known",
        f"{LEAKS}[ApproximateCountDistinct-rows]",
        (
            "kernel/sliding_counts.py: sliding_counts",
            "moments[p] <= asked[j] and moments[p] != NEVER",
            "moments[p] < NEVER",
        ),
        (
            "kernel/sliding_counts.py: sliding_counts",
            "moments[p - 1] > asked[j]",
            "moments[p - 1] == NEVER",
        ),
    ),
    (
        "sliding counts keep rows that were not known at an earlier moment",
        SLIDING,
        (
            "kernel/sliding_counts.py: sliding_counts",
            "moments[p - 1] > asked[j]",
            "moments[p - 1] == NEVER",
        ),
    ),
    (
        "sliding counts take rows that are never known",
        SLIDING,
        (
            "kernel/sliding_counts.py: sliding_counts",
            "moments[p] != NEVER",
            "moments[p] <= NEVER",
        ),
    ),
    (
        "the newest rows are found one moment late",
        NEWEST,
        ("kernel/edges.py: newest_known", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    (
        "the newest rows are found among those that are not known",
        NEWEST,
        ("kernel/edges.py: newest_known", "moments[p] <= asked[j]", "moments[p] < NEVER"),
    ),
    (
        "the newest rows are found among those that are never known",
        END,
        ("kernel/edges.py: newest_known", "moments[p] != NEVER", "moments[p] <= NEVER"),
    ),
    (
        "sessions are found one moment late",
        SESSION,
        ("kernel/edges.py: runs_known", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    (
        "sessions are found among rows that are not known",
        SESSION,
        ("kernel/edges.py: runs_known", "moments[p] <= asked[j]", "moments[p] < NEVER"),
    ),
    (
        "sessions are found among rows that are never known",
        END,
        ("kernel/edges.py: runs_known", "moments[p] != NEVER", "moments[p] <= NEVER"),
    ),
    # passes over rows that become known in the order of events
    *(
        mutant
        for what, inside, test in (
            ("the prefix takes rows", "kernel/passes.py: prefix_states", PREFIX),
            ("one stack takes rows", "kernel/passes.py: one_stack", STACK),
            ("two stacks take rows", "kernel/passes.py: two_stacks", STACKS),
            ("the newest row is found", "kernel/passes.py: newest_row", NEWEST_ROW),
            ("the newest rows in order are found", "kernel/edges.py: newest_in_order", NEWEST),
            ("sessions in order are found", "kernel/edges.py: runs_in_order", SESSION),
        )
        for mutant in (
            (f"{what} one moment late", test, (inside, IN_ORDER, "known[seen] < as_of[j]")),
            (f"{what} where nothing is known", test, (inside, IN_ORDER, "known[seen] <= NEVER")),
        )
    ),
    # when a row is known
    (
        "a clock of two columns is reached with the first of them",
        "tests/parity/test_flights_against_reference.py::"
        "test_sampled_flights_have_the_features_of_the_reference[tailnum-60]",
        ("engines/histories.py: Rows.known_times", "np.maximum(", "np.minimum("),
        ("engines/histories.py: Rows.known_times", "-NEVER, np.int64", "NEVER, np.int64"),
    ),
    (
        "a delay that is the same for all rows is not waited for",
        "tests/parity/test_windows_against_reference.py::"
        "test_each_value_equals_the_reference[None-0-half an hour after]",
        (
            "engines/visibility.py: Visibility.known",
            "plus(self.arranged.time, later)",
            "plus(self.arranged.time, 0)",
        ),
    ),
    (
        "a forecast reads what happened within its delay",
        "tests/leaks/test_horizons.py::test_no_value_of_the_last_horizon_moves_a_feature[a delay]",
        (
            "engines/visibility.py: Visibility.known",
            "plus(self.arranged.time, later)",
            "self.arranged.time",
        ),
    ),
    (
        "rows are taken in order though their known times fall",
        "tests/engines/test_visibility.py::"
        "test_nanoseconds_whose_known_time_falls_within_a_microsecond_are_left_to_the_tree",
        (
            "engines/visibility.py: Visibility._stays_in_order",
            "known[1:] >= known[:-1]",
            "known[1:] == known[1:]",
        ),
    ),
    (
        "a null clock is one that was always reached",
        "tests/engines/test_times.py::test_null_becomes_never",
        ("engines/times.py: filled", "fill_null(NEVER)", "fill_null(-NEVER)"),
    ),
    (
        "a null clock needs no word of the author",
        "tests/parity/test_enrich_kinds_and_edges.py::"
        "test_a_null_clock_is_refused_until_it_is_declared",
        (
            "engines/histories.py: Rows._clock_column",
            'source.null_known_time == "error"',
            'source.null_known_time == "no word"',
        ),
    ),
    (
        "never is over before a constant has passed",
        "tests/engines/test_times.py::test_a_constant_is_added_without_passing_the_ends_of_time",
        ("engines/times.py: plus", "np.where(times == NEVER, NEVER, earlier)", "earlier"),
    ),
    # R11 and R12
    (
        "known times are rounded down",
        "tests/engines/test_spines.py::test_moments_are_rounded_down_and_clocks_up",
        ("engines/histories.py: Rows._clock_column", 'rounded="up"', 'rounded="down"'),
    ),
    (
        "event times are rounded up",
        f"{HISTORIES}::test_known_time_is_rounded_up_and_event_time_down",
        ("engines/histories.py: Rows.event_times", 'rounded="down"', 'rounded="up"'),
    ),
    (
        "of an hour that repeats a row is known in the first",
        "tests/parity/test_times_of_any_unit.py::test_naive_times_are_those_of_the_declared_zone",
        ("engines/times.py: microseconds", 'else "latest"', 'else "earliest"'),
    ),
    (
        "how far the store was complete is not asked",
        "tests/parity/test_attributes_against_reference.py::"
        "test_what_a_store_had_not_received_is_not_seen[known_time]",
        ("runtime/enrich.py: _earlier", "pl.min_horizontal(moments, complete)", "moments"),
    ),
)
