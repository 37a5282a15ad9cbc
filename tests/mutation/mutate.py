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
class Edit:
    """A text replaced by another.

    Args:
        inside: The file in `src/headwater`, and the function or the class and method in it.
        old: Occurs there exactly once.
        new: What stands in its place.
    """

    inside: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One law broken.

    Args:
        name: What is broken, in words.
        tests: At least one of these must fail.
        edits: What is replaced.
    """

    name: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def mutant(name: str, test: str, *edits: tuple[str, str, str]) -> Mutant:
    """A mutant of one test, its edits as `(inside, old, new)`."""
    return Mutant(name, (test,), tuple(Edit(*edit) for edit in edits))


PASSES = "tests/kernel/test_passes.py"
LEAKS = "tests/leaks/test_generated_histories.py::test_what_was_not_known_moves_no_value"
STATES = "tests/leaks/test_fitted_states.py"
SPLITS = "tests/engines/test_splits.py"
PURGE = (
    f"{SPLITS}::test_a_label_known_exactly_when_the_next_part_begins_is_kept_and_a_later_one_purged"
)
LABELS = "tests/parity/test_labels_against_reference.py"
VERSIONS = "tests/parity/test_versions_against_reference.py"
BEHIND = "tests/parity/test_attributes_against_reference.py"
MASKS = "tests/leaks/test_planned_masks.py"
PROOF = "tests/plan/test_proof.py"

MUTANTS = (
    # R3: the window
    mutant(
        "a row at as_of counts",
        f"{PASSES}::test_the_window_starts_with_its_first_moment_and_ends_before_as_of",
        ("kernel/passes.py: bounds", "time[h] < as_of[j]", "time[h] <= as_of[j]"),
    ),
    mutant(
        "a row at the start of the window does not count",
        f"{PASSES}::test_the_window_starts_with_its_first_moment_and_ends_before_as_of",
        (
            "kernel/passes.py: bounds",
            "time[i] < as_of[j] - windows[w]",
            "time[i] <= as_of[j] - windows[w]",
        ),
    ),
    # R3: the clock mask, in each pass that asks it
    mutant(
        "the tree takes rows one moment late",
        f"{PASSES}::test_activated_tree_equals_a_loop_over_the_visible_rows[Count]",
        ("kernel/passes.py: activated_tree", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    mutant(
        "the tree takes rows that are not known",
        f"{LEAKS}[Sum-rows]",
        ("kernel/passes.py: activated_tree", "moments[p] <= asked[j]", "moments[p] < NEVER"),
    ),
    mutant(
        "the prefix takes rows one moment late",
        f"{PASSES}::test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls[Count]",
        ("kernel/passes.py: prefix_states", "known[seen] <= as_of[j]", "known[seen] < as_of[j]"),
    ),
    mutant(
        "the prefix takes rows that are not known",
        f"{PASSES}::test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls[Count]",
        ("kernel/passes.py: prefix_states", "known[seen] <= as_of[j]", "known[seen] <= NEVER"),
    ),
    mutant(
        "the multiset takes rows one moment late",
        f"{PASSES}::test_the_sliding_multiset_counts_the_distinct_values_in_sight",
        ("kernel/passes.py: sliding_multiset", "moments[p] <= asked[j]", "moments[p] < asked[j]"),
    ),
    mutant(
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
    # R3 and R6: a row ends
    mutant(
        "a row that ends stays in the tree",
        f"{PASSES}::test_a_row_that_ends_is_in_the_tree_until_then[Count]",
        ("kernel/passes.py: activated_tree", "if i < 0:", "if i < -NEVER:"),
    ),
    mutant(
        "a version counts one moment longer than it should",
        f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",
        (
            "engines/visibility.py: Visibility._changes_with_ends",
            "np.concatenate([known, until])",
            "np.concatenate([known, np.where(until == NEVER, NEVER, until + 1)])",
        ),
    ),
    mutant(
        "deleted events stay",
        f"{VERSIONS}::test_each_value_equals_the_reference[None-as told]",
        ("engines/versions.py: Events.composed", "counts &= ~(", "counts &= (told < 0) | ("),
    ),
    mutant(
        "a version is known one moment late to the spine",
        f"{LABELS}::test_each_event_asks_once_with_what_was_known_of_it",
        ("engines/versions.py: Events._told", "<= moments[self.codes]", "< moments[self.codes]"),
    ),
    # R5, R11, R12
    mutant(
        "a column of the spine row is hidden at the moment when it is known",
        "tests/engines/test_spines.py",
        (
            "engines/spines.py: _masked",
            "rows.known_times(column.clock) > as_of",
            "rows.known_times(column.clock) >= as_of",
        ),
    ),
    mutant(
        "a column of the spine row is not masked",
        "tests/engines/test_spines.py::test_what_is_not_known_at_the_moment_is_null_and_counted",
        (
            "engines/spines.py: _masked",
            "rows.known_times(column.clock) > as_of",
            "rows.known_times(column.clock) > NEVER + 0 * as_of",
        ),
    ),
    mutant(
        "known times are rounded down",
        "tests/engines/test_spines.py::test_moments_are_rounded_down_and_clocks_up",
        ("engines/histories.py: Rows._clock_column", 'rounded="up"', 'rounded="down"'),
    ),
    mutant(
        "how far the store was complete is not asked",
        f"{BEHIND}::test_what_a_store_had_not_received_is_not_seen[known_time]",
        ("runtime/enrich.py: _earlier", "pl.min_horizontal(moments, complete)", "moments"),
    ),
    # R8
    mutant(
        "a label is mature one moment early",
        f"{LABELS}::test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time",
        (
            "engines/labels.py: labels",
            "passed <= complete_through(plan.ahead.source)",
            "passed - 1 <= complete_through(plan.ahead.source)",
        ),
    ),
    mutant(
        "a label is known before its delay has passed",
        f"{LABELS}::test_a_source_without_a_word_about_it_is_complete_through_its_last_known_time",
        ("engines/labels.py: labels", "plan.ahead.source.delay)", "0)"),
    ),
    mutant(
        "a label ahead covers the time before as_of",
        f"{LABELS}::test_parts_and_reasons_equal_the_reference_where_rows_are_chosen_later",
        (
            "engines/labels.py: _ahead",
            "plus(as_of.fill_null(0).to_numpy(), horizon)",
            "plus(as_of.fill_null(0).to_numpy(), 0)",
        ),
    ),
    # R9 and R10
    mutant(
        "a label known when the next part begins is purged",
        PURGE,
        (
            "engines/splits.py: assign_parts",
            "known > boundaries[later]",
            "known >= boundaries[later]",
        ),
    ),
    mutant(
        "nothing is purged",
        PURGE,
        ("engines/splits.py: assign_parts", "known > boundaries[later]", "known > NEVER"),
    ),
    mutant(
        "ties of a boundary go to the earlier part",
        f"{SPLITS}::test_ties_at_a_boundary_go_to_the_later_part",
        ("engines/splits.py: assign_parts", "moments >= boundary", "moments > boundary"),
    ),
    mutant(
        "a filter sees what came later",
        "tests/engines/test_spines.py::test_a_filter_does_not_see_what_is_known_later",
        ("engines/spines.py: _asked", "**known(_filter_columns(plan), {})", ""),
    ),
    # the fit sees training rows, and a training row is prepared without its own label
    mutant(
        "preparation is fitted on the rows of all parts",
        f"{STATES}::test_rows_of_validation_and_test_and_left_out_rows_move_no_state",
        ("runtime/build.py: _prepare", 'frames["train"],', "pl.concat(frames.values()),"),
        ("runtime/build.py: _prepare", 'frames["train"][', "pl.concat(frames.values())["),
    ),
    mutant(
        "training rows are prepared with their own labels",
        f"{STATES}::test_the_label_of_a_training_row_moves_the_codes_of_others_and_not_its_own",
        ("runtime/build.py: Prepared.frames", 'if part == "train"', 'if part == "no part"'),
    ),
    # the plan and its proof
    mutant(
        "features are planned without a mask",
        f"{PROOF}::test_each_input_is_proved_or_masked_and_says_by_which_comparison",
        (
            "plan/features.py: _feature",
            "mask=clock,\n            value_type=one",
            "mask=type(clock)(),\n            value_type=one",
        ),
    ),
    mutant(
        "attributes are planned without a mask",
        f"{MASKS}::test_what_is_not_known_at_as_of_is_masked_in_the_plan",
        ("plan/attributes.py: attribute_plans", "mask=clock,", "mask=type(clock)(),"),
    ),
    mutant(
        "the proof takes any mask",
        f"{PROOF}::test_a_plan_without_its_masks_is_refused_with_the_chain_that_shows_why",
        ("plan/proof.py: covers", "return all(", "return bool(asked) or all("),
    ),
    mutant(
        "features are planned without a mask, and no proof is asked for",
        f"{MASKS}::test_a_value_that_came_late_is_in_no_artifact",
        (
            "plan/features.py: _feature",
            "mask=clock,\n            value_type=one",
            "mask=type(clock)(),\n            value_type=one",
        ),
        ("runtime/build.py: planned", "    prove(plan)\n", ""),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where each mutant was found out; prints one line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a name; by default all")
    names = parser.parse_args(arguments).names
    chosen = [one for one in MUTANTS if not names or any(name in one.name for name in names)]
    if not chosen:
        print("no mutant has such a name", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="headwater-mutants-") as folder,
        copies(Path(folder)) as places,
    ):
        faults = check(chosen, places)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def check(mutants: Sequence[Mutant], places: Queue[Path]) -> list[str]:
    """What is wrong: tests that fail without a mutant, texts that moved, mutants that survive."""
    place = places.get()
    faults = [fault for one in mutants for fault in misfits(one, place)]
    places.put(place)
    if faults:
        return faults
    tests = sorted({test for one in mutants for test in one.tests})
    status, output = judged(tests, places)
    if status != 0:
        return [f"these tests must pass without a mutant:\n{output}"]
    print(f"{len(tests)} tests pass; {len(mutants)} mutants", flush=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda one: survived(one, places), mutants))
    return [fault for fault in found if fault is not None]


def survived(one: Mutant, places: Queue[Path]) -> str | None:
    """What is wrong where the tests of a mutant do not fail."""
    started = time.perf_counter()
    status, output = judged(one.tests, places, one)
    print(f"{time.perf_counter() - started:6.1f} s  {one.name}", flush=True)
    if status == 1:
        return None
    what = {0: "survives", None: "makes its tests hang"}.get(status, f"ends pytest with {status}")
    return f"mutant {one.name!r} {what}: {', '.join(one.tests)}\n{output}"


def judged(
    tests: Sequence[str], places: Queue[Path], one: Mutant | None = None
) -> tuple[int | None, str]:
    """What pytest ends with (None where it hangs) and the end of what it prints, on a copy."""
    place = places.get()
    try:
        with mutated(place, one):
            return ran(tests, place)
    finally:
        places.put(place)


def ran(tests: Sequence[str], place: Path) -> tuple[int | None, str]:
    """Run tests of a copy; its package comes first, and kernels are kept beside it."""
    environment = os.environ | {
        "PYTHONPATH": str(place / "src"),
        "HEADWATER_CACHE": str(place.parent / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, "\n".join(done.stdout.splitlines()[-15:])


@contextmanager
def copies(folder: Path) -> Iterator[Queue[Path]]:
    """A copy of package and tests for each worker."""
    places: Queue[Path] = Queue()
    for number in range(WORKERS):
        place = folder / f"copy{number}"
        for name in ("src", "tests", "examples"):
            ignored = shutil.ignore_patterns("__pycache__", ".headwater", "data")
            shutil.copytree(ROOT / name, place / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", place)
        places.put(place)
    yield places


@contextmanager
def mutated(place: Path, one: Mutant | None) -> Iterator[None]:
    """The copy with a mutant in it, and as it was afterwards."""
    before: dict[Path, str] = {}
    for edit in () if one is None else one.edits:
        path, start, stop = span(edit, place)
        text = path.read_text("utf-8")
        before.setdefault(path, text)
        changed = text[start:stop].replace(edit.old, edit.new)
        path.write_text(text[:start] + changed + text[stop:], "utf-8")
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")


def misfits(one: Mutant, place: Path) -> Iterator[str]:
    """The edits of a mutant whose text is not there exactly once."""
    for edit in one.edits:
        try:
            path, start, stop = span(edit, place)
        except LookupError as error:
            yield f"mutant {one.name!r}: {error}"
            continue
        count = path.read_text("utf-8")[start:stop].count(edit.old)
        if count != 1:
            yield f"mutant {one.name!r}: {edit.old!r} is {count} times in {edit.inside}, not once"


def span(edit: Edit, place: Path) -> tuple[Path, int, int]:
    """The file of an edit, and where its function begins and ends in it.

    Raises:
        LookupError: There is no such file or function.
    """
    file, _, name = edit.inside.partition(": ")
    path = place / "src" / "headwater" / file
    if not path.is_file():
        raise LookupError(f"there is no file {file}")
    text = path.read_text("utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = next((one for one in ast.iter_child_nodes(node) if _is_named(one, part)), node)
        if not _is_named(node, part):
            raise LookupError(f"there is no {name} in {file}")
    if not isinstance(node, ast.FunctionDef):
        raise LookupError(f"{name} in {file} is no function")
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1]))
    return path, start, start + sum(map(len, lines[node.lineno - 1 : node.end_lineno]))


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name


if __name__ == "__main__":
    sys.exit(main())
