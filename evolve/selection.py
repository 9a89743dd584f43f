"""Who reproduces: DEAP's selection operators on light individuals (a position and a fitness)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hetevo.evolve.private_deap import base, tools
from hetevo.populations.types import Floats, Indices


class LossFitness(base.Fitness):  # type: ignore[misc]
    """Fitness to maximise: how far the loss stays below its cap, so never negative and never NaN.

    It is minus the loss, shifted by the cap: proportional operators such as `deap.tools.selRoulette` need values >= 0.
    """

    weights = (1.0,)


class Individual:
    """What DEAP sees of an individual.

    Parameters
    ----------
    position : int
        Position in the population's arrays.
    fitness : float
        Loss cap minus loss.
    synapses : int
        Synapses present: the length that parsimony operators such as `deap.tools.selDoubleTournament` look at.
    """

    __slots__ = ("fitness", "position", "synapses")

    def __init__(self, position: int, fitness: float, synapses: int = 0) -> None:
        self.position = position
        self.fitness = LossFitness((fitness,))
        self.synapses = synapses

    def __len__(self) -> int:
        return self.synapses


def make_individuals(loss: Floats, cap: float, synapses: Indices | None = None) -> list[Individual]:
    """Make the light individuals of a population.

    Parameters
    ----------
    loss : ndarray of float, shape (P,)
        Normalised losses, finite, at most ``cap``.
    cap : float
        Largest loss.
    synapses : ndarray of int, shape (P,), optional
        Synapses present in each individual.
    """
    # DEAP maximises, and some of its operators need values >= 0
    sizes = [0] * len(loss) if synapses is None else synapses.tolist()
    fitness = (cap - loss).tolist()
    return [Individual(*parts) for parts in zip(range(len(loss)), fitness, sizes, strict=True)]


def find_operator(settings: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Look up a DEAP selection operator by name.

    Parameters
    ----------
    settings : dict
        ``{"name": "selTournament", "tournsize": 3}``: a function of `deap.tools` and its keyword arguments; lists
        become arrays.

    Returns
    -------
    function, dict
        The operator, and its arguments besides ``individuals`` and ``k``.
    """
    arguments = {
        name: np.asarray(value) if isinstance(value, list | tuple) else value for name, value in settings.items()
    }
    return getattr(tools, str(arguments.pop("name"))), arguments


def find_positions(selected: Sequence[Individual], count: int) -> Indices:
    """Return the positions of ``count`` selected individuals; if there are fewer, they are repeated in order."""
    # some of DEAP's operators select fewer than they are asked for
    found = np.fromiter((individual.position for individual in selected), np.int64, len(selected))
    return np.resize(found, count) if count else found[:0]
