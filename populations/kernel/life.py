"""The lifetime of a block of networks: presentations of batches, each changing the weights."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from hetevo.populations.birth import Weights
from hetevo.populations.experience import Experience, Samples
from hetevo.populations.genome import Population
from hetevo.populations.kernel.memory import CircuitBlock, Stacks
from hetevo.populations.kernel.passes import Passes, passes_of
from hetevo.populations.kernel.perturbation import Course, PerturbedBlock, Streams
from hetevo.populations.kernel.plasticity import Plasticity, effective_gains
from hetevo.populations.random_streams import Purpose
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species, Stage
from hetevo.populations.types import Floats, Indices, Mask


@dataclass(frozen=True)
class Snapshot:
    """What a probe may look at: ``N`` circuits at one moment of their lives, on the probe batch of ``S`` samples.

    All arrays are copies or buffers of the probe's own: a probe cannot change a life.

    Parameters
    ----------
    stage : str
        See `Stage`.
    species : Species
        What the circuits have in common.
    weights : Weights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O).
    gains_ascending : ndarray of float, shape (N, H + O)
        ``gA``, with the sign that the rule gives it.
    mask_ascending : ndarray of bool, shape (N, H + O, I + H)
        Synapses present.
    activity : ndarray of float, shape (N, I + H + O, S)
        ``x``.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``.
    error : ndarray of float, shape (N, O, S)
        ``target - y``, not clipped.
    update : ndarray of float, shape (N, H + O, I + H)
        The ascending weight change that this batch would cause, without decay; under Dale's principle one that would
        turn a weight over ends at 0.
    carried : ndarray of float, shape (N, H + O, I + H), or None
        What momentum would add to the update; None without momentum.
    genes : Population
        The N genomes.
    feedback_update : callable
        Returns the descending weight change that this batch would cause, without decay, shape (N, H, H + O). Few
        measures need it, so that it is computed when asked for.
    with_innate : callable or None
        Returns the snapshot that the same circuits would give with the weights of one pathway as they were at birth, at
        the synapses that are still there. To be called while the probe looks. None where a kind of circuit has none.
    """

    stage: Stage
    species: Species
    weights: Weights
    gains_ascending: Floats
    mask_ascending: Mask
    activity: Floats
    signal: Floats
    error: Floats
    update: Floats
    carried: Floats | None
    genes: Population
    feedback_update: Callable[[], Floats]
    with_innate: Callable[[Pathway], "Snapshot"] | None = None


PROBED_NETWORKS = (32, 128)
"""Fewest and most networks in a snapshot: with fewer the interpreter's share grows, with more nothing is gained."""

PROBED_BYTES = 32 << 20
"""Buffers of a snapshot: larger ones would be fetched from the system each time."""

Observer = Callable[[Snapshot], None]


def count_probed(species: Species, samples: int) -> int:
    """Return how many networks a snapshot on ``samples`` samples holds at most, if their tasks divide it."""
    layout = species.layout
    # activity, signal and slope of each, in single precision
    bytes_each = 3 * 4 * (layout.units + layout.neurons) * max(samples, 1)
    return int(np.clip(PROBED_BYTES // bytes_each, *PROBED_NETWORKS))


@dataclass(frozen=True)
class Lives:
    """Where ``N`` lives ended.

    Parameters
    ----------
    circuits : CircuitBlock
        Final weights.
    diverged : ndarray of bool, shape (N,)
        Lives in which a weight became infinite or undefined; they were stopped there.
    """

    circuits: CircuitBlock
    diverged: Mask


def live_block(
    species: Species,
    genes: Population,
    innate: Weights,
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
    # an individual's K lives stand side by side
    lives = np.repeat(np.arange(genes.size), tasks)
    networks, online = len(lives), life.batch == 1
    if online and networks == 1:
        lives = np.repeat(lives, 2)  # sums over units would run in another order with no network beside
    # one life each: nothing is repeated; what a perturbation changes are copies
    own: Indices | slice = slice(None) if len(lives) == genes.size else lives
    genes = genes.take(lives if species.perturbations else own)
    circuits = CircuitBlock(species, Weights(*(weights[own] for weights in innate)), dtype, networks_last=online)
    passes = passes_of(circuits.stacks, life.batch, tasks)
    plasticity = Plasticity(circuits, passes, genes)
    diverged = np.zeros(circuits.networks, np.bool_)
    courses = _begin_perturbations(species, circuits, passes, plasticity, genes, streams, circuits.networks // networks)
    training, stages = experience.training, species.stages(moments)
    most = count_probed(species, experience.probe.inputs.shape[-1]) if experience.probe is not None else 0
    # a diverging life overflows on purpose until it is stopped: that is counted, not warned about
    with np.errstate(all="ignore"):
        # one turn more than there are presentations: snapshots of the end are taken before it
        for t in range(life.presentations + 1):
            if observer is not None and experience.probe is not None:
                for stage in stages.get(t, ()):
                    for rows in _parts(networks, tasks, most):
                        # a perturbation may change genes later on
                        own = np.arange(rows.start, rows.stop) if species.perturbations else rows
                        born = Weights(*(weights[lives[rows]] for weights in innate))
                        observer(_snapshot(stage, plasticity, rows, genes.take(own), experience.probe, born))
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
    ended = CircuitBlock(species, circuits.whole(kept), dtype) if online else circuits
    return Lives(ended, diverged[kept])


def _begin_perturbations(
    species: Species,
    circuits: CircuitBlock,
    passes: Passes,
    plasticity: Plasticity,
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


def _parts(networks: int, tasks: int, most: int) -> Iterator[slice]:
    """Cut the networks that a probe looks at, all tasks of an individual together."""
    step = max(1, most // tasks) * tasks
    return (slice(start, min(start + step, networks)) for start in range(0, networks, step))


def _snapshot(
    stage: Stage, plasticity: Plasticity, rows: slice, genes: Population, probe: Samples, innate: Weights
) -> Snapshot:
    """Show some of the networks, whose genes and innate weights are given, the probe batch."""
    circuits = plasticity.circuits
    weights = circuits.whole(rows)

    def with_innate(pathway: Pathway) -> Snapshot:
        # at the synapses that are there now: some may have been lost since
        born = {"ascending": weights.ascending, "descending": weights.descending}
        born[pathway] = getattr(innate, pathway) * genes[f"mask_{pathway}"]
        swapped = CircuitBlock(circuits.species, Weights(**born), circuits.dtype)
        return _present(stage, plasticity, rows, genes, probe, swapped.stacks, swapped.whole())

    shown = _present(stage, plasticity, rows, genes, probe, circuits.stacks.take(rows), weights)
    return replace(shown, with_innate=with_innate)


def _present(
    stage: Stage,
    plasticity: Plasticity,
    rows: slice,
    genes: Population,
    probe: Samples,
    stacks: Stacks,
    weights: Weights,
) -> Snapshot:
    """Show the probe batch to networks with these weights, laid out and whole, that change as some of a block's do."""
    species = plasticity.circuits.species
    # buffers of its own: the life's hold what the presentation has left there
    passes = passes_of(stacks, probe.inputs.shape[-1], len(probe.inputs))
    passes.forward(probe.inputs)
    passes.compare(probe.targets)
    # probes see the error as it is, neurons the clipped one
    error = passes.error.copy()
    clip = species.lifetime.signal_clip
    np.clip(passes.error, -clip, clip, out=passes.error)
    passes.backward()
    changes = plasticity.changes(passes, rows, weights)
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
        feedback_update=lambda: changes.of("descending"),
    )
