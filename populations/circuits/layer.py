"""Single layers whose learning rule is inherited: neurons with logistic outputs, and no hidden ones.

After every sample each synapse changes by the formula that its individual inherits
(`hetevo.populations.formulas.Formula`), a sum of products of its weight w, its input a, its neuron's output o and the
target t. Nothing here computes a gradient; the delta rule is one formula among many.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.circuits.circuit import Block, Outcome
from hetevo.populations.experience import Experience, Samples
from hetevo.populations.formulas import Formula
from hetevo.populations.genome import FORMULA, Gene, Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

INNATE = 1.0
"""Innate weights are uniform within this (Chalmers 1990)."""

SILENT = 0.5
"""Output of a neuron whose weights are 0: as good as chance."""

BLOCK_BYTES = 5 << 20
"""Working memory of a block of lives: beyond it, passes over the weights slow down (measured, one core of two)."""

LAYERS = 1024
"""Most lives in a block: a pass over them should cost more than its call."""

PROBED_SAMPLES = 128
"""Samples that a layer may meet at once, if its test has fewer."""

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


class Terms:
    """The formulas of ``N`` layers, their terms grouped by what they share, so that a change takes few passes.

    With ``s`` the sum of all terms that remain when a weight and an input are taken out of the product,

        dw = s_0 + s_a a + w (s_w + s_wa a)

    Parameters
    ----------
    formula : Formula
        Names the terms.
    coefficients : ndarray of float64, shape (N, terms)
        What each is multiplied by.
    """

    def __init__(self, formula: Formula, coefficients: Floats) -> None:
        self.coefficients = coefficients
        self._groups: dict[tuple[bool, bool], list[tuple[Floats, list[str]]]] = {}
        for term, coefficient in zip(formula.terms, coefficients.T, strict=True):
            # terms that share the weight or the input need it once together
            shared = "weight" in term, "input" in term
            rest = [factor for factor in term if factor not in ("weight", "input")]
            self._groups.setdefault(shared, []).append((coefficient[:, None, None], rest))

    def change(self, weights: Floats, inputs: Floats, outputs: Floats, targets: Floats) -> Floats:
        """Evaluate the formula at every synapse, mean over samples.

        Parameters
        ----------
        weights : ndarray of float64, shape (N, O, I)
            ``w``.
        inputs : ndarray of float64, shape (N, I, S)
            ``a``.
        outputs, targets : ndarray of float64, shape (N, O, S)
            ``o`` and ``t``.

        Returns
        -------
        ndarray of float64, shape (N, O, I)
        """
        factors = {"output": outputs, "target": targets}
        total: Floats = np.zeros_like(weights)
        # sum what is left of the terms, then multiply once by the weight and input that they share
        for (weighted, sent), terms in self._groups.items():
            remaining: Floats = np.zeros_like(outputs)
            for coefficient, rest in terms:
                product = coefficient
                for factor in rest:
                    product = product * factors[factor]
                remaining += product
            change = remaining[:, :, None] * inputs[:, None] if sent else remaining[:, :, None]
            # one sample a presentation needs no mean
            change = change[..., 0] if change.shape[3] == 1 else change.mean(axis=3)
            total += weights * change if weighted else change
        return total


class Layer:
    """The kind of circuit that is a single layer; see `Circuit` for its methods."""

    inherits = "whole rules"

    def genome(self, species: Species) -> tuple[Gene, ...]:
        """Name the bits that code the formula."""
        return (Gene(FORMULA, "bits", (_formula(species).bits,)),)

    def draw_founder(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw every bit by the toss of a coin."""
        return {FORMULA: rng.random(_formula(species).bits) < 0.5}

    def block_size(self, species: Species) -> int:
        """Keep the products of a block's test in cache."""
        # memory first; a block holds whole individuals, with all of their tasks
        each = self.count_bytes(species, 1, PROBED_SAMPLES)
        return max(1, min(LAYERS, BLOCK_BYTES // each) // species.lifetime.tasks)

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count the products of the test, or of the probe, whichever has more samples."""
        layout = species.layout
        return 8 * layout.outputs * layout.units * max(species.lifetime.test_samples, probed) * networks

    def live(self, block: Block, observer: Callable[[LayerSnapshot], None] | None, moments: Sequence[int]) -> Outcome:
        """Live and be tested; accuracy is not defined."""
        loss, diverged = live_layers(
            block.species,
            block.genes,
            block.experience,
            seed=block.seed,
            generation=block.generation,
            observer=observer,
            moments=moments,
        )
        return Outcome(loss, np.full(loss.shape, np.nan), diverged)


def _formula(species: Species) -> Formula:
    assert species.formula is not None
    return species.formula


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
    life, tasks = species.lifetime, len(experience.training.inputs)
    formula = _formula(species)
    # K lives an individual, each with the same formula
    terms = Terms(formula, np.repeat(formula.coefficients(genes[FORMULA]), tasks, axis=0))
    weights = np.tile(_innate(species, seed, generation, tasks), (genes.size, 1, 1))
    training, stages, diverged = experience.training, species.stages(moments), np.zeros(len(weights), np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is flagged, not warned about
        # one turn more than there are presentations, for what is seen at the end
        for t in range(life.presentations + 1):
            for stage in stages.get(t, ()):
                if observer is not None and experience.probe is not None:
                    observer(_snapshot(stage, species, weights, terms, experience.probe))
            if t == life.presentations:
                break
            # each life has the sample of its own task
            sample = Samples(training.inputs[:, t], training.targets[:, t])
            weights += terms.change(weights, *_answers(weights, sample))
            if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
                diverged |= ~np.isfinite(weights).all(axis=(1, 2))  # told before it is clipped
                np.clip(weights, -life.weight_clip, life.weight_clip, out=weights)
        # compared with layers that say nothing, so that 1 is chance
        _, outputs, targets = _answers(weights, experience.test)
        loss = np.abs(targets - outputs).mean(axis=(1, 2)) / np.abs(targets - SILENT).mean(axis=(1, 2))
    return loss, diverged | ~np.isfinite(loss)


def _innate(species: Species, seed: int, generation: int, tasks: int) -> Floats:
    """Draw the innate weights (K, O, I) of every task's lives."""
    shape = species.layout.outputs, species.layout.input_units
    # drawn by task and not by individual: all are born alike
    places = (species.random_stream(seed, generation, Purpose.INNATE, task) for task in range(tasks))
    return np.stack([rng.uniform(-INNATE, INNATE, shape) for rng in places])


def _answers(weights: Floats, samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Return inputs (N, I, S), outputs and targets (N, O, S) of layers (N, O, I) for samples of K tasks."""
    copies = len(weights) // len(samples.inputs)
    inputs, targets = (
        np.tile(values.astype(np.float64), (copies, 1, 1)) for values in (samples.inputs, samples.targets)
    )
    # summed by numpy alone: a product of matrices may add in another order on another machine
    potential = (weights[:, :, :, None] * inputs[:, None]).sum(axis=2)
    outputs = 1 / (1 + np.exp(-np.clip(potential, -SATURATED, SATURATED)))
    return inputs, outputs, targets


def _snapshot(stage: str, species: Species, weights: Floats, terms: Terms, probe: Samples) -> LayerSnapshot:
    inputs, outputs, targets = _answers(weights, probe)
    update = terms.change(weights, inputs, outputs, targets)
    return LayerSnapshot(stage, species, weights.copy(), inputs, outputs, targets, update, terms.coefficients.copy())
