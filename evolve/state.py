"""The state of a run after a generation, and its way into a checkpoint and back."""

from dataclasses import dataclass, replace

from evolve.cohort import Cohort
from evolve.digest import START, chained
from evolve.rundir.checkpoint import Checkpoint
from populations.evaluation import Evaluation
from populations.genome import Population
from populations.types import Floats, Indices

_GENE = "gene_"


@dataclass(frozen=True)
class State:
    """A generation that has lived.

    Parameters
    ----------
    cohort : Cohort
        Genes and descent.
    loss : ndarray of float64, shape (P,)
        Its losses.
    status : ndarray of int64, shape (P,)
        Its statuses.
    chain, probe_chain : str
        Running hashes over this and all earlier generations; the second one over what the probe recorded, empty if it
        never recorded.
    """

    cohort: Cohort
    loss: Floats
    status: Indices
    chain: str = START
    probe_chain: str = ""

    @property
    def digest(self) -> str:
        """Digest of the run up to here: every generation's losses, statuses and descent, and this one's genes."""
        return chained(self.chain, self.cohort.population)

    @property
    def probe_digest(self) -> str | None:
        """Digest of what the probe recorded up to here; None if it recorded nothing."""
        return self.probe_chain or None

    def checkpoint(self, **facts: object) -> Checkpoint:
        """Return everything that is needed to go on from here."""
        cohort = self.cohort
        arrays = {f"{_GENE}{name}": array for name, array in cohort.population.items()}
        arrays |= {name: getattr(cohort, name) for name in ("parent_a", "parent_b", "operator", "island")}
        arrays |= {"loss": self.loss, "status": self.status}
        digests = {"chain": self.chain, "probe_chain": self.probe_chain}
        shown = {"digest": self.digest, "probe_digest": self.probe_digest}
        return Checkpoint(cohort.generation, arrays, {**facts, **digests, **shown})


def after(cohort: Cohort, evaluation: Evaluation, previous: State | None) -> State:
    """Return the state once a cohort has lived.

    Parameters
    ----------
    cohort : Cohort
        Who lived.
    evaluation : Evaluation
        What became of them.
    previous : State or None
        The state one generation earlier; None for founders.
    """
    chain, probe_chain = (previous.chain, previous.probe_chain) if previous else (START, "")
    lived = {"loss": evaluation.loss, "status": evaluation.status}
    descent = {name: getattr(cohort, name) for name in ("parent_a", "parent_b", "operator", "island")}
    state = State(cohort, evaluation.loss, evaluation.status, chained(chain, {**lived, **descent}), probe_chain)
    if evaluation.observed:
        state = replace(state, probe_chain=chained(probe_chain or START, evaluation.observed))
    return state


def restored(checkpoint: Checkpoint) -> State:
    """Return the state that a checkpoint holds."""
    arrays = checkpoint.arrays
    genes = {name.removeprefix(_GENE): array for name, array in arrays.items() if name.startswith(_GENE)}
    descent = {name: arrays[name] for name in ("parent_a", "parent_b", "operator", "island")}
    cohort = Cohort(checkpoint.generation, Population(genes), **descent)
    facts = checkpoint.facts
    return State(cohort, arrays["loss"], arrays["status"], facts["chain"], facts["probe_chain"])
