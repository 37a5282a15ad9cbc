"""Proposals: features that are worth their cost, and what became of all candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headwater.models.gains import Gain
from headwater.plan.crosses import Cross
from headwater.spec.cards import card
from headwater.spec.derived import Derived
from headwater.spec.view import View
from headwater.spec.written import identifier, program, template_call


@dataclass(frozen=True, slots=True)
class Proposal:
    """One feature that is worth its cost.

    Args:
        made: A view with this feature alone, or two columns made one.
        gain: What it adds beyond what stands before it, with its interval and its costs.
        needs: The views that a derived column reads and the training set may not have.
    """

    made: View | Cross
    gain: Gain
    needs: tuple[View, ...] = ()

    @property
    def features(self) -> tuple[View | Derived, ...]:
        """What a training set takes to have this feature, in order."""
        return *self.needs, self.made.derived if isinstance(self.made, Cross) else self.made


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the candidate features; each is counted once, and the numbers add up.

    Args:
        generated: How many there were.
        judged: Those whose gain was measured, the proposed ones among them.
        refused: Those that a build would refuse.
        constant: Those with one value in all rows that were asked.
        untried: Those that were left when the time was spent.
        is_capped: Whether more could have been generated.
    """

    generated: int
    judged: int
    refused: int
    constant: int
    untried: int
    is_capped: bool


@dataclass(frozen=True, slots=True)
class Proposals:
    """What `synthesize` found; printed, it is the program that defines it.

    Args:
        proposals: In the order of choice: gain for its cost, beyond what is there already.
        baseline: The importance of each input that the training set has, by a quick model that
            takes them one by one: each beyond those before it.
        counts: What became of the candidates.
        too_dear: Candidates that add something and do not fit into `most_ms_per_row`.
        rows: How many training rows were asked.
        unit: What a gain is measured in.
    """

    proposals: tuple[Proposal, ...]
    baseline: tuple[Gain, ...]
    counts: Counts
    too_dear: tuple[str, ...]
    rows: int
    unit: str

    def code(self) -> str:
        """Definitions to paste, from variables named like the sources."""
        views = [view for one in self.proposals for view in one.features if isinstance(view, View)]
        lines = [program(views)] if views else []
        for one in self.proposals:
            if isinstance(one.made, Cross):
                call = template_call(one.made.word, one.made.left, one.made.right)
                lines.append(f"{identifier(one.gain.name)} = {call}")
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = [f"# {line}" for line in self._said()]
        return "\n".join([*lines, *([self.code()] if self.proposals else [])])

    def _said(self) -> Iterator[str]:
        if self.baseline:
            yield "inputs that are there, each beyond those before it:"
            yield from (f"  {self._gain(gain)}" for gain in self.baseline)
        counts = self.counts
        yield (
            f"{counts.generated} candidate features on {self.rows} training rows: "
            f"{counts.judged} judged, {counts.refused} refused by the plan, "
            f"{counts.constant} with one value only, {counts.untried} untried"
        )
        if counts.untried:
            yield "untried: the budget was spent"
        if counts.is_capped:
            yield f"no more than {counts.generated} were generated: most_candidates="
        if self.too_dear:
            yield f"worth something, but over most_ms_per_row=: {', '.join(self.too_dear)}"
        yield f"{len(self.proposals)} proposed" + (", each beyond those:" * bool(self.proposals))
        for one in self.proposals:
            cost = f"{one.gain.ms_per_row:.2g} ms and {one.gain.bytes_per_row:.3g} bytes per row"
            yield f"  {self._gain(one.gain)}, {cost}"

    def _gain(self, gain: Gain) -> str:
        return (
            f"{gain.name}: {gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}) {self.unit}, "
            f"{gain.share:.1%} of the loss"
        )

    def _repr_html_(self) -> str:
        """Each proposal with its gain, for a notebook."""
        return card("Proposals", [("", line) for line in self._said()])
