"""Swapped weights: which pathway's plasticity the alignment at the end of a life comes from.

Feedback alignment is W that turns towards V: it needs the W of the end, and is there with the innate V, too. Learned
feedback is V that turns towards W: it needs the V of the end. Both snapshots are those of the same circuits on the same
probe batch, with one pathway as it was at birth; update and gradient are those of the circuit so made.
"""

import numpy as np

from hetevo.analysis.measures.alignment import alignment_columns
from hetevo.analysis.measures.view import View
from hetevo.populations.rules import PATHWAYS
from hetevo.populations.types import Floats


def swap_columns(view: View) -> dict[str, Floats]:
    """Return the alignment with one pathway's weights as they were at birth.

    ``alignment_innate_descending``: W as it is now with the innate V; ``alignment_innate_ascending``: V as it is now
    with the innate W. NaN where V is no weights of its own but W transposed.
    """
    snapshot = view.snapshot
    columns = {}
    for pathway in reversed(PATHWAYS):
        values = np.full(len(snapshot.update), np.nan)
        if snapshot.with_innate is not None and not snapshot.species.rule.transport:
            values = alignment_columns(View.of(snapshot.with_innate(pathway)))["alignment"]
        columns[f"alignment_innate_{pathway}"] = values
    return columns
