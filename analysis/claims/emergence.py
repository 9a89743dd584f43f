"""Gradient alignment emerges under selection on loss."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END = "alignment_end"


def _above(other: str, says: str) -> Contrast:
    return Contrast(says, ((1, "emergence", END), (-1, other, END)))


CLAIM = Claim(
    "emergence-with-controls",
    "Selection on loss alone makes randomly wired networks follow the gradient.",
    (
        _above("neutral", "more than drift"),
        _above("generation-zero", "more than the founders in the same lives"),
        _above("birth", "more than before any plasticity"),
        _above("hebbian", "more than Hebbian networks"),
        _above("shuffled-signal", "more than with signals of other samples"),
        _above("fixed-feedback", "more than with fixed feedback"),
        Contrast(
            "less than transported weights, the ceiling", ((1, "emergence", END), (-1, "transported", END)), sign=-1
        ),
        Contrast("evolved gains work in new wirings", ((1, "transplant", END), (-1, "generation-zero", END))),
        Contrast(
            "and on a task family that nobody was selected on",
            ((1, "emergence", "heldout_xor_alignment_end"), (-1, "neutral", "heldout_xor_alignment_end")),
        ),
    ),
)
