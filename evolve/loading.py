"""A state read from a checkpoint: shapes, ranges and digest are checked before it is trusted."""

from pathlib import Path
from types import MappingProxyType

import numpy as np

from hetevo.evolve.generation import Generation, Operator
from hetevo.evolve.genes import expected_genes, restore_genes
from hetevo.evolve.rundir import DamagedError
from hetevo.evolve.rundir.checkpoint import STATE, Checkpoint, Expected, load_manifest, read
from hetevo.evolve.state import COMPARED, DESCENT, GENE, MEMORY, State
from hetevo.populations.evaluation import Status
from hetevo.populations.species import Species
from hetevo.populations.synapses import COUNTS


def expected_arrays(species: Species, size: int, memory: Expected = MappingProxyType({})) -> Expected:
    """Return shape and dtype of every array in a checkpoint of an experiment.

    Parameters
    ----------
    species : Species
        Names the genes.
    size : int
        Individuals P.
    memory : Expected, optional
        What its algorithm remembers: see `hetevo.evolve.algorithms.Algorithm.expect`.
    """
    # nothing in the file decides how much memory is taken: shapes come from the configuration
    genes = {f"{GENE}{name}": kind for name, kind in expected_genes(species, size).items()}
    remembered = {f"{MEMORY}{name}": kind for name, kind in memory.items()}
    return {**genes, **remembered, **_expected_facts(size)}


def _stated_arrays(path: Path, size: int) -> Expected:
    """Return shape and dtype of every array of a checkpoint as its manifest says: no more than its file can hold."""
    stated = load_manifest(path).arrays
    try:
        kinds = {name: (tuple(a.shape), np.dtype(a.dtype)) for name, a in stated.items()}
    except TypeError as error:
        raise DamagedError(path, f"its manifest names arrays that there cannot be ({error})") from None
    genes = {name: kind for name, kind in kinds.items() if name.startswith(GENE)}
    remembered = {name: kind for name, kind in kinds.items() if name.startswith(MEMORY)}
    lists = {name for name, (shape, _) in genes.items() if f"{name}{COUNTS}" in genes and len(shape) == 1}
    fitting = {name for name, (shape, _) in genes.items() if shape[:1] == (size,)} | lists
    if strange := [name for name, (_, kind) in genes.items() if name not in fitting or kind.kind not in "biuf"]:
        raise DamagedError(path, f"its manifest names genes of another population: {', '.join(strange)[:200]!r}")
    if strange := [name for name, (_, kind) in remembered.items() if kind.kind not in "biuf"]:
        raise DamagedError(path, f"its manifest names arrays that no algorithm has: {', '.join(strange)[:200]!r}")
    return {**genes, **remembered, **_expected_facts(size)}


def _expect_compared(path: Path, size: int) -> Expected:
    """Return shape and dtype of what selection looks at besides the loss, as far as a manifest says that it is there.

    A branch begins with a checkpoint of its origin, so that the configuration does not say; its file bounds the size.
    """
    stated = load_manifest(path).arrays
    shapes = {name: tuple(stated[name].shape) for name in COMPARED if name in stated}
    for name, shape in shapes.items():
        if len(shape) != 2 or shape[0] != size or shape[1] < 1:
            raise DamagedError(path, f"its manifest names {name} of another population: shape {shape}")
    return {name: (shape, np.dtype(np.float64)) for name, shape in shapes.items()}


def _expected_facts(size: int) -> Expected:
    descent = dict.fromkeys(DESCENT, ((size,), np.dtype(np.int64)))
    return {**descent, "loss": ((size,), np.dtype(np.float64)), "status": ((size,), np.dtype(np.int64))}


def load(
    path: Path, species: Species | None, size: int, memory: Expected = MappingProxyType({})
) -> tuple[State, Checkpoint]:
    """Read the state that a checkpoint holds.

    Parameters
    ----------
    path : Path
        ``RUN/checkpoints/gen-N``.
    species : Species or None
        What the individuals have in common; None if nobody knows, and the manifest is to say what genes there are.
    size : int
        Individuals P.
    memory : Expected, optional
        What the run's algorithm remembers.

    Returns
    -------
    State, Checkpoint
        The state, and what else the checkpoint knows.

    Raises
    ------
    DamagedError, SchemaError, StorageError, RunDirectoryError
        If it cannot be trusted; see `hetevo.evolve.rundir.checkpoint.read`.
    """
    expected = expected_arrays(species, size, memory) if species else _stated_arrays(path, size)
    checkpoint = read(path, {**expected, **_expect_compared(path, size)})
    _check_ranges(path, checkpoint, size)
    state = _restore(path, checkpoint, species)
    if state.digest != checkpoint.facts["digest"]:
        raise DamagedError(path, "its arrays do not give the digest that its manifest names")
    return state, checkpoint


def _check_ranges(path: Path, checkpoint: Checkpoint, size: int) -> None:
    """Check what others count with: codes, places and identifiers."""
    # parents were born before: in the generations before, or in the same one where there is no turnover of generations
    born = checkpoint.generation * size + np.arange(size)
    youngest = int(born[-1]) - 1 if checkpoint.generation else -1
    for name in ("parent_a", "parent_b"):
        if (checkpoint.arrays[name] >= born).any():
            raise DamagedError(path / STATE, f"{name}: expected individuals that were born before, got others")
    ranges = {
        "parent_a": (-1, youngest),
        "parent_b": (-1, youngest),
        "operator": (0, max(Operator)),
        "island": (0, size - 1),
        "status": (0, max(Status)),
    }
    for name, (least, most) in ranges.items():
        found = checkpoint.arrays[name]
        if found.min() < least or found.max() > most:
            raise DamagedError(path / STATE, f"{name}: expected {least} to {most}, got {found.min()} to {found.max()}")
    # selection needs as many individuals on each island
    inhabitants = np.bincount(checkpoint.arrays["island"])
    if len({*inhabitants.tolist()}) > 1:
        raise DamagedError(
            path / STATE,
            f"island: expected as many individuals on each, got {inhabitants.min()} to {inhabitants.max()}",
        )
    for name, array in checkpoint.arrays.items():
        checked = name == "loss" or name in COMPARED or name.startswith(MEMORY)
        if checked and not np.isfinite(array).all():
            raise DamagedError(path / STATE, f"{name}: expected finite numbers, got others")


def _restore(path: Path, checkpoint: Checkpoint, species: Species | None) -> State:
    arrays, facts = checkpoint.arrays, checkpoint.facts
    saved = {name.removeprefix(GENE): array for name, array in arrays.items() if name.startswith(GENE)}
    try:
        genes = restore_genes(saved, species)
    except ValueError as error:
        raise DamagedError(path / STATE, str(error)) from None
    generation = Generation(checkpoint.generation, genes, **{name: arrays[name] for name in DESCENT})
    memory = {name.removeprefix(MEMORY): array for name, array in arrays.items() if name.startswith(MEMORY)}
    compared = {name: arrays.get(name) for name in COMPARED}
    return State(generation, arrays["loss"], arrays["status"], facts["chain"], facts["probe_chain"], memory, **compared)
