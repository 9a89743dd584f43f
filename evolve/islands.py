"""Islands: parts of a population that breed among themselves, with migration between them.

Selection sees one island at a time. Every few generations some individuals change places before parents are chosen:
`deap.tools.migRing` moves them along the routes of a topology. All islands live in the same arrays and in the same
generation, so no worker ever waits for an island. With one island nothing changes.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from hetevo.evolve.private_deap import PYTHON, private_generators, tools
from hetevo.evolve.selection import Candidates, Individual, find_positions
from hetevo.populations.types import Indices

Route = list[int]
"""For each island the island to which its emigrants go; every island receives from exactly one."""


def ring(islands: int, rng: Generator) -> list[Route]:
    """Each island sends to the next one."""
    del rng
    return [_shift(islands, 1)]


def torus(islands: int, rng: Generator) -> list[Route]:
    """Islands lie on a grid as square as possible, closed in both directions; each sends to the east and the south."""
    del rng
    # the divisor next to the square root
    rows = max(divisor for divisor in range(1, int(np.sqrt(islands)) + 1) if islands % divisor == 0)
    places = np.arange(islands).reshape(rows, -1)
    routes = [np.roll(places, -1, axis=1), *([np.roll(places, -1, axis=0)] if rows > 1 else [])]
    return [[int(place) for place in route.ravel()] for route in routes]


def complete(islands: int, rng: Generator) -> list[Route]:
    """Each island sends to every other one."""
    del rng
    # a route for each distance on the circle: together they lead from each island to all others
    return [_shift(islands, distance) for distance in range(1, islands)]


def random(islands: int, rng: Generator) -> list[Route]:
    """All islands in a circle, in an order that is drawn anew each time; each sends to the next in the circle."""
    order = rng.permutation(islands)
    # islands that follow each other in that order are neighbours
    route = np.empty(islands, np.int64)
    route[order] = np.roll(order, -1)
    return [[int(place) for place in route]]


TOPOLOGIES: dict[str, Callable[[int, Generator], list[Route]]] = {
    "ring": ring,
    "torus": torus,
    "complete": complete,
    "random": random,
}
"""Routes of migration by the name used in ``[islands] topology``. To add one, write a function and name it here."""

EMIGRANTS: dict[str, Callable[[list[Individual], int], list[Individual]]] = {
    "best": tools.selBest,
    "worst": tools.selWorst,
    "lot": PYTHON.sample,
}
"""Who leaves, by the name used in ``[islands] emigrants``; `deap.tools.migRing` needs each individual at most once."""


def assign_islands(islands: int, elites: int, size: int) -> Indices:
    """Return the island of each position in a population, shape (P,): elites first, then children, island by island.

    Parameters
    ----------
    islands : int
        How many there are.
    elites : int
        Of each.
    size : int
        Individuals P, as many on each island.

    Examples
    --------
    >>> assign_islands(2, 1, 6).tolist()
    [0, 1, 0, 0, 1, 1]
    """
    # children come island by island, so that each island's are a slice
    everywhere = np.arange(islands)
    # where nobody is selected there may be fewer individuals than elites
    first = min(elites, size // islands)
    return np.concatenate([np.repeat(everywhere, first), np.repeat(everywhere, size // islands - first)])


def migrate(
    demes: Sequence[Indices], candidates: Candidates, topology: str, emigrants: str, migrants: int, rng: Generator
) -> list[Indices]:
    """Let individuals change places between islands.

    Parameters
    ----------
    demes : sequence of ndarray of int64
        The positions of each island's individuals.
    candidates : Candidates
        All individuals.
    topology : str
        One of `TOPOLOGIES`.
    emigrants : str
        Who leaves: one of `EMIGRANTS`.
    migrants : int
        How many leave, along each route.
    rng : numpy.random.Generator
        For topologies and emigrants that are drawn.

    Returns
    -------
    list of ndarray of int64
        The positions of those that live on each island now.
    """
    everybody = candidates.individuals()
    light = [[everybody[position] for position in deme] for deme in demes]
    with private_generators(rng):
        for route in TOPOLOGIES[topology](len(light), rng):
            tools.migRing(light, migrants, EMIGRANTS[emigrants], migarray=route)
    return [find_positions(deme, len(deme)) for deme in light]


def _shift(islands: int, distance: int) -> Route:
    return [(island + distance) % islands for island in range(islands)]
