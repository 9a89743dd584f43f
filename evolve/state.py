"""The state of a run after a generation, its digest, and what a checkpoint keeps of it; `loading` reads that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.algorithms.algorithm import Memory
from hetevo.evolve.config import config_hash
from hetevo.evolve.generation import Generation
from hetevo.evolve.rundir.checkpoint import Checkpoint
from hetevo.evolve.rundir.schemas import File
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.types import Floats, Indices

START = "0" * 64
"""Value of a chain before its first generation."""

MAY_CHANGE = ("backend", "checkpoint")
"""Tables of a run's configuration that its user may change."""

GENE, MEMORY = "gene_", "memory_"
"""What the names of genes, and of what the algorithm remembers, begin with in a checkpoint."""

DESCENT = ("parent_a", "parent_b", "operator", "island")
"""Arrays of a generation besides genes."""

COMPARED = ("cases", "objectives")
"""What selection looks at besides losses, if it is kept."""


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
    memory : mapping of str to ndarray
        What the algorithm remembers (`hetevo.evolve.algorithms`).
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
    memory: Memory = field(default_factory=dict)
    cases: Floats | None = None
    objectives: Floats | None = None

    @property
    def compared(self) -> dict[str, Floats]:
        """What selection looks at besides the loss, by name: ``cases`` and ``objectives``, as far as they are kept."""
        both = {"cases": self.cases, "objectives": self.objectives}
        return {name: values for name, values in both.items() if values is not None}

    @property
    def digest(self) -> str:
        """Digest of the run up to here: all losses, statuses and descent, and the genes and memory of now."""
        return extend_chain(self.chain, {**self.generation.population.plain(), **_named(self.memory)})

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
        arrays = {f"{GENE}{name}": array for name, array in generation.population.plain().items()}
        arrays |= {name: getattr(generation, name) for name in DESCENT}
        arrays |= {"loss": self.loss, "status": self.status, **self.compared, **_named(self.memory)}
        digests = {"chain": self.chain, "probe_chain": self.probe_chain}
        shown = {"digest": self.digest, "probe_digest": self.probe_digest}
        return Checkpoint(generation.number, arrays, {**facts, **digests, **shown}, dict(records))


def _named(memory: Memory) -> dict[str, NDArray[Any]]:
    return {f"{MEMORY}{name}": array for name, array in memory.items()}


def advance(
    generation: Generation,
    evaluation: Evaluation,
    previous: State | None,
    memory: Memory = MappingProxyType({}),
    *,
    casewise: bool = False,
) -> State:
    """Return the state once a generation has lived.

    Parameters
    ----------
    generation : Generation
        Who lived.
    evaluation : Evaluation
        What became of them.
    previous : State or None
        The state one generation earlier; None for founders.
    memory : mapping of str to ndarray, optional
        What the algorithm remembers now.
    casewise : bool, optional
        Whether selection looks at the losses in single tasks.
    """
    chain, probe_chain = (previous.chain, previous.probe_chain) if previous else (START, "")
    # what the chain covers: what became of them, and who came from whom; the digest adds the newest genes
    lived = {"loss": evaluation.loss, "status": evaluation.status}
    descent = {name: getattr(generation, name) for name in DESCENT}
    # a run that was begun when there were no cases goes on without
    cases = evaluation.cases if casewise and (previous is None or previous.cases is not None) else None
    others = list(evaluation.objectives.values())
    objectives = np.stack(others, axis=1) if others else None
    state = State(
        generation, evaluation.loss, evaluation.status, chain, probe_chain, memory, cases=cases, objectives=objectives
    )
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
