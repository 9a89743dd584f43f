"""Held-out tasks: the population lives through them only to be measured, and selection never sees them.

Tasks, samples and innate weights come from random streams of their own
(`hetevo.populations.random_streams.HELD_OUT`).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hetevo.evolve.backends import Backend, Job
from hetevo.evolve.backends.backend import do_nothing, never
from hetevo.evolve.config import Config
from hetevo.evolve.generation import Generation, mean_defined
from hetevo.populations.species import Species
from hetevo.populations.tasks import TASKS
from hetevo.populations.types import Floats

MEASURES = ("alignment_mid", "alignment_end", "hs_end", "dc_end")
"""What is recorded of held-out lives; of single layers, which have no gains, only the alignment."""

SUFFIXES = ("", "_champion")


def build_held_out_species(config: Config, species: Species) -> dict[str, Species]:
    """Return the species with each held-out task family in place of its own.

    Parameters
    ----------
    config : Config
        Names the families.
    species : Species
        Of the run.

    Raises
    ------
    SettingError
        If what a family needs is missing.
    """
    # a family besides the run's own has its usual options
    sizes = {"inputs": config.task.inputs, "outputs": config.task.outputs}
    families = {}
    for name in config.heldout.families if config.heldout.every else ():
        task = species.task if name == config.task.name else TASKS[name](**sizes)
        task.prepare()
        lifetime = replace(species.lifetime, tasks=config.heldout.tasks or species.lifetime.tasks)
        # new tasks in every generation, also where the run's own never change
        environment = replace(species.environment, every=1)
        families[name] = replace(species, task=task, lifetime=lifetime, environment=environment, held_out=name)
    return families


class HeldOut:
    """Measures generations on held-out tasks.

    Parameters
    ----------
    config : Config
        Names the families, and how often.
    species : Species
        Of the run.

    Raises
    ------
    SettingError
        If what a family needs is missing.
    """

    def __init__(self, config: Config, species: Species) -> None:
        self._every = config.heldout.every
        self._families = build_held_out_species(config, species)
        measures = (MEASURES[:2] if species.formula else MEASURES) if config.probe.every else ()
        self._columns = [
            f"heldout_{name}_{what}{who}" for name in self._families for what in ("loss", *measures) for who in SUFFIXES
        ]

    def measure(
        self,
        backend: Backend,
        job: Job,
        generation: Generation,
        loss: Floats,
        stopping: Callable[[], bool] = never,
    ) -> dict[str, float]:
        """Let a generation live through held-out tasks, if it is time.

        Parameters
        ----------
        backend : Backend
            Where.
        job : Job
            Of the generation.
        generation : Generation
            Who lives.
        loss : ndarray of float64, shape (P,)
            Its losses on its own tasks: they decide who the champion is.
        stopping : callable, optional
            See `hetevo.evolve.backends.Backend.evaluate`.

        Returns
        -------
        dict of str to float
            For each family ``heldout_<family>_loss`` and, where measured, ``heldout_<family>_alignment_mid``,
            ``_alignment_end`` and, of circuits, ``_hs_end`` and ``_dc_end``: means over the population; with the
            suffix ``_champion`` the value of the individual with the lowest loss on the run's own tasks. NaN in
            generations in between. Empty without families.
        """
        row = dict.fromkeys(self._columns, float("nan"))
        if not self._families or generation.number % self._every:
            return row
        # the champion is that of the run's own tasks: on held-out ones nobody is selected
        champion = int(np.argmin(loss))
        for name, species in self._families.items():
            evaluation = backend.evaluate(replace(job, species=species), generation, do_nothing, stopping)
            for what, values in {"loss": evaluation.loss, **evaluation.observed}.items():
                column = f"heldout_{name}_{what}"
                if column in row:  # a probe may measure more than is recorded of held-out lives
                    row[column] = mean_defined(values)
                    row[f"{column}_champion"] = float(values[champion])
        return row
