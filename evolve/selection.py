"""Who reproduces: DEAP's selection operators on light individuals (a position and a fitness).

The usual ones have a twin that acts on arrays: it draws the same random numbers and makes the same choices, in a small
part of the time. `select` takes the twin where there is one.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from hetevo.evolve.private_deap import base, draw_below, draw_unit, tools
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


@dataclass(frozen=True)
class Candidates:
    """Individuals among which an operator selects, n of them.

    Parameters
    ----------
    loss : ndarray of float, shape (n,)
        Normalised losses, finite, at most ``cap``.
    cap : float
        Largest loss.
    synapses : ndarray of int, shape (n,), optional
        Synapses present in each individual.
    """

    loss: Floats
    cap: float
    synapses: Indices | None = None

    @property
    def fitness(self) -> Floats:
        """What is maximised, shape (n,): see `LossFitness`."""
        # some of DEAP's operators need values >= 0
        return np.asarray(self.cap - self.loss, np.float64)

    def take(self, chosen: Indices) -> "Candidates":
        """Return those at some positions."""
        return Candidates(self.loss[chosen], self.cap, None if self.synapses is None else self.synapses[chosen])

    def individuals(self) -> list[Individual]:
        """Return what DEAP sees of them."""
        sizes = [0] * len(self.loss) if self.synapses is None else self.synapses.tolist()
        parts = zip(range(len(self.loss)), self.fitness.tolist(), sizes, strict=True)
        return [Individual(*part) for part in parts]


def select(operator: Any, candidates: Candidates, count: int, rng: Generator) -> Indices:
    """Select individuals, inside `private_generators`.

    Parameters
    ----------
    operator : functools.partial
        The operator and its arguments, as `find_operator` found them.
    candidates : Candidates
        From whom, n individuals.
    count : int
        How many.
    rng : numpy.random.Generator
        What operators of other packages draw from; DEAP's draw from generators seeded with it.

    Returns
    -------
    ndarray of int64, shape (count,)
        Positions among the candidates. If the operator selects fewer, they are repeated in order.
    """
    if not count:
        return np.empty(0, np.int64)
    function, arguments = operator.func, operator.keywords
    # 1. the twin, if there is one and the arguments are the usual ones
    twin = next((twin for original, twin in TWINS if original is function), None)
    if twin and all(type(value) is int and value > 0 for value in arguments.values()):
        return np.resize(twin(candidates.fitness, count, **arguments), count)
    # 2. otherwise the operator itself; DEAP's take no generator
    own = {"rng": rng} if "rng" in inspect.signature(function).parameters else {}
    return find_positions(operator(candidates.individuals(), count, **own), count)


def find_positions(selected: Sequence[Individual], count: int) -> Indices:
    """Return the positions of ``count`` selected individuals; if there are fewer, they are repeated in order."""
    # some of DEAP's operators select fewer than they are asked for
    found = np.fromiter((individual.position for individual in selected), np.int64, len(selected))
    return np.resize(found, count) if count else found[:0]


def _random(fitness: Floats, count: int) -> Indices:
    return draw_below(len(fitness), count)


def _best(fitness: Floats, count: int) -> Indices:
    # of equal ones the first comes first, as in a stable sort that is reversed
    order: Indices = np.argsort(-fitness, kind="stable")
    return order[:count]


def _worst(fitness: Floats, count: int) -> Indices:
    order: Indices = np.argsort(fitness, kind="stable")
    return order[:count]


def _tournament(fitness: Floats, count: int, tournsize: int) -> Indices:
    # tournament after tournament; of equal ones the first that was drawn wins
    drawn = draw_below(len(fitness), count * tournsize).reshape(count, tournsize)
    winners: Indices = drawn[np.arange(count), fitness[drawn].argmax(axis=1)]
    return winners


def _roulette(fitness: Floats, count: int) -> Indices:
    # the wheel begins with the best; its size is summed in the order of the individuals, as DEAP does
    order = _best(fitness, len(fitness))
    ends = np.cumsum(fitness[order])
    chosen: Indices = np.searchsorted(ends, draw_unit(count) * sum(fitness.tolist()), side="right")
    # rounding can leave a place behind the last end: DEAP then selects nobody
    selected: Indices = order[chosen[chosen < len(order)]]
    return selected


TWINS: tuple[tuple[Any, Callable[..., Indices]], ...] = (
    (tools.selRandom, _random),
    (tools.selBest, _best),
    (tools.selWorst, _worst),
    (tools.selTournament, _tournament),
    (tools.selRoulette, _roulette),
)
"""DEAP's operators, and functions of fitness (n,), count and the operator's own arguments that choose the same."""
