"""The lifetime of a block of networks: presentations of batches, each changing the weights."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from hetevo.populations.birth import Weights
from hetevo.populations.error_neurons import KINDS, ErrorWeights
from hetevo.populations.experience import Experience, Samples
from hetevo.populations.genome import Population
from hetevo.populations.kernel.error_block import ErrorBlock, ErrorPasses, ErrorStacks
from hetevo.populations.kernel.error_plasticity import ErrorPlasticity
from hetevo.populations.kernel.memory import CircuitBlock, Stacks
from hetevo.populations.kernel.passes import Passes, passes_of
from hetevo.populations.kernel.perturbation import Course, PerturbedBlock, Streams
from hetevo.populations.kernel.plasticity import Plasticity, effective_gains
from hetevo.populations.kernel.snapshot import Observer, Snapshot, count_probed
from hetevo.populations.random_streams import Purpose
from hetevo.populations.rules import PATHWAYS, Pathway
from hetevo.populations.settings import SynapseKind
from hetevo.populations.species import Species, Stage
from hetevo.populations.types import Floats, Indices, Mask


@dataclass(frozen=True)
class Parts:
    """What lives of one kind of circuits are made of.

    Parameters
    ----------
    block, passes, plasticity : callable
        Make what `CircuitBlock`, `passes_of` and `Plasticity` are for two-pathway circuits, of the same arguments.
    """

    block: Callable[..., Any]
    passes: Callable[..., Passes]
    plasticity: Callable[..., Any]


TWO_PATHWAYS = Parts(CircuitBlock, passes_of, Plasticity)

ERROR_NEURONS = Parts(ErrorBlock, ErrorPasses, ErrorPlasticity)


@dataclass(frozen=True)
class Lives:
    """Where ``N`` lives ended.

    Parameters
    ----------
    circuits : CircuitBlock or ErrorBlock
        Final weights.
    diverged : ndarray of bool, shape (N,)
        Lives in which a weight became infinite or undefined; they were stopped there.
    """

    circuits: Any
    diverged: Mask


def live_block(
    species: Species,
    genes: Population,
    innate: Weights | ErrorWeights,
    experience: Experience,
    *,
    observer: Observer | None = None,
    moments: Sequence[int] = (),
    streams: Streams | None = None,
    dtype: DTypeLike = np.float32,
) -> Lives:
    """Let every individual live through every task.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    genes : Population
        ``P`` genomes.
    innate : Weights
        Weights at birth, P rows; each of an individual's K lives begins with the same ones.
    experience : Experience
        K tasks.
    observer : callable, optional
        Receives a `Snapshot` at birth, after half of the presentations, and at the end; each in several parts, one
        after another, if there are many networks. Needs ``experience.probe``.
    moments : sequence of int, optional
        Further moments for snapshots, in percent of the presentations.
    streams : callable, optional
        Gives a random generator to each of the N lives, for a purpose; needed where the species' perturbations draw
        lots.
    dtype : dtype, optional
        Precision; float64 is for tests.

    Returns
    -------
    Lives
        ``N = P * K`` lives, ordered individual by individual, task by task.
    """
    life, tasks = species.lifetime, len(experience.training.inputs)
    parts = TWO_PATHWAYS if isinstance(innate, Weights) else ERROR_NEURONS
    # an individual's K lives stand side by side
    lives = np.repeat(np.arange(genes.size), tasks)
    networks, online = len(lives), life.batch == 1
    if online and networks == 1:
        lives = np.repeat(lives, 2)  # sums over units would run in another order with no network beside
    # one life each: nothing is repeated; what a perturbation changes are copies
    own: Indices | slice = slice(None) if len(lives) == genes.size else lives
    genes = genes.take(lives if species.perturbations else own)
    born = type(innate)(*(weights[own] for weights in innate))
    circuits = parts.block(species, born, dtype, networks_last=online)
    passes = parts.passes(circuits.stacks, life.batch, tasks)
    plasticity = parts.plasticity(circuits, passes, genes)
    diverged = np.zeros(circuits.networks, np.bool_)
    courses = _begin_perturbations(species, circuits, passes, plasticity, genes, streams, circuits.networks // networks)
    training, stages = experience.training, species.stages(moments)
    most = count_probed(species, experience.probe.inputs.shape[-1]) if experience.probe is not None else 0
    # a diverging life overflows on purpose until it is stopped: that is counted, not warned about
    with np.errstate(all="ignore"):
        # one turn more than there are presentations: snapshots of the end are taken before it
        for t in range(life.presentations + 1):
            probe = experience.probe_at(t)
            if observer is not None and probe is not None:
                for stage in stages.get(t, ()):
                    for rows in _cut(networks, tasks, most):
                        born = type(innate)(*(weights[lives[rows]] for weights in innate))
                        observer(_snapshot(stage, parts, plasticity, rows, genes, probe, born))
            if t == life.presentations:
                break
            for course in courses:
                course.before(t)
            # the presentation itself; perturbations act before, between and after
            passes.forward(training.inputs[:, t])
            passes.compare(training.targets[:, t], life.signal_clip)
            passes.backward()
            for course in courses:
                course.between(t)
            plasticity.change()
            for course in courses:
                course.after(t)
            if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
                diverged |= plasticity.bound(life.weight_clip)
    # without the copy that lived beside a single one
    kept = slice(networks)
    ended = parts.block(species, circuits.whole(kept), dtype) if online else circuits
    return Lives(ended, diverged[kept])


def _begin_perturbations(
    species: Species,
    circuits: Any,
    passes: Passes,
    plasticity: Any,
    genes: Population,
    streams: Streams | None,
    copies: int,
) -> list[Course]:
    if not species.perturbations:
        return []
    if streams is None:
        raise ValueError("perturbations draw lots: pass streams")

    # the copy of a single life draws what that draws
    def drawn(purpose: Purpose) -> list[Generator]:
        return [generator for _ in range(copies) for generator in streams(purpose)]

    block = PerturbedBlock(circuits, passes, plasticity, genes, species.lifetime.presentations, drawn)
    return [perturbation.begin(block) for perturbation in species.perturbations]


def _cut(networks: int, tasks: int, most: int) -> Iterator[slice]:
    """Cut the networks that a probe looks at, all tasks of an individual together."""
    step = max(1, most // tasks) * tasks
    return (slice(start, min(start + step, networks)) for start in range(0, networks, step))


def _snapshot(
    stage: Stage,
    parts: Parts,
    plasticity: Any,
    rows: slice,
    genes: Population,
    probe: Samples,
    innate: Weights | ErrorWeights,
) -> Snapshot:
    """Show some of the networks, whose innate weights are given, the probe batch."""
    circuits = plasticity.circuits
    weights = circuits.whole(rows)
    # a perturbation may change genes later on
    genes = genes.take(np.arange(rows.start, rows.stop) if circuits.species.perturbations else rows)
    kinds: tuple[SynapseKind, ...] = PATHWAYS if isinstance(weights, Weights) else KINDS

    def with_weights(others: Mapping[SynapseKind, Floats]) -> Snapshot:
        whole = type(weights)(**{kind: others.get(kind, getattr(weights, kind)) for kind in kinds})
        swapped = parts.block(circuits.species, whole, circuits.dtype)
        return _present(stage, parts, plasticity, rows, genes, probe, swapped.stacks, swapped.whole())

    def with_innate(pathway: Pathway) -> Snapshot:
        # at the synapses that are there now: some may have been lost since
        swapped = [kind for kind in kinds if (kind == "ascending") == (pathway == "ascending")]
        return with_weights({kind: getattr(innate, kind) * genes[f"mask_{kind}"] for kind in swapped})

    def with_ascending(others: Floats) -> Snapshot:
        return with_weights({"ascending": others})

    shown = _present(stage, parts, plasticity, rows, genes, probe, circuits.stacks.take(rows), weights)
    return replace(shown, with_innate=with_innate, with_ascending=with_ascending)


def _present(
    stage: Stage,
    parts: Parts,
    plasticity: Any,
    rows: slice,
    genes: Population,
    probe: Samples,
    stacks: Stacks | ErrorStacks,
    weights: Weights | ErrorWeights,
) -> Snapshot:
    """Show the probe batch to networks with these weights, laid out and whole, that change as some of a block's do."""
    species = plasticity.circuits.species
    # buffers of its own: the life's hold what the presentation has left there
    passes = parts.passes(stacks, probe.inputs.shape[-1], len(probe.inputs))
    passes.forward(probe.inputs)
    passes.compare(probe.targets)
    # probes see the error as it is, neurons the clipped one
    error = passes.error.copy()
    clip = species.lifetime.signal_clip
    np.clip(passes.error, -clip, clip, out=passes.error)
    passes.backward()
    changes = plasticity.changes(passes, rows, weights)
    feedback: SynapseKind = "teaching" if parts is ERROR_NEURONS else "descending"
    return Snapshot(
        stage=stage,
        species=species,
        weights=weights,
        gains_ascending=effective_gains(species, genes.gains_ascending),
        mask_ascending=genes.mask_ascending,
        activity=passes.activity(),
        signal=passes.signal,
        error=error,
        update=changes.of("ascending"),
        carried=plasticity.carried(rows),
        genes=genes,
        feedback_update=lambda: changes.of(feedback),
        errors=passes.errors if isinstance(passes, ErrorPasses) else None,
    )
