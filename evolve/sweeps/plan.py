"""From a sweep file to the runs that it stands for."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hetevo.evolve.config import Config, ConfigError, load_config, preset_names
from hetevo.evolve.config.own_data import place_change
from hetevo.evolve.config.own_graph import place_graph_change
from hetevo.evolve.config.plugins import check_trusted
from hetevo.evolve.config.sources import is_path
from hetevo.evolve.identity import seed_range
from hetevo.evolve.messages import Notice
from hetevo.evolve.named_files import exists
from hetevo.evolve.rundir.sweep import Entry
from hetevo.evolve.sweeps.controls import CONTROLS, Changes
from hetevo.evolve.sweeps.file import LIMIT, SweepFile, conditions_of, count_conditions, read_sweep
from hetevo.populations.errors import HetevoError
from hetevo.populations.text import for_file

NOTICE_SECONDS = 5.0
"""Seconds between two notices of how far planning has come."""


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
class Plan:
    """All runs of a sweep.

    Parameters
    ----------
    name : str
        Of the sweep.
    members : list of Member
        Condition by condition, seed by seed.
    derived : list of Entry
        Conditions without runs of their own: runs of the members, looked at in another stage of life.
    """

    name: str
    members: list[Member]
    derived: list[Entry] = field(default_factory=list)


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
    folder = for_file(name)
    try:
        return Plan(
            name, [Member(f"{folder}-seed{seed}", name, seed, config.seeded(seed)) for seed in seed_range(seeds)]
        )
    except (ValueError, ConfigError) as error:
        raise ConfigError(f"--seeds: {error}".replace(" or [0, 1, 2]", "")) from None


def load_plan(
    source: str | Path, notice: Notice | None = None, *, trust: bool = False, seeds: Sequence[int] | None = None
) -> Plan:
    """Read a sweep and check every run of it.

    Parameters
    ----------
    source : str or Path
        One of `sweep_names`, or a file; what ends in ``.toml`` or contains a separator is a file.
    notice : callable, optional
        Is called now and then with how many conditions are planned, if there are so many that it takes long.
    trust : bool, optional
        Whether modules may be imported that the file alone names.
    seeds : sequence of int, optional
        Instead of those that it names.

    Raises
    ------
    ConfigError
        Naming what is wrong, and in which run.
    """
    path, file = Path(source), read_sweep(source)
    if seeds is not None:
        file = file.model_copy(update={"seeds": list(seeds)})
    members = list(_plan_members(file, str(source), path.parent, notice, trust=trust))
    derived = [
        Entry(member.name, name, member.seed, CONTROLS[name].stage)
        for name in file.controls
        if CONTROLS[name].stage != "end"
        for member in members[: len(file.seeds)]
    ]
    return Plan(path.stem, members, derived)


def _plan_members(
    file: SweepFile, source: str, folder: Path, notice: Notice | None, *, trust: bool
) -> Iterator[Member]:
    # counted before any is made: a few lists make millions
    names: set[str] = set()
    runs = count_conditions(file) * len(file.seeds)
    if runs > LIMIT:
        # the number may have more digits than can be written out
        got = f"{runs:,}" if runs < LIMIT**3 else "far more"
        raise ConfigError(
            f"{source}: expected at most {LIMIT:,} runs, got {got}. Give grid, zip or seeds fewer values."
        )
    folders: dict[str, str] = {}
    taken: set[str] = set()
    planned: list[tuple[str, Changes, Config]] = []
    conditions, noticed = list(conditions_of(file)), time.monotonic()
    for number, (condition, changes) in enumerate(conditions):
        if notice and time.monotonic() - noticed >= NOTICE_SECONDS:
            noticed = time.monotonic()
            notice(f"{source}: planned {number:,} of {len(conditions):,} conditions")
        # each condition has a folder name of its own, each run one of those with its seed
        if condition in folders:
            raise ConfigError(f"{source}: two conditions would be called {condition!r}; give them different names")
        folders[condition] = for_file(condition, taken)
        taken.add(folders[condition])
        # validated once for all seeds
        place = f"{source}, {folders[condition]}-seed{file.seeds[0]}"
        config = _make_config(file.base, changes, place, folder, trust=trust)
        planned.append((condition, changes, config))
        for seed in file.seeds:
            name = f"{folders[condition]}-seed{seed}"
            names.add(name)
            run = _with_seed(config, seed, f"{source}, {name}")
            # a donor must be a run that is planned before
            donor = run.transplant.source.partition("@")[0]
            if donor and donor not in names:
                raise ConfigError(
                    f"{source}, {name}: transplant.source names {donor!r}, which is no run of a condition before this"
                    f" one; expected one of {', '.join(sorted(names - {name})[:6])}…"
                )
            yield Member(name, condition, seed, run, donor)
    # controls stand beside the first one alone
    condition, changes, config = planned[0]
    for control in (name for name in file.controls if CONTROLS[name].stage == "end"):
        changed = {**changes, **CONTROLS[control].changes(config, f"{for_file(condition)}-seed{{seed}}")}
        own = _make_config(file.base, changed, f"{source}, {control}-seed{file.seeds[0]}", folder, trust=trust)
        yield from _plan_control(file, source, control, own, for_file(condition), names)


def _plan_control(
    file: SweepFile, source: str, control: str, config: Config, base: str, names: set[str]
) -> Iterator[Member]:
    """Plan the runs of a control."""
    for seed in file.seeds:
        name = f"{control}-seed{seed}"
        if name in names:
            raise ConfigError(f"{source}: the base is called like the control {control!r}; rename its file")
        names.add(name)
        after = f"{base}-seed{seed}" if CONTROLS[control].follows else ""
        yield Member(name, control, seed, _with_seed(config, seed, f"{source}, {name}"), after)


def _make_config(base: str, changes: Changes, place: str, folder: Path, *, trust: bool) -> Config:
    """Validate a condition: all of its runs, but for their seeds."""
    base = changes.get("base", base)
    if not isinstance(base, str):
        raise ConfigError(f'{place}: base: expected a preset or a file, such as "emergence", got {base!r}')
    if is_path(base) or (base not in preset_names() and exists(folder / base)):
        base = str(folder / base)  # beside the sweep's own file
    try:
        if not trust:
            check_trusted(changes, (), "its changes")
        placed = {key: place_change(key, value, folder, trust=trust) for key, value in changes.items() if key != "base"}
        given = [(key, place_graph_change(key, value, folder, trust=trust)) for key, value in placed.items()]
        # where runs go on, no file says
        return load_config(base, [*given, ("backend.address", "")], trust=trust, seed=0)
    except HetevoError as error:
        raise ConfigError(f"{place}: {error}") from None


def _with_seed(config: Config, seed: int, place: str) -> Config:
    """Return a run of a condition; "donor-seed{seed}@20": each seed takes genes of the donor with its own seed."""
    try:
        own = config.seeded(seed)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    if "{seed}" not in own.transplant.source:
        return own
    source = own.transplant.source.replace("{seed}", str(seed))
    return own.model_copy(update={"transplant": own.transplant.model_copy(update={"source": source})})
