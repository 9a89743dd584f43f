"""Chalmers' question to circuits with two pathways: rules that evolve on many tasks, and on one."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

NEW, LOSS = "heldout_separable_alignment_end", "heldout_separable_loss_champion"

CLAIM = Claim(
    "many-tasks",
    "In circuits with two pathways, rules that evolve on many tasks follow the gradient on tasks they never met; rules"
    " that evolve on one do not.",
    (
        Contrast("20 tasks: more than by drift", ((1, "tasks-20", NEW), (-1, "neutral", NEW))),
        Contrast(
            "20 tasks: the champion solves new tasks better than one of drift",
            ((1, "tasks-20", LOSS), (-1, "neutral", LOSS)),
            sign=-1,
        ),
        Contrast("20 tasks: more than with 1", ((1, "tasks-20", NEW), (-1, "tasks-1", NEW))),
        Contrast("1 task: no more than by drift", ((1, "tasks-1", NEW), (-1, "neutral", NEW)), value=0.1, sign=-1),
    ),
    shows={
        NEW: "alignment on new tasks,\nend of life (cosine)",
        LOSS: "normalised loss (1: silent)\nof the champion on new tasks",
    },
    source="after Chalmers (1990), The evolution of learning; our own experiment",
    came_out="holds in part",
    note=(
        "In our circuits one task is enough. A rule has few coefficients and meets new innate weights in "
        "every life, so that there is little room for a rule that solves only the task it evolved on. "
        "In Chalmers' own model, with its 35-bit rules of ten terms, the number of tasks decides "
        "(see [chalmers](chalmers.md))."
    ),
)
