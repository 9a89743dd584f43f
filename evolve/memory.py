"""Whether an experiment fits into the memory that there is, found out before it is tried."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hetevo.evolve.algorithms import Search, expect_memory
from hetevo.evolve.backends.backend import BLOCK_BYTES
from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.machine import Memory, available_memory, process_limits
from hetevo.evolve.rundir.checkpoint import ANY
from hetevo.populations.circuits import block_size, circuit_of, genome
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.species import Species
from hetevo.populations.tasks.task import Sized

DRIVER_BYTES, WORKER_BYTES = 48 << 20, 96 << 20
"""What a process needs for itself: the one that evolves besides what it has when a run begins, and a new worker."""

RESERVED_BYTES = {"RLIMIT_AS": 320 << 20, "RLIMIT_DATA": 64 << 20}
"""What libraries and threads reserve of a process's address space, beyond what they use."""

DESCENT = 7
"""Numbers of an individual besides its genes: both parents, operator, island, loss, status, accuracy."""

COLUMNS = {"": 0, "alignment": 10}
"""Measures that a probe takes of an individual, about, by its name."""

OTHER_COLUMNS = 40
"""The same of any other probe."""

EVALUATIONS, RECORDS = 2, 3
"""Copies of what was measured, of blocks and together; and of a row: in memory, packed, and on the way to that."""

COPIES = 3
"""Copies of a block on its way between two processes."""


@dataclass(frozen=True)
class Needs:
    """Bytes that an experiment needs, by what needs them.

    Parameters
    ----------
    driver, worker : mapping of str to int
        Of the process that evolves, and of each that evaluates; the names say what to make smaller.
    """

    driver: Mapping[str, int]
    worker: Mapping[str, int]

    def total(self, workers: int) -> int:
        """Return what all processes need together; with one worker there is only one process."""
        own = DRIVER_BYTES + sum(self.driver.values())
        each = sum(self.worker.values())
        return own + (each if workers == 1 else workers * (WORKER_BYTES + each))


def count_needs(config: Config, species: Species, workers: int) -> Needs:
    """Count what an experiment needs, without allocating any of it.

    Parameters
    ----------
    config : Config
        Names the sizes.
    species : Species
        Names the genes; its networks are small enough to be looked at, see `check_memory`.
    workers : int
        Processes that evaluate; 0: none on this machine.
    """
    size = config.evolution.size
    # what this process holds, and, if it evaluates on this machine, what each worker does
    driver = {**_count_population(config, species), **_count_records(config)}
    if not workers:
        return Needs(driver, {})
    # the one worker of a portable run is a process of its own, too
    if workers == 1 and config.backend.portable:
        driver["the process in which individuals live (backend.portable)"] = WORKER_BYTES
    if workers > 1 or config.backend.portable:
        block = min(BLOCK_BYTES, _count_genes(species) * size // workers)
        driver["blocks of genes on their way (network, --workers)"] = COPIES * workers * block
    # a block, but not more than a worker's share of the population
    networks = min(config.backend.block or block_size(species), -(-size // workers)) * species.lifetime.tasks
    lives = "lives side by side (backend.block, network, lifetime.batch, lifetime.test_samples, hardware.delay)"
    probed = config.probe.samples if config.probe.every else 0
    own = circuit_of(species).count_bytes(species, networks, probed)
    return Needs(driver, {**_count_samples(config, species), lives: own})


def check_memory(config: Config, species: Species, workers: int) -> None:
    """Refuse sizes that cannot work, before anything of them is allocated.

    Parameters
    ----------
    config : Config
        Names the sizes.
    species : Species
        Names the genes.
    workers : int
        Processes of this machine that evaluate; 0: none.

    Raises
    ------
    ConfigError
        Naming what is needed, what there is, and what to make smaller.
    MachineFailedError
        If it would fit, but others use the memory now.
    """
    # first the sizes that need no network to be looked at, for looking at one takes memory too
    memory = available_memory()
    for sizes in (_count_population(config, species), _count_samples(config, species)):
        for what, needed in sizes.items():
            if needed > memory.total:
                raise ConfigError(_explain_refusal(f"{what} needs", needed, memory, ""))
    # then everything together, and process by process
    needs = count_needs(config, species, workers)
    check_needs(needs, workers, memory)
    _check_processes(needs, workers)


def check_needs(needs: Needs, workers: int, memory: Memory, beside: int = 1) -> None:
    """Refuse what does not fit into the memory of all processes together.

    Parameters
    ----------
    needs : Needs
        Of one experiment.
    workers : int
        Processes that evaluate it.
    memory : Memory
        What there is.
    beside : int, optional
        Experiments that go on side by side.

    Raises
    ------
    ConfigError
        If it can never fit.
    MachineFailedError
        If it does not fit now.
    """
    # too much for this machine is a mistake; too much for what is free now may pass
    needed = beside * needs.total(workers)
    processes = beside if workers <= 1 else workers
    who = f"This run with {_count(processes)} needs" if beside == 1 else f"{beside} runs side by side need"
    advice = f"Make smaller what needs most, {_name_largest(needs, workers)}"
    advice += ", or take fewer processes (--workers)" if processes > 1 else ""
    if needed > memory.total:
        raise ConfigError(_explain_refusal(who, needed, memory, advice))
    if needed > memory.free:
        raise MachineFailedError(
            _explain_refusal(who, needed, memory, f"Free memory, and repeat the command. Or {_lower_first(advice)}")
        )


def explain_memory_error(error: MemoryError, again: str) -> MachineFailedError:
    """Return the error that says what to make smaller after memory ran out.

    Parameters
    ----------
    error : MemoryError
        What was raised.
    again : str
        The command that goes on.
    """
    return MachineFailedError(
        f"Memory ran out{f' ({error})' if str(error) else ''}. Make evolution.size, backend.block, lifetime.batch or"
        " the networks smaller, take fewer processes (--workers), or free some. What had lived is saved and goes on"
        f" with '{again}'."
    )


def _count_genes(species: Species) -> int:
    return sum(gene.nbytes for gene in genome(species))


def _count_population(config: Config, species: Species) -> dict[str, int]:
    # parents and children are there at the same time
    each = _count_genes(species) + 8 * DESCENT
    found = {"the population (evolution.size, network, task)": 2 * each * config.evolution.size}
    # before and after a generation, and what is computed with it
    arrays = expect_memory(Search(config, species)).values()
    own = sum(math.prod(shape) * dtype.itemsize for shape, dtype in arrays if shape != ANY)
    if any(shape == ANY for shape, _ in arrays):  # lists of synapses of everybody
        own += each * config.evolution.size
    if own:
        found["what the algorithm remembers (evolution.algorithm)"] = 4 * own
    return found


def _count_records(config: Config) -> dict[str, int]:
    probe, records = config.probe, config.records
    measured = COLUMNS.get(probe.name if probe.every else "", OTHER_COLUMNS)
    rows = records.share if records.individuals_every else 0.0
    each = 8 * (EVALUATIONS * measured + RECORDS * rows * (DESCENT + measured))
    return {"a generation's records (evolution.size, records.share)": math.ceil(each * config.evolution.size)}


def _count_samples(config: Config, species: Species) -> dict[str, int]:
    life, task = config.lifetime, species.task
    # held-out tasks live after the others, in the same memory
    tasks = max(life.tasks, config.heldout.tasks if config.heldout.every else 0)
    each = life.presentations * life.batch + life.test_samples + config.probe.samples
    width = species.layout.inputs + task.outputs + 1
    found = {"a generation's samples (lifetime, task)": 4 * tasks * each * width}
    if isinstance(task, Sized):
        found["a task (task.options)"] = 8 * task.numbers(max(life.presentations * life.batch, life.test_samples))
    return found


def _check_processes(needs: Needs, workers: int) -> None:
    """Refuse what does not fit into one process, by ulimit."""
    own, each = sum(needs.driver.values()), sum(needs.worker.values())
    for limit, memory in process_limits().items():
        reserved = RESERVED_BYTES.get(limit, 0)
        # a single worker is this very process
        driver = DRIVER_BYTES + reserved + own + (each if workers == 1 else 0)
        worker = WORKER_BYTES + reserved + each if workers > 1 else 0
        advice = f"Raise it, or make smaller what needs most, {_name_largest(needs, workers)}"
        if driver > memory.free:
            raise ConfigError(_explain_refusal("This process needs", driver, memory, advice))
        if worker > memory.total:
            raise ConfigError(_explain_refusal("A worker process needs", worker, memory, advice))


def _name_largest(needs: Needs, workers: int) -> str:
    sizes = {**needs.driver, **{what: max(1, workers) * size for what, size in needs.worker.items()}}
    what = max(sizes, key=lambda what: sizes[what])
    return f"{what}: {_format_bytes(sizes[what])}"


def _explain_refusal(who: str, needed: int, memory: Memory, advice: str) -> str:
    there = f"{memory.name} has {_format_bytes(memory.total)}"
    if needed <= memory.total:
        there += f", of which {_format_bytes(memory.free)} are free"
    return f"{who} {_format_bytes(needed)} of memory; {there}. {advice or 'Choose smaller sizes, or a larger machine'}."


def _format_bytes(size: int) -> str:
    if size >= 2**40:
        return f"{size / 2**40:,.1f} TiB"
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"


def _count(processes: int) -> str:
    return "one process" if processes == 1 else f"{processes} processes"


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]
