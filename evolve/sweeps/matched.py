"""Fixed feedback of the best matched scale: pilot runs on seeds that nobody judges choose it, by their loss alone.

The pilots are runs of the sweep like any other. The choice follows from their records, so that it is the same in
whatever order, and by however many processes, they were run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hetevo.evolve.config import Config, from_mapping
from hetevo.evolve.identity import seed_range
from hetevo.evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.matched import Choice, write_choice
from hetevo.populations.error_neurons import NAME as ERROR_NEURONS
from hetevo.populations.errors import SettingError

SCALES, SEEDS = [0.5, 1.0, 2.0, 4.0], [900, 901, 902]

UNMEASURED = {"probe.every": 0, "heldout.every": 0, "heldout.families": [], "evolution.until": {}}
"""Changes of pilot runs: their loss is all that counts, measures change none, and all go on equally long."""


def list_seeds(value: Any, key: str) -> Any:
    """Return the seeds that a text such as ``"0..9"`` means, before anything else is checked; ``key``: who asks."""
    try:
        return seed_range(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


class MatchedTable(BaseModel):
    """Pilot runs by which the control ``matched-feedback`` chooses its scale."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scales: list[float] = Field(
        SCALES, min_length=1, max_length=20, description="sizes of innate feedback that pilot runs try; above 0"
    )
    seeds: list[int] = Field(
        SEEDS, min_length=1, max_length=100, description='seeds of the pilot runs, none of them judged, e.g. "900..902"'
    )

    @field_validator("seeds", mode="before")
    @classmethod
    def _range(cls, value: Any) -> Any:
        return list_seeds(value, "matched.seeds")

    @model_validator(mode="after")
    def _check(self) -> Self:
        wrong = [scale for scale in self.scales if not 0 < scale <= 1e6]
        if wrong or len(set(map(write_scale, self.scales))) < len(self.scales):
            raise ValueError(
                f"matched.scales: expected numbers above 0 (at most a million), each once, got {self.scales}"
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"matched.seeds: expected each seed once, got {self.seeds}")
        return self


@dataclass(frozen=True)
class Matching:
    """How the scale of a condition is chosen.

    Parameters
    ----------
    condition : str
        Whose runs get the scale.
    scales : tuple of float
        What is tried, the smallest first.
    seeds : tuple of int
        Of the pilot runs, in their order.
    key : str
        What has that scale, as people are told.
    """

    condition: str
    scales: tuple[float, ...]
    seeds: tuple[int, ...]
    key: str

    @classmethod
    def of(cls, condition: str, table: MatchedTable, config: Config) -> Self:
        """Take it from a sweep file; in which order scales and seeds stand there does not matter."""
        key = next(iter(scaled(config, 1.0)))
        key = f"{key}[1]" if key == "genome.innate_scale" else key
        return cls(condition, tuple(sorted(table.scales)), tuple(sorted(table.seeds)), key)

    def name_condition(self, scale: float) -> str:
        """Name the condition of the pilot runs with a scale."""
        return f"{self.condition} pilot, scale={write_scale(scale)}"

    def name_run(self, scale: float, seed: int) -> str:
        """Name a pilot run."""
        return f"{self.condition}-pilot-scale={write_scale(scale)}-seed{seed}"

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of all pilot runs."""
        return tuple(self.name_run(scale, seed) for scale in self.scales for seed in self.seeds)

    def choose(self, folder: Path) -> Choice:
        """Choose the scale with the lowest median loss at the end, as a mean over the pilot seeds.

        Parameters
        ----------
        folder : Path
            Of the sweep, whose pilot runs have ended.

        Raises
        ------
        RunDirectoryError, DamagedError
            If one of them holds no loss.
        """
        losses = {
            scale: tuple(_read_loss(folder / self.name_run(scale, seed)) for seed in self.seeds)
            for scale in self.scales
        }
        return Choice(self.condition, self.key, self.seeds, losses)

    def apply(self, config: Config, folder: Path) -> Config:
        """Return the configuration with the scale that the pilot runs chose; which one is written into the sweep.

        Raises
        ------
        SettingError
            If a pilot run, or what was chosen before, cannot be read, or another scale was chosen before.
        StorageError
            If the choice cannot be written.
        """
        try:
            choice = self.choose(folder)
            write_choice(folder, choice)
        except (RunDirectoryError, DamagedError) as error:
            # it is not the run that is to have the scale which needs repair
            raise SettingError(str(error)) from None
        return from_mapping(config.model_dump(), overrides=[*scaled(config, choice.scale).items()])


def _read_loss(path: Path) -> float:
    loss = RunDirectory(path).last_generation().get("loss_median")
    if loss is None:
        raise RunDirectoryError(f"{path} holds no median loss, by which the scale of fixed feedback is chosen.")
    return float(loss)


def scaled(config: Config, scale: float) -> dict[str, Any]:
    """Return changes by dotted key that give innate feedback another size.

    With separate error neurons that is the size of the teaching synapses, by which errors reach forward neurons.
    """
    if config.network.circuit == ERROR_NEURONS:
        return {"genome.innate_scale_teaching": scale}
    return {"genome.innate_scale": [config.genome.innate_scale[0], scale]}


def write_scale(scale: float) -> str:
    """Write a scale for a name.

    >>> write_scale(2.0), write_scale(0.25)
    ('2', '0.25')
    """
    return f"{scale:.12g}".replace("+", "")
