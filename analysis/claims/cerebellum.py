"""The cerebellum: climbing fibres bring the error to each Purkinje cell."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast
from hetevo.analysis.figures.claim import SHOWN

PURKINJE, LOSS = "alignment_level_2_end", "loss_median"
CELLS = range(49, 57)
"""Purkinje cells among the hidden neurons, which are counted from 1."""

CLAIM = Claim(
    "cerebellum",
    "With climbing fibres that carry the error to each Purkinje cell, a circuit with a fixed random expansion learns"
    " motor commands along the gradient of the motor error.",
    (
        Contrast("parallel-fibre synapses follow the gradient", ((1, "heterosynaptic", PURKINJE),), value=0.5),
        Contrast("more than by drift", ((1, "heterosynaptic", PURKINJE), (-1, "neutral", PURKINJE))),
        Contrast(
            "the loss is lower than where only the outputs learn",
            ((1, "heterosynaptic", LOSS), (-1, "readout-only", LOSS)),
            sign=-1,
        ),
        Contrast(
            "most Purkinje cells' scores are positive: mean sign",
            tuple((1 / len(CELLS), "heterosynaptic", f"phi_sign_neuron_{cell}_end") for cell in CELLS),
            value=0.5,
        ),
    ),
    shows={PURKINJE: "alignment of Purkinje cells,\nend of life (cosine)", LOSS: SHOWN[LOSS]},
    source="Marr (1969); Albus (1971); Ziyin, Chuang, Poggio (2025), arXiv:2505.02248",
    note=(
        "Climbing fibres that change are no better than fixed ones here, by the figure: one level above the "
        "fixed expansion, any informative error will do, and selection finds the signs."
    ),
)
