"""The effect of a stimulus depends on what was taught before."""

import numpy as np

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast, Term
from hetevo.analysis.figures.metaplasticity import metaplasticity, scores
from hetevo.analysis.runs import LoadedRun


def sign_agreement(first: LoadedRun, second: LoadedRun) -> float:
    """Share of neurons whose score has the same sign in two runs that differ by their history only."""
    product = np.sign(scores(first)) * np.sign(scores(second))
    return float((product[product != 0] > 0).mean())


def growth(strong: LoadedRun, weak: LoadedRun) -> float:
    """Logarithm (base 2) of the ratio of the typical sizes of scores, a median over neurons and individuals."""
    sizes = [np.nanmedian(np.abs(scores(run))) for run in (strong, weak)]
    return float(np.log2(sizes[0] / sizes[1]))


def _runs(rule: str, *strengths: float) -> tuple[Term, ...]:
    return tuple((1, f"rule={rule}, strength={strength}", "phi_neuron_1_end") for strength in strengths)


PLASTIC, FROZEN = "heterosynaptic", "fixed-feedback"

CLAIM = Claim(
    "metaplasticity",
    "The rate and the sign with which a neuron learns from one stimulus depend on its history, because V does.",
    (
        Contrast(
            "opposite histories leave opposite signs: the share that agrees",
            _runs(PLASTIC, 1.0, -1.0),
            value=0.5,
            sign=-1,
            of=sign_agreement,
        ),
        Contrast("with V frozen the signs agree", _runs(FROZEN, 1.0, -1.0), value=0.9, of=sign_agreement),
        Contrast("strong teaching leaves larger scores than weak (log2)", _runs(PLASTIC, 1.0, 0.3), of=growth),
        Contrast(
            "more so than with V frozen (log2)",
            (*_runs(PLASTIC, 1.0, 0.3), *_runs(FROZEN, 1.0, 0.3)),
            of=lambda a, b, c, d: growth(a, b) - growth(c, d),
        ),
    ),
    draw=metaplasticity,
    note=(
        "The sliding threshold of Bienenstock, Cooper and Munro (1982) predicts something else: less plasticity after"
        " any strong history, whatever its sign. Here strong teaching makes more plasticity, and opposite teaching"
        " turns it round, because V remembers the sign."
    ),
)
