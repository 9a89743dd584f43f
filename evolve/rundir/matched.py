"""``matched-feedback.json`` of a sweep: which scale of fixed feedback its pilot runs chose, and by which losses."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from hetevo.evolve.rundir.errors import DamagedError, RunDirectoryError
from hetevo.evolve.rundir.files import is_there, read_bounded, write_durably
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.schemas import Loose, parse_json, validate
from hetevo.evolve.rundir.sweep import lock_sweep

FILE = "matched-feedback.json"
LIMIT = 1 << 20

Finite = Annotated[float, Field(ge=0, le=1e100)]


class _Scale(Loose):
    scale: Finite
    losses: Annotated[list[Finite], Field(min_length=1)]


class _File(Loose):
    version: Literal[1] = Field(alias="schema")
    condition: Annotated[str, Field(min_length=1, max_length=255)]
    key: Annotated[str, Field(min_length=1, max_length=255)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    pilots: Annotated[list[_Scale], Field(min_length=1)]


@dataclass(frozen=True)
class Choice:
    """A scale that pilot runs chose.

    Parameters
    ----------
    condition : str
        Of the runs that have it.
    key : str
        What it is the value of, such as ``"genome.innate_scale[1]"``.
    seeds : tuple of int
        Of the pilot runs.
    losses : mapping of float to tuple of float
        By scale the median loss at the end of each pilot run, in the order of the seeds.

    Examples
    --------
    >>> choice = Choice("matched-feedback", "genome.innate_scale[1]", (900, 901), {1: (0.3, 0.5), 2: (0.2, 0.4)})
    >>> choice.scale
    2
    """

    condition: str
    key: str
    seeds: tuple[int, ...]
    losses: Mapping[float, tuple[float, ...]]

    @property
    def means(self) -> dict[float, float]:
        """The mean loss over the pilot seeds, by scale, the smallest scale first."""
        # an exact sum, so that the order of the seeds does not matter
        return {scale: math.fsum(losses) / len(losses) for scale, losses in sorted(self.losses.items())}

    @property
    def scale(self) -> float:
        """The scale with the lowest mean; of several, the smallest."""
        means = self.means
        return min(means, key=lambda scale: means[scale])

    @property
    def text(self) -> str:
        """What was chosen and why, in a sentence."""
        means, seeds = self.means, ", ".join(map(str, self.seeds))
        losses = ", ".join(f"{scale:g}: {loss:.3g}" for scale, loss in means.items())
        said = (
            f"{self.condition}: {self.key} = {self.scale:g} was chosen by loss on pilot seeds {seeds} (median loss at"
            f" the end, mean over seeds, by scale: {losses})."
        )
        # the best of a grid that ends there may not be the best there is
        edge = {min(means): "smallest", max(means): "largest"}.get(self.scale) if len(means) > 1 else None
        return f"{said} It is the {edge} scale that was tried; the best one may lie beyond." if edge else said


def read_choice(sweep: Path) -> Choice | None:
    """Read what the pilot runs of a sweep chose; None if there is nothing of the kind yet.

    Raises
    ------
    RunDirectoryError
        If the file is damaged.
    StorageError
        If it cannot be read.
    """
    path = inside(sweep) / FILE
    if not is_there(path):
        return None
    try:
        content = validate(parse_json(read_bounded(path, LIMIT)), _File, path)
        losses = {pilot.scale: tuple(pilot.losses) for pilot in content.pilots}
        if {len(each) for each in losses.values()} != {len(content.seeds)}:
            raise ValueError("expected a loss for each seed")
    except (ValueError, DamagedError) as error:
        reason = str(error).removeprefix(f"{path}: ").removesuffix(" Put a copy of the file in its place.")
        raise RunDirectoryError(
            f"{path} is damaged: {reason.removesuffix('.')}. It only says what the pilot runs beside it chose: remove"
            " it, and repeat the sweep, which writes it again."
        ) from None
    return Choice(content.condition, content.key, tuple(content.seeds), losses)


def write_choice(sweep: Path, choice: Choice) -> None:
    """Write what the pilot runs chose, unless it stands there; processes that share a sweep write the same.

    Raises
    ------
    RunDirectoryError
        If another scale was chosen there before, which runs beside it have; or the file is not one that this function
        wrote.
    StorageError
        If it cannot be written.
    """
    folder = inside(sweep)
    path = folder / FILE
    content = {
        "schema": 1,
        "condition": choice.condition,
        "key": choice.key,
        "chosen": choice.scale,
        "seeds": list(choice.seeds),
        "pilots": [
            {"scale": scale, "losses": list(choice.losses[scale]), "mean": mean} for scale, mean in choice.means.items()
        ],
    }
    text = f"{json.dumps(content, indent=1)}\n".encode()
    # all seeds of the condition may begin at once
    with lock_sweep(folder):
        before = read_choice(sweep)
        if before is not None and (before.key, before.scale) != (choice.key, choice.scale):
            raise RunDirectoryError(
                f"{path}: {before.key} = {before.scale:g} was chosen in this sweep, and now it would be"
                f" {choice.key} = {choice.scale:g}. Scales or pilot runs are others than before: choose another"
                " directory with -o."
            )
        if before is None or read_bounded(path, LIMIT) != text:
            write_durably(path, text)
