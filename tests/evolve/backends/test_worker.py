"""A worker loads what lives need and nothing else: a short run must not spend its time on libraries."""

from importlib.metadata import packages_distributions

import numpy as np
import pytest

from hetevo.evolve import preset
from hetevo.evolve.backends.lives import live_block, load
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import draw_generation_zero

LIBRARIES = {"numpy", "threadpoolctl"}

OF_EVOLVE = {
    "hetevo.evolve",
    "hetevo.evolve.backends",
    "hetevo.evolve.backends.fingerprint",
    "hetevo.evolve.backends.job",
    "hetevo.evolve.backends.lives",
    "hetevo.evolve.backends.portable",
    "hetevo.evolve.backends.worker",
    "hetevo.evolve.machine",
    "hetevo.evolve.messages",
    "hetevo.evolve.posix",
    "hetevo.evolve.software",
}
OF_ANALYSIS = ("hetevo.analysis.gradient", "hetevo.analysis.measures", "hetevo.analysis.probe")


@pytest.mark.parametrize("name", ["emergence", "chalmers", "cerebellum"])
def test_a_worker_loads_what_lives_need_and_nothing_else(name):
    evolution = Evolution(preset(name, overrides=["lifetime.presentations=4", "backend.workers=1"]))
    job, genes = evolution.job(0), draw_generation_zero(evolution.species, 0, 2).population
    pool = WorkerPool(1)
    try:
        pool.submit(load, job).result()
        lived = pool.submit(live_block, job, genes, np.arange(2), 0).result()
        found = set(pool.submit(eval, "list(__import__('sys').modules)").result())
    finally:
        pool.close()
    # it has done something real, probe and all
    assert lived.evaluation.loss.size == 2
    assert lived.evaluation.observed
    # what installed packages put into every interpreter is nobody's choice
    installed = packages_distributions().keys() - {"hetevo", "_distutils_hack"}
    assert {module.partition(".")[0] for module in found} & installed == LIBRARIES
    assert {module for module in found if module.startswith("hetevo.evolve")} == OF_EVOLVE
    ours = {module for module in found if module.startswith("hetevo.analysis.")}
    assert ours == {module for module in ours if module.startswith(OF_ANALYSIS)}
