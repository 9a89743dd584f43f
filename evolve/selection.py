"""Who reproduces: DEAP's selection operators on light individuals (a position and a fitness)."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from hetevo.evolve.private_deap import base, tools
from hetevo.populations.registry import Registry
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


def _accept(found: Any) -> Any:
    if not callable(found) or "rng" not in inspect.signature(found).parameters:
        raise TypeError(f"expected a function of individuals, k, rng and options, got {found!r}")
    return found


SELECTIONS: Registry[Any] = Registry("selection", {}, _accept)
"""Selection operators of other packages. They are called as DEAP's are, with a random generator as ``rng`` besides."""


def find_operator(settings: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Look up a selection operator by name.

    Parameters
    ----------
    settings : dict
        ``{"name": "selTournament", "tournsize": 3}``: a function of `deap.tools`, or of another package, and its
        keyword arguments; lists become arrays.

    Returns
    -------
    function, dict
        The operator, and its arguments besides ``individuals`` and ``k``.
    """
    # lists of weights or probabilities become arrays, as operators expect
    arguments = {
        name: np.asarray(value) if isinstance(value, list | tuple) else value for name, value in settings.items()
    }
    name = str(arguments.pop("name"))
    return (SELECTIONS[name] if name in SELECTIONS else getattr(tools, name)), arguments


def find_positions(selected: Sequence[Individual], count: int) -> Indices:
    """Return the positions of ``count`` selected individuals; if there are fewer, they are repeated in order."""
    # some of DEAP's operators select fewer than they are asked for
    found = np.fromiter((individual.position for individual in selected), np.int64, len(selected))
    return np.resize(found, count) if count else found[:0]
