"""Versions of features: what each input of a model is by definition, and what changed of it.

A version is made of facts, such as `window: 7d`. It changes when what the feature computes does:
its expression, aggregation, window, clock, source, or the steps that prepare it. It stays when
another feature, prose, a comment or the place in a file changes.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from headwater.aggregations.base import Aggregation
from headwater.plan.checks import read_by
from headwater.plan.faults import reads
from headwater.plan.kinds import column_kind
from headwater.plan.sources import SourcePlan
from headwater.plan.steps_by_column import steps_by_column
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import Clock
from headwater.spec.plain import fingerprint, plain
from headwater.spec.row_expressions import PythonExpression, expression_bytes

_PACKAGE = Path(__file__).parent.parent
_READ = ("column", "other", "where", "by", "values", "top", "name", "columns", "place")
"""What is said of a word apart from its own arguments, or decides nothing."""
_LONGEST = 120

Fact = tuple[str, str, str]
"""An aspect, what it is in words, and a digest of what the words may not tell."""


@dataclass(frozen=True, slots=True)
class FeatureVersion:
    """What an input of a model is by definition.

    Args:
        facts: In words, by aspect.
        digests: Of expressions and code, which words do not tell in full, by aspect.
    """

    facts: Mapping[str, str]
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The version: another one wherever a fact is."""
        return fingerprint([dict(self.facts), dict(self.digests)])

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        told = {"facts": dict(self.facts), "digests": dict(self.digests)}
        return {"version": self.identity, **told}


def feature_versions(plan: TrainingSetPlan) -> dict[str, FeatureVersion]:
    """The version of each input of a model: kept columns, features and what is derived from them.

    Args:
        plan: A training set without faults.
    """
    found: dict[str, list[Fact]] = {}
    for column in plan.spine.kept:
        read = _of_source(plan.spine.source, [column.name], column.clock)
        found[column.name] = [("type", str(column.dtype), ""), *_known(column.clock), *read]
    for view in plan.views:
        found |= {feature.column: list(_of_feature(view, feature)) for feature in view.features}
    for derived in plan.derived:
        value = _of_expression("value", derived.derived.expression)
        found[derived.column] = [value, ("type", str(derived.dtype), "")]
    prepared = _preparation(plan)
    return {
        column: _version([*facts, *prepared.get(column, [])]) for column, facts in found.items()
    }


def differences(
    before: FeatureVersion, after: FeatureVersion, *, words_only: bool = False
) -> tuple[str, ...]:
    """What changed between two versions, in words: `window was 7d, is 14d`.

    Args:
        before: The older one.
        after: The newer one.
        words_only: Leave digests out, as where another version of Polars made them.
    """
    found = []
    for aspect in {**before.facts, **after.facts}:
        old, new = (one.facts.get(aspect, "nothing") for one in (before, after))
        if old != new:
            found.append(f"{aspect} was {old}, is {new}")
        elif not words_only and before.digests.get(aspect) != after.digests.get(aspect):
            found.append(f"{aspect} is another one, though both read {new}")
    return tuple(found)


def _version(facts: Iterable[Fact]) -> FeatureVersion:
    told = {aspect: (words, digest) for aspect, words, digest in facts}
    return FeatureVersion(
        {aspect: words for aspect, (words, _) in told.items()},
        {aspect: digest for aspect, (_, digest) in told.items() if digest},
    )


def _of_feature(view: ViewPlan, feature: FeaturePlan) -> Iterator[Fact]:
    yield "entity", ", ".join(view.view.keys), ""
    yield "attached by", ", ".join(view.view.spine_keys), ""
    yield from _of_fold("", feature)
    if feature.ranked is not None:
        yield "by", f"rank {feature.ranked.rank} of {feature.ranked.by}", ""
    if feature.min_rows:
        yield "min_rows", str(feature.min_rows), ""
    yield "type", str(feature.dtype), ""
    yield from _known(feature.clock)
    yield from _of_source(view.source, feature.reads, feature.clock)


def _of_fold(before: str, feature: FeaturePlan) -> Iterator[Fact]:
    """How rows become a value; of what is made of parts, how each of them does."""
    yield f"{before}aggregation", _called(feature.aggregation), _digest_of(feature.aggregation)
    yield f"{before}window", str(feature.window), ""
    for name in ("value", "other", "where"):
        expression = getattr(feature, name)
        if expression is not None:
            yield _of_expression(before + name, expression)
    for number, part in enumerate(feature.parts, start=1):
        yield from _of_fold(f"{before}part {number} ", part)


def _known(clock: Clock) -> Iterator[Fact]:
    yield "known at", str(clock), ""


def _of_source(source: SourcePlan, columns: Iterable[str], clock: Clock) -> Iterator[Fact]:
    """The table, what decides which of its rows there are, and how the columns come to be."""
    declared = source.source
    reader = " ".join(str(value) for value in declared.reader.definition().values())
    yield "source", f"{declared.name} ({reader})", ""
    rows = {name: getattr(declared, name) for name in ("event_time", "zone", "deleted")}
    read = {*columns, *(moment.column for moment in clock.moments)}
    if declared.identity:
        rows |= {"identity": ", ".join(declared.identity), "sequence": declared.sequence}
        rows["rows known at"] = str(source.clock)
        read |= {moment.column for moment in source.clock.moments}
    elif declared.sequence in read:
        rows["sequence"] = declared.sequence
    if declared.sets_aside:
        read |= set(source.set_aside_by)
        words = ", ".join(
            f"{type(check).__name__}({', '.join(read_by(check, source.schema))})"
            for check in declared.sets_aside
        )
        code = [[plain(check), _digest_of(check)] for check in declared.sets_aside]
        yield "set aside where broken", words, fingerprint(code)
    rows["static"] = None if declared.static is None else "yes"
    yield "null_known_time", declared.null_known_time, ""
    yield from ((name, str(value), "") for name, value in rows.items() if value is not None)
    decided = (declared.event_time, declared.sequence, declared.deleted, *declared.identity)
    read |= {name for name in decided if name is not None and (name in read or declared.identity)}
    yield from _followed(source, sorted(read))


def _followed(source: SourcePlan, columns: Iterable[str]) -> Iterator[Fact]:
    """Columns that are derived, or that other views give to each row."""
    given = {one.column: (view, one) for view in source.views for one in view.features}
    for column in columns:
        if column in source.source.derive:
            expression = source.source.derive[column]
            yield _of_expression(f"{column} of {source.source.name}", expression)
            yield from _followed(source, reads(expression, source.schema))
        elif column in given:
            for aspect, words, digest in _of_feature(*given[column]):
                yield f"{aspect} of {column}", words, digest
            yield from _followed(source, given[column][0].view.spine_keys)


def _preparation(plan: TrainingSetPlan) -> dict[str, list[Fact]]:
    """The steps that prepare each input, as one fact."""
    recipe = plan.training_set.recipe
    if recipe is None:
        return {}
    kinds = {name: column_kind(dtype) for name, dtype in plan.inputs.items()}
    inputs = {name: kind for name, kind in kinds.items() if kind is not None}
    found = {}
    for column, steps in steps_by_column(recipe, inputs).items():
        code = fingerprint(list(map(_digest_of, steps)))
        words = ", then ".join(map(_called, steps)) or "nothing"
        found[column] = [("preparation", words, code)]
    return found


def _called(word: Any) -> str:
    """A word of the vocabulary with the arguments that are not its default.

    >>> from headwater.aggregations.quantile import Quantile
    >>> _called(Quantile("amount", q=0.9))
    'Quantile(q=0.9)'
    """
    given = [f"{name}={_shortened(str(value))}" for name, value in _arguments(word).items()]
    return f"{type(word).__name__}({', '.join(given)})"


def _arguments(word: Any) -> dict[str, Any]:
    """The arguments of a word that are its own and not their default, as plain values."""
    found = {}
    for one in fields(word):
        value = getattr(word, one.name)
        if one.name in _READ or isinstance(value, Aggregation):  # a part, which is told as such
            continue
        if plain(value) != one.default:
            found[one.name] = plain(value)
    return found


def _digest_of(word: Any) -> str:
    """A digest of a word's arguments, and of its code where it is a project's own.

    A comment in the code does not count.
    """
    path = Path(inspect.getfile(type(word)))
    code = "" if path.is_relative_to(_PACKAGE) else ast.dump(ast.parse(path.read_text("utf-8")))
    return fingerprint([_arguments(word), code])


def _of_expression(aspect: str, expression: Any) -> Fact:
    """An expression as Polars writes it, or a function by its name and its source."""
    content = expression_bytes(expression)
    if isinstance(expression, PythonExpression):
        name = getattr(expression.func, "__name__", "function")
        words = f"{name}({', '.join(expression.columns)})"
        content = _without_comments(content.decode()).encode()
    else:
        words = _shortened(" ".join(str(expression).split()))
    return aspect, words, hashlib.sha256(content).hexdigest()


def _without_comments(text: str) -> str:
    """Words of Python without comments and empty lines; itself where it is not whole lines of it.

    >>> _without_comments("f(1)  # why") == _without_comments("f(1)")
    True
    """
    kept = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                kept.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        return text
    return "\n".join(kept)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
