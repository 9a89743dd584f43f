"""Ecology: when learning along the gradient evolves, and when it does not."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

END, BIRTH = "alignment_end", "probe_loss_birth"

CLAIM = Claim(
    "ecology",
    "Learning evolves where lives are long enough and tasks last long enough to be learned; where lives are short and"
    " tasks never change, evolution puts the solution into innate weights; where tasks change too fast within a life,"
    " learning along the gradient does not evolve.",
    (
        Contrast("tasks new in every generation: more than by drift", ((1, "between", END), (-1, "neutral", END))),
        Contrast("tasks that never change: more than by drift", ((1, "never", END), (-1, "neutral", END))),
        Contrast("four tasks a life: more than by drift", ((1, "within-4", END), (-1, "neutral", END))),
        Contrast("fifty tasks a life: less than with one", ((1, "within-50", END), (-1, "between", END)), sign=-1),
        Contrast("and no alignment at all", ((1, "within-50", END),), sign=-1),
        Contrast(
            "short lives, tasks that never change: newborns are better than where tasks change",
            ((1, "never-2", BIRTH), (-1, "between-2", BIRTH)),
            sign=-1,
        ),
        Contrast(
            "long lives, tasks that never change: newborns are no better than where tasks change",
            ((1, "never", BIRTH), (-1, "between", BIRTH)),
            value=-0.5,
        ),
        Contrast(
            "the shorter the life, the more is innate: loss at birth, 2 against 200 presentations",
            ((1, "never-2", BIRTH), (-1, "never", BIRTH)),
            sign=-1,
        ),
    ),
    source="after Baldwin (1896), Hinton and Nowlan (1987); our own experiment",
    note=(
        "With long lives even tasks that never change are learned anew in every life, and nothing becomes "
        "innate: learning shields innate weights from selection. With fifty tasks a life the loss of those "
        "that are alive is not high, but what they do in life is no gradient descent."
    ),
)
