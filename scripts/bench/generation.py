"""Where a generation's time and memory go, for populations of growing size."""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from hetevo.evolve import posix, preset
from hetevo.evolve.backends import BACKENDS, Backend, Job
from hetevo.evolve.config import Config, dump_toml
from hetevo.evolve.config.config import LEAST_PROBED
from hetevo.evolve.generation import Generation, draw_generation_zero
from hetevo.evolve.messages import log_notice
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.reproduction import choose_parents, make_toolbox, reproduce
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.species import build_species, load_probe
from hetevo.evolve.state import advance
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.species import Species
from hetevo.scripts.bench.machine import best_seconds

STAGES = ("founders", "evaluate", "probe", "send", "select", "vary", "record", "checkpoint")

SHORT = (
    *("lifetime.presentations=2", "lifetime.batch=1", "lifetime.tasks=1", "lifetime.test_samples=8"),
    "probe.samples=8",
)
"""Lives so short that what the driver does is most of a generation."""

REPEATS = 3
"""Repetitions of the stages that the driver does, of which the fastest counts; lives are evaluated once."""


def measure(size: int, workers: int = 0, *, short: bool = False, share: float = 1.0) -> dict[str, Any]:
    """Take one generation of `emergence` apart, in a process of its own, so that its peak memory is known.

    Parameters
    ----------
    size : int
        Individuals.
    workers : int, optional
        Processes that evaluate; 0: one a core.
    short : bool, optional
        Whether lives are as short as they can be.
    share : float, optional
        Share of the individuals that are measured and recorded.

    Returns
    -------
    dict
        Seconds of each of `STAGES`: wall time of ``evaluate`` and ``probe``, processor time of what the driver does
        (``send`` is what it spends while others evaluate; with one worker that is everything);
        ``driver_us``, microseconds that select, vary and record take an individual;
        ``driver_bytes`` and ``worker_bytes``, the peak of resident memory of the driver and of the largest worker;
        ``genome_bytes``, the size of the population's genes.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure, size, workers, short, share).result()


def _measure(size: int, workers: int, short: bool, share: float) -> dict[str, Any]:
    probed = min(1.0, max(share, LEAST_PROBED / size))
    changes = (
        f"evolution.size={size}",
        f"backend.workers={workers}",
        f"probe.share={probed}",
        f"records.share={share}",
    )
    config = preset("emergence", overrides=[*changes, *(SHORT if short else ())])
    species = build_species(config)
    seconds: dict[str, float] = {}
    with BACKENDS[config.backend.name](config.backend) as backend:
        generation, evaluation = _let_live(config, species, backend, seconds)
    workers = posix.peak_memory(children=True)  # before other processes are started, which begin as large as this one
    _drive(config, species, generation, evaluation, seconds)
    driver = 1e6 * (seconds["select"] + seconds["vary"] + seconds["record"]) / size
    return {
        "size": size,
        "workers": backend.workers,
        **seconds,
        "driver_us": driver,
        "driver_bytes": posix.peak_memory(),
        "worker_bytes": workers,
        "genome_bytes": generation.population.nbytes,
    }


def _let_live(
    config: Config, species: Species, backend: Backend, seconds: dict[str, float]
) -> tuple[Generation, Evaluation]:
    """Draw founders and let them live, without a probe and with it; note the seconds."""
    size = config.evolution.size
    jobs = {
        name: Job(species, config.seed, 0, probe, config.probe.samples, probe_share=config.probe.share)
        for name, probe in (("evaluate", None), ("probe", load_probe(config.probe.name, config.probe.measures)))
    }
    # start the processes, as long as this one is small: their peak begins with its own
    backend.evaluate(jobs["probe"], draw_generation_zero(species, config.seed, 2 * backend.workers))
    begin = time.process_time()
    generation = draw_generation_zero(species, config.seed, size)
    seconds["founders"] = time.process_time() - begin
    lived: list[Evaluation] = []
    for name, job in jobs.items():
        begin, repeats = time.process_time(), REPEATS if size <= 1000 else 1
        seconds[name] = best_seconds(lambda job=job: lived.append(backend.evaluate(job, generation)), repeats)  # type: ignore[misc]
        if name == "evaluate":
            seconds["send"] = (time.process_time() - begin) / repeats
    seconds["probe"] -= seconds["evaluate"]
    return generation, lived[-1]


def _drive(
    config: Config, species: Species, generation: Generation, evaluation: Evaluation, seconds: dict[str, float]
) -> None:
    """Do what the driver does with a generation that has lived; note the seconds of processor time."""
    state, own, size = advance(generation, evaluation, None), time.process_time, generation.size
    box, crossed = make_toolbox(config, species), np.arange(size - round(config.evolution.crossover * size), size)
    seconds["select"] = best_seconds(lambda: choose_parents(generation, state.loss, config, box, crossed), REPEATS, own)
    seconds["vary"] = best_seconds(lambda: reproduce(generation, state.loss, config, species), REPEATS, own)
    seconds["vary"] -= seconds["select"]
    with tempfile.TemporaryDirectory() as folder:
        scratch, recorder = (_make_recorder(Path(folder) / name, config) for name in ("scratch", "run"))
        seconds["record"] = best_seconds(
            lambda: (advance(generation, evaluation, None), scratch.record(generation, evaluation)), REPEATS, own
        )
        recorder.record(generation, evaluation)

        def save() -> None:
            recorder.write(state)
            recorder.flush()

        with recorder:
            seconds["checkpoint"] = best_seconds(save, 1, own)


def _make_recorder(path: Path, config: Config) -> Recorder:
    directory = RunDirectory.new(path)
    # as a run begins: checkpoints remember how many sessions there were
    directory.provenance.create()
    directory.begin(dump_toml(config))
    directory.provenance.begin_session()
    return Recorder(directory, config, None, log_notice)
