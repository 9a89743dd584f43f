"""V is the transpose of W at birth."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

EQUAL, FAR = "equal", "differ by .1"

CLAIM = Claim(
    "symmetric-start",
    "A circuit born with V the transpose of W stays gradient descent while all gains are equal; gains that differ take"
    " it away from it.",
    (
        Contrast("equal gains: cosine 1 at the end of life", ((1, EQUAL, "alignment_end"),), value=0.999),
        Contrast(
            "a spread of .02 lowers it", ((1, "differ by .02", "alignment_end"), (-1, EQUAL, "alignment_end")), sign=-1
        ),
        Contrast("a spread of .1 more", ((1, FAR, "alignment_end"), (-1, "differ by .02", "alignment_end")), sign=-1),
        Contrast("in the course of life", ((1, FAR, "alignment_end"), (-1, FAR, "alignment_birth")), sign=-1),
        Contrast(
            "a random start comes closer in life",
            ((1, "random start", "alignment_end"), (-1, "random start", "alignment_birth")),
        ),
    ),
)
