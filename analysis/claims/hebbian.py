"""Hebbian and anti-Hebbian neurons."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

CLAIM = Claim(
    "hebbian",
    "Where V has settled, signal and activity of a neuron are correlated with the sign of gB, so that its synapses look"
    " Hebbian where gA gB > 0 and anti-Hebbian where it is < 0.",
    (
        Contrast("⟨q x⟩ has the sign of gB", ((1, "plastic", "signal_sign_agreement_end"),), value=0.5),
        Contrast(
            "updates are Hebbian by the sign of gA gB", ((1, "plastic", "hebbian_sign_agreement_end"),), value=0.5
        ),
        Contrast(
            "neither with V frozen",
            ((1, "plastic", "signal_sign_agreement_end"), (-1, "frozen", "signal_sign_agreement_end")),
        ),
        Contrast(
            "nor the Hebbian sign",
            ((1, "plastic", "hebbian_sign_agreement_end"), (-1, "frozen", "hebbian_sign_agreement_end")),
        ),
    ),
    shows={"hebbian_sign_agreement_end": "neurons Hebbian as predicted (share)"},
    source="a prediction of this model, see docs/model",
)
