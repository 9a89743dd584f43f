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
    level : tuple of float
        Alignment at the end, mean over seeds, and both ends of its 95 % interval.
    emerged : float
        Share of its seeds that have an onset.
    low, high : float
        Where the level of one more neutral run would lie (prediction interval).
    behind : tuple of float
        Ends of the 95 % interval of its level minus that of the condition that the controls belong to.
    """

    level: tuple[float, float, float]
    emerged: float
    low: float
    high: float
    behind: tuple[float, float]


@dataclass(frozen=True)
class Expectation:
    """What a condition should show.

    Parameters
    ----------
    text : str
        In words, with the reason.
    holds : callable
        Whether it did; None if that cannot be told: what it compares with is missing, or within the interval.
    rule : str
        Plasticity rule that makes it this control; empty: any. A preset may have the same name and another meaning.
    """

    text: str
    holds: Callable[[Seen], bool | None]
    rule: str = ""


def _lies(interval: tuple[float, float], low: float, high: float) -> bool | None:
    """Tell whether a value lies between two others; None if its interval covers one of these, or is undefined."""
    if low < interval[0] and interval[1] < high:
        return True
    return False if interval[1] < low or high < interval[0] else None


def _all(*answers: bool | None) -> bool | None:
    return False if False in answers else None if None in answers else True


def _drifts(seen: Seen) -> bool | None:
    return None if math.isnan(seen.emerged) else seen.emerged == 0


def _is_like_drift(seen: Seen) -> bool | None:
    return _all(_drifts(seen), _lies(seen.level[1:], seen.low, seen.high))


def _is_undefined(seen: Seen) -> bool | None:
    return math.isnan(seen.level[0])


def _rises(seen: Seen) -> bool | None:
    return None if math.isnan(seen.emerged) else seen.emerged >= MOST


def _is_below(seen: Seen) -> bool | None:
    return _lies(seen.behind, -math.inf, 0)


def _is_kept_in_part(seen: Seen) -> bool | None:
    return _all(_lies(seen.level[1:], seen.high, math.inf), _is_below(seen))


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
        "+1, the ceiling: learning signals are gradients", lambda seen: seen.level[0] > 1 - NEARLY, "transported"
    ),
    "sign-flipped": Expectation(
        "−1, the floor: gradients with the wrong sign", lambda seen: seen.level[0] < NEARLY - 1, "sign-flipped"
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
