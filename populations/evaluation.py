"""Fitness of a population: lives in blocks, then a test."""

from typing import Protocol

import numpy as np

from hetevo.populations.circuits import Block, LayerSnapshot, Snapshot, block_size, circuit_of
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.outcome import Evaluation, Status
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices


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
            lives = Block(species, population.take(rows), individuals[rows], lived, seed, generation)
            parts.append(_evaluate_block(lives, probe, moments))
    return Evaluation.join(parts)


def _evaluate_block(block: Block, probe: Probe | None, moments: tuple[int, ...]) -> Evaluation:
    tasks, cap = block.species.lifetime.tasks, block.species.lifetime.loss_cap
    columns: dict[str, list[Floats]] = {}

    def observe(snapshot: Snapshot | LayerSnapshot) -> None:
        assert probe is not None
        for name, values in probe.measure(snapshot).items():
            columns.setdefault(f"{name}_{snapshot.stage}", []).append(_mean_defined(values.reshape(-1, tasks)))

    outcome = circuit_of(block.species).live(block, observe if probe is not None else None, moments)
    loss = np.where(outcome.diverged, cap, np.minimum(outcome.loss, cap))
    diverged = outcome.diverged.reshape(-1, tasks).any(axis=1)
    return Evaluation(
        loss.reshape(-1, tasks).mean(axis=1),
        np.where(diverged, Status.DIVERGED, Status.OK).astype(np.int64),
        outcome.accuracy.reshape(-1, tasks).mean(axis=1),
        {name: np.concatenate(parts) for name, parts in columns.items()},
    )


def _mean_defined(values: Floats) -> Floats:
    """Mean over axis 1 of what is defined; NaN where nothing is."""
    defined = np.isfinite(values)
    count = defined.sum(axis=1)
    total = np.where(defined, values, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
