"""Computing a generation again, elsewhere and in other blocks, and comparing the bits; and a recorded failure."""

import io
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.algorithms import Memory, Search, expect_memory, make_algorithm
from hetevo.evolve.backends import LocalBackend
from hetevo.evolve.backends.lives import live_block
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.beginning import draw_first_generation
from hetevo.evolve.config import Config, from_mapping
from hetevo.evolve.config.sources import HERE
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import Generation
from hetevo.evolve.genes import expected_genes, restore_genes
from hetevo.evolve.loading import load
from hetevo.evolve.record_checks import Report
from hetevo.evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import unpack_arrays
from hetevo.evolve.rundir.parts import first_generation, parts, read_part
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State
from hetevo.populations.circuits import block_size
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.genome import Population
from hetevo.populations.species import Species
from hetevo.populations.text import write_ranges


def replay_generation(
    directory: RunDirectory,
    config: Config,
    report: Report,
    *,
    generation: int | None = None,
    workers: int | None = None,
    data: str | Path | None = None,
    oversubscribe: bool = False,
) -> None:
    """Let a saved generation live again, and compare the bits.

    Its descent and genes are computed again too where the checkpoint before it was kept, or where it is the founders.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    config : Config
        Its configuration.
    report : Report
        Takes what was compared, how it was computed, and what is not the same.
    generation : int, optional
        Which one; by default the newest that was saved.
    workers : int, optional
        Processes; by default another number than the run's.
    data : str or Path, optional
        The file of a task ``table``, if the run has no copy.
    oversubscribe : bool, optional
        Start any number of processes.
    """
    saved = {checkpoints.generation_of(path): path for path in checkpoints.list_checkpoints(directory.checkpoints)}
    chosen = max(saved) if generation is None else generation
    if chosen not in saved:
        raise RunDirectoryError(
            f"{directory.path} has no checkpoint of generation {chosen}; it has: {write_ranges([*saved])}."
        )
    evolution = Evolution(_configure_elsewhere(config, workers), oversubscribe=oversubscribe)
    species, settings = evolution.species, evolution.config
    search = evolution.search
    state = load(saved[chosen], species, config.evolution.size, expect_memory(search))[0]
    compared, differ = ["losses", "statuses"], list[str]()
    # reproduce once more, where the parents are known
    made = _make_again(saved, state, search, directory)
    if made is not None:
        compared += ["genes", "descent"]
        differ += _descent_differences(made[0], state.generation)
    # live once more, in blocks of another size
    with evolution.opened(directory, data), LocalBackend(evolution.place) as backend:
        backend.prepare(evolution.job(chosen))
        evaluation = backend.evaluate(evolution.job(chosen), state.generation)
        evaluation = evolution.compare(evaluation, state.generation)
        how = f"{backend.description}, blocks of {settings.backend.block}"
    recorded = _read_recorded(directory, chosen)
    who = recorded.get("id", np.empty(0, np.int64)) - chosen * config.evolution.size  # all, or a share of them
    lived = evaluation.take(who)
    if lived.observed.keys() & recorded.keys():
        compared.append("measures")
    differ += _life_differences(evaluation, lived.observed, state, recorded)
    # what the algorithm makes of that
    if made is not None and state.memory:
        compared.append("memory")
        told = evolution.algorithm.tell(state.generation, replace(evaluation, observed={}), made[1], search)
        differ += [name for name, array in state.memory.items() if not _same_bits(told[name], array)]
    if differ and (others := directory.provenance.find_other_software()):
        report.notes.append(
            f"the run was computed with {', '.join(others)}, and this replay was not: other versions and processors"
            " may compute other bits"
        )
    report.problems += [f"generation {chosen}: {name} differ" for name in differ]
    report.checked.append(f"generation {chosen} lived again ({how}): {', '.join(compared)}")


def _configure_elsewhere(config: Config, workers: int | None) -> Config:
    """Return the configuration with another number of workers and another block size."""
    # other blocks and other processes: the bits must not depend on either
    usual = min(config.backend.block or block_size(build_species(config)), config.evolution.size)
    chosen = workers if workers is not None else 2 if config.backend.workers == 1 else 1
    block = usual // 2 + 1 if usual > 2 else usual + 1
    changes = [*HERE, ("backend.workers", chosen), ("backend.block", block)]
    return from_mapping(config.model_dump(), overrides=changes, saved=True)


def _make_again(
    saved: Mapping[int, Path], state: State, search: Search, directory: RunDirectory
) -> tuple[Generation, Memory] | None:
    config, species, generation = search.config, search.species, state.generation.number
    algorithm = make_algorithm(config.evolution.algorithm)
    if generation == 0:
        return algorithm.begin(draw_first_generation(config, species, directory), search)
    before = saved.get(generation - 1)
    if before is None:
        return None
    parents = load(before, species, config.evolution.size, expect_memory(search))[0]
    return algorithm.grow(parents, lambda made, place: float(state.loss[place]), search)


def _descent_differences(found: Generation, kept: Generation) -> list[str]:
    made, saved = found.population.plain(), kept.population.plain()
    names = [name for name in saved if not _same_bits(made[name], saved[name])]
    descent = ("parent_a", "parent_b", "operator", "island")
    return names + [name for name in descent if not _same_bits(getattr(found, name), getattr(kept, name))]


def _life_differences(
    found: Evaluation, observed: Mapping[str, NDArray[Any]], kept: State, recorded: Mapping[str, NDArray[Any]]
) -> list[str]:
    """Name what is not the same; measures are compared as far as they were recorded."""
    names = [name for name in ("loss", "status") if not _same_bits(getattr(found, name), getattr(kept, name))]
    if kept.cases is not None and not (found.cases is not None and _same_bits(found.cases, kept.cases)):
        names.append("losses in single tasks")
    # a branch keeps those of its origin, even if it looks at the loss alone
    if kept.objectives is not None and found.objectives:
        objectives = np.stack(list(found.objectives.values()), axis=1)
        if not _same_bits(objectives, kept.objectives):
            names.append("objectives")
    return names + [
        name for name, values in observed.items() if name in recorded and not _same_bits(values, recorded[name])
    ]


def _read_recorded(directory: RunDirectory, generation: int) -> dict[str, NDArray[Any]]:
    """Return what was recorded of the individuals of a generation; empty if nothing was."""
    # a generation stands in one part: the last one that begins with it or before it
    files = [path for path in parts(directory.individuals.folder) if first_generation(path) <= generation]
    if not files:
        return {}
    table = read_part(files[-1])
    rows = table.filter(np.asarray(table["generation"]) == generation)
    return {name: rows[name].to_numpy() for name in rows.column_names if name != "operator"} if rows.num_rows else {}


def _same_bits(found: NDArray[np.generic], kept: NDArray[np.generic]) -> bool:
    """Tell whether two arrays are the same, bit for bit; any undefined value is like any other."""
    if found.dtype != kept.dtype or found.shape != kept.shape:
        return False
    if found.dtype.kind == "f":
        # every NaN is the same NaN here
        undefined = np.isnan(found)
        if not np.array_equal(undefined, np.isnan(kept)):
            return False
        found, kept = found[~undefined], kept[~undefined]
    return found.tobytes() == kept.tobytes()


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


def repeat(path: str | Path, number: int, *, trust: bool = False, data: str | Path | None = None) -> Repeated:
    """Let an individual live again that could not be evaluated, in a process of its own.

    Parameters
    ----------
    path : str or Path
        The run directory.
    number : int
        Row of the table of failures, counted from 0.
    trust : bool, optional
        Whether modules may be imported that the run's configuration alone names.
    data : str or Path, optional
        The file of a task ``table``, if the run has no copy.

    Raises
    ------
    RunDirectoryError
        If there is no such row, or its genes are not those of this run's networks.
    """
    directory = RunDirectory.open(path)
    evolution = Evolution(
        from_mapping(
            read_saved_config(directory, trust=trust).model_dump(),
            overrides=[*HERE, ("backend.workers", 1)],
            saved=True,
        )
    )
    row = _find_row(directory, number)
    generation, individual = int(row["generation"]), int(row["individual"])
    genes = _read_genes(row["genes"], evolution.species, directory)
    # in a process of its own: it may die of that again
    pool = WorkerPool(1, portable=evolution.config.backend.portable)
    try:
        with evolution.opened(directory, data):
            work = evolution.job(generation), genes, np.array([individual]), generation
            lived = pool.submit(live_block, *work).result()
        failures = lived.evaluation.failures
        found, trace = (failures[0].reason, failures[0].traceback) if failures else ("", "")
    except BrokenExecutor:
        found, trace = "its worker process died", ""
    finally:
        pool.close()
    return Repeated(generation, individual, int(row["id"]), str(row["reason"]), found, trace)


def _find_row(directory: RunDirectory, number: int) -> dict[str, Any]:
    # rows are counted over all parts of the table
    before = 0
    for path in parts(directory.failures.folder):
        table = read_part(path)
        if 0 <= number - before < table.num_rows:
            return dict(table.slice(number - before, 1).to_pylist()[0])
        before += table.num_rows
    there = f"it has {before}, counted from 0" if before else "it has none"
    raise RunDirectoryError(f"{directory.path}: expected the number of a recorded failure ({there}), got {number}.")


def _read_genes(packed: bytes, species: Species, directory: RunDirectory) -> Population:
    place = directory.failures.folder
    arrays = unpack_arrays(place, io.BytesIO(packed), expected_genes(species, 1))
    try:
        return restore_genes(arrays, species)
    except ValueError as error:
        raise DamagedError(place, str(error)) from None
