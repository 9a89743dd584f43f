"""What a sweep file may contain, and how it is read."""

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evolve.config import ConfigError
from evolve.sweeps.controls import CONTROLS
from populations.errors import nearest

Changes = dict[str, Any]
"""Values by dotted key, such as ``{"network.wiring": "layered"}``."""

LIMIT = 100_000
"""Runs beyond which a sweep is taken for a mistake."""


class SweepFile(BaseModel):
    """What a sweep file may contain.

    Parameters
    ----------
    base : str
        Preset or configuration file that all runs start from.
    seeds : str or list of int
        ``"0..9"`` or ``[0, 1, 2]``.
    controls : list of str
        Names of `evolve.sweeps.controls.CONTROLS`, compared with the base; instead of conditions, grid and zip.
    set : dict
        Changes for all runs.
    conditions : dict of str to dict
        Named sets of changes; ``base`` among them replaces the base.
    grid : dict of str to list
        Every combination of these values.
    zip : dict of str to list
        Lists of one length, walked together.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    base: str = "emergence"
    seeds: list[int] = Field([0], min_length=1)
    controls: list[str] = []
    set: Changes = {}
    conditions: dict[str, Changes] = {}
    grid: dict[str, list[Any]] = {}
    zip: dict[str, list[Any]] = {}

    @field_validator("seeds", mode="before")
    @classmethod
    def _range(cls, value: Any) -> Any:
        return seed_range(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: expected each seed once, got {self.seeds}")
        strange = [name for name in self.controls if name not in CONTROLS]
        if strange or len(set(self.controls)) < len(self.controls):
            hint = nearest(strange[0], CONTROLS) if strange else ""
            raise ValueError(f"controls: expected some of {', '.join(CONTROLS)}, each once, got {self.controls}.{hint}")
        if self.controls and (self.conditions or self.grid or self.zip):
            raise ValueError(
                "controls: they are compared with one base, so expected no conditions, grid or zip beside them."
                " Write a sweep for each base"
            )
        lengths = {key: len(values) for key, values in self.zip.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"zip: expected lists of one length, got {lengths}")
        empty = [key for key, values in {**self.grid, **self.zip}.items() if not values]
        if empty:
            raise ValueError(f"{empty[0]}: expected at least one value, got []")
        twice = (self.grid.keys() & self.zip.keys()) | ({"seed"} & {*self.set, *self.grid, *self.zip})
        if twice:
            raise ValueError(f"{sorted(twice)[0]}: expected in one place only (seeds belong into seeds)")
        return self


def seed_range(text: str) -> list[int]:
    """Return the seeds that ``"0..9"`` stands for.

    Raises
    ------
    ValueError
        If it is something else.
    """
    found = re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*", text)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError(f'expected seeds such as "0..9" or [0, 1, 2], got {text!r}')
    if int(found[2]) - int(found[1]) >= LIMIT:
        raise ValueError(f"expected at most {LIMIT:,} seeds, got {text!r}")
    return list(range(int(found[1]), int(found[2]) + 1))


def sweep_names() -> dict[str, str]:
    """List the sweeps that ship with Hetevo, each with its one-line description."""
    files = sorted(resources.files("evolve.sweeps").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8").splitlines()[0].removeprefix("#").strip()
        for file in files
        if file.name.endswith(".toml")
    }


def read_sweep(source: str | Path) -> SweepFile:
    """Read a sweep file.

    Parameters
    ----------
    source : str or Path
        One of `sweep_names`, or a file; what ends in ``.toml`` or contains a separator is a file.

    Raises
    ------
    ConfigError
        If it cannot be read, or naming what is wrong in it.
    """
    path = Path(source)
    if path.suffix != ".toml" and path.name == str(source):
        names = sweep_names()
        if str(source) not in names:
            raise ConfigError(
                f"There is no sweep {source!r}.{nearest(str(source), names)} Give a file or one of {', '.join(names)}."
            )
        text = (resources.files("evolve.sweeps") / f"{source}.toml").read_text("utf-8")
    else:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"Cannot read the sweep {path}: {error}. Give a TOML file.") from None
    try:
        return SweepFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "\n  ".join(_explained(problem) for problem in error.errors())) from None


def _explained(problem: Any) -> str:
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{key}: a sweep has no such key.{nearest(key, SweepFile.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{key}: {message}" if key else message
