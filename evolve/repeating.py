"""Living a recorded failure again, on this machine, with nothing but the run directory."""

import io
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hetevo.evolve.backends.lives import live_block
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.config import from_mapping
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.resuming import saved_config
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.parts import parts, read_part
from hetevo.evolve.rundir.reading import unpacked
from hetevo.populations.circuits import genome
from hetevo.populations.genome import Population
from hetevo.populations.species import Species

_ALONE = [("backend.name", "local"), ("backend.address", ""), ("backend.workers", 1)]


@dataclass(frozen=True)
class Repeated:
    """What became of an individual that had failed, this time.

    Parameters
    ----------
    generation, individual, identifier : int
        Who.
    recorded : str
        Why it failed then.
    found : str
        What happened now; empty if it lived.
    traceback : str
        Of what was raised now.
    """

    generation: int
    individual: int
    identifier: int
    recorded: str
    found: str
    traceback: str


def repeat(path: str | Path, number: int) -> Repeated:
    """Let an individual live again that could not be evaluated, in a process of its own.

    Parameters
    ----------
    path : str or Path
        The run directory.
    number : int
        Row of the table of failures, counted from 0.

    Raises
    ------
    RunDirectoryError
        If there is no such row, or its genes are not those of this run's networks.
    """
    directory = RunDirectory.open(path)
    evolution = Evolution(from_mapping(saved_config(directory).model_dump(), overrides=_ALONE, saved=True))
    row = _row(directory, number)
    generation, individual = int(row["generation"]), int(row["individual"])
    genes = _genes(row["genes"], evolution.species, directory)
    pool = WorkerPool(1)
    try:
        lived = pool.submit(live_block, evolution.job(generation), genes, individual, generation).result()
        failures = lived.evaluation.failures
        found, trace = (failures[0].reason, failures[0].traceback) if failures else ("", "")
    except BrokenExecutor:
        found, trace = "its worker process died", ""
    finally:
        pool.close()
    return Repeated(generation, individual, int(row["id"]), str(row["reason"]), found, trace)


def _row(directory: RunDirectory, number: int) -> dict[str, Any]:
    before = 0
    for path in parts(directory.failures.folder):
        table = read_part(path)
        if 0 <= number - before < table.num_rows:
            return dict(table.slice(number - before, 1).to_pylist()[0])
        before += table.num_rows
    there = f"it has {before}, counted from 0" if before else "it has none"
    raise RunDirectoryError(f"{directory.path}: expected the number of a recorded failure ({there}), got {number}.")


def _genes(packed: bytes, species: Species, directory: RunDirectory) -> Population:
    expected = {gene.name: ((1, *gene.shape), np.dtype(gene.dtype)) for gene in genome(species)}
    return Population(unpacked(directory.failures.folder, io.BytesIO(packed), expected))
