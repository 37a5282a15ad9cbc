"""Results as a reader wants them: plain lines, the promise of the clocks in one sentence."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.apps.cli.tables import table, width
from headwater.reports.numbers import (
    count,
    difference,
    interval,
    metric,
    moment,
    percent,
    seconds,
)
from headwater.schema.sizes import format_size

Result = Mapping[str, Any]
_EVENT_TIME = "event_time"
_METRICS = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "prevalence": "positive",
    "brier": "Brier",
    "log_loss": "log loss",
}
_ROC_AUC, *_OTHERS = _METRICS.values()
_HEADS = (_ROC_AUC, "95 %", *_OTHERS)


def init(result: Result) -> str:
    """What was made, and what to do with it."""
    lines = [f"project {result['project']} in {result['folder']}"]
    lines += [f"  {file}" for file in result["files"]]
    return "\n".join([*lines, "next:", *(f"  {command}" for command in result["next"])])


def check(result: Result) -> str:
    """What was checked, and what is assumed."""
    counted = [_counted(kind, number) for kind, number in result["definitions"].items()]
    found = f"project {result['project']}: {', '.join(counted) or 'no definitions'}; no fault found"
    return "\n".join([found, *_findings(result), *_pinned(result), *_checks(result)])


def build(result: Result) -> str:
    """What was built and where it is."""
    lines = [*_training_set(result), *_findings(result), f"artifact: {result['path']}"]
    return "\n".join([*lines, _ending(result)])


def train(result: Result) -> str:
    """The model beside no model and the rule."""
    return "\n".join([*_training_set(result), "", *_model(result), _ending(result)])


def run(result: Result) -> str:
    """All of it: rows, clocks, model, looks, report."""
    sections = [_training_set(result), _findings(result), _clocks(result), _model(result)]
    sections += [_took(result)]
    lines = [line for section in sections if (listed := list(section)) for line in (*listed, "")]
    return "\n".join([*lines, f"report: {result['report']}", _ending(result)])


def report(result: Result) -> str:
    """Where the page is."""
    return f"report: {result['report']}"


def promise(clocks: list[dict[str, Any]]) -> str:
    """What the clocks table means, in one sentence; empty where event time was not compared."""
    found = [row for row in clocks if row["variant"] == _EVENT_TIME]
    if not found or found[0]["difference_to_known"] is None:
        return ""
    row = found[0]
    ends = (row["difference_low"], row["difference_high"])
    worth = f"{difference(row['difference_to_known'])} ROC-AUC"
    if None in ends or ends[0] <= 0 <= ends[1]:
        between = interval(ends, signed=True)
        return (
            f"A correct as-of join on event time differs by {worth}"
            + (f" ({between})" if between else "")
            + ", which cannot be told from nothing."
        )
    if ends[0] > 0:
        promised = f"Even a correct as-of join on event time promises {worth}"
        return f"{promised} that production will not see."
    return f"Here a join on event time scores lower, by {worth}, than what was known."


def _training_set(result: Result) -> Iterator[str]:
    built = result["training_set"]
    yield f"training set {built['name']}  {built['fingerprint'][:12]}"
    yield from _wrapped(_books(built))
    for source, read in built.get("set_aside", {}).items():
        terms = f"{count(read['kept'])} kept + {count(read['set_aside'])} set aside"
        yield from _wrapped(f"{count(read['rows'])} rows of source {source} = {terms}")
    rows = [
        [
            part,
            count(facts["rows"]),
            moment(facts["first_as_of"]),
            moment(facts["last_as_of"]),
            percent(facts["prevalence"]),
        ]
        for part, facts in _in_time(built["parts"])
    ]
    head = ["part", "rows", "first as_of (UTC)", "last as_of (UTC)", "positive"]
    yield table(head, rows, aligned="<><<>")


def _books(built: Mapping[str, Any]) -> str:
    """Rows in, rows out by reason, rows left; and a word where they do not add up."""
    out = {reason: number for reason, number in built["excluded"].items() if number}
    terms = [f"{count(built['rows'])} in parts"]
    terms += [f"{count(number)} {reason}" for reason, number in out.items()]
    text = f"{count(built['spine_rows'])} spine rows = {' + '.join(terms)}"
    missing = built["spine_rows"] - built["rows"] - sum(out.values())
    return f"{text}; the books do not balance by {count(missing)}" if missing else text


def _clocks(result: Result) -> Iterator[str]:
    clocks = result["clocks"]
    if not clocks:
        return
    yield "what the clocks are worth, on validation"
    rows = [
        [
            row["variant"],
            row["description"],
            metric(row["roc_auc"]),
            interval((row["low"], row["high"])),
            difference(row["difference_to_known"]) if row["variant"] != "known" else "",
            interval((row["difference_low"], row["difference_high"]), signed=True),
        ]
        for row in clocks
    ]
    head = ["history", "what is seen", "ROC-AUC", "95 %", "to known", "95 %"]
    yield table(head, rows, aligned="<<><><")
    yield from _undefined("", {row["variant"]: row for row in clocks})
    yield from _wrapped(promise(clocks))


def _model(result: Result) -> Iterator[str]:
    model = result["model"]
    yield f"model {model['name']} ({model['estimator']})"
    if model["note"]:
        yield from _wrapped(f"note: {model['note']}")
    scored = {
        model["name"]: result["metrics"],
        "no model": result["baseline"],
        "rule": result["rule"] or {},
    }
    rows = [
        [part, name, *_scores(parts[part])]
        for part, _ in _in_time(result["metrics"])
        for name, parts in scored.items()
        if part in parts
    ]
    yield table(["part", "", *_HEADS], rows, aligned="<<><>>>>")
    for part, _ in _in_time(result["metrics"]):
        named = {name: parts[part] for name, parts in scored.items() if part in parts}
        yield from _undefined(f" on {part}", named)
    yield f"looks at the test part so far: {result['looks']}"


def _scores(found: Mapping[str, Any]) -> list[str]:
    roc_auc, pr_auc, prevalence, *others = (found[name] for name in _METRICS)
    bounds = interval((found.get("intervals") or {}).get("roc_auc"))
    return [metric(roc_auc), bounds, metric(pr_auc), percent(prevalence), *map(metric, others)]


def _undefined(where: str, scored: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Why metrics have no value, all scores of which the same is true in one line."""
    told: dict[str, list[str]] = {}
    for name, scores in scored.items():
        for fault in _faults(scores.get("undefined") or {}):
            told.setdefault(fault, []).append(name)
    for fault, names in told.items():
        yield from _wrapped(f"undefined{where} for {', '.join(names)}: {fault}")


def _faults(undefined: Mapping[str, str]) -> Iterator[str]:
    for reason in dict.fromkeys(undefined.values()):
        heads = [_METRICS[name] for name, why in undefined.items() if why == reason]
        yield f"{', '.join(heads)}; {reason}"


def _in_time(parts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Parts with what is said of them, in the order of time."""
    from headwater.spec.split_by_time import PARTS  # it brings Polars, which --help can do without

    return [(part, parts[part]) for part in PARTS if part in parts]


def _findings(result: Result) -> Iterator[str]:
    for one in result["findings"]:
        yield from _wrapped(f"{one['certainty']}: [{one['code']}] {one['message']}")
        if one.get("place"):
            yield f"  at {one['place']}"


def _pinned(result: Result) -> Iterator[str]:
    """Whether the features of each model are those that it learned from, where that was asked."""
    for model, features in result.get("pinned", {}).items():
        if features is None:
            yield f"model {model} was not trained yet, so that it pins no feature"
        else:
            yield f"model {model} learned from its {count(features)} features as they are declared"


def _checks(result: Result) -> Iterator[str]:
    """What the checks of contracts found, where they were asked."""
    if "checks" not in result:
        return
    if not result["checks"]:
        yield "no source has a contract"
        return
    rows = [
        [
            one["source"],
            f"{one['check']}({', '.join(one['columns'])})",
            count(one["rows"]),
            count(one["broken"]),
            count(one["allowed"]),
            _came_out(one),
        ]
        for one in result["checks"]
    ]
    yield table(["source", "check", "rows", "broken", "allowed", ""], rows, aligned="<<>>><")


def _came_out(check: Result) -> str:
    if check["on_break"] == "set_aside":
        return ("set aside" if check["broken"] else "passed") if check["passed"] else "failed"
    return "passed" if check["passed"] else {"fail": "failed", "warn": "warns"}[check["on_break"]]


def _took(result: Result) -> Iterator[str]:
    """What each task took that was computed."""
    rows = [
        [
            f"{one['task']} {one['view']}" if "view" in one else one["task"],
            seconds(one["seconds"]),
            seconds(one["processor_seconds"]),
            format_size(one["peak_bytes"]),
        ]
        for one in result.get("took", ())
    ]
    if rows:
        yield table(["task", "time", "processor", "memory at its peak"], rows, aligned="<>>>")


def _ending(result: Result) -> str:
    how = "nothing was recomputed" if result["cached"] else "computed"
    return f"{seconds(result['seconds'])}, {how}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width(), subsequent_indent="  ", break_long_words=False)


def _counted(kind: str, number: int) -> str:
    """A number of definitions in words.

    >>> _counted("FeatureView", 4)
    '4 feature views'
    >>> _counted("Attributes", 2)
    '2 attributes'
    """
    words = re.sub(r"(?<=.)(?=[A-Z])", " ", kind).lower()
    return f"{number} {words}" + ("" if number == 1 or words.endswith("s") else "s")
