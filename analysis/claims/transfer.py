"""Evolved gains in other tasks, wirings and sizes."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END = "alignment_end"

CLAIM = Claim(
    "transfer",
    "Gains that evolved on one task help networks with new wirings, other tasks and other sizes.",
    (
        Contrast("sine to digits: alignment", ((1, "sine to digits", END), (-1, "fresh on digits", END))),
        Contrast(
            "sine to digits: accuracy",
            ((1, "sine to digits", "accuracy_median"), (-1, "fresh on digits", "accuracy_median")),
        ),
        Contrast(
            "sine to digits: alignment, against gains that drifted",
            ((1, "sine to digits", END), (-1, "drifted to digits", END)),
        ),
        Contrast("digits to sine: alignment", ((1, "digits to sine", END), (-1, "fresh on sine", END))),
        Contrast(
            "digits to sine: loss",
            ((1, "digits to sine", "loss_median"), (-1, "fresh on sine", "loss_median")),
            sign=-1,
        ),
        Contrast("to new wirings: alignment", ((1, "to new wirings", END), (-1, "fresh on sine", END))),
        Contrast(
            "to new wirings: loss",
            ((1, "to new wirings", "loss_median"), (-1, "fresh on sine", "loss_median")),
            sign=-1,
        ),
        Contrast(
            "to larger networks: alignment", ((1, "to larger networks", END), (-1, "fresh in larger networks", END))
        ),
        Contrast(
            "to larger networks: loss",
            ((1, "to larger networks", "loss_median"), (-1, "fresh in larger networks", "loss_median")),
            sign=-1,
        ),
    ),
)
