"""Arguments that are whole numbers."""

from __future__ import annotations

from headwater.errors import SpecError, caller


def check_whole(given: object, what: str, *, least: int) -> None:
    """Refuse an argument that is neither None nor a whole number from `least`.

    Raises:
        SpecError: HW211.
    """
    if given is not None and (type(given) is not int or given < least):
        message = f"{what}= takes a whole number from {least}, found {given!r}"
        raise SpecError("HW211", message, place=caller())
