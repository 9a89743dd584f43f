"""Fixed feedback in a layered linear network."""

import math

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast, final
from hetevo.analysis.runs import LoadedRun

FA = "feedback-alignment"


def turned(run: LoadedRun) -> float:
    """Return by how many degrees the angle changes in the second half of life."""
    middle, end = (math.degrees(math.acos(final(run, f"alignment_{stage}"))) for stage in ("mid", "end"))
    return abs(end - middle)


CLAIM = Claim(
    FA,
    "With fixed random feedback the forward weights turn towards it, and the angle settles between 20° and 40°.",
    (
        Contrast(
            "the angle ends below 40° (its cosine)", ((1, FA, "alignment_end"),), value=math.cos(math.radians(40))
        ),
        Contrast("and above 20° (its cosine)", ((1, FA, "alignment_end"),), value=math.cos(math.radians(20)), sign=-1),
        Contrast(
            "the angle changes by less than 5° in the second half of life",
            ((1, FA, "alignment_end"),),
            value=5,
            sign=-1,
            of=turned,
        ),
        Contrast("signals of other samples do not", ((1, FA, "alignment_end"), (-1, "shuffled", "alignment_end"))),
        Contrast("and teach nothing", ((1, "shuffled", "probe_loss_end"), (-1, FA, "probe_loss_end"))),
    ),
    source="Lillicrap et al. (2016)",
)
