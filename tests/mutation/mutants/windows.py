"""R3 without its clock: which rows lie in a window, of each kind."""

PASSES = "tests/kernel/test_passes.py"
EDGES = "tests/kernel/test_edges.py"
STARTS = "tests/engines/test_edges.py"
WINDOW = f"{PASSES}::test_the_window_starts_with_its_first_moment_and_ends_before_as_of"
MOMENTS = f"{EDGES}::test_windows_start_and_end_at_moments"
NEWEST = f"{EDGES}::test_the_newest_rows_are_those_that_can_be_seen"
SESSION = f"{EDGES}::test_a_session_is_the_last_run_that_can_be_seen"
KINDS = "tests/parity/test_windows_against_reference.py"
EACH = f"{KINDS}::test_each_value_equals_the_reference"
MEMBERS = "tests/parity/test_windows_of_every_member.py"
SQL = "tests/parity/test_enrich_against_sql.py"
GRID = "tests/engines/test_periods.py"

MUTANTS = (
    (
        "a row at as_of counts",
        WINDOW,
        ("kernel/passes.py: bounds", "time[h] < as_of[j]", "time[h] <= as_of[j]"),
    ),
    (
        "a row at the start of the window does not count",
        WINDOW,
        (
            "kernel/passes.py: bounds",
            "time[i] < as_of[j] - windows[w]",
            "time[i] <= as_of[j] - windows[w]",
        ),
    ),
    (
        "a row at the moment that ends a window counts",
        MOMENTS,
        ("kernel/edges.py: bounds_from", "time[h] < ends[j]", "time[h] <= ends[j]"),
    ),
    (
        "a row at the moment that starts a window does not count",
        MOMENTS,
        ("kernel/edges.py: bounds_from", "time[i] < starts[w, j]", "time[i] <= starts[w, j]"),
    ),
    # windows that start at moments
    (
        "a hop does not round a start down",
        f"{STARTS}::test_a_hop_rounds_down_before_1970_too_and_the_start_belongs_to_the_window",
        ("engines/edges.py: _back", "starts % window.hop", "0"),
    ),
    (
        "a hop rounds a start up",
        f"{SQL}::test_each_kind_of_window_holds_the_rows_that_it_holds_in_sql[hop]",
        (
            "engines/edges.py: _back",
            "starts - starts % window.hop",
            "starts + -starts % window.hop",
        ),
    ),
    (
        "the window before reaches as far as the window",
        f"{KINDS}::test_a_change_compares_with_the_window_before_of_the_reference[1d-None]",
        (
            "engines/edges.py: _write_moments",
            "ends[:] = _back(as_of, windows[0])",
            "ends[:] = as_of",
        ),
    ),
    (
        "a row as old as its ttl has expired",
        f"{KINDS}::test_no_feature_of_a_view_sees_rows_older_than_its_ttl[1h]",
        ("engines/edges.py: _write_moments", "as_of - window.ttl", "as_of - window.ttl + 1"),
    ),
    (
        "a window that has moments has no ttl",
        f"{KINDS}::test_no_feature_of_a_view_sees_rows_older_than_its_ttl[3d]",
        (
            "engines/edges.py: _write_moments",
            "window.ttl != ALL_HISTORY",
            "window.ttl < ALL_HISTORY",
        ),
    ),
    (
        "an attribute as old as its ttl has expired",
        "tests/parity/test_attributes_against_reference.py::"
        "test_the_latest_values_equal_the_reference[1h]",
        (
            "plan/attributes.py: attribute_plans",
            "EVERYTHING.within(ttl)",
            "EVERYTHING.within(ttl - 1)",
        ),
    ),
    # windows by the calendar
    (
        "a period begins after its first moment",
        f"{GRID}::test_a_day_begins_at_midnight_by_the_clocks_and_has_23_or_25_hours",
        ("engines/periods.py: period_starts", '"right"', '"left"'),
    ),
    (
        "of a midnight that repeats the second counts",
        f"{GRID}::test_of_a_midnight_that_repeats_the_first_counts",
        ("engines/periods.py: _midnights", '"earliest"', '"latest"'),
    ),
    (
        "a day whose midnight is skipped begins too late",
        f"{GRID}::test_a_day_whose_midnight_is_skipped_begins_with_the_change",
        ("engines/periods.py: _midnights", "= changes", "= changes + 60_000_000"),
    ),
    (
        "a week begins on Sunday",
        f"{GRID}::test_longer_periods_begin_with_a_day",
        ("engines/periods.py: _begins", "weekday() == 1", "weekday() == 7"),
    ),
    (
        "a quarter begins in February",
        f"{GRID}::test_longer_periods_begin_with_a_day",
        ("engines/periods.py: _begins", "days.dt.month() - 1", "days.dt.month() - 2"),
    ),
    (
        "a period is that of the moment's day in UTC",
        f"{EACH}[None-0-event time]",
        ("engines/edges.py: _write_moments", "str(window.zone)", '"UTC"'),
    ),
    # the newest rows
    (
        "a window holds a row more than it should, where rows come in order",
        NEWEST,
        (
            "kernel/edges.py: newest_in_order",
            "low[w, j] = kept[number - rows[w]]",
            "low[w, j] = kept[number - rows[w] - 1]",
        ),
    ),
    (
        "a window holds a row more than it should, where rows become known in any order",
        f"{MEMBERS}::test_a_window_is_all_of_the_rows_that_it_holds[4rows-known_time]",
        (
            "kernel/edges.py: newest_known",
            "place_of(sums, number - rows[w])",
            "place_of(sums, number - rows[w] - 1)",
        ),
    ),
    (
        "the newest rows are taken from before the window's length",
        f"{EACH}[None-0-a clock of each row]",
        ("kernel/edges.py: newest_known", "first >= low[w, j]", "first >= 0"),
    ),
    (
        "rows that tie and differ at the start of a window are taken as they come",
        f"{KINDS}::test_a_tie_at_the_start_of_a_window_by_rows_is_refused_where_the_reference_refuses_it"
        "[1-amount]",
        ("kernel/edges.py: differs_at", "marks[i] != marks[first]", "marks[i] < 0"),
    ),
    # sessions
    (
        "a gap as long as allowed parts a session, where rows come in order",
        SESSION,
        (
            "kernel/edges.py: runs_in_order",
            "time[newest] < time[seen] - gaps[w]",
            "time[newest] <= time[seen] - gaps[w]",
        ),
    ),
    (
        "a session has passed as soon as its gap has, where rows come in order",
        f"{EACH}[None-0-event time]",
        (
            "kernel/edges.py: runs_in_order",
            "time[newest] < as_of[j] - gaps[w]",
            "time[newest] <= as_of[j] - gaps[w]",
        ),
    ),
    (
        "a gap as long as allowed parts a session, where rows become known in any order",
        SESSION,
        (
            "kernel/edges.py: join_runs",
            "time[tree[left, LAST]] >= time[run] - gap",
            "time[tree[left, LAST]] > time[run] - gap",
        ),
    ),
    (
        "a session has passed as soon as its gap has, where rows become known in any order",
        f"{STARTS}::test_a_session_ends_when_the_gap_has_passed_and_a_late_row_joins_two",
        (
            "kernel/edges.py: runs_known",
            "time[tree[0, LAST]] < as_of[j] - gaps[w]",
            "time[tree[0, LAST]] <= as_of[j] - gaps[w]",
        ),
    ),
    # too few rows
    (
        "so many rows as are asked for are too few",
        "tests/parity/test_min_rows_of_every_member.py::"
        "test_the_first_rows_of_a_rolling_mean_have_none",
        (
            "engines/composites.py: _made",
            "count >= feature.min_rows",
            "count > feature.min_rows",
        ),
    ),
)
