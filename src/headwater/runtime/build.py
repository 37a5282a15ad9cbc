"""Build: a training set becomes an artifact, once per fingerprint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from headwater.engines.derived import with_derived
from headwater.engines.out_of_core import Room, check_fits
from headwater.engines.preparation import FittedPreparation, fit
from headwater.engines.preparation_state import save
from headwater.engines.spines import EVENT_TIME, IN_PART, SpineRows, spine_rows
from headwater.engines.top_values import top_values, with_top_values
from headwater.engines.views import view_features
from headwater.errors import caller
from headwater.plan.faults import Faults
from headwater.plan.identity import (
    artifact_identity,
    snapshots,
    sources_of,
    spine_identity,
    view_identity,
)
from headwater.plan.learned import learned_definitions
from headwater.plan.proof import prove
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import ViewPlan
from headwater.runtime.compiling import compile_passes
from headwater.runtime.contracts import check_unchanged as check_source_unchanged
from headwater.runtime.contracts import contract_findings, enforced, rows_set_aside
from headwater.runtime.manifest import manifest
from headwater.runtime.progress import Say, about, silent
from headwater.runtime.resources import measured
from headwater.runtime.sessions import Session as Session
from headwater.runtime.sessions import session_at as session_at
from headwater.spec.recipe import Recipe
from headwater.spec.training_set import TrainingSet
from headwater.stores.artifacts import (
    SET_ASIDE,
    TOP_VALUES,
    Artifact,
    finish_manifest,
    load_artifact,
)
from headwater.stores.atomic import appearing
from headwater.stores.cache import write_frame
from headwater.stores.partitions import Partitions, remove_stale

LEARNED = "top_values"
"""The fact that says which value each feature of a `top=` means."""
Result = tuple[pl.DataFrame, dict[str, Any]]
"""What a task computes: rows, and facts about them."""


def build(
    training_set: TrainingSet,
    *,
    seed: int | None = None,
    say: Say = silent,
    threads: int | None = None,
) -> Artifact:
    """The training set as an artifact; the same definitions, data and seed give the same bytes.

    Results are kept in `.headwater/` of the project: the nearest folder above the definitions with
    a `headwater.toml`, else the working directory. What was computed before is not computed again.

    Args:
        training_set: What to build.
        seed: By default the seed of the project, else 0.
        say: Hears what is being done.
        threads: By default the processors at hand; the bytes do not depend on it.

    Raises:
        SpecErrors: The faults of the definitions, before any row is read.
        DataError: The data is wrong, with the rule that it breaks.
        CheckError: HW411, the rows of a source break its contract.
        EngineError: HW502, the results cannot be written; HW508, a view does not fit into the
            memory that was declared.
    """
    faults = Faults()
    faults.is_a(training_set, TrainingSet, "what is to be built", caller())
    faults.raise_all()
    return build_in(training_set, session_at(training_set.place, seed, say, threads))


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """A training set that is checked and identified, with no row read yet.

    Args:
        plan: What will run.
        data: What each source's data is now.
        identity: The artifact's fingerprint.
    """

    plan: TrainingSetPlan
    data: dict[str, str]
    identity: str


def resolved(training_set: TrainingSet, session: Session) -> Resolved:
    """Check a training set and identify what a build of it would write."""
    plan = planned(training_set)
    data = snapshots(plan)
    return Resolved(plan, data, artifact_identity(plan, data, session.seed))


def build_in(
    training_set: TrainingSet, session: Session, *, known: Resolved | None = None
) -> Artifact:
    """`build` with a session that is there already, and with what is resolved already."""
    known = known or resolved(training_set, session)
    plan, data, identity = known.plan, known.data, known.identity
    target = session.home.artifacts / training_set.name / identity
    subject = about(training_set=training_set.name, fingerprint=identity)
    with session.home.locked(session.say), subject:
        if target.exists():
            return _with_definitions(load_artifact(target), plan)
        compile_passes(plan, session)
        checked = enforced(sources_of(plan), data, session.cache, session.say)
        spine, views = spine_and_views(plan, data, session)
        with appearing(target) as folder:
            made = manifest(plan, spine, data, identity=identity, seed=session.seed)
            made["checks"] = [result.to_dict() for result in checked]
            made["findings"] += contract_findings(checked)
            made["set_aside"] = _set_aside(plan, data, folder)
            frames = _parts(plan, spine, views)
            for part, frame in frames.items():
                _write(frame, folder / "raw" / f"{part}.parquet")
            with about(task="preparation"), measured():
                preparation = _prepare(plan, frames, session)
            for part, frame in preparation.frames(frames).items():
                _write(frame, folder / "prepared" / f"{part}.parquet")
            (folder / "states").mkdir()
            (folder / "states" / "recipe.json").write_text(save(preparation.fitted), "utf-8")
            if spine.facts[LEARNED]:
                text = json.dumps(spine.facts[LEARNED], indent=2, ensure_ascii=False)
                (folder / "states" / TOP_VALUES).write_text(text, "utf-8")
            finish_manifest(folder, made | {"prepared": preparation.columns})
    return _with_definitions(replace(load_artifact(target), cached=False), plan)


def _set_aside(plan: TrainingSetPlan, data: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Write what checks set aside of each source, and give its books: read, kept, set aside.

    Raises:
        DataError: HW409, a source changed while it was read.
    """
    books = {}
    for name, source in sources_of(plan).items():
        if source.sets_aside:
            found = rows_set_aside(source)
            check_source_unchanged(source, data[name])
            _write(found.frame, folder / SET_ASIDE / f"{name}.parquet")
            books[name] = found.counts
    return books


def _with_definitions(artifact: Artifact, plan: TrainingSetPlan) -> Artifact:
    """The artifact with the definitions of its features, which know what was learned."""
    return replace(artifact, definitions=learned_definitions(plan, artifact.top_values))


def planned(training_set: TrainingSet) -> TrainingSetPlan:
    """The training set resolved, and proved to let nothing through before it is known.

    No row is read. In a notebook it shows each input with its type, and when and why it is known.

    Args:
        training_set: What would be built.

    Raises:
        SpecErrors: All faults of its definitions.
        EngineError: HW505, the plan has a gap.
    """
    faults = Faults()
    plan = plan_training_set(training_set, faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a plan that cannot be made has faults")
    prove(plan)
    return plan


def spine_and_views(
    plan: TrainingSetPlan, data: Mapping[str, str], session: Session
) -> tuple[SpineRows, list[pl.DataFrame]]:
    """The rows in parts and the features of each view, from the cache where they are there.

    Nothing is kept before all is computed and no source has changed meanwhile: a result of other
    data must never be found under the identity of this.

    Raises:
        DataError: HW409, a source changed while it was read.
        EngineError: HW508, before anything is computed.
    """
    fresh: dict[str, Result] = {}
    identity = spine_identity(plan, data)
    identities = [view_identity(view, identity, data) for view in plan.views]
    rooms = _rooms(plan, identities, data, session)
    with about(task="spine", fingerprint=identity):
        frame, facts = _found(session, identity, fresh, lambda: _computed_spine(plan, session))
    spine = SpineRows(frame, facts)
    features, learned = [], dict[str, Any]()
    for view, own in zip(plan.views, identities, strict=True):
        compute = partial(_computed_view, view, spine, session, room=rooms[own])
        with about(task="view", view=view.view.name, fingerprint=own):
            columns, told = _found(session, own, fresh, compute)
        features.append(columns)
        learned |= told.get(LEARNED, {})
    if fresh:
        check_unchanged(plan, data)
    for task, result in fresh.items():
        session.cache.keep(task, *result)
        if task in rooms:
            _partitions(plan, task, session).remove()
    return SpineRows(frame, {**facts, LEARNED: learned}), features


def _found(
    session: Session, identity: str, fresh: dict[str, Result], compute: Callable[[], Result]
) -> Result:
    """A kept result, or a fresh one, which is noted."""
    kept = session.cache.load(identity)
    if kept is None:
        with measured():
            kept = fresh[identity] = compute()
    return kept


def _computed_spine(plan: TrainingSetPlan, session: Session) -> Result:
    session.say(f"rows of {plan.training_set.name!r}: moments, labels, parts")
    rows = spine_rows(plan, threads=session.threads)
    return rows.frame, rows.facts


def _partitions(plan: TrainingSetPlan, identity: str, session: Session) -> Partitions:
    """Where a view is while it is computed out of core."""
    return Partitions(session.cache.partitions / identity, plan.training_set.name)


def _rooms(
    plan: TrainingSetPlan, identities: list[str], data: Mapping[str, str], session: Session
) -> dict[str, Room]:
    """What each view may take; what an earlier build left for others is removed.

    Raises:
        EngineError: HW508, a view will not fit into the memory that was declared.
    """
    wanted = {identity for identity in identities if not session.cache.holds(identity)}
    remove_stale(session.cache.partitions, plan.training_set.name, wanted)
    rooms = {}
    for view, identity in zip(plan.views, identities, strict=True):
        source = view.source.source
        check = partial(check_source_unchanged, source, data[source.name])
        work = _partitions(plan, identity, session)
        rooms[identity] = Room(session.memory, work, session.say, check)
        if identity in wanted:
            check_fits(view, 0, rooms[identity])
    return rooms


def _computed_view(view: ViewPlan, spine: SpineRows, session: Session, *, room: Room) -> Result:
    session.say(
        f"view {view.view.name!r}: {len(view.features)} features for {spine.frame.height:,} rows"
    )
    learned = top_values(view, spine)
    as_of, known = spine.frame["as_of"].cast(pl.Int64), with_top_values(view, learned)
    found = view_features(known, spine.frame, as_of=as_of, threads=session.threads, room=room)
    return found, {LEARNED: learned}


def check_unchanged(plan: TrainingSetPlan, data: Mapping[str, str]) -> None:
    """A source that was replaced while it was read must not stand under the old snapshot's name.

    Raises:
        DataError: HW409.
    """
    for name, source in sources_of(plan).items():
        check_source_unchanged(source, data[name])


def _parts(
    plan: TrainingSetPlan, spine: SpineRows, views: list[pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    whole = with_derived(pl.concat([spine.frame, *views], how="horizontal"), plan.derived)
    label = plan.training_set.label.name
    others = (label, "label_known_time", IN_PART, EVENT_TIME)
    own = [name for name in spine.frame.columns if name not in others]
    ordered = [*own, *plan.feature_columns, label, "label_known_time"]
    parts = plan.training_set.split.fractions
    return {part: whole.filter(pl.col(IN_PART) == part).select(ordered) for part in parts}


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A fitted recipe with the training set's own rule for each part."""

    fitted: FittedPreparation
    columns: list[str]

    def frames(self, raw: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The prepared rows of each part: out of fold for training rows, else as served."""
        return {
            part: self.fitted.training_output if part == "train" else self.fitted.apply(frame)
            for part, frame in raw.items()
        }


def input_columns(plan: TrainingSetPlan) -> list[str]:
    """The inputs of a model, before preparation: kept columns, then features."""
    return list(plan.inputs)


def _prepare(plan: TrainingSetPlan, frames: dict[str, pl.DataFrame], session: Session) -> Prepared:
    session.say("preparation: fitted on training rows only")
    training_set = plan.training_set
    fitted = fit(
        training_set.recipe or Recipe(),
        frames["train"],
        columns=input_columns(plan),
        label=frames["train"][training_set.label.name],
        seed=session.seed,
        proved=True,
    )
    return Prepared(fitted, fitted.training_output.columns)


def _write(frame: pl.DataFrame, path: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    write_frame(frame, path)
