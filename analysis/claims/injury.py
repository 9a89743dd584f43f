"""Injury: plastic circuits recover what frozen ones have lost."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END, LATER, BEFORE = "loss_median", "alignment_end", "life_51"
"""``life_51`` is the moment after one percent of the life since the injury."""

KINDS = {
    "neurons-10": "a tenth of the neurons",
    "neurons-30": "three tenths",
    "neurons-50": "half",
    "synapses-30": "three tenths of the synapses",
    "inserted-30": "three tenths of the neurons joined",
}

CLAIM = Claim(
    "injury",
    "A plastic circuit recovers from an injury and takes in new neurons, because its alignment forms anew.",
    (
        *(
            Contrast(
                f"loss falls below that of the frozen circuit: {what}",
                ((1, kind, END), (-1, f"{kind}-frozen", END)),
                sign=-1,
            )
            for kind, what in KINDS.items()
        ),
        *(
            Contrast(f"alignment rises after it: {what}", ((1, kind, LATER), (-1, kind, f"alignment_{BEFORE}")))
            for kind, what in KINDS.items()
        ),
        Contrast(
            "half of the neurons cost something for good",
            ((1, "neurons-50", END), (-1, "intact", END)),
        ),
    ),
    came_out="holds in part",
    note=(
        "Plasticity repairs most of what an injury breaks, after lost neurons and lost synapses alike. "
        "Alignment itself rises after neurons are lost, but not after synapses are: what was selected as a "
        "pattern of single synapses is not learned anew."
    ),
)
