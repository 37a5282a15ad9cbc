"""Break each law once and demand that the test named for it fails.

    python tests/mutation/mutate.py [NAME ...]

The package and its tests are copied to a temporary folder. Each mutant replaces one text of one
function there, runs the tests that are named for it, and is survived, which is an error, where
they pass. A text that is not found exactly once is an error too: then the code has moved, and the
mutant has to move with it. Before all, the same tests must pass on the copy as it is.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[2]
WORKERS = 2
PATIENCE = 240
"""Seconds after which tests of a mutant count as hanging, which is an error of the mutant."""


@dataclass(frozen=True)
class Mutant:
    """One law broken.

    Args:
        name: What is broken, in words.
        file: In `src/headwater`.
        inside: The function, or class and method, whose text is changed.
        edits: Old and new texts; each old one occurs exactly once in the function.
        tests: At least one of these must fail.
    """

    name: str
    file: str
    inside: str
    edits: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]


PASSES = "tests/kernel/test_passes.py"
LEAKS = "tests/leaks/test_generated_histories.py::test_what_was_not_known_moves_no_value"
STATES = "tests/leaks/test_fitted_states.py"
SPLITS = "tests/engines/test_splits.py"
LABELS = "tests/parity/test_labels_against_reference.py"
VERSIONS = "tests/parity/test_versions_against_reference.py"
BEHIND = "tests/parity/test_attributes_against_reference.py"
PROOF = "tests/plan/test_proof.py"

MUTANTS = (
    # R3: the window
    Mutant(
        "a row at as_of counts",
        "kernel/passes.py",
        "bounds",
        (("time[h] < as_of[j]", "time[h] <= as_of[j]"),),
        (f"{PASSES}::test_the_window_starts_with_its_first_moment_and_ends_before_as_of",),
    ),
    Mutant(
        "a row at the start of the window does not count",
        "kernel/passes.py",
        "bounds",
        (("time[i] < as_of[j] - windows[w]", "time[i] <= as_of[j] - windows[w]"),),
        (f"{PASSES}::test_the_window_starts_with_its_first_moment_and_ends_before_as_of",),
    ),
    # R3: the clock mask, in each pass that asks it
    Mutant(
        "the tree takes rows one moment late",
        "kernel/passes.py",
        "activated_tree",
        (("moments[p] <= asked[j]", "moments[p] < asked[j]"),),
        (f"{PASSES}::test_activated_tree_equals_a_loop_over_the_visible_rows",),
    ),
    Mutant(
        "the tree takes rows that are not known",
        "kernel/passes.py",
        "activated_tree",
        (("moments[p] <= asked[j]", "moments[p] < NEVER"),),
        (f"{LEAKS}[Sum-rows]",),
    ),
    Mutant(
        "the prefix takes rows one moment late",
        "kernel/passes.py",
        "prefix_states",
        (("known[seen] <= as_of[j]", "known[seen] < as_of[j]"),),
        (f"{PASSES}::test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls",),
    ),
    Mutant(
        "the prefix takes rows that are not known",
        "kernel/passes.py",
        "prefix_states",
        (("known[seen] <= as_of[j]", "known[seen] <= NEVER"),),
        (f"{PASSES}::test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls",),
    ),
    Mutant(
        "the multiset takes rows one moment late",
        "kernel/passes.py",
        "sliding_multiset",
        (("moments[p] <= asked[j]", "moments[p] < asked[j]"),),
        (f"{PASSES}::test_the_sliding_multiset_counts_the_distinct_values_in_sight",),
    ),
    Mutant(
        "the multiset takes rows that are not known",
        "kernel/passes.py",
        "sliding_multiset",
        (
            ("moments[p] <= asked[j] and moments[p] != NEVER", "moments[p] < NEVER"),
            ("moments[p - 1] > asked[j]", "moments[p - 1] == NEVER"),
        ),
        (f"{LEAKS}[CountDistinct-rows]",),
    ),
    # R3 and R6: a row ends
    Mutant(
        "a row that ends stays in the tree",
        "kernel/passes.py",
        "activated_tree",
        (("if i < 0:", "if i < -NEVER:"),),
        (f"{PASSES}::test_a_row_that_ends_is_in_the_tree_until_then",),
    ),
    Mutant(
        "a version counts one moment longer than it should",
        "engines/visibility.py",
        "Visibility._changes_with_ends",
        (
            (
                "np.concatenate([known, until])",
                "np.concatenate([known, np.where(until == NEVER, NEVER, until + 1)])",
            ),
        ),
        (f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",),
    ),
    Mutant(
        "deleted events stay",
        "engines/versions.py",
        "Events.composed",
        (("counts &= ~(", "counts &= (told < 0) | ("),),
        (f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",),
    ),
    Mutant(
        "a version is known one moment late to the spine",
        "engines/versions.py",
        "Events._told",
        (("<= moments[self.codes]", "< moments[self.codes]"),),
        (f"{LABELS}::test_each_event_asks_once_with_what_was_known_of_it",),
    ),
    # R5, R11, R12
    Mutant(
        "a column of the spine row is hidden at the moment when it is known",
        "engines/spines.py",
        "_masked",
        (("rows.known_times(column.clock) > as_of", "rows.known_times(column.clock) >= as_of"),),
        ("tests/engines/test_spines.py",),
    ),
    Mutant(
        "a column of the spine row is not masked",
        "engines/spines.py",
        "_masked",
        (("rows.known_times(column.clock) > as_of", "rows.known_times(column.clock) > NEVER + 0 * as_of"),),
        ("tests/engines/test_spines.py::test_what_is_not_known_at_the_moment_is_null_and_counted",),
    ),
    Mutant(
        "known times are rounded down",
        "engines/histories.py",
        "Rows._clock_column",
        (('rounded="up"', 'rounded="down"'),),
        ("tests/engines/test_spines.py::test_moments_are_rounded_down_and_clocks_up",),
    ),
    Mutant(
        "how far the store was complete is not asked",
        "runtime/enrich.py",
        "_earlier",
        (("pl.min_horizontal(moments, complete)", "moments"),),
        (f"{BEHIND}::test_what_a_store_had_not_received_is_not_seen[known_time]",),
    ),
    # R8
    Mutant(
        "a label is mature one moment early",
        "engines/labels.py",
        "labels",
        (("passed <= complete_through(plan.ahead.source)", "passed - 1 <= complete_through(plan.ahead.source)"),),
        (f"{LABELS}::test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time",),
    ),
    Mutant(
        "a label is known before its delay has passed",
        "engines/labels.py",
        "labels",
        (("plan.ahead.source.delay)", "0)"),),
        (f"{LABELS}::test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time",),
    ),
    Mutant(
        "a label ahead covers the time before as_of",
        "engines/labels.py",
        "_ahead",
        (("plus(as_of.fill_null(0).to_numpy(), horizon)", "plus(as_of.fill_null(0).to_numpy(), 0)"),),
        (f"{LABELS}::test_parts_and_reasons_equal_the_reference_where_rows_are_chosen_later",),
    ),
    # R9
    Mutant(
        "a label known when the next part begins is purged",
        "engines/splits.py",
        "assign_parts",
        (("known > boundaries[later]", "known >= boundaries[later]"),),
        (f"{SPLITS}::test_a_label_known_exactly_when_the_next_part_begins_is_kept_and_a_later_one_purged",),
    ),
    Mutant(
        "nothing is purged",
        "engines/splits.py",
        "assign_parts",
        (("known > boundaries[later]", "known > NEVER"),),
        (f"{SPLITS}::test_a_label_known_exactly_when_the_next_part_begins_is_kept_and_a_later_one_purged",),
    ),
    Mutant(
        "ties of a boundary go to the earlier part",
        "engines/splits.py",
        "assign_parts",
        (("moments >= boundary", "moments > boundary"),),
        (f"{SPLITS}::test_ties_at_a_boundary_go_to_the_later_part",),
    ),
    # the fit sees training rows, and a training row is prepared without its own label
    Mutant(
        "preparation is fitted on the rows of all parts",
        "runtime/build.py",
        "_prepare",
        (
            ('frames["train"],', "pl.concat(frames.values()),"),
            ('frames["train"][', "pl.concat(frames.values())["),
        ),
        (f"{STATES}::test_rows_of_validation_and_test_and_left_out_rows_move_no_state",),
    ),
    Mutant(
        "training rows are prepared with their own labels",
        "runtime/build.py",
        "Prepared.frames",
        (('if part == "train"', 'if part == "no part"'),),
        (f"{STATES}::test_the_label_of_a_training_row_moves_the_codes_of_others_and_not_its_own",),
    ),
    # the plan and its proof
    Mutant(
        "features are planned without a mask",
        "plan/features.py",
        "feature_plans",
        (("mask=clock,", "mask=ALWAYS,"),),
        (f"{PROOF}::test_each_input_is_proved_or_masked_and_says_by_which_comparison",),
    ),
    Mutant(
        "attributes are planned without a mask",
        "plan/attributes.py",
        "attribute_plans",
        (("mask=clock,", "mask=type(clock)(),"),),
        ("tests/leaks/test_planned_masks.py::test_attributes_without_a_mask_are_not_built",),
    ),
    Mutant(
        "the proof takes any mask",
        "plan/proof.py",
        "covers",
        (("return all(", "return bool(asked) or all("),),
        (f"{PROOF}::test_a_plan_without_its_masks_is_refused_with_the_chain_that_shows_why",),
    ),
    Mutant(
        "a build does not ask for the proof",
        "runtime/build.py",
        "planned",
        (("prove(plan)", "str(plan)"),),
        ("tests/leaks/test_planned_masks.py::test_a_plan_with_a_gap_is_not_built",),
    ),
)
