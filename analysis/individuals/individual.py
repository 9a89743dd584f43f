"""An individual to look at: its genes, the weights it was born with and those it learned, and what it answers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hetevo.analysis.individuals.levels import Level, split_by_level
from hetevo.evolve.individual import SavedIndividual, read_individual
from hetevo.populations.birth import Weights, draw_error_weights, draw_innate_weights
from hetevo.populations.circuits.layer import SATURATED, LayerSnapshot
from hetevo.populations.error_neurons import KINDS, NAME, ErrorWeights
from hetevo.populations.errors import SettingError, spell
from hetevo.populations.genome import FORMULA
from hetevo.populations.layout import Layout
from hetevo.populations.model import TwoPathwayCircuits
from hetevo.populations.relive import Life
from hetevo.populations.rules import PATHWAYS
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

_LOG = logging.getLogger("hetevo")


@dataclass(frozen=True, repr=False)
class Individual:
    """An individual of a run, with its life, which it has lived again.

    It lived in each of the K tasks of its generation separately, with the same genes and innate weights: what it
    learned is an array with the task on axis 0. Neurons and units are ordered as `hetevo.populations.layout.Layout`
    says. A single layer with an inherited rule has no descending pathway: those arrays are empty. Circuits with error
    neurons have two kinds of synapses more: what is said of both pathways below, they have of all four, in the order
    and with the shapes of `hetevo.populations.error_neurons.ErrorWeights`.

    Parameters
    ----------
    saved : SavedIndividual
        Where it comes from: ``saved.config``, ``saved.species``, ``saved.loss`` and so on.
    life : Life
        Its life.

    Examples
    --------
    >>> import hetevo
    >>> small = ["evolution.size=4", "evolution.elites=1", "lifetime.presentations=10", "backend.workers=1"]
    >>> path = hetevo.Experiment(hetevo.preset("smoke", overrides=small)).run("runs/small").path
    >>> champion = hetevo.load_run(path).champion()
    >>> champion.is_exact, champion.layout.levels, champion.innate.ascending.shape
    (True, (8, 8), (18, 23))
    >>> champion.predict([[0.5] * champion.layout.inputs], task=0).shape
    (1, 2)
    """

    saved: SavedIndividual
    life: Life

    def __repr__(self) -> str:
        """Say who it is in one line."""
        sizes = "-".join(map(str, (self.layout.inputs, *self.layout.levels, self.layout.outputs)))
        return (
            f"<Individual {self.id} of {self.path}: generation {self.generation}, {self.saved.operator}, loss"
            f" {self.loss:.4g}; {sizes}, {len(self.learned.ascending)} tasks>"
        )

    @property
    def path(self) -> Path:
        """Directory of its run."""
        return self.saved.origin.directory.path

    @property
    def id(self) -> int:
        """Its identifier in the records."""
        return self.saved.identifier

    @property
    def generation(self) -> int:
        """Its generation."""
        return self.saved.generation

    @property
    def loss(self) -> float:
        """Its test loss, mean over the tasks, as it was recorded."""
        return self.saved.loss

    @property
    def loss_again(self) -> float:
        """The loss of the life that was lived again."""
        return float(self.life.evaluation.loss[0])

    @property
    def is_exact(self) -> bool:
        """Whether the life that was lived again came out as recorded, bit for bit."""
        return self.loss_again == self.loss

    @property
    def species(self) -> Species:
        """What it has in common with all of its run."""
        return self.saved.species

    @property
    def layout(self) -> Layout:
        """Sizes and order of its units."""
        return self.species.layout

    @cached_property
    def genes(self) -> dict[str, NDArray[Any]]:
        """Its genes by name, copies: ``gains_ascending`` (H + O,), ``mask_ascending`` (H + O, I + H) and so on."""
        return {name: array[0].copy() for name, array in self.saved.genes.items()}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its kinds of synapses: both pathways, or those of circuits with error neurons."""
        return KINDS if self.species.circuit == NAME else PATHWAYS

    @property
    def masks(self) -> tuple[Mask, ...]:
        """Synapses that it inherited, ascending (H + O, I + H) and descending (H, H + O)."""
        if FORMULA in self.genes:  # in a single layer, each input reaches each output
            layout = self.layout
            return np.ones((layout.outputs, layout.input_units), np.bool_), np.zeros((0, layout.outputs), np.bool_)
        return tuple(self.genes[f"mask_{kind}"] for kind in self.kinds)

    @property
    def gains(self) -> tuple[Floats, ...]:
        """Gains of all neurons (H + O,) and of hidden ones (H,), shared ones repeated.

        Raises
        ------
        SettingError
            If it inherited a rule, not gains: see `rule`.
        """
        if FORMULA in self.genes:
            raise SettingError(f"Individual {self.id} inherited a rule, and has no gains: look at its rule.")
        receivers = (len(mask) for mask in self.masks)
        gains = (np.broadcast_to(self.genes[f"gains_{kind}"], n) for kind, n in zip(self.kinds, receivers, strict=True))
        return tuple(gain.copy() for gain in gains)

    @property
    def rule(self) -> dict[str, float]:
        """Coefficients of an inherited rule by term, such as ``"input target"``; empty where gains are inherited."""
        formula = self.species.formula
        if formula is None or FORMULA not in self.genes:
            return {}
        values = formula.coefficients(self.genes[FORMULA][None])[0]
        return {" ".join(term): float(value) for term, value in zip(formula.terms, values, strict=True)}

    @cached_property
    def innate(self) -> Weights | ErrorWeights:
        """Weights at birth, ``W`` (H + O, I + H) and ``V`` (H, H + O); of layers those in the first task."""
        saved = self.saved
        if FORMULA in self.genes:
            born = _weights(self.life.moments[0])
            return Weights(born.ascending[0], born.descending[0])
        draw = draw_error_weights if saved.species.circuit == NAME else draw_innate_weights
        drawn = draw(saved.species, saved.genes, np.array([saved.position]), saved.seed, saved.generation)
        return type(drawn)(*(weights[0] for weights in drawn))

    @cached_property
    def learned(self) -> Weights | ErrorWeights:
        """Weights at the end of its life, ``W`` (K, H + O, I + H) and ``V`` (K, H, H + O)."""
        return _weights(self.life.moments[-1])

    @property
    def levels(self) -> tuple[Level, ...]:
        """Innate and learned weights level by level, lowest first, the outputs last."""
        return split_by_level(self.layout, *(_of_forward_neurons(weights) for weights in (self.innate, self.learned)))

    def activity(self, inputs: ArrayLike, task: int | None = None) -> Floats:
        """Compute the activity of all units at the end of its life, in double precision.

        Parameters
        ----------
        inputs : array_like of float, shape (S, inputs)
            Samples, without the bias.
        task : int, optional
            In which of its K tasks it learned. Default: all of them.

        Returns
        -------
        ndarray of float64, shape (K, S, I + H + O), or (S, I + H + O) for one task
            Inputs, the bias if there is one, hidden neurons level by level, outputs.

        Raises
        ------
        SettingError
            If the inputs have another shape, or there is no such task.
        """
        layout, weights = self.layout, self.learned
        given = np.asarray(inputs, np.float64)
        if given.ndim != 2 or given.shape[1] != layout.inputs:
            raise SettingError(
                f"inputs: expected shape (samples, {layout.inputs}), without the bias, got {given.shape}."
            )
        tasks = len(weights.ascending)
        if task is not None and not 0 <= task < tasks:
            raise SettingError(f"task: expected one of 0 to {tasks - 1}, got {task}.")
        # one task as a slice, so that the axis stays
        chosen = slice(None) if task is None else slice(task, task + 1)
        bias = np.ones((len(given), int(layout.bias)))
        # units first, as passes want it, and the same inputs for each task
        rising = np.concatenate([given, bias], axis=1).T
        ascending = weights.ascending[chosen].astype(np.float64)
        found = self._forward(ascending, np.tile(rising, (len(ascending), 1, 1)))
        found = found.swapaxes(1, 2)
        return found if task is None else found[0]

    def _forward(self, ascending: Floats, inputs: Floats) -> Floats:
        """Return the activities (N, I + H + O, S) of networks for inputs (N, I, S)."""
        if self.species.formula is not None and FORMULA in self.genes:
            potential = np.clip(ascending @ inputs, -SATURATED, SATURATED)
            return np.concatenate([inputs, 1 / (1 + np.exp(-potential))], axis=1)
        networks = self.saved.genes.take(np.zeros(len(inputs), np.int64))
        # nothing descends, so that the other weights do not matter
        circuits = TwoPathwayCircuits(self.species, networks, Weights(ascending, np.zeros((len(ascending), 0, 0))))
        circuits.forward(inputs)
        return np.concatenate([circuits.x, circuits.y], axis=1)

    def predict(self, inputs: ArrayLike, task: int | None = None) -> Floats:
        """Compute what it answers at the end of its life.

        Parameters
        ----------
        inputs, task
            As for `activity`.

        Returns
        -------
        ndarray of float64, shape (K, S, O), or (S, O) for one task
        """
        outputs = self.activity(inputs, task)[..., self.layout.units :]
        return np.ascontiguousarray(outputs)


def load_individual(path: str | Path, identifier: int | None = None, *, trust: bool = False) -> Individual:
    """Let an individual of a run live again, and return it.

    Parameters
    ----------
    path : str or Path
        The run directory.
    identifier : int, optional
        As in the records. Default: the champion, with the lowest loss in the newest generation that was kept.
    trust : bool, optional
        Whether modules may be imported that the run's configuration alone names.

    Raises
    ------
    RunDirectoryError
        If no checkpoint has it; the message lists those that are kept.
    ConfigError, SettingError
        If the configuration is not to be trusted, or what a task needs is missing.
    """
    saved = read_individual(path, identifier, trust=trust)
    found = Individual(saved, saved.live_again())
    warn_if_other(found)
    return found


def warn_if_other(found: Individual) -> None:
    """Log that a life came out otherwise than recorded: on another machine, or with other libraries."""
    if not found.is_exact:
        _LOG.warning(
            "individual %d lived again with the loss %.9g, but %.9g is recorded: this machine or its libraries compute"
            " otherwise than those of the run. %s says more.",
            *(found.id, found.loss_again, found.loss, spell("verify", found.path, "--replay")),
        )


def sizes(found: Individual) -> Mapping[str, int | list[int]]:
    """Return the sizes of its network by name."""
    layout = found.layout
    return {
        "inputs": layout.inputs,
        "bias": int(layout.bias),
        "levels": list(layout.levels),
        "outputs": layout.outputs,
        "settle": found.species.settle if found.species.family.recurrent and layout.levels else 0,
    }


def _of_forward_neurons(weights: Weights | ErrorWeights) -> Weights:
    """Return the weights by which inputs, hidden neurons and outputs receive anything."""
    return weights if isinstance(weights, Weights) else Weights(weights.ascending, weights.teaching)


def _weights(seen: Any) -> Weights | ErrorWeights:
    if isinstance(seen, LayerSnapshot):
        return Weights(seen.weights, np.zeros((len(seen.weights), 0, seen.weights.shape[1])))
    return type(seen.weights)(*seen.weights)  # type: ignore[no-any-return]
