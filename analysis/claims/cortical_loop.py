"""Cortical areas with lateral synapses assemble gradient learning from a random start."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END = "alignment_end"

CLAIM = Claim(
    "cortical-loop",
    "Areas in series, with feedforward, feedback and lateral synapses, assemble gradient learning from a random start.",
    (
        Contrast(
            "alignment grows in life from birth on",
            ((1, "heterosynaptic", END), (-1, "heterosynaptic", "alignment_birth")),
            value=0.1,
        ),
        Contrast("more than by drift", ((1, "heterosynaptic", END), (-1, "neutral", END))),
        Contrast("more than with fixed feedback", ((1, "heterosynaptic", END), (-1, "fixed-feedback", END))),
    ),
    came_out="holds in part",
    note=(
        "Alignment assembles itself from nothing, but the plasticity of feedback adds nothing to fixed "
        "feedback in these circuits: as in layered ones of moderate density (see `rewired`)."
    ),
)
