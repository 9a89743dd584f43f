"""Fitness of a population: lives in blocks, then a test."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.random import Generator

from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.blocks import block_size
from hetevo.populations.experience import Experience, Samples, experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.kernel.life import Snapshot, live_block
from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.settling import passes_of
from hetevo.populations.layer import LayerSnapshot, live_layers
from hetevo.populations.outcome import Evaluation, Status
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask


class Probe(Protocol):
    """A measure taken on lifetime snapshots; what it returns is recorded and never reaches fitness."""

    def measure(self, snapshot: Snapshot | LayerSnapshot) -> dict[str, Floats]:
        """Return named measures, each of shape (N,), NaN where undefined."""
        ...


@isolated
def evaluate(
    species: Species,
    population: Population,
    individuals: Indices,
    *,
    seed: int,
    generation: int,
    block: int = 0,
    probe: Probe | None = None,
    probe_samples: int = 128,
    moments: tuple[int, ...] = (),
) -> Evaluation:
    """Let individuals live, and measure how well they learned.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    population : Population
        P genomes.
    individuals : ndarray of int, shape (P,)
        Their positions in the whole population, which address their random streams.
    seed, generation : int
        Where the experiment stands; the worker draws tasks, samples and innate weights from these.
    block : int, optional
        Individuals that live side by side; 0 chooses from sizes and cache. It never changes a bit of the result.
    probe : Probe, optional
        Measures to take at birth, mid-life and end of life.
    probe_samples : int, optional
        Size of the probe batch.
    moments : tuple of int, optional
        Further moments of life at which to measure, in percent.

    Returns
    -------
    Evaluation
        In the order of ``individuals``.
    """
    observed = probe_samples if probe is not None else 0
    step = block or block_size(species)
    with one_thread():
        lived = experience(species, seed, generation, observed)
        parts = []
        for start in range(0, population.size, step):
            rows = slice(start, start + step)
            genes, positions = population.take(rows), individuals[rows]
            parts.append(_evaluate_block(species, genes, positions, seed, generation, lived, probe, moments))
    return Evaluation.join(parts)


def _evaluate_block(
    species: Species,
    genes: Population,
    individuals: Indices,
    seed: int,
    generation: int,
    lived: Experience,
    probe: Probe | None,
    moments: tuple[int, ...],
) -> Evaluation:
    tasks = species.life.tasks
    columns: dict[str, list[Floats]] = {}

    def observe(snapshot: Snapshot | LayerSnapshot) -> None:
        assert probe is not None
        for name, values in probe.measure(snapshot).items():
            columns.setdefault(f"{name}_{snapshot.stage}", []).append(_mean_defined(values.reshape(-1, tasks)))

    observer = observe if probe is not None else None
    if species.formula is not None:
        loss, diverged = live_layers(
            species, genes, lived, seed=seed, generation=generation, observer=observer, moments=moments
        )
        accuracy = np.full(loss.shape, np.nan)
    else:
        loss, accuracy, diverged = _live_circuits(
            species, genes, individuals, seed, generation, lived, observer, moments
        )
    cap = species.life.loss_cap
    loss = np.where(diverged, cap, np.minimum(loss, cap))
    ended = diverged.reshape(-1, tasks).any(axis=1)
    return Evaluation(
        loss.reshape(-1, tasks).mean(axis=1),
        np.where(ended, Status.DIVERGED, Status.OK).astype(np.int64),
        accuracy.reshape(-1, tasks).mean(axis=1),
        {name: np.concatenate(parts) for name, parts in columns.items()},
    )


def _live_circuits(
    species: Species,
    genes: Population,
    individuals: Indices,
    seed: int,
    generation: int,
    lived: Experience,
    observer: Callable[[Snapshot], None] | None,
    moments: tuple[int, ...],
) -> tuple[Floats, Floats, Mask]:
    """Let circuits be born, live and be tested: loss and accuracy, see `evaluate_test`, and which lives diverged."""
    tasks = species.life.tasks

    def streams(purpose: Purpose) -> list[Generator]:
        places = (int(individual) * tasks + task for individual in individuals for task in range(tasks))
        return [species.random_stream(seed, generation, purpose, place) for place in places]

    innate = draw_innate_weights(species, genes, individuals, seed, generation)
    lives = live_block(species, genes, innate, lived, observer=observer, moments=moments, streams=streams)
    loss, accuracy = evaluate_test(lives.circuits, lived.test)
    return loss, accuracy, lives.diverged | ~np.isfinite(loss)


def evaluate_test(circuits: CircuitBlock, samples: Samples) -> tuple[Floats, Floats]:
    """Measure the outputs of N circuits on fresh samples.

    Parameters
    ----------
    circuits : Circuits
        N circuits, ordered individual by individual, task by task.
    samples : Samples
        Arrays (K, units, n).

    Returns
    -------
    loss, accuracy : ndarray of float64, shape (N,)
        Normalised loss, not capped and possibly not finite; and accuracy, NaN unless the task is a classification.
    """
    passes = passes_of(circuits, samples.inputs.shape[-1])
    targets = samples.targets.astype(np.float64)
    with np.errstate(all="ignore"):
        passes.load(samples.inputs)
        passes.forward()
        outputs = passes.outputs.reshape(-1, *targets.shape).astype(np.float64)
        wrong = (outputs - targets) ** 2
        loss = wrong.reshape(*wrong.shape[:2], -1).mean(axis=2) / (targets**2).reshape(len(targets), -1).mean(axis=1)
    accuracy = np.full(loss.shape, np.nan)
    if circuits.species.task.classification:
        accuracy = (outputs.argmax(axis=2) == targets.argmax(axis=1)).mean(axis=2)
    return loss.ravel(), accuracy.ravel()


def _mean_defined(values: Floats) -> Floats:
    """Mean over axis 1 of what is defined; NaN where nothing is."""
    defined = np.isfinite(values)
    count = defined.sum(axis=1)
    total = np.where(defined, values, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
