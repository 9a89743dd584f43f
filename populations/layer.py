"""The life of a single layer whose learning rule is inherited: neurons with logistic outputs, and no hidden ones.

After every sample each synapse changes by the formula that its individual inherits
(`hetevo.populations.rules.formula`), a sum of products of its weight w, its input a, its neuron's output o and the
target t. Nothing here computes a gradient; the delta rule is one formula among many.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hetevo.populations.experience import Experience, Samples
from hetevo.populations.genome import FORMULA, Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.rules.formula import Terms
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

INNATE = 1.0
"""Innate weights are uniform within this (Chalmers 1990)."""

SILENT = 0.5
"""Output of a neuron whose weights are 0: as good as chance."""

SATURATED = 30.0
"""Potentials beyond it give an output of 0 or 1 to thirteen digits; exp would overflow much further out."""


@dataclass(frozen=True)
class LayerSnapshot:
    """What a probe may look at: ``N`` layers at one moment of their lives, on the probe batch of ``S`` samples.

    All arrays are copies: a probe cannot change a life.

    Parameters
    ----------
    stage : str
        See `hetevo.populations.species.Stage`.
    species : Species
        What the layers have in common.
    weights : ndarray of float64, shape (N, O, I)
        ``w``.
    inputs : ndarray of float64, shape (N, I, S)
        ``a``, the bias included.
    outputs, targets : ndarray of float64, shape (N, O, S)
        ``o`` and ``t``.
    update : ndarray of float64, shape (N, O, I)
        The mean weight change that the samples would cause at these weights.
    coefficients : ndarray of float64, shape (N, terms)
        Of each layer's formula.
    """

    stage: str
    species: Species
    weights: Floats
    inputs: Floats
    outputs: Floats
    targets: Floats
    update: Floats
    coefficients: Floats


def live_layers(
    species: Species,
    genes: Population,
    experience: Experience,
    *,
    seed: int,
    generation: int,
    observer: Callable[[LayerSnapshot], None] | None = None,
    moments: Sequence[int] = (),
) -> tuple[Floats, Mask]:
    """Let every individual live through every task, and test it.

    Parameters
    ----------
    species : Species
        What the individuals have in common; it has a formula.
    genes : Population
        ``P`` genomes.
    experience : Experience
        K tasks, with one sample a presentation.
    seed, generation : int
        Address of the innate weights, which all individuals share: like tasks, they are common random numbers.
    observer, moments
        As for `hetevo.populations.kernel.life.live_block`.

    Returns
    -------
    loss : ndarray of float64, shape (N,)
        Mean absolute error on the test samples over that of a layer with weights 0, for ``N = P * K`` lives, ordered
        individual by individual, task by task: 0 to 2 for targets 0 and 1. Means nothing where a life diverged.
    diverged : ndarray of bool, shape (N,)
        Lives in which a weight became infinite or undefined.
    """
    life, tasks = species.life, len(experience.training.inputs)
    assert species.formula is not None
    terms = Terms(species.formula, np.repeat(species.formula.coefficients(genes[FORMULA]), tasks, axis=0))
    weights = np.tile(_innate(species, seed, generation, tasks), (genes.size, 1, 1))
    training, stages, diverged = experience.training, life.stages(moments), np.zeros(len(weights), np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is flagged, not warned about
        for t in range(life.presentations + 1):
            for stage in stages.get(t, ()):
                if observer is not None and experience.probe is not None:
                    observer(_snapshot(stage, species, weights, terms, experience.probe))
            if t == life.presentations:
                break
            sample = Samples(training.inputs[:, t], training.targets[:, t])
            weights += terms.change(weights, *_answers(weights, sample))
            if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
                diverged |= ~np.isfinite(weights).all(axis=(1, 2))  # told before it is clipped
                np.clip(weights, -life.weight_clip, life.weight_clip, out=weights)
        _, outputs, targets = _answers(weights, experience.test)
        loss = np.abs(targets - outputs).mean(axis=(1, 2)) / np.abs(targets - SILENT).mean(axis=(1, 2))
    return loss, diverged | ~np.isfinite(loss)


def _innate(species: Species, seed: int, generation: int, tasks: int) -> Floats:
    """Draw the innate weights (K, O, I) of every task's lives."""
    shape = species.layout.outputs, species.layout.input_units
    places = (species.random_stream(seed, generation, Purpose.INNATE, task) for task in range(tasks))
    return np.stack([rng.uniform(-INNATE, INNATE, shape) for rng in places])


def _answers(weights: Floats, samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Return inputs (N, I, S), outputs and targets (N, O, S) of layers (N, O, I) for samples of K tasks."""
    copies = len(weights) // len(samples.inputs)
    inputs, targets = (
        np.tile(values.astype(np.float64), (copies, 1, 1)) for values in (samples.inputs, samples.targets)
    )
    potential = (weights[:, :, :, None] * inputs[:, None]).sum(axis=2)
    outputs = 1 / (1 + np.exp(-np.clip(potential, -SATURATED, SATURATED)))
    return inputs, outputs, targets


def _snapshot(stage: str, species: Species, weights: Floats, terms: Terms, probe: Samples) -> LayerSnapshot:
    inputs, outputs, targets = _answers(weights, probe)
    update = terms.change(weights, inputs, outputs, targets)
    return LayerSnapshot(stage, species, weights.copy(), inputs, outputs, targets, update, terms.coefficients.copy())
