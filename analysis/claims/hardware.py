"""Imperfect hardware: what learning tolerates, and what breaks it."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END, LOSS = "alignment_end", "loss_median"
TOLERATED = {
    "noise-0.5": "changes written with errors of half their size",
    "bits-8": "8 bits",
    "bits-6": "6 bits",
    "bits-6-nearest": "6 bits, rounded to the nearest",
    "mismatch-0.3": "gains that miss by a third",
    "mismatch-1": "gains that miss by a factor of e",
    "delay-1": "changes one presentation late",
}
BREAKING = {
    "noise-2": "changes written with errors of twice their size",
    "bits-4": "4 bits",
    "delay-10": "changes ten presentations late",
    "stale-1": "signals one presentation older than the activities they meet",
}


def _half(condition: str, what: str, sign: int) -> Contrast:
    side = "keeps" if sign > 0 else "loses"
    return Contrast(f"{side} half of its alignment: {what}", ((1, condition, END), (-0.5, "perfect", END)), sign=sign)


CLAIM = Claim(
    "hardware",
    "Heterosynaptic circuits keep half of their alignment on noisy, coarse and mismatched devices, and lose it only"
    " where errors outweigh the changes or signals meet the wrong activities.",
    (
        *(_half(condition, what, 1) for condition, what in TOLERATED.items()),
        *(_half(condition, what, -1) for condition, what in BREAKING.items()),
        *(
            Contrast(f"costs loss: {what}", ((1, condition, LOSS), (-1, "perfect", LOSS)))
            for condition, what in BREAKING.items()
        ),
    ),
    note=(
        "What breaks learning is not imprecision as such: errors of half a change's size, 6 bits and gains "
        "that miss by a third cost little. Four bits are too coarse even with unbiased rounding, and signals "
        "must meet the activities that they belong to."
    ),
)
