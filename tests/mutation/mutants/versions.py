"""R3, R6 and R7: a row ends, an event is told again, and two rows tie."""

PASSES = "tests/kernel/test_passes.py"
VERSIONS = "tests/parity/test_versions_against_reference.py"
LABELS = "tests/parity/test_labels_against_reference.py"
TIES = (
    "tests/parity/test_enrich_against_reference.py::"
    "test_a_tie_without_a_sequence_is_refused_where_the_reference_refuses_it"
)

MUTANTS = (
    (
        "a row that ends stays in the tree",
        f"{PASSES}::test_a_row_that_ends_is_in_the_tree_until_then[Count]",
        ("kernel/passes.py: activated_tree", "if i < 0:", "if i < -NEVER:"),
    ),
    (
        "a version counts one moment longer than it should",
        f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",
        (
            "engines/visibility.py: Visibility._changes_with_ends",
            "np.concatenate([known, until])",
            "np.concatenate([known, np.where(until == NEVER, NEVER, until + 1)])",
        ),
    ),
    (
        "deleted events stay",
        f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",
        ("engines/versions.py: Events.composed", "counts &= ~(", "counts &= (told < 0) | ("),
    ),
    (
        "a version is known one moment late to the spine",
        f"{LABELS}::test_each_event_asks_once_with_what_was_known_of_it",
        ("engines/versions.py: Events._told", "<= moments[self.codes]", "< moments[self.codes]"),
    ),
    (
        "of rows that tie without a sequence any is the last",
        f"{TIES}[flag]",
        (
            "kernel/positions.py: newest",
            "x[a - 1] >> 1 != x[b - 1] >> 1",
            "x[a - 1] != x[a - 1]",
        ),
    ),
)
