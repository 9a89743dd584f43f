"""What a probe sees of lives: snapshots."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hetevo.populations.birth import Weights
from hetevo.populations.error_neurons import ErrorWeights
from hetevo.populations.genome import Population
from hetevo.populations.rules import Pathway
from hetevo.populations.settings import SynapseKind
from hetevo.populations.species import Species, Stage
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class Snapshot:
    """What a probe may look at: ``N`` circuits at one moment of their lives, on the probe batch of ``S`` samples.

    All arrays are copies or buffers of the probe's own: a probe cannot change a life.

    Parameters
    ----------
    stage : str
        See `Stage`.
    species : Species
        What the circuits have in common.
    weights : Weights or ErrorWeights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O); or those of circuits with error neurons.
    gains_ascending : ndarray of float, shape (N, H + O)
        ``gA``, with the sign that the rule gives it.
    mask_ascending : ndarray of bool, shape (N, H + O, I + H)
        Synapses present.
    activity : ndarray of float, shape (N, I + H + O, S)
        ``x``.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``.
    error : ndarray of float, shape (N, O, S)
        ``target - y``, not clipped.
    update : ndarray of float, shape (N, H + O, I + H)
        The ascending weight change that this batch would cause, without decay; under Dale's principle one that would
        turn a weight over ends at 0.
    carried : ndarray of float, shape (N, H + O, I + H), or None
        What momentum would add to the update; None without momentum.
    genes : Population
        The N genomes.
    feedback_update : callable
        Returns the change of the weights by which learning signals reach hidden neurons that this batch would cause,
        without decay, shape (N, H, H + O) or (N, H, M). Few measures need it, so that it is computed when asked for.
    with_innate : callable or None
        Returns the snapshot that the same circuits would give with the weights of one pathway as they were at birth, at
        the synapses that are still there; of circuits with error neurons all that is not ascending is the other one. To
        be called while the probe looks. None where a kind of circuit has none.
    with_ascending : callable or None
        Returns the snapshot that the same circuits would give with these ascending weights, (N, H + O, I + H). To be
        called while the probe looks. None where a kind of circuit has none.
    errors : ndarray of float, shape (N, M + O, S), or None
        ``e``: activity of separate error neurons; None where there are none.
    """

    stage: Stage
    species: Species
    weights: Weights | ErrorWeights
    gains_ascending: Floats
    mask_ascending: Mask
    activity: Floats
    signal: Floats
    error: Floats
    update: Floats
    carried: Floats | None
    genes: Population
    feedback_update: Callable[[], Floats]
    with_innate: Callable[[Pathway], "Snapshot"] | None = None
    with_ascending: Callable[[Floats], "Snapshot"] | None = None
    errors: Floats | None = None

    def __getstate__(self) -> dict[str, Any]:
        # in another process there is no life to ask: what it was asked for is computed, the rest is gone
        asked = {"with_innate": None, "with_ascending": None}
        return {**vars(self), "feedback_update": partial(_return, self.feedback_update()), **asked}

    @property
    def feedback(self) -> SynapseKind:
        """The kind of synapses by which learning signals reach hidden neurons."""
        return "descending" if self.errors is None else "teaching"

    @property
    def feedback_weights(self) -> Floats:
        """``V``: their weights, (N, H, H + O), or (N, H, M) of circuits with error neurons."""
        weights: Floats = getattr(self.weights, self.feedback)
        return weights

    @property
    def mirrored(self) -> bool:
        """Whether these synapses lead back from where the ascending ones lead to."""
        return self.errors is None

    def feedback_loss(self) -> Floats:
        """Return what decay takes from the weights of these synapses in a presentation of this batch."""
        lost: Floats = self.genes[f"decay_{self.feedback}"][:, None, None] * (self.feedback in self.species.plastic)
        if self.errors is not None and self.species.gated:
            lost = lost * (self.errors[:, : self.feedback_weights.shape[2]] ** 2).mean(axis=2)[:, None, :]
        return self.feedback_weights * lost


def _return(values: Floats) -> Floats:
    return values


PROBED_NETWORKS = (32, 128)
"""Fewest and most networks in a snapshot: with fewer the interpreter's share grows, with more nothing is gained."""

PROBED_BYTES = 32 << 20
"""Buffers of a snapshot: larger ones would be fetched from the system each time."""

Observer = Callable[[Snapshot], None]


def count_probed(species: Species, samples: int) -> int:
    """Return how many networks a snapshot on ``samples`` samples holds at most, if their tasks divide it."""
    layout = species.layout
    # activity, signal and slope of each, in single precision
    bytes_each = 3 * 4 * (layout.units + layout.neurons) * max(samples, 1)
    return int(np.clip(PROBED_BYTES // bytes_each, *PROBED_NETWORKS))
