"""Who reproduces: DEAP's selection operators on light individuals (a position and a fitness).

Operators look at one number, at several objectives (`MANY`), or at the losses in single tasks (`CASEWISE`). The usual
ones have a twin that acts on arrays: it draws the same random numbers and makes the same choices, in a small part of
the time. `select` takes the twin where there is one.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.random import Generator

from hetevo.evolve.fronts import (
    reference_points,
    select_nsga2,
    select_nsga3,
    select_spea2,
    select_tournament_dcd,
)
from hetevo.evolve.lexicase import select_automatic_epsilon_lexicase, select_epsilon_lexicase, select_lexicase
from hetevo.evolve.private_deap import base, draw_below, draw_unit, tools
from hetevo.populations.registry import Registry
from hetevo.populations.types import Floats, Indices


class LossFitness(base.Fitness):  # type: ignore[misc]
    """Fitness to maximise: how far the loss stays below its cap, so never negative and never NaN.

    It is minus the loss, shifted by the cap: proportional operators such as `deap.tools.selRoulette` need values >= 0.
    """

    weights = (1.0,)


@cache
def _fitness_of(count: int) -> type[base.Fitness]:
    """Return the kind of fitness that several values have, each of which is minimised."""
    return type(f"Fitness{count}", (base.Fitness,), {"weights": (-1.0,) * count})


class Individual:
    """What DEAP sees of an individual.

    Parameters
    ----------
    position : int
        Position in the population's arrays.
    fitness : float or sequence of float
        Loss cap minus loss, or several values to minimise.
    synapses : int
        Synapses present: the length that parsimony operators such as `deap.tools.selDoubleTournament` look at.
    """

    __slots__ = ("fitness", "position", "synapses")

    def __init__(self, position: int, fitness: float | Sequence[float], synapses: int = 0) -> None:
        self.position = position
        kind = _fitness_of(len(fitness)) if isinstance(fitness, Sequence) else LossFitness
        self.fitness = kind(fitness if isinstance(fitness, Sequence) else (fitness,))
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
    return SELECTIONS[name] if name in SELECTIONS else OURS.get(name) or getattr(tools, name), arguments


@dataclass(frozen=True)
class Candidates:
    """Individuals among which an operator selects, n of them.

    Parameters
    ----------
    loss : ndarray of float, shape (n,)
        Normalised losses, finite, at most ``cap``; or what else is minimised in their place.
    cap : float
        Largest loss.
    synapses : ndarray of int, shape (n,), optional
        Synapses present in each individual.
    cases : ndarray of float, shape (n, T), optional
        Losses in each of T tasks.
    objectives : ndarray of float, shape (n, K), optional
        K objectives, each to be minimised; None if there is one.
    """

    loss: Floats
    cap: float
    synapses: Indices | None = None
    cases: Floats | None = None
    objectives: Floats | None = None

    @property
    def fitness(self) -> Floats:
        """What is maximised, shape (n,): see `LossFitness`."""
        # some of DEAP's operators need values >= 0
        return np.asarray(self.cap - self.loss, np.float64)

    def take(self, chosen: Indices) -> "Candidates":
        """Return those at some positions."""
        others: Any = (None if part is None else part[chosen] for part in (self.synapses, self.cases, self.objectives))
        return Candidates(self.loss[chosen], self.cap, *others)

    def criteria(self, function: Any) -> Floats | None:
        """Return what an operator looks at, each value to be minimised, (n, M); None: the fitness alone."""
        if function in CASEWISE:
            return self.cases
        # operators of other packages see all there is
        own = function in MANY or getattr(tools, getattr(function, "__name__", ""), None) is not function
        return self.objectives if own else None

    def individuals(self, criteria: Floats | None = None) -> list[Individual]:
        """Return what DEAP sees of them, by `fitness` or by several values of each."""
        sizes = [0] * len(self.loss) if self.synapses is None else self.synapses.tolist()
        fitness = (self.fitness if criteria is None else criteria).tolist()
        return [Individual(*part) for part in zip(range(len(self.loss)), fitness, sizes, strict=True)]


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
    criteria = candidates.criteria(function)
    # 1. the twin, if there is one and the arguments are the usual ones
    known, seen = (TWINS, candidates.fitness) if criteria is None else (TWINS_OF_SEVERAL, criteria)
    twin = next((twin for original, twin in known if original is function), None)
    if twin and all(_is_usual(value) for value in arguments.values()):
        return np.resize(twin(seen, count, **arguments), count)
    # 2. otherwise the operator itself; DEAP's take no generator
    own = {"rng": rng} if "rng" in inspect.signature(function).parameters else {}
    return find_positions(operator(candidates.individuals(criteria), count, **own), count)


def _is_usual(value: Any) -> bool:
    return type(value) in (int, float) and bool(value > 0)


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


def select_by_reference_points(individuals: Sequence[Individual], k: int, p: int) -> Sequence[Individual]:
    """Select as `deap.tools.selNSGA3` does, with the reference points of ``p`` steps along each objective."""
    points = reference_points(len(individuals[0].fitness.values), p)
    return tools.selNSGA3(individuals, k, points)  # type: ignore[no-any-return]


OURS = {"selNSGA3": select_by_reference_points}
"""Operators that take other arguments here than in DEAP."""

CASEWISE = (tools.selLexicase, tools.selEpsilonLexicase, tools.selAutomaticEpsilonLexicase)
"""Operators that look at the losses in single tasks, one after another."""

MANY = (tools.selNSGA2, select_by_reference_points, tools.selSPEA2, tools.selTournamentDCD)
"""Operators that look at several objectives; DEAP's others look at one number, the first objective."""

TWINS_OF_SEVERAL: tuple[tuple[Any, Callable[..., Indices]], ...] = (
    (tools.selLexicase, select_lexicase),
    (tools.selEpsilonLexicase, select_epsilon_lexicase),
    (tools.selAutomaticEpsilonLexicase, select_automatic_epsilon_lexicase),
    (tools.selNSGA2, select_nsga2),
    (select_by_reference_points, select_nsga3),
    (tools.selSPEA2, select_spea2),
    (tools.selTournamentDCD, select_tournament_dcd),
)
"""The same where they look at several values, as functions of those (n, M), count and arguments."""

TWINS: tuple[tuple[Any, Callable[..., Indices]], ...] = (
    (tools.selRandom, _random),
    (tools.selBest, _best),
    (tools.selWorst, _worst),
    (tools.selTournament, _tournament),
    (tools.selRoulette, _roulette),
)
"""DEAP's operators, and functions of fitness (n,), count and the operator's own arguments that choose the same."""
