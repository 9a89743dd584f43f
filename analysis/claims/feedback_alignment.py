"""Fixed feedback in a layered linear network."""

import math

from analysis.claims.claim import Claim
from analysis.claims.contrast import Contrast

FA = "feedback-alignment"

CLAIM = Claim(
    FA,
    "With fixed random feedback the forward weights turn towards it, and the angle settles between 20° and 40°.",
    (
        Contrast("the angle ends below 40°", ((1, FA, "alignment_end"),), value=math.cos(math.radians(40))),
        Contrast("and above 20°", ((1, FA, "alignment_end"),), value=math.cos(math.radians(20)), sign=-1),
        Contrast("signals of other samples do not", ((1, FA, "alignment_end"), (-1, "shuffled", "alignment_end"))),
        Contrast("and teach nothing", ((1, "shuffled", "probe_loss_end"), (-1, FA, "probe_loss_end"))),
    ),
    source="Lillicrap et al. (2016)",
)
