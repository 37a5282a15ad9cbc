"""Histories that stand ready, so that a question about a few rows reads and sorts nothing.

What does not depend on the rows that ask is made once: the source read and derived, arranged for
all its entities, the values of each fold. A question then takes the rows of its entity and calls
the passes that batch calls, on the same numbers. A history stands for as long as the stamp of its
source says that the data is what it was.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from headwater.engines.composites import folded
from headwater.engines.entity_index import BYTES_PER_ENTITY, EntityIndex, keys_in
from headwater.engines.histories import Rows
from headwater.engines.single_row import SingleRow
from headwater.engines.views import histories_of, keys_of
from headwater.engines.visibility import Visibility
from headwater.engines.windows import BEFORE_ALL, Fold, answers, asked_by, folds, window_features
from headwater.errors import EngineError
from headwater.plan.views import ViewPlan
from headwater.spec.view import View

MOST_VIEWS = 16
"""Views whose histories stand at the same time; that asked the longest ago goes first."""
MOST_BYTES = 1 << 30
"""What all of them may take, by estimate, unless `HEADWATER_STANDING_BYTES` says otherwise."""
_ARRANGED_BYTES, _CLOCK_BYTES, _FOLD_BYTES = 48, 24, 17
"""What a row takes once, for each mask and for each aggregation."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a few rows ask of a view.

    Args:
        keys: The entity's columns, by the view's names.
        as_of: Int64 microseconds; a null gives the empty result.
        known_by: Int64 microseconds, never later than `as_of`; None where it is that.
    """

    keys: pl.DataFrame
    as_of: pl.Series
    known_by: pl.Series | None


class Part:
    """Features of a view that see the same rows, and these rows; safe to ask from threads."""

    def __init__(self, plan: ViewPlan, history: Rows) -> None:
        self._plan = plan
        self._index = EntityIndex.of(plan, history)
        whole = replace(history, frame=history.frame.rechunk())
        self._seen = Visibility(whole, self._index.arranged, 1)
        self._folds: tuple[Fold, ...] | None = None
        self._lock = threading.Lock()
        self._free: dict[bool, list[SingleRow]] = {False: [], True: []}

    def answers(self, question: Question) -> list[pl.Series]:
        """A column per feature, in order; errors are those of `window_features`."""
        if self._folds is not None:
            answers = self._single(question, self._folds)
            return self._answers(question, self._folds) if answers is None else answers
        with self._lock:
            return self._answers(question, self._kept())  # another may have made them meanwhile

    def _single(self, question: Question, made: Sequence[Fold]) -> list[pl.Series] | None:
        """The answer to a question of one row; None for others, and where it is an error."""
        if len(question.as_of) != 1:
            return None
        (key,), (moment,) = keys_in(question.keys), question.as_of.to_list()
        if key is None or moment is None:
            return None
        known_by = None if question.known_by is None else _listed(question.known_by)[0]
        is_told = known_by is not None and known_by != moment
        try:
            one = self._free[is_told].pop()
        except IndexError:  # at first, and while other threads ask
            one = SingleRow(self._plan, self._seen, made, is_told=is_told)
        answers = one.answers(self._index.edges_of(key), moment, known_by)
        self._free[is_told].append(one)
        return answers

    def _answers(self, question: Question, made: Iterable[Fold]) -> list[pl.Series]:
        arranged, known_by = self._index.asked(question.keys, question.as_of), question.known_by
        if known_by is not None:
            known_by = pl.Series(_listed(known_by), dtype=pl.Int64)
        seen = self._seen.asking(arranged, asked_by(arranged, known_by))
        return answers(made, self._plan, seen, question.keys)

    def _kept(self) -> Iterable[Fold]:
        return self._made() if self._folds is None else self._folds

    def _made(self) -> Iterator[Fold]:
        """The folds, each made when its turn comes, as in batch; kept once all of them are."""
        made = []
        for fold in folds(self._plan, self._seen):
            made.append(fold)
            yield fold
        self._folds = tuple(made)


def _listed(known_by: pl.Series) -> list[int]:
    """Moments by which rows are known; of one row, a list is quicker than an expression."""
    return [BEFORE_ALL if one is None else one for one in known_by.to_list()]


@dataclass(slots=True)
class _Place:
    """Where a view's history stands; the view is held so that none other takes its identity."""

    view: View
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: tuple[Hashable, Sequence[Part]] | None = None
    size_bytes: int = 0


class Standing:
    """The histories that stand, by view; safe to ask from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: OrderedDict[int, _Place] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """What all of them take, by estimate."""
        with self._lock:
            return sum(place.size_bytes for place in self._places.values())

    def clear(self) -> None:
        """Let all of them go."""
        with self._lock:
            self._places.clear()

    def view_features(
        self,
        plan: ViewPlan,
        spine: pl.DataFrame,
        *,
        as_of: pl.Series,
        known_by: pl.Series | None = None,
        stamp: Hashable,
    ) -> list[pl.Series]:
        """The columns of `headwater.engines.views.view_features`, for a few rows.

        Args:
            plan: What to compute.
            spine: Has the columns `plan.view.spine_keys`, and may have others.
            as_of: Int64 microseconds; a null gives the empty result.
            known_by: Int64 microseconds, never later than `as_of`.
            stamp: That of the view's source, taken before it is read here.

        Raises:
            DataError: What that raises.
        """
        question = Question(keys_of(plan, spine), as_of, known_by)
        place = self._place(plan.view)
        made = place.made
        if made is None or made[0] != stamp:
            with place.lock:
                made = place.made
                if made is None or made[0] != stamp:
                    histories = histories_of(plan)
                    if not self._has_room(place, estimated_bytes(histories)):
                        return _in_order(plan, _once(histories, question))
                    made = stamp, [Part(*history) for history in histories]
                    place.made = made
        found = [part.answers(question) for part in made[1]]
        return found[0] if len(found) == 1 else _in_order(plan, found)

    def _place(self, view: View) -> _Place:
        with self._lock:
            place = self._places.get(id(view))
            if place is None:
                place = self._places[id(view)] = _Place(view)
            self._places.move_to_end(id(view))
            while len(self._places) > MOST_VIEWS:
                self._places.popitem(last=False)
            return place

    def _has_room(self, place: _Place, size: int) -> bool:
        """Let others go until a history of this size fits; False where it never does."""
        most = most_bytes()
        with self._lock:
            place.made, place.size_bytes = None, 0
            if size > most:
                return False
            place.size_bytes = size
            taken = sum(one.size_bytes for one in self._places.values())
            for one in [one for one in self._places.values() if one is not place]:
                if taken > most:
                    taken -= one.size_bytes
                    del self._places[id(one.view)]
        return True


def most_bytes() -> int:
    """`HEADWATER_STANDING_BYTES`, else `MOST_BYTES`.

    Raises:
        EngineError: HW507, the variable is not a whole number.
    """
    named = os.environ.get("HEADWATER_STANDING_BYTES")
    if not named:
        return MOST_BYTES
    if not named.isdecimal():
        raise EngineError("HW507", f"HEADWATER_STANDING_BYTES is {named!r}, not a whole number")
    return int(named)


def estimated_bytes(histories: Sequence[tuple[ViewPlan, Rows]]) -> int:
    """What histories will take once they stand."""
    total = 0
    for plan, history in histories:
        masks = {feature.mask for feature in plan.features}
        shared = {id(feature.aggregation) for feature in folded(plan.features)}
        row = _ARRANGED_BYTES + _CLOCK_BYTES * len(masks) + _FOLD_BYTES * len(shared)
        entities = history.frame.select(plan.view.keys).n_unique()
        total += int(history.frame.estimated_size()) + row * history.frame.height
        total += BYTES_PER_ENTITY * entities
    return total


def _once(
    histories: Sequence[tuple[ViewPlan, Rows]], question: Question
) -> Iterator[list[pl.Series]]:
    """The answers from histories that are not kept."""
    as_of, known_by = question.as_of, question.known_by
    for plan, history in histories:
        found = window_features(plan, history, question.keys, as_of=as_of, known_by=known_by)
        yield found.get_columns()


def _in_order(plan: ViewPlan, found: Iterable[Sequence[pl.Series]]) -> list[pl.Series]:
    """The columns of all parts in the order of the features."""
    columns = {column.name: column for part in found for column in part}
    return [columns[feature.column] for feature in plan.features]
