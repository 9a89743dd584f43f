"""What algorithms take besides lives, beside DEAP, pycma and pyribs with as many numbers an individual."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from hetevo.evolve import preset
from hetevo.evolve.algorithms import ALGORITHMS, Search, make_algorithm
from hetevo.evolve.algorithms.vectors import Vectors
from hetevo.evolve.generation import Generation, draw_generation_zero
from hetevo.evolve.species import build_species
from hetevo.evolve.state import advance
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.extras import how_to_install
from hetevo.populations.types import Floats

GENERATIONS = 3
"""Generations of which the fastest counts: what disturbs a measurement only ever adds to it."""

VARIANTS = {"cma, separable": {"name": "cma", "separable": True}}
"""Algorithms with other options than usual."""


def measure(sizes: list[int], seed: int = 0) -> list[dict[str, Any]]:
    """Measure how long algorithms take to ask for a generation of `emergence` and to be told its losses.

    Parameters
    ----------
    sizes : list of int
        Individuals.
    seed : int, optional
        Of everything that is drawn.

    Returns
    -------
    list of dict
        One an algorithm or peer: name, missing (why it could not be measured), and by size microseconds of processor
        time an individual a generation, None where it was refused.
    """
    names: dict[str, dict[str, Any]] = {name: {"name": name} for name in ALGORITHMS.own} | VARIANTS
    rows = [{"name": name, **_over(sizes, lambda size, t=table: _ours(t, size, seed))} for name, table in names.items()]  # type: ignore[misc]
    for name, (package, peer) in PEERS.items():
        if find_spec(package) is None:
            missing = f"{package} is not installed: {how_to_install('bench')}"
            rows.append({"name": name, "missing": missing, "microseconds": {}})
            continue
        rows.append({"name": name, **_over(sizes, lambda size, p=peer: p(size, seed))})  # type: ignore[misc]
    return rows


def _over(sizes: list[int], steps: Callable[[int], Iterator[None]]) -> dict[str, Any]:
    """Time the steps of a search, generation by generation, for each size."""
    found: dict[int, float | None] = {}
    missing = ""
    for size in sizes:
        times = []
        try:
            search = steps(size)
            next(search)  # what is done once
            for _ in range(GENERATIONS):
                begin = time.process_time()
                next(search)
                times.append(time.process_time() - begin)
            found[size] = 1e6 * min(times) / size
        except SettingError as error:
            found[size], missing = None, str(error)
    return {"missing": missing if not any(found.values()) else "", "microseconds": found}


def _losses(size: int, generation: int, seed: int) -> Floats:
    return np.random.default_rng((seed, generation)).random(size)


def _loss_of(losses: Floats, generation: Generation, place: int) -> float:
    del generation
    return float(losses[place])


def _ours(table: dict[str, Any], size: int, seed: int) -> Iterator[None]:
    config = preset("emergence", overrides=[f"evolution.size={size}", ("evolution.algorithm", table)])
    search = Search(config, build_species(config))
    algorithm = make_algorithm(table)
    algorithm.check(search)
    founders = draw_generation_zero(search.species, seed, size)
    lived, at = None, 0
    status, nothing = np.zeros(size, np.int64), np.full(size, np.nan)
    while True:
        losses = _losses(size, at, seed)
        if lived:
            generation, asked = algorithm.grow(lived, partial(_loss_of, losses), search)
        else:
            generation, asked = algorithm.begin(founders, search)
        evaluation = Evaluation(losses, status, nothing, {})
        lived = advance(generation, evaluation, lived, algorithm.tell(generation, evaluation, asked, search))
        at += 1
        yield


def _entries() -> int:
    return Vectors(build_species(preset("emergence"))).size


def _deap(size: int, seed: int) -> Iterator[None]:
    """Breed lists of numbers by tournaments of three, uniform crossover and Gaussian mutation: `eaSimple`."""
    from deap import algorithms, base, tools

    class Fitness(base.Fitness):  # type: ignore[misc]
        weights = (-1.0,)

    class Individual(list[float]):
        def __init__(self, values: Any) -> None:
            super().__init__(values)
            self.fitness = Fitness()

    box, entries = base.Toolbox(), _entries()
    box.register("mate", tools.cxUniform, indpb=0.5)
    box.register("mutate", tools.mutGaussian, mu=0.0, sigma=0.5, indpb=0.3)
    box.register("clone", lambda one: Individual(one))
    random.seed(seed)
    population = [Individual([random.gauss(0, 1) for _ in range(entries)]) for _ in range(size)]
    at = 0
    while True:
        for individual, loss in zip(population, _losses(size, at, seed).tolist(), strict=True):
            individual.fitness.values = (loss,)
        at += 1
        yield
        population = algorithms.varAnd(tools.selTournament(population, size, tournsize=3), box, 0.5, 1.0)


def _pycma(size: int, seed: int) -> Iterator[None]:
    import cma

    options = {"popsize": size, "seed": seed + 1, "verbose": -9}
    strategy, at = cma.CMAEvolutionStrategy(np.zeros(_entries()), 1.0, options), 0
    while True:
        points = strategy.ask()
        strategy.tell(points, _losses(size, at, seed).tolist())
        at += 1
        yield


def _pyribs(size: int, seed: int) -> Iterator[None]:
    """Fill a grid of 20 by 20 cells with children by Gaussian noise."""
    from ribs.archives import GridArchive
    from ribs.emitters import GaussianEmitter
    from ribs.schedulers import Scheduler

    entries, at, rng = _entries(), 0, np.random.default_rng(seed)
    archive = GridArchive(solution_dim=entries, dims=[20, 20], ranges=[(0, 1), (0, 1)])
    emitter = GaussianEmitter(archive, sigma=0.5, x0=np.zeros(entries), batch_size=size)
    scheduler = Scheduler(archive, [emitter])
    while True:
        scheduler.ask()
        scheduler.tell(-_losses(size, at, seed), rng.random((size, 2)))
        at += 1
        yield


PEERS: dict[str, tuple[str, Callable[[int, int], Iterator[None]]]] = {
    "DEAP, lists": ("deap", _deap),
    "pycma": ("cma", _pycma),
    "pyribs, Gaussian emitter": ("ribs", _pyribs),
}
"""Peers by name: the package that each needs, and its generations."""
