"""Arbitrary directed graphs, in which both pathways settle."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END, STEPS = "alignment_end", (1, 2, 4, 8)

CLAIM = Claim(
    "recurrent",
    "Alignment with the gradient through all steps emerges in arbitrary directed graphs whose pathways settle, and"
    " loops help to learn.",
    (
        *(
            Contrast(
                f"more than by drift, {steps} step{'s' if steps > 1 else ''}",
                ((1, f"evolved, settle={steps}", END), (-1, f"neutral, settle={steps}", END)),
            )
            for steps in STEPS
        ),
        Contrast(
            "the loss is lower with 4 steps than with 1, where loops have no effect",
            ((1, "evolved, settle=4", "loss_median"), (-1, "evolved, settle=1", "loss_median")),
            sign=-1,
        ),
    ),
    note=(
        "With one step no loop has an effect. The loss falls from one step to two and then hardly; alignment, "
        "with the gradient through all steps, is no lower with eight steps than with one."
    ),
)
