"""How a population is searched: one algorithm a file, behind one protocol (`algorithm`)."""

from collections.abc import Mapping
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from hetevo.evolve.algorithms.algorithm import Algorithm, Memory, Search, accept
from hetevo.evolve.algorithms.cma import CMA
from hetevo.evolve.algorithms.evolution_strategy import EvolutionStrategy
from hetevo.evolve.algorithms.generational import Generational
from hetevo.evolve.algorithms.map_elites import MapElites
from hetevo.evolve.algorithms.novelty import Novelty
from hetevo.evolve.algorithms.openai_es import OpenAIES
from hetevo.evolve.algorithms.random_search import RandomSearch
from hetevo.evolve.algorithms.steady_state import Asynchronous, SteadyState
from hetevo.populations.errors import SettingError
from hetevo.populations.registry import Registry
from hetevo.populations.settings import freeze

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected

__all__ = ["ALGORITHMS", "Algorithm", "Memory", "Search", "expect_memory", "make_algorithm"]

ALGORITHMS: Registry[Any] = Registry(
    "algorithm",
    {
        "generational": Generational,
        "evolution-strategy": EvolutionStrategy,
        "random": RandomSearch,
        "cma": CMA,
        "openai-es": OpenAIES,
        "map-elites": MapElites,
        "novelty": Novelty,
        "steady-state": SteadyState,
        "asynchronous": Asynchronous,
    },
    accept,
)
"""Algorithms by the name used in ``evolution.algorithm``: dataclasses whose fields are their options."""


def make_algorithm(settings: Mapping[str, Any]) -> Algorithm:
    """Make an algorithm of its settings, such as ``{"name": "generational"}``, which were checked before."""
    options = {key: freeze(value) for key, value in settings.items() if key != "name"}
    made: Algorithm = ALGORITHMS[str(settings["name"])](**options)
    return made


def expect_memory(search: Search) -> "Expected":
    """Return shape and dtype of all arrays that the algorithm of an experiment remembers.

    Raises
    ------
    SettingError
        If what the algorithm expects is no shape and dtype by name.
    """
    algorithm = search.config.evolution.algorithm
    expected = make_algorithm(algorithm).expect(search)
    try:
        # one of another package may say float or np.float64 where we say np.dtype(float)
        kinds = {
            str(name): (tuple(index(length) for length in shape), np.dtype(kind))
            for name, (shape, kind) in expected.items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise SettingError(
            f"evolution.algorithm: expected expect() of {algorithm['name']!r} to return shape and dtype by name, such"
            f" as {{'best': ((1,), float)}}, got {expected!r:.200} ({error})"
        ) from None
    return kinds
