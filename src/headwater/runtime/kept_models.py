"""Kept models: which training of a model is the last one, and what it said."""

from __future__ import annotations

import json
from typing import Any

from headwater.spec.model import Model
from headwater.stores.atomic import write_whole
from headwater.stores.cache import Cache
from headwater.stores.home import Home

_LAST = "last.json"


def kept_models(home: Home, model: Model) -> Cache:
    """All trainings of a model by fingerprint: scores, and what was said of them."""
    return Cache(home.models / model.name)


def note_last(home: Home, model: Model, identity: str) -> None:
    """Say which training is the last one; whoever calls this holds the project's lock.

    Raises:
        EngineError: HW502, the disk does not take it.
    """
    path = home.models / model.name / _LAST
    content = json.dumps({"fingerprint": identity}).encode()
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)


def last_trained(home: Home, model: Model) -> dict[str, Any] | None:
    """What the last training of a model said; None where there is none, or it is damaged."""
    try:
        identity = json.loads((home.models / model.name / _LAST).read_bytes())["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    kept = kept_models(home, model).load(str(identity))
    return None if kept is None else kept[1]
