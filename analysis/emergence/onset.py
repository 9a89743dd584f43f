"""Onset: the first generation at which a run leaves the neutral band and stays out."""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.emergence.band import Band, neutral_band
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats, Indices, Mask

STAY = 5
"""Consecutive generations that a run must be above the band."""


@dataclass(frozen=True)
class Onsets:
    """Onsets of R runs, censored where there is none.

    Parameters
    ----------
    time : ndarray of float64, shape (R,)
        Generation of the onset; where it was not observed, the last one at which an onset could have been confirmed.
    observed : ndarray of bool, shape (R,)
        Whether there was one; a run without is censored: it may emerge later, or never.
    """

    time: Floats
    observed: Mask


def onsets(values: Floats, generations: Indices, last: Indices, band: Band, stay: int = STAY) -> Onsets:
    """Find the onset of each run.

    The onset is the first of ``stay`` consecutive generations that all lie above the band: departures below it are no
    emergence, and an undefined value is no departure.

    Parameters
    ----------
    values : ndarray of float64, shape (R, G)
        Population means.
    generations : ndarray of int64, shape (G,)
        Their generations.
    last : ndarray of int64, shape (R,)
        Last generation recorded of each run.
    band : Band
        Over the same generations.
    stay : int, optional
        Generations to stay out.

    Raises
    ------
    SettingError
        If ``stay`` is below 1.
    """
    if stay < 1:
        raise SettingError(f"Generations to stay out of the band: expected at least 1, got {stay}.")
    first = first_stay(values > band.high, stay)
    observed = first >= 0
    # with a shorter band than run, nothing can be confirmed beyond the band's end either
    usable = generations[np.isfinite(band.high)]
    end = np.minimum(last, usable[-1] if usable.size else generations[0])
    censored = np.maximum(end - stay + 1, generations[0])
    return Onsets(np.where(observed, generations[first], censored).astype(float), observed)


def neutral_onsets(values: Floats, generations: Indices, last: Indices, coverage: float, stay: int = STAY) -> Onsets:
    """Find the onsets of the neutral runs, each against the band of the others.

    A run that helps to make the band would be held inside it.

    Raises
    ------
    SettingError
        With fewer than 3 neutral runs.
    """
    parts = []
    for left_out in range(len(values)):
        one = slice(left_out, left_out + 1)
        others = neutral_band(np.delete(values, left_out, axis=0), coverage)
        parts.append(onsets(values[one], generations, last[one], others, stay))
    return Onsets(np.concatenate([part.time for part in parts]), np.concatenate([part.observed for part in parts]))


def first_stay(outside: Mask, stay: int) -> Indices:
    """Return where the first ``stay`` consecutive true values of each row begin; -1 where there are none.

    Parameters
    ----------
    outside : ndarray of bool, shape (R, G)
        Whether a value is out.
    stay : int
        At least 1.
    """
    if outside.shape[1] < stay:
        return np.full(len(outside), -1, np.int64)
    total = np.cumsum(outside, axis=1, dtype=np.int64)
    window = total[:, stay - 1 :].copy()
    window[:, 1:] -= total[:, :-stay]
    full = window == stay
    return np.where(full.any(axis=1), full.argmax(axis=1), -1)
