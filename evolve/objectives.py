"""Objectives: the numbers by which selection compares individuals, the loss and what may be put beside it.

To add one, write a function of `Lives`, and name it in `OBJECTIVES`; one of another package is named in
``evolution.objectives`` by its place (`hetevo.populations.registry`). None of them sees a gradient, nor anything else
that a probe measures, nor a held-out task: they come from losses, from lives, and from genes.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hetevo.populations.circuits import genome
from hetevo.populations.errors import RunFailedError
from hetevo.populations.evaluation import Evaluation, Status
from hetevo.populations.genome import Population
from hetevo.populations.registry import Registry
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

LOSS = "loss"
"""Name of the objective that every run has."""

MORE = "+"
"""How the name of an objective begins that is to be large; the others are to be small."""


@dataclass(frozen=True)
class Lives:
    """What an objective may look at: P individuals, and how they lived.

    Parameters
    ----------
    loss : ndarray of float64, shape (P,)
        Mean loss over the tasks, capped.
    cases : ndarray of float64, shape (P, T)
        Loss in each of the T tasks.
    change : ndarray of float64, shape (P,), or None
        How much weights changed in a life, see `hetevo.populations.Evaluation`; None unless `Objective.changes`.
    injured : ndarray of float64, shape (P,), or None
        Loss in second lives that ``[injury]`` befell; None unless `Objective.injuries`.
    genes : Population
        Their genes.
    species : Species
        What they have in common.
    """

    loss: Floats
    cases: Floats
    change: Floats | None
    injured: Floats | None
    genes: Population
    species: Species


@dataclass(frozen=True)
class Objective:
    """A number of each individual that selection makes small, or large.

    Parameters
    ----------
    measure : callable
        Returns it for some `Lives`, shape (P,), finite.
    changes : bool
        Whether it needs to know how much weights changed.
    injuries : bool
        Whether it needs to know the loss after an injury: everybody lives twice then, unhurt and hurt.
    """

    measure: Callable[[Lives], Floats]
    changes: bool = False
    injuries: bool = False


def _accept(found: Any) -> Objective:
    if isinstance(found, Objective):
        return found
    if not callable(found) or isinstance(found, type) or len(inspect.signature(found).parameters) != 1:
        raise TypeError(f"expected a function of lives (hetevo.evolve.objectives.Lives), got {found!r}")
    return Objective(found)


def _worst(lives: Lives) -> Floats:
    return np.asarray(lives.cases.max(axis=1))


def _synapses(lives: Lives) -> Floats:
    return lives.genes.synapses.astype(np.float64)


def _gain(lives: Lives) -> Floats:
    gains = [lives.genes[gene.name] for gene in genome(lives.species) if gene.kind == "gain"]
    return np.asarray(np.abs(np.concatenate(gains, axis=1)).astype(np.float64).mean(axis=1))


def _change(lives: Lives) -> Floats:
    assert lives.change is not None
    return lives.change


def _injured(lives: Lives) -> Floats:
    assert lives.injured is not None
    return lives.injured


OBJECTIVES: Registry[Objective] = Registry(
    "objective",
    {
        LOSS: Objective(lambda lives: lives.loss),
        "worst": Objective(_worst),
        "synapses": Objective(_synapses),
        "gain": Objective(_gain),
        "change": Objective(_change, changes=True),
        "injured": Objective(_injured, injuries=True),
    },
    _accept,
)
"""Objectives by the names used in ``evolution.objectives``."""


def name_of(written: str) -> str:
    """Return the name of an objective without the sign that may stand before it."""
    return written.removeprefix(MORE)


def needs_changes(names: Sequence[str]) -> bool:
    """Tell whether one of some objectives needs to know how much weights change in a life."""
    return any(OBJECTIVES[name_of(name)].changes for name in names)


def needs_injuries(names: Sequence[str]) -> bool:
    """Tell whether one of some objectives needs second lives, which ``[injury]`` befalls."""
    return any(OBJECTIVES[name_of(name)].injuries for name in names)


def measure_objectives(
    names: Sequence[str], evaluation: Evaluation, genes: Population, species: Species
) -> dict[str, Floats]:
    """Measure what selection looks at besides the loss.

    Parameters
    ----------
    names : sequence of str
        ``evolution.objectives``.
    evaluation : Evaluation
        How P individuals lived.
    genes : Population
        Their genes.
    species : Species
        What they have in common.

    Returns
    -------
    dict of str to ndarray of float64, shape (P,)
        In the order of the names; empty where the loss is all. Who could not be evaluated has the worst value that
        somebody else has.

    Raises
    ------
    RunFailedError
        If an objective of another package is not a finite number of each individual.
    """
    others = [name for name in names if name != LOSS]
    if not others:
        return {}
    assert evaluation.cases is not None
    lives = Lives(evaluation.loss, evaluation.cases, evaluation.change, evaluation.injured, genes, species)
    failed = evaluation.status == Status.FAILED
    found: dict[str, Floats] = {}
    for written in others:
        values = np.array(OBJECTIVES[name_of(written)].measure(lives), np.float64)
        # quarantine: nobody is selected for failing
        if failed.any() and values.shape == failed.shape and not failed.all():
            worst = np.min if written.startswith(MORE) else np.max
            values[failed] = worst(values[~failed])
        if values.shape != failed.shape or not np.isfinite(values).all():
            raise RunFailedError(
                f"evolution.objectives: expected {name_of(written)!r} to be a finite number of each of"
                f" {len(failed)} individuals, got shape {values.shape} and"
                f" {int((~np.isfinite(values)).sum())} that are not finite. Correct it; 'hetevo resume' goes on from"
                " the last checkpoint."
            )
        found[name_of(written)] = values
    return found


def to_minimise(names: Sequence[str], loss: Floats, others: Floats | None) -> Floats:
    """Put objectives side by side, each to be minimised.

    Parameters
    ----------
    names : sequence of str
        ``evolution.objectives``, K of them.
    loss : ndarray of float64, shape (P,)
        Losses.
    others : ndarray of float64, shape (P, n), or None
        What `measure_objectives` found, in its order.

    Returns
    -------
    ndarray of float64, shape (P, K)

    Examples
    --------
    >>> to_minimise(["+synapses", "loss"], np.array([0.5, 0.1]), np.array([[7.0], [9.0]])).tolist()
    [[-7.0, 0.5], [-9.0, 0.1]]
    """
    left = iter(() if others is None else others.T)
    columns = [loss if name == LOSS else next(left) for name in names]
    # 0 - 0 is 0, which -0 is not everywhere
    return np.stack([0 - c if n.startswith(MORE) else c for n, c in zip(names, columns, strict=True)], axis=1)
