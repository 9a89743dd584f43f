"""The rule itself evolves."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

MINE = "rule-discovery"
SIGNAL, OWN = "coefficient_heterosynaptic_ascending_end", "coefficient_hebbian_ascending_end"

CLAIM = Claim(
    MINE,
    "Where the rule itself evolves from random values, the heterosynaptic coefficient grows, the Hebbian one does not.",
    (
        Contrast("the heterosynaptic coefficient grows", ((1, MINE, SIGNAL),)),
        Contrast("more than by drift", ((1, MINE, SIGNAL), (-1, "neutral", SIGNAL))),
        Contrast("more than the Hebbian one", ((1, MINE, SIGNAL), (-1, MINE, OWN))),
        Contrast("alignment emerges", ((1, MINE, "alignment_end"), (-1, "neutral", "alignment_end"))),
    ),
)
