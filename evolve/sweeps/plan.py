"""From a sweep file to the runs that it stands for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evolve.config import Config, ConfigError, from_mapping, load_config
from evolve.rundir.sweep import Stage
from evolve.sweeps.conditions import conditions_of, directory_name
from evolve.sweeps.controls import CONTROLS
from evolve.sweeps.file import LIMIT, Changes, SweepFile, read_sweep, seed_range
from populations.errors import HetevoError


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
        Member(f"{directory_name(name)}-seed{seed}", name, seed, from_mapping({**content, "seed": seed}))
        for seed in wanted
    ]
    return Plan(name, members)


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
    path, file = Path(source), read_sweep(source)
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
    conditions = list(conditions_of(file))
    if len(conditions) * len(file.seeds) > LIMIT:
        raise ConfigError(f"{source}: expected at most {LIMIT:,} runs, got {len(conditions) * len(file.seeds):,}")
    for condition, changes in conditions:
        for seed in file.seeds:
            name = f"{directory_name(condition)}-seed{seed}"
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
            name, first = f"{control}-seed{seed}", f"{directory_name(base)}-seed{seed}"
            if name in names:
                raise ConfigError(f"{source}: the base is called like the control {control!r}; rename its file")
            names.add(name)
            config = _config(file.base, conditions[0][1], seed, f"{source}, {first}", folder)
            changes = {**conditions[0][1], **CONTROLS[control].changes(config, first)}
            changed = _config(file.base, changes, seed, f"{source}, {name}", folder)
            yield Member(name, control, seed, changed, first if CONTROLS[control].follows else "")


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
