"""From a sweep file to the runs that it stands for."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evolve.config import Config, ConfigError, from_mapping, load_config
from evolve.rundir.sweep import Stage
from evolve.sweeps.controls import CONTROLS
from populations.errors import HetevoError, nearest

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


@dataclass(frozen=True)
class Member:
    """One run of a sweep.

    Parameters
    ----------
    name : str
        Of its directory.
    condition : str
        What it shares with the runs that differ by their seed only.
    seed : int
        Its seed.
    config : Config
        Its configuration.
    after : str
        Name of the run that must have ended before this one begins; empty: none.
    """

    name: str
    condition: str
    seed: int
    config: Config
    after: str = ""


@dataclass(frozen=True)
class Derived:
    """A condition without runs of its own: runs of the sweep, looked at in another way.

    Parameters
    ----------
    run : str
        Name of the run.
    condition : str
        What it is called.
    seed : int
        Of the run.
    stage : str
        Stage of life to look at.
    """

    run: str
    condition: str
    seed: int
    stage: Stage


@dataclass(frozen=True)
class Plan:
    """All runs of a sweep.

    Parameters
    ----------
    name : str
        Of the sweep.
    members : list of Member
        Condition by condition, seed by seed.
    derived : list of Derived
        Conditions that are looked at in the members' runs.
    """

    name: str
    members: list[Member]
    derived: list[Derived] = field(default_factory=list)


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


def plan_of_seeds(name: str, config: Config, seeds: str) -> Plan:
    """Plan runs of one configuration that differ by their seeds.

    Parameters
    ----------
    name : str
        Of the condition, and of the runs without their seeds.
    config : Config
        Its own seed does not matter.
    seeds : str
        Such as ``"0..9"``.

    Raises
    ------
    ConfigError
        If the seeds cannot be understood.
    """
    try:
        wanted = seed_range(seeds)
    except ValueError as error:
        raise ConfigError(f"--seeds: {error}".replace(" or [0, 1, 2]", "")) from None
    content = config.model_dump()
    members = [
        Member(f"{_safe(name)}-seed{seed}", name, seed, from_mapping({**content, "seed": seed})) for seed in wanted
    ]
    return Plan(name, members)


def sweep_names() -> dict[str, str]:
    """List the sweeps that ship with Hetevo, each with its one-line description."""
    files = sorted(resources.files("evolve.sweeps").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8").splitlines()[0].removeprefix("#").strip()
        for file in files
        if file.name.endswith(".toml")
    }


def load_plan(source: str | Path) -> Plan:
    """Read a sweep and check every run of it.

    Parameters
    ----------
    source : str or Path
        One of `sweep_names`, or a file; what ends in ``.toml`` or contains a separator is a file.

    Raises
    ------
    ConfigError
        Naming what is wrong, and in which run.
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
        file = SweepFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "\n  ".join(_explained(problem) for problem in error.errors())) from None
    members = list(_members(file, str(source), path.parent))
    derived = [
        Derived(member.name, name, member.seed, CONTROLS[name].stage)
        for name in file.controls
        if CONTROLS[name].stage != "end"
        for member in members[: len(file.seeds)]
    ]
    return Plan(path.stem, members, derived)


def _members(file: SweepFile, source: str, folder: Path) -> Iterator[Member]:
    names: set[str] = set()
    conditions = [(name, changes) for name, changes in _conditions(file)]
    if len(conditions) * len(file.seeds) > LIMIT:
        raise ConfigError(f"{source}: expected at most {LIMIT:,} runs, got {len(conditions) * len(file.seeds):,}")
    for condition, changes in conditions:
        for seed in file.seeds:
            name = f"{_safe(condition)}-seed{seed}"
            if name in names:
                raise ConfigError(f"{source}: two runs would be called {name!r}; give conditions different names")
            names.add(name)
            config = _config(file.base, changes, seed, f"{source}, {name}", folder)
            donor = config.transplant.source.partition("@")[0]
            if donor and donor not in names:
                raise ConfigError(
                    f"{source}, {name}: transplant.source names {donor!r}, which is no run of a condition before this"
                    f" one; expected one of {', '.join(sorted(names - {name})[:6])}…"
                )
            yield Member(name, condition, seed, config, donor)
    base = conditions[0][0] if file.controls else ""
    for control in (name for name in file.controls if CONTROLS[name].stage == "end"):
        for seed in file.seeds:
            name, first = f"{control}-seed{seed}", f"{_safe(base)}-seed{seed}"
            if name in names:
                raise ConfigError(f"{source}: the base is called like the control {control!r}; rename its file")
            names.add(name)
            config = _config(file.base, conditions[0][1], seed, f"{source}, {first}", folder)
            changes = {**conditions[0][1], **CONTROLS[control].changes(config, first)}
            changed = _config(file.base, changes, seed, f"{source}, {name}", folder)
            yield Member(name, control, seed, changed, first if CONTROLS[control].follows else "")


def _conditions(file: SweepFile) -> Iterator[tuple[str, Changes]]:
    """Combine named conditions, grid and zip; label each by what varies."""
    named = file.conditions or {"": {}}
    walked = [dict(zip(file.zip, values, strict=True)) for values in zip(*file.zip.values(), strict=True)] or [{}]
    crossed = [dict(zip(file.grid, values, strict=True)) for values in product(*file.grid.values())]
    for (name, changes), cross, walk in product(named.items(), crossed, walked):
        varied = [_varied(key, value) for key, value in {**cross, **walk}.items()]
        label = ", ".join([*([name] if name else []), *varied]) or Path(file.base).stem
        yield label, {**dict(_keys(file.set)), **dict(_keys(changes)), **cross, **walk}


def _config(base: str, changes: Changes, seed: int, place: str, folder: Path) -> Config:
    base = changes.get("base", base)
    path = Path(base)
    if path.suffix == ".toml" and not path.is_absolute():
        base = str(folder / path)  # beside the sweep's own file
    overrides = [(key, value) for key, value in changes.items() if key != "base"]
    # "donor-seed{seed}@20": each seed takes genes of the donor with its own seed
    overrides = [(k, v.replace("{seed}", str(seed)) if k == "transplant.source" else v) for k, v in overrides]
    try:
        return load_config(base, overrides, seed=seed)
    except HetevoError as error:
        raise ConfigError(f"{place}: {error}") from None


def _keys(changes: Changes) -> Iterator[tuple[str, Any]]:
    """Accept ``evolution.size = 64`` as TOML reads it, as a table, and with the key in quotation marks."""
    for key, value in changes.items():
        if isinstance(value, dict) and "." not in key:
            yield from ((f"{key}.{name}", part) for name, part in value.items())
        else:
            yield key, value


def _varied(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and "name" not in value:
        return ", ".join(_varied(*item) for item in value.items())
    return f"{key.rpartition('.')[2]}={_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["name"])
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def _safe(label: str) -> str:
    """Turn a label into the name of a directory."""
    return re.sub(r"[^A-Za-z0-9.=_-]+", "-", label).strip("-.") or "run"


def _explained(problem: Any) -> str:
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{key}: a sweep has no such key.{nearest(key, SweepFile.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{key}: {message}" if key else message
