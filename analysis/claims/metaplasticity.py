"""The effect of a stimulus depends on what was taught before."""

from analysis.claims.claim import Claim
from analysis.claims.contrast import Contrast

RATE, SIGN = "optimiser_rate_end", "sign_coherence_end"


def _plastic(strength: float) -> str:
    return f"rule=heterosynaptic, strength={strength}"


def _frozen(strength: float) -> str:
    return f"rule=fixed-feedback, strength={strength}"


CLAIM = Claim(
    "metaplasticity",
    "The rate and sign with which a circuit learns from one stimulus depend on its history, because V does.",
    (
        Contrast(
            "after the same teaching it learns faster than after the opposite",
            ((1, _plastic(1.0), RATE), (-1, _plastic(-1.0), RATE)),
        ),
        Contrast(
            "strong teaching leaves a higher rate than weak teaching",
            ((1, _plastic(1.0), RATE), (-1, _plastic(0.3), RATE)),
        ),
        Contrast(
            "the effect of history is larger than with V frozen",
            ((1, _plastic(1.0), RATE), (-1, _plastic(0.0), RATE), (-1, _frozen(1.0), RATE), (1, _frozen(0.0), RATE)),
        ),
    ),
    shows=RATE,
    label="learning rate of the equivalent optimiser",
)
