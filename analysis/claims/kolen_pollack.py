"""Transposed wiring, equal gains and decays."""

import math

from analysis.claims.claim import Claim
from analysis.claims.contrast import Contrast

FA, KP = "feedback-alignment", "kolen-pollack"

CLAIM = Claim(
    "kolen-pollack",
    "With transposed wiring, equal gains and equal decays V becomes the transpose of W, and learning gradient descent.",
    (
        Contrast("the angle ends below 3°", ((1, KP, "alignment_end"),), value=math.cos(math.radians(3))),
        Contrast("V and W are aligned", ((1, KP, "weight_alignment_end"),), value=0.99),
        Contrast("closer than feedback alignment comes", ((1, KP, "alignment_end"), (-1, FA, "alignment_end"))),
        Contrast("at the price of a larger loss, by decay", ((1, KP, "probe_loss_end"), (-1, FA, "probe_loss_end"))),
    ),
    source="Kolen and Pollack (1994); Akrout et al. (2019)",
)
