"""Model: which estimator learns from a training set, and what it is measured against."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from headwater.errors import Place, SpecError, caller
from headwater.spec.cards import definition_card
from headwater.spec.plain import plain
from headwater.spec.training_set import TrainingSet

CALIBRATIONS = ("isotonic", "platt")
"""What scores can be turned into probabilities with."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An estimator over the prepared features of a training set, beside a rule to beat.

    The estimator is an import path, so that a definition serializes and costs nothing to load.

    Args:
        name: Unique in a project.
        training_set: What it learns from.
        estimator: A scikit-learn compatible classifier, such as "lightgbm.LGBMClassifier".
        params: Given to the estimator's class; JSON-able.
        rule: A row expression over the raw columns of the training set that scores each row, as
            one would without a model. Outside [0, 1] it is a ranking, which has no Brier score
            and no log loss.
        groups: A row expression over the same columns that names what is drawn when intervals are
            made, such as the day; None draws rows.
        calibrate: "isotonic" or "platt": what turns scores into probabilities, learned from the
            validation part; only the figures of the test part are of calibrated scores. None
            leaves scores as they are.
    """

    name: str
    training_set: TrainingSet
    estimator: str = field(default="lightgbm.LGBMClassifier", kw_only=True)
    params: Mapping[str, Any] | None = field(default=None, kw_only=True)
    rule: pl.Expr | None = field(default=None, kw_only=True)
    groups: pl.Expr | None = field(default=None, kw_only=True)
    calibrate: Literal["isotonic", "platt"] | None = field(default=None, kw_only=True)
    description: str = field(default="", kw_only=True)
    owner: str = field(default="", kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    version: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def faults(self) -> list[SpecError]:
        """What is wrong with this definition by itself, all of it (HW211)."""
        words = []
        if not _is_import_path(self.estimator):
            words.append(f"estimator= takes module and class, found {self.estimator!r}")
        if (wrong := _not_plain(self.params or {})) is not None:
            words.append(f"params= must hold plain JSON values: {wrong}")
        for name in ("rule", "groups"):
            if not isinstance(getattr(self, name), pl.Expr | None):
                found = type(getattr(self, name)).__name__
                words.append(f"{name}= takes a Polars expression, found {found}")
        if self.calibrate not in (None, *CALIBRATIONS):
            named = " or ".join(map(repr, CALIBRATIONS))
            words.append(f"calibrate= takes {named}, found {self.calibrate!r}")
        return [SpecError("HW211", text, place=self._named()) for text in words]

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this model is, as plain values; its training set by name."""
        return {
            "name": self.name,
            "training_set": self.training_set.name,
            "estimator": self.estimator,
            "params": plain(dict(self.params or {})),
            "rule": plain(self.rule),
            "groups": plain(self.groups),
            "calibrate": self.calibrate,
        }

    def _named(self) -> Place | None:
        return None if self.place is None else self.place.of(f"model {self.name!r}")


@dataclass(frozen=True, slots=True, eq=False)
class ClockComparison:
    """Asks what the model would seem worth if the clocks were not minded.

    The same rows, labels and estimator are trained and measured with the features of each variant:
    without history, up to the row's own event, by event time alone, and as known.

    Args:
        name: Unique in a project.
        model: The model that is measured.
        at_event: The name of the variant whose features look back from the row's own event time.
    """

    name: str
    model: Model
    at_event: str = field(default="at_event", kw_only=True)
    description: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What is compared, as plain values; the model by name."""
        return {"name": self.name, "model": self.model.name, "at_event": self.at_event}


def _is_import_path(text: object) -> bool:
    parts = text.split(".") if isinstance(text, str) else []
    return len(parts) > 1 and all(part.isidentifier() for part in parts)


def _not_plain(params: object) -> str | None:
    """Why values would not come back from JSON as they are, or None."""
    try:
        back = json.loads(json.dumps(params, allow_nan=False))
    except (TypeError, ValueError) as error:
        return str(error)
    return None if _listed(params) == back else "a key is not a text"


def _listed(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
