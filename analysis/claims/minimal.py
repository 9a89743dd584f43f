"""The smallest circuit: one neuron, two pathways."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast, final
from hetevo.analysis.runs import LoadedRun


def restlessness(run: LoadedRun) -> float:
    """Return by which share the neuron's score changes in the last quarter of life."""
    return abs(final(run, "phi_neuron_1_end") / final(run, "phi_neuron_1_life_75") - 1)


CLAIM = Claim(
    "minimal",
    "One neuron with two pathways settles on a consistency score, and the sign of one gain decides whether it learns.",
    (
        Contrast("with gains of one sign it follows the gradient", ((1, "same", "alignment_end"),), value=0.9),
        Contrast(
            "one flipped sign turns it against the gradient",
            ((1, "flipped", "alignment_end"),),
            sign=-1,
        ),
        Contrast("and it learns less", ((1, "flipped", "probe_loss_end"), (-1, "same", "probe_loss_end"))),
        Contrast(
            "its score settles: change in the last quarter of life, as a share",
            ((1, "same", "phi_neuron_1_end"),),
            value=0.1,
            sign=-1,
            of=restlessness,
        ),
        Contrast(
            "V settles: it drifts less than at birth",
            ((1, "same", "feedback_drift_end"), (-1, "same", "feedback_drift_birth")),
            sign=-1,
        ),
        Contrast("the flipped neuron's score is negative", ((1, "flipped", "phi_sign_neuron_1_end"),), sign=-1),
    ),
)
