"""A row asked alone, a row of a source with views, and a history in partitions."""

MUTANTS = (
    (
        "a row asked alone asks a moment later",
        "tests/parity/test_requests_against_batch.py::test_each_row_of_generated_histories[0-late]",
        ("engines/single_row.py: SingleRow.answers", "= moment", "= moment + 1"),
    ),
    (
        "a row asked alone gets the rows of no entity",
        "tests/parity/test_requests_against_batch.py::test_each_row_of_histories_with_versions[None]",
        ("engines/entity_index.py: EntityIndex.edges_of", "self.edges[place]", "self.edges[0]"),
    ),
    (
        "a row asked alone does not say how far the store was complete",
        "tests/parity/test_told_requests_against_batch.py::"
        "test_each_told_row_is_what_the_frame_says",
        ("engines/single_row.py: SingleRow.answers", "= known_by", "= moment"),
    ),
    (
        "a row of a source with views sees what comes with it",
        "tests/parity/test_chains_against_reference.py::"
        "test_a_chain_of_two_views_equals_the_reference[all]",
        ("engines/chains.py: with_views", "rows.event_times()", "rows.event_times() + 1"),
    ),
    (
        "answers of partitions come in the order of these",
        "tests/parity/test_out_of_core_of_every_member.py::"
        "test_partitions_give_the_bits_of_the_whole",
        ("engines/out_of_core.py: _places", "back[found] =", "back[:] ="),
    ),
)
