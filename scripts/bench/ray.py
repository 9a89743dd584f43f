"""What Ray costs and gains on this machine: two workers against one, overhead a block, bytes sent, the start."""

import pickle
import time
from typing import Any

from hetevo.evolve import preset
from hetevo.evolve.backends import Job
from hetevo.evolve.backends.ray import RayBackend
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation, draw_generation_zero
from hetevo.evolve.species import build_species
from hetevo.populations.circuits import block_size
from hetevo.scripts.bench.machine import best_seconds

SIZE = 2048
"""Individuals of the preset `emergence` that live in each measurement of workers."""

TINY_BLOCKS = 600
"""Blocks of one individual each, whose lives are one presentation: nothing but overhead."""


def measure(repeats: int, size: int = SIZE, tiny_blocks: int = TINY_BLOCKS) -> dict[str, Any]:
    """Measure with one worker and with two.

    Parameters
    ----------
    repeats : int
        Repetitions, of which the fastest counts.
    size, tiny_blocks : int, optional
        See `SIZE` and `TINY_BLOCKS`.

    Returns
    -------
    dict
        ``seconds_1`` and ``seconds_2`` for a generation, their ratio ``speedup``; ``block_individuals`` and
        ``block_seconds``, its blocks; ``start_seconds`` and ``first_result_seconds``, Ray's start and the first block
        after it; ``overhead_ms``, time a block with two workers beyond its life; ``driver_ms``, the driver's part of
        it; ``bytes_an_individual`` and ``bytes_a_block``, what is sent for each, the latter on top.
    """
    job, generation = _emergence(size)
    measured: dict[str, Any] = {"size": size}
    for workers in (1, 2):
        begin = time.perf_counter()
        with RayBackend(BackendTable(workers=workers)) as backend:
            started = time.perf_counter()
            backend.evaluate(job, _emergence(1)[1])
            measured |= {"start_seconds": started - begin, "first_result_seconds": time.perf_counter() - started}
            backend.evaluate(job, generation)  # every worker has imported everything
            measured[f"seconds_{workers}"] = best_seconds(lambda b=backend: b.evaluate(job, generation), repeats)  # type: ignore[misc]
            if workers == 2:
                measured |= _overhead(backend, tiny_blocks, repeats)
    measured["speedup"] = measured["seconds_1"] / measured["seconds_2"]
    unit = block_size(job.species)
    measured["block_individuals"] = unit
    measured["block_seconds"] = unit * measured["seconds_1"] / size
    return measured | _bytes(unit)


def _emergence(size: int, *overrides: str) -> tuple[Job, Generation]:
    config = preset("emergence", overrides=overrides)
    species = build_species(config)
    return Job(species, config.seed), draw_generation_zero(species, config.seed, size)


def _overhead(backend: RayBackend, blocks: int, repeats: int) -> dict[str, float]:
    job, generation = _emergence(blocks, "lifetime.presentations=1", "lifetime.test_samples=1")
    job = Job(job.species, job.seed, block=1)
    timings: list[tuple[float, float, float]] = []

    def once() -> None:
        begin = time.perf_counter()
        backend.evaluate(job, generation)
        seconds, telemetry = time.perf_counter() - begin, backend.telemetry
        lives = telemetry["utilisation"] * seconds  # of one worker: both live at the same time
        timings.append((seconds, seconds - lives, seconds - telemetry["wait"]))

    best_seconds(once, repeats)
    _, beyond, driver = min(timings)
    return {"overhead_ms": 1e3 * beyond / blocks, "driver_ms": 1e3 * driver / blocks}


def _bytes(unit: int) -> dict[str, float]:
    job, generation = _emergence(1 + unit)
    one, many = (
        len(pickle.dumps((job, generation.population.take(slice(count))), protocol=5)) for count in (1, 1 + unit)
    )
    each = (many - one) / unit
    return {"bytes_an_individual": each, "bytes_a_block": one - each}
