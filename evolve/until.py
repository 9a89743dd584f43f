"""Ends that a run may come to before its last generation: ``evolution.until``."""

from collections.abc import Mapping

import numpy as np

from hetevo.evolve.state import State


def find_end_reason(until: Mapping[str, float], state: State | None, seconds: float) -> str:
    """Say which of the ends a run has come to; empty if none.

    Parameters
    ----------
    until : mapping of str to float
        ``evolution.until``: a loss that is reached from above, or a number of evaluations or seconds from below.
    state : State or None
        Where the run stands. Evaluations are counted from generation 0 on, those of a branch's origin among them.
    seconds : float
        Seconds that all sessions have worked on the run.
    """
    if not until or state is None:
        return ""
    # all that can end a run, as it stands now
    reached = {
        "loss_best": float(np.min(state.loss)),
        "loss_median": float(np.median(state.loss)),
        "loss_mean": float(np.mean(state.loss)),
        "evaluations": float((state.generation.number + 1) * state.generation.size),
        "seconds": seconds,
    }
    # losses fall to their limit, everything else rises to it
    for name, limit in until.items():
        if reached[name] <= limit if name.startswith("loss_") else reached[name] >= limit:
            return f"evolution.until: {name} is {reached[name]:.6g}, and {limit:g} was to be reached"
    return ""
