"""The state of a run after a generation, its digest, and its way into a checkpoint and back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.config import config_hash
from hetevo.evolve.generation import Generation, Operator
from hetevo.evolve.genes import expected_genes, restore_genes
from hetevo.evolve.rundir import DamagedError
from hetevo.evolve.rundir.checkpoint import STATE, Checkpoint, Expected, load_manifest, read
from hetevo.evolve.rundir.schemas import File
from hetevo.populations.evaluation import Evaluation, Status
from hetevo.populations.species import Species
from hetevo.populations.synapses import COUNTS
from hetevo.populations.types import Floats, Indices

START = "0" * 64
"""Value of a chain before its first generation."""

MAY_CHANGE = ("backend", "checkpoint")
"""Tables of a run's configuration that its user may change."""

_GENE = "gene_"
_DESCENT = ("parent_a", "parent_b", "operator", "island")
_COMPARED = ("cases", "objectives")


def extend_chain(chain: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Extend a running hash by some arrays.

    Parameters
    ----------
    chain : str
        Hexadecimal SHA-256 of all that came before.
    arrays : mapping of str to ndarray
        What to add; names, shapes, dtypes and bytes count, the order of the names does not.

    Returns
    -------
    str
        The new value. It is kept in checkpoints, so that thinned records do not change it.
    """
    # names, dtypes and shapes too: the same bytes can be other arrays
    state = hashlib.sha256(chain.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        state.update(array.view(np.uint8).data if array.size else b"")
    return state.hexdigest()


@dataclass(frozen=True)
class State:
    """A generation that has lived.

    Parameters
    ----------
    generation : Generation
        Genes and descent.
    loss : ndarray of float64, shape (P,)
        Its losses.
    status : ndarray of int64, shape (P,)
        Its statuses.
    chain, probe_chain : str
        Running hashes over this and all earlier generations; the second one over what the probe recorded, empty if it
        never recorded.
    cases : ndarray of float64, shape (P, T), or None
        Their losses in each of T tasks, if selection looks at them.
    objectives : ndarray of float64, shape (P, n), or None
        What selection looks at besides the loss, as it was measured, in the order of ``evolution.objectives``.
    """

    generation: Generation
    loss: Floats
    status: Indices
    chain: str = START
    probe_chain: str = ""
    cases: Floats | None = None
    objectives: Floats | None = None

    @property
    def compared(self) -> dict[str, Floats]:
        """What selection looks at besides the loss, by name: ``cases`` and ``objectives``, as far as they are kept."""
        both = {"cases": self.cases, "objectives": self.objectives}
        return {name: values for name, values in both.items() if values is not None}

    @property
    def digest(self) -> str:
        """Digest of the run up to here: every generation's losses, statuses and descent, and this one's genes."""
        return extend_chain(self.chain, self.generation.population.plain())

    @property
    def probe_digest(self) -> str | None:
        """Digest of what the probe recorded up to here; None if it recorded nothing."""
        return self.probe_chain or None

    def checkpoint(self, records: Mapping[str, File], **facts: object) -> Checkpoint:
        """Return everything that is needed to go on from here.

        Parameters
        ----------
        records : mapping of str to File
            Parts of the records up to here.
        **facts
            What else to remember of the run.
        """
        # genes get a prefix, so that none can be called like another array
        generation = self.generation
        arrays = {f"{_GENE}{name}": array for name, array in generation.population.plain().items()}
        arrays |= {name: getattr(generation, name) for name in _DESCENT}
        arrays |= {"loss": self.loss, "status": self.status, **self.compared}
        digests = {"chain": self.chain, "probe_chain": self.probe_chain}
        shown = {"digest": self.digest, "probe_digest": self.probe_digest}
        return Checkpoint(generation.number, arrays, {**facts, **digests, **shown}, dict(records))


def advance(generation: Generation, evaluation: Evaluation, previous: State | None, *, casewise: bool = False) -> State:
    """Return the state once a generation has lived.

    Parameters
    ----------
    generation : Generation
        Who lived.
    evaluation : Evaluation
        What became of them.
    previous : State or None
        The state one generation earlier; None for founders.
    casewise : bool, optional
        Whether selection looks at the losses in single tasks.
    """
    chain, probe_chain = (previous.chain, previous.probe_chain) if previous else (START, "")
    # what the chain covers: what became of them, and who came from whom; the digest adds the newest genes
    lived = {"loss": evaluation.loss, "status": evaluation.status}
    descent = {name: getattr(generation, name) for name in _DESCENT}
    # a run that was begun when there were no cases goes on without
    cases = evaluation.cases if casewise and (previous is None or previous.cases is not None) else None
    others = list(evaluation.objectives.values())
    state = State(generation, evaluation.loss, evaluation.status, chain, probe_chain, cases)
    state = replace(state, objectives=np.stack(others, axis=1) if others else None)
    state = replace(state, chain=extend_chain(chain, {**lived, **descent, **state.compared}))
    if evaluation.observed:
        state = replace(state, probe_chain=extend_chain(probe_chain or START, evaluation.observed))
    return state


def checkpoint_facts(
    content: Mapping[str, Any],
    origin: Mapping[str, Any] | None,
    provenance: Mapping[str, Any],
    records_from: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return what every checkpoint of a run remembers.

    Parameters
    ----------
    content : mapping
        The configuration as it is in the file.
    origin : mapping or None
        Run, generation and digest from which the run branched off.
    provenance : mapping
        What `Provenance.mark` says of the sessions so far.
    records_from : mapping of str to int, optional
        First generation in each table of records, if the earlier ones were lost; see `hetevo.evolve.saved.rescue`.
    """
    configuration = {key: value for key, value in content.items() if key not in MAY_CHANGE}
    if (content.get("backend") or {}).get("portable"):
        configuration["backend"] = {"portable": True}
    facts = {"seed": content["seed"], "config": config_hash(content), "configuration": configuration}
    facts |= {"origin": origin, "provenance": dict(provenance)}
    return {**facts, "records_from": dict(records_from)} if records_from else facts


def expected_arrays(species: Species, size: int) -> Expected:
    """Return shape and dtype of every array in a checkpoint of an experiment.

    Parameters
    ----------
    species : Species
        Names the genes.
    size : int
        Individuals P.
    """
    # nothing in the file decides how much memory is taken: shapes come from the configuration
    genes = {f"{_GENE}{name}": kind for name, kind in expected_genes(species, size).items()}
    return {**genes, **_expected_facts(size)}


def _stated_arrays(path: Path, size: int) -> Expected:
    """Return shape and dtype of every array of a checkpoint as its manifest says: no more than its file can hold."""
    stated = load_manifest(path).arrays
    try:
        genes = {name: (tuple(a.shape), np.dtype(a.dtype)) for name, a in stated.items() if name.startswith(_GENE)}
    except TypeError as error:
        raise DamagedError(path, f"its manifest names arrays that there cannot be ({error})") from None
    lists = {name for name, (shape, _) in genes.items() if f"{name}{COUNTS}" in genes and len(shape) == 1}
    fitting = {name for name, (shape, _) in genes.items() if shape[:1] == (size,)} | lists
    if strange := [name for name, (_, kind) in genes.items() if name not in fitting or kind.kind not in "biuf"]:
        raise DamagedError(path, f"its manifest names genes of another population: {', '.join(strange)[:200]!r}")
    return {**genes, **_expected_facts(size)}


def _expect_compared(path: Path, size: int) -> Expected:
    """Return shape and dtype of what selection looks at besides the loss, as far as a manifest says that it is there.

    A branch begins with a checkpoint of its origin, so that the configuration does not say; its file bounds the size.
    """
    stated = load_manifest(path).arrays
    shapes = {name: tuple(stated[name].shape) for name in _COMPARED if name in stated}
    for name, shape in shapes.items():
        if len(shape) != 2 or shape[0] != size or shape[1] < 1:
            raise DamagedError(path, f"its manifest names {name} of another population: shape {shape}")
    return {name: (shape, np.dtype(np.float64)) for name, shape in shapes.items()}


def _expected_facts(size: int) -> Expected:
    descent = dict.fromkeys(_DESCENT, ((size,), np.dtype(np.int64)))
    return {**descent, "loss": ((size,), np.dtype(np.float64)), "status": ((size,), np.dtype(np.int64))}


def load(path: Path, species: Species | None, size: int) -> tuple[State, Checkpoint]:
    """Read the state that a checkpoint holds.

    Parameters
    ----------
    path : Path
        ``RUN/checkpoints/gen-N``.
    species : Species or None
        What the individuals have in common; None if nobody knows, and the manifest is to say what genes there are.
    size : int
        Individuals P.

    Returns
    -------
    State, Checkpoint
        The state, and what else the checkpoint knows.

    Raises
    ------
    DamagedError, SchemaError, StorageError, RunDirectoryError
        If it cannot be trusted; see `hetevo.evolve.rundir.checkpoint.read`.
    """
    expected = expected_arrays(species, size) if species else _stated_arrays(path, size)
    checkpoint = read(path, {**expected, **_expect_compared(path, size)})
    _check_ranges(path, checkpoint, size)
    state = _restore(path, checkpoint, species)
    if state.digest != checkpoint.facts["digest"]:
        raise DamagedError(path, "its arrays do not give the digest that its manifest names")
    return state, checkpoint


def _check_ranges(path: Path, checkpoint: Checkpoint, size: int) -> None:
    """Check what others count with: codes, places and identifiers."""
    lived = checkpoint.generation * size  # individuals before this generation
    ranges = {
        "parent_a": (-1, lived - 1),
        "parent_b": (-1, lived - 1),
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
    for name in ("loss", *_COMPARED):
        if not np.isfinite(checkpoint.arrays.get(name, 0.0)).all():
            raise DamagedError(path / STATE, f"{name}: expected finite numbers, got others")


def _restore(path: Path, checkpoint: Checkpoint, species: Species | None) -> State:
    arrays, facts = checkpoint.arrays, checkpoint.facts
    saved = {name.removeprefix(_GENE): array for name, array in arrays.items() if name.startswith(_GENE)}
    try:
        genes = restore_genes(saved, species)
    except ValueError as error:
        raise DamagedError(path / STATE, str(error)) from None
    generation = Generation(checkpoint.generation, genes, **{name: arrays[name] for name in _DESCENT})
    compared = {name: arrays.get(name) for name in _COMPARED}
    return State(generation, arrays["loss"], arrays["status"], facts["chain"], facts["probe_chain"], **compared)
