"""What the conditions of known outcome should show; to add one, name it in `EXPECTATIONS`."""

import math
from collections.abc import Callable
from dataclasses import dataclass

NEARLY = 0.01
"""How far a cosine may be from 1 or -1 that is so by construction (rounding of single precision is far below)."""

MOST = 0.5
"""Share of seeds that must leave the neutral band for a condition to have risen."""


@dataclass(frozen=True)
class Seen:
    """What a condition showed; NaN where undefined or unknown.

    Parameters
    ----------
    level : float
        Mean over seeds of the alignment in the last generations.
    emerged : float
        Share of its seeds that have an onset.
    low, high : float
        Where the level of one more neutral run would lie (prediction interval).
    base : float
        Level of the condition that the controls belong to.
    """

    level: float
    emerged: float
    low: float
    high: float
    base: float


@dataclass(frozen=True)
class Expectation:
    """What a condition should show.

    Parameters
    ----------
    text : str
        In words, with the reason.
    holds : callable
        Whether it did; None if that cannot be told, because something it compares with is missing.
    rule : str
        Plasticity rule that makes it this control; empty: any. A preset may have the same name and another meaning.
    """

    text: str
    holds: Callable[[Seen], bool | None]
    rule: str = ""


def _drifts(seen: Seen) -> bool | None:
    return None if math.isnan(seen.emerged) else seen.emerged == 0


def _is_like_drift(seen: Seen) -> bool | None:
    if math.isnan(seen.high):
        return None
    return seen.low <= seen.level <= seen.high and seen.emerged == 0


def _is_undefined(seen: Seen) -> bool | None:
    return math.isnan(seen.level)


def _rises(seen: Seen) -> bool | None:
    return None if math.isnan(seen.emerged) else seen.emerged >= MOST


def _is_kept_in_part(seen: Seen) -> bool | None:
    return None if math.isnan(seen.high) or math.isnan(seen.base) else seen.high < seen.level < seen.base


def _is_below(seen: Seen) -> bool | None:
    return None if math.isnan(seen.level) or math.isnan(seen.base) else seen.level < seen.base


EXPECTATIONS: dict[str, Expectation] = {
    "neutral": Expectation("drift: no seed leaves the band of the others", _drifts),
    "birth": Expectation("about 0, inside the band of drift: nothing has been learned yet", _is_like_drift),
    "generation-zero": Expectation("about 0, inside the band of drift: nothing was selected", _is_like_drift),
    "no-plasticity": Expectation("undefined: no synapse changes", _is_undefined, "none"),
    "readout-only": Expectation("undefined: no hidden synapse changes", _is_undefined, "readout-only"),
    "hebbian": Expectation("about 0, inside the band of drift: no error reaches a synapse", _is_like_drift, "hebbian"),
    "shuffled-signal": Expectation(
        "about 0, inside the band of drift: errors are those of other samples", _is_like_drift, "shuffled-signal"
    ),
    "fixed-feedback": Expectation("rises too, by feedback alignment; how far is a result", _rises, "fixed-feedback"),
    "transported": Expectation(
        "+1, the ceiling: learning signals are gradients", lambda seen: seen.level > 1 - NEARLY, "transported"
    ),
    "sign-flipped": Expectation(
        "−1, the floor: gradients with the wrong sign", lambda seen: seen.level < NEARLY - 1, "sign-flipped"
    ),
    "viable-readout": Expectation(
        "below selection: drift whose readout learns; how far above other drift is a result", _is_below
    ),
    "equal-gains": Expectation("rises: how far this rule gets with equal gains is a result", _rises),
    "hebbian-readout": Expectation(
        "about 0, inside the band of drift: no error reaches a hidden synapse", _is_like_drift, "hebbian-hidden"
    ),
    "matched-feedback": Expectation(
        "rises too, by feedback alignment of the best size; how far is a result", _rises, "fixed-feedback"
    ),
    "teaching-alone": Expectation("rises: how far without two kinds of plastic synapses is a result", _rises),
    "innate-feedback": Expectation("below: what remains is W that turned towards the innate V", _is_below),
    "innate-forward": Expectation("below: what remains is V that turned towards the innate W", _is_below),
    "signs-by-coin": Expectation("below its donors: signs of hidden gains fit to those of the feedback", _is_below),
    "transplant": Expectation(
        "above drift and below its donors: evolved gains work in part in new wirings", _is_kept_in_part
    ),
}
"""Expectations by the name of the condition."""
