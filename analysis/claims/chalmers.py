"""Chalmers (1990): rules that evolve on many tasks become gradient descent, rules that evolve on one do not."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

NEW, LOSS = "heldout_patterns_alignment_mid_champion", "heldout_patterns_loss_champion"

CLAIM = Claim(
    "chalmers",
    "Where the learning rule of a single layer evolves as a string of bits, rules that evolve on many tasks follow the"
    " gradient and learn tasks they never met; rules that evolve on one task do not.",
    (
        Contrast("alignment on new tasks, 20 tasks: more than by drift", ((1, "tasks-20", NEW), (-1, "neutral", NEW))),
        Contrast("alignment on new tasks, 20 tasks: more than with 1", ((1, "tasks-20", NEW), (-1, "tasks-1", NEW))),
        Contrast("alignment on new tasks, 10 tasks: more than with 1", ((1, "tasks-10", NEW), (-1, "tasks-1", NEW))),
        Contrast(
            "alignment on new tasks, 1 task: the champion does not follow the gradient",
            ((1, "tasks-1", NEW),),
            value=0.3,
            sign=-1,
        ),
        Contrast(
            "loss on new tasks, 20 tasks: less than with 1",
            ((1, "tasks-20", LOSS), (-1, "tasks-1", LOSS)),
            sign=-1,
        ),
        Contrast(
            "loss on new tasks, 3 tasks: less than with 1",
            ((1, "tasks-3", LOSS), (-1, "tasks-1", LOSS)),
            sign=-1,
        ),
        Contrast(
            "loss on new tasks, 20 tasks: less than the best that drifted",
            ((1, "tasks-20", LOSS), (-1, "neutral", LOSS)),
            sign=-1,
        ),
        Contrast(
            "loss on new tasks, 20 tasks: less than half of a silent layer's",
            ((1, "tasks-20", LOSS),),
            value=0.5,
            sign=-1,
        ),
    ),
    shows={
        NEW: "champion's alignment on new tasks,\nhalf-way through life (cosine)",
        LOSS: "champion's normalised loss on new tasks\n(absolute error, 1: silent)",
    },
    source="Chalmers (1990), The evolution of learning, Connectionist Models Summer School",
    note=(
        "Our independent prototype, with 8 seeds and the cosine averaged over life, had cosines of 0.10, 0.16, 0.46 "
        "and 0.63 with 1, 3, 10 and 20 tasks and 0.01 by drift, and losses on new tasks of 0.86, 0.74, 0.40, 0.32 and "
        "0.96. The figure above has the same order, with lower losses. Champions of 20 tasks make about a fifth of a "
        "silent layer's errors on new tasks, but not all of them follow the gradient: a rule with further terms can "
        "learn, too."
    ),
)
