"""Ask and tell: the fitness of genes that somebody else's optimiser proposes."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hetevo.evolve.backends import Backend
from hetevo.evolve.config import Config, with_data
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import begin_with
from hetevo.evolve.genes import check_genes
from hetevo.evolve.space import Space
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, Probe
from hetevo.populations.types import Indices

LARGEST = 2**62
"""Generations and addresses are below."""


class Evaluator:
    """Lets genes live, in a ``with`` block, with the bits of a run of the same configuration.

    Parameters
    ----------
    config : Config
        The experiment: tasks, networks, lifetimes, the seed, and where lives are computed.
    probe : Probe, optional
        Measures to take; by default what ``config.probe`` says. Fitness never depends on them.
    space : Space, optional
        What flat vectors mean; by default ``Space(config)``, with the wiring of the first founder.
    data : str or Path, optional
        The file of a task ``table``, if it is not where the configuration found it.
    oversubscribe : bool, optional
        Start any number of workers; otherwise more than four a core are refused.

    Raises
    ------
    ConfigError, MachineFailedError
        If it cannot run on this machine.

    Examples
    --------
    >>> from hetevo.evolve import preset
    >>> with Evaluator(preset("minimal", overrides=["backend.workers=1"])) as evaluate:
    ...     genes = evaluate.space.founders(seed=0, size=3)
    ...     evaluate(genes, generation=5).loss.shape
    ...     evaluate(np.zeros((2, evaluate.space.size))).loss.shape
    (3,)
    (2,)
    """

    def __init__(
        self,
        config: Config,
        *,
        probe: Probe | None = None,
        space: Space | None = None,
        data: str | Path | None = None,
        oversubscribe: bool = False,
    ) -> None:
        self.config = with_data(config)
        self.space, self._data = space or Space(self.config), data
        self._evolution = Evolution(self.config, probe, oversubscribe=oversubscribe)
        # workers start with the block, not before: an evaluator may be made and never used
        self._held = contextlib.ExitStack()
        self._backend: Backend | None = None

    def __call__(
        self, genes: Mapping[str, ArrayLike] | ArrayLike, generation: int = 0, individuals: ArrayLike | None = None
    ) -> Evaluation:
        """Let P individuals live.

        Parameters
        ----------
        genes : mapping of str to array_like, or array_like of shape (P, D)
            All genes, each of shape (P, ...); or vectors of `space`.
        generation : int, optional
            Addresses tasks and innate weights: another one has other tasks. The same one again has the same.
        individuals : array_like of int, shape (P,), optional
            Place of each in its population, which addresses its innate weights; by default 0 to P - 1.

        Returns
        -------
        Evaluation
            Losses and the like, in order; columns of the probe if it measures in such a generation.

        Raises
        ------
        GenesError
            If the genes are none of this experiment.
        EvaluationError, MachineFailedError
            If everyone fails, or the machine does.
        """
        if self._backend is None:
            raise SettingError(
                "An evaluator holds workers: use it in a block, 'with hetevo.Evaluator(config) as evaluate:'."
            )
        # genes by name, or vectors of the space
        if isinstance(genes, Mapping):
            population = check_genes(genes, self._evolution.species)
        else:
            population = self.space.unflatten(genes)
        whole = isinstance(generation, int | np.integer) and not isinstance(generation, bool)
        if not whole or not 0 <= generation < LARGEST:
            raise SettingError(f"generation: expected a whole number, 0 or more, got {generation!r}.")
        # the generation and the places address the random streams
        made = begin_with(population, number=int(generation), places=_check_places(individuals, population.size))
        evaluation = self._backend.evaluate(self._evolution.job(made.number), made)
        return self._evolution.compare(evaluation, made)

    def __enter__(self) -> Self:
        self._backend = self._held.enter_context(self._evolution.connected(None, self._data))
        return self

    def __exit__(self, *exception: object) -> None:
        self._backend = None
        self._held.close()

    def __repr__(self) -> str:
        return f"<evaluator of {self.config.preset or 'an experiment'}, seed {self.config.seed}>"


def _check_places(individuals: ArrayLike | None, size: int) -> Indices | None:
    if individuals is None:
        return None
    places: NDArray[Any] = np.asarray(individuals)
    if places.shape != (size,) or places.dtype.kind not in "iu" or (places < 0).any() or (places >= LARGEST).any():
        raise SettingError(f"individuals: expected {size} whole numbers, 0 or more, got {individuals!r}.")
    return places.astype(np.int64)
