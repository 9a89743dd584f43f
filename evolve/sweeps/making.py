"""From what a sweep changes to its runs and their configurations."""

import shlex
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetevo.evolve.config import Config, ConfigError, load_config
from hetevo.evolve.config.naming import named
from hetevo.evolve.config.own_data import place_change
from hetevo.evolve.config.own_graph import place_graph_change
from hetevo.evolve.config.plugins import check_trusted
from hetevo.evolve.config.reaching import check_reach
from hetevo.evolve.messages import Notice
from hetevo.evolve.rundir.planned import Content, Stage
from hetevo.evolve.sweeps.controls import CONTROLS, Changes
from hetevo.evolve.sweeps.file import SweepFile, list_bases, name_control, place_base
from hetevo.evolve.sweeps.matched import UNMEASURED, Matching, scaled
from hetevo.evolve.toml import inline
from hetevo.populations.errors import HetevoError
from hetevo.populations.text import for_file, without_places

Make = Callable[[str, Changes, str], Config]
"""Makes a configuration of a base, changes, and what to call it in messages: `make_config` with the rest given."""

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
        Its configuration; with ``matching`` but for the scale of innate feedback.
    after : tuple of str
        Names of the runs that must have ended before this one begins.
    stage : str
        ``"pilot"``: it is of no condition that is compared, but chooses a setting of others.
    matching : Matching or None
        How pilot runs choose its scale of innate feedback.
    extended_to : int or None
        The generation to which it goes on, once all runs have come to their ends; see
        `hetevo.evolve.sweeps.extending`.
    donor : str
        The ``transplant.source`` that its condition has, with a blank where each run has its own seed.
    """

    name: str
    condition: str
    seed: int
    config: Config
    after: tuple[str, ...] = ()
    stage: Stage = "end"
    matching: Matching | None = None
    extended_to: int | None = None
    donor: str = ""


def plan_members(
    file: SweepFile, conditions: list[tuple[str, Changes]], source: str, make: Make, notice: Notice | None
) -> Iterator[Member]:
    """Plan the runs of a sweep.

    Parameters
    ----------
    file : SweepFile
        What is run.
    conditions : list of (str, dict)
        Labels and changes, from `conditions_of`.
    source : str
        What to call the sweep in messages.
    make : callable
        See `Make`.
    notice : callable, optional
        Is called now and then with how many conditions are planned.

    Yields
    ------
    Member
        Condition by condition, seed by seed; then the controls.

    Raises
    ------
    ConfigError
        Naming what is wrong, and in which run.
    """
    names: set[str] = set()
    folders: dict[str, str] = {}
    taken: set[str] = set()
    noticed = time.monotonic()
    for number, (condition, changes) in enumerate(conditions):
        if notice and time.monotonic() - noticed >= NOTICE_SECONDS:
            noticed = time.monotonic()
            notice(f"{source}: planned {number:,} of {len(conditions):,} conditions")
        # each condition has a folder name of its own, each run one of those with its seed
        if condition in folders:
            first = next(before for label, before in conditions if label == condition)
            raise ConfigError(
                f"{source}: two conditions would be called {condition!r}.{_suggest(first, changes)} In a sweep file"
                " conditions can have names of their own: tables [conditions.NAME]."
            )
        folders[condition] = for_file(condition, taken)
        taken.add(folders[condition])
        # validated once for all seeds
        place = f"{source}, {folders[condition]}-seed{file.seeds[0]}"
        config = make(file.base, changes, place)
        for seed in file.seeds:
            name = f"{folders[condition]}-seed{seed}"
            names.add(name)
            run = with_seed(config, seed, f"{source}, {name}")
            # a donor must be a run that is planned before
            donor = run.transplant.source.partition("@")[0]
            if donor and donor not in names:
                raise ConfigError(
                    f"{source}, {name}: transplant.source names {donor!r}, which is no run of a condition before this"
                    f" one; expected one of {', '.join(sorted(names - {name})[:6])}…"
                )
            after = (donor,) if donor else ()
            yield Member(name, condition, seed, run, after, donor=config.transplant.source)
    for condition, changes in list_bases(file, conditions) if file.controls else ():
        base = _Base(
            condition, folders[condition], changes, make(file.base, changes, f"{source}, {folders[condition]}")
        )
        yield from _plan_controls(file, source, make, base, folders, taken)


def _suggest(first: Changes, second: Changes) -> str:
    """Say how two conditions that are called alike, since they name the same member, differ by their names too."""
    for key, one in first.items():
        other = second.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping) and one != other and one.keys() == other.keys():
            # what is a change of its own is a part of what a condition is called
            values = {
                f"{key}.{name}": inline(value) if value == other[name] else f"{inline(value)},{inline(other[name])}"
                for name, value in one.items()
            }
            words = (shlex.quote(f"{place}={text}") for place, text in values.items())
            return f" Vary the option by itself (in a file below [grid]): {' '.join(f'-s {word}' for word in words)}."
    return ""


@dataclass(frozen=True)
class _Base:
    """A condition that controls are compared with, the folder of its runs without their seeds, and what it changes."""

    condition: str
    folder: str
    changes: Changes
    config: Config


def _plan_controls(
    file: SweepFile, source: str, make: Make, base: _Base, folders: dict[str, str], taken: set[str]
) -> Iterator[Member]:
    """Plan the controls of one base, and the pilot runs of those that have some.

    ``folders`` of all conditions so far, and their names, grow.
    """
    for control in file.controls:
        if obstacle := CONTROLS[control].obstacle(base.config):
            raise ConfigError(
                f"{source}: controls: {control!r} cannot be compared with {base.condition!r}: {obstacle}."
            )
        if CONTROLS[control].stage != "end":
            continue
        changed = {**base.changes, **CONTROLS[control].changes(base.config, f"{base.folder}-seed{{seed}}")}
        condition = name_control(file, control, base.condition)
        if condition in folders:
            raise ConfigError(f"{source}: the base is called like the control {control!r}; rename its file")
        folder = folders[condition] = for_file(condition, taken)
        taken.add(folder)
        own = make(file.base, changed, f"{source}, {folder}-seed{file.seeds[0]}")
        if own.hash() == base.config.hash() and not CONTROLS[control].matched:
            raise ConfigError(f"{source}: controls: {control!r} is what {base.condition!r} is already. Leave it out.")
        matching = None
        if CONTROLS[control].matched:
            matching = Matching.of(control, file.matched, own)
            for scale in matching.scales:
                place = f"{source}, {matching.name_run(scale, matching.seeds[0])}"
                tried = {**changed, **scaled(own, scale), **UNMEASURED}
                pilot = make(file.base, tried, place)
                yield from _plan_pilots(matching, scale, pilot, source)
        for seed in file.seeds:
            name = f"{folder}-seed{seed}"
            after = matching.runs if matching else (f"{base.folder}-seed{seed}",) if CONTROLS[control].follows else ()
            run = with_seed(own, seed, f"{source}, {name}")
            yield Member(name, condition, seed, run, after, matching=matching, donor=own.transplant.source)


def _plan_pilots(matching: Matching, scale: float, config: Config, source: str) -> Iterator[Member]:
    """Plan the pilot runs with a scale."""
    for seed in matching.seeds:
        name = matching.name_run(scale, seed)
        run = with_seed(config, seed, f"{source}, {name}")
        yield Member(name, matching.name_condition(scale), seed, run, stage="pilot")


def make_config(
    base: str, changes: Changes, place: str, *, folder: Path, trust: bool, said: Collection[str] = ()
) -> Config:
    """Validate a condition: all of its runs, but for their seeds.

    Parameters
    ----------
    base : str
        What the sweep starts from; a change may name another.
    changes : dict of str to object
        Values by dotted key.
    place : str
        What to call the condition in messages.
    folder : Path
        In which a file lies that is named.
    trust : bool
        Whether what a file alone names may be imported, and files lie elsewhere.
    said : collection of str, optional
        Keys of the changes that a person gave with the command: these may, and name files from the current folder.

    Raises
    ------
    ConfigError
        Naming the condition, and what is wrong.
    """
    base = changes.get("base", base)
    if not isinstance(base, str):
        raise ConfigError(f'{place}: base: expected a preset or a file, such as "emergence", got {base!r}')
    base = place_base(base, Path() if "base" in said else folder)
    try:
        if not trust:
            unsaid = {key: value for key, value in changes.items() if key not in said}
            check_trusted(unsaid, (), "its changes")
            check_reach(unsaid, (), "its changes")
        given = [
            (key, value if key in said else _place(key, value, folder, trust=trust))
            for key, value in changes.items()
            if key != "base"
        ]
        # where runs go on, no file says
        return load_config(base, [*given, ("backend.address", "")], trust=trust, seed=0)
    except HetevoError as error:
        raise ConfigError(f"{place}: {error}") from None


def describe_settings(member: Member) -> Content:
    """Return the configuration of a condition as nested values, as far as it is known before its runs begin.

    Parameters
    ----------
    member : Member
        One of its runs.
    """
    content = named(member.config).model_dump(mode="json")
    # each run has a seed of its own, and perhaps genes of the donor with that seed
    del content["seed"]
    content["transplant"]["source"] = member.donor or member.config.transplant.source
    # where runs go on, and who is told of them, is not theirs; places on this machine are nobody's concern
    del content["backend"], content["track"]
    if member.matching:
        for key in scaled(member.config, 1.0):
            table, _, name = key.partition(".")
            del content[table][name]  # pilot runs will choose it
    return {key: _hide_places(value) for key, value in content.items()}


def _hide_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hide_places(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_hide_places(part) for part in value]
    return without_places(value) if isinstance(value, str) and "/" in value else value


def _place(key: str, value: Any, folder: Path, *, trust: bool) -> Any:
    return place_graph_change(key, place_change(key, value, folder, trust=trust), folder, trust=trust)


def with_seed(config: Config, seed: int, place: str) -> Config:
    """Return a run of a condition; "donor-seed{seed}@20": each seed takes genes of the donor with its own seed."""
    try:
        own = config.seeded(seed)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    if "{seed}" not in own.transplant.source:
        return own
    source = own.transplant.source.replace("{seed}", str(seed))
    return own.model_copy(update={"transplant": own.transplant.model_copy(update={"source": source})})
