"""Transposed wiring, equal gains and decays."""

import math

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast, final
from hetevo.analysis.runs import LoadedRun

FA, KP = "feedback-alignment", "kolen-pollack"


def shrinkage(run: LoadedRun) -> float:
    """Divide the gap between V and W transposed that a life leaves by the one that theory leaves, (1 - lambda)^T."""
    decay = math.exp(run.number("genome.decay_log_mean"))
    left = (1 - decay) ** run.number("lifetime.presentations")
    return float(final(run, "feedback_gap_end") / final(run, "feedback_gap_birth") / left)


_GAP = ((1.0, KP, "feedback_gap_end"),)

CLAIM = Claim(
    "kolen-pollack",
    "With transposed wiring, equal gains and equal decays V becomes the transpose of W, and learning gradient descent.",
    (
        Contrast("the angle ends below 3° (its cosine)", ((1, KP, "alignment_end"),), value=math.cos(math.radians(3))),
        Contrast("V and W are aligned", ((1, KP, "weight_alignment_end"),), value=0.99),
        Contrast("V − Wᵀ over (1 − λ)^T of what it was at birth", _GAP, value=0.99, of=shrinkage),
        Contrast("the same ratio is not above 1 either", _GAP, value=1.01, sign=-1, of=shrinkage),
        Contrast("closer than feedback alignment comes", ((1, KP, "alignment_end"), (-1, FA, "alignment_end"))),
        Contrast("at the price of a larger loss, by decay", ((1, KP, "probe_loss_end"), (-1, FA, "probe_loss_end"))),
    ),
    source="Kolen and Pollack (1994); Akrout et al. (2019)",
)
