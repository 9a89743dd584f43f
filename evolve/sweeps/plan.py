"""From a sweep file to the runs that it stands for."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hetevo.evolve.backends.portable import check_machine
from hetevo.evolve.config import BackendTable, Config, ConfigError, load_config
from hetevo.evolve.config.own_data import place_change
from hetevo.evolve.config.own_graph import place_graph_change
from hetevo.evolve.config.plugins import check_trusted
from hetevo.evolve.identity import seed_range
from hetevo.evolve.messages import Notice
from hetevo.evolve.rundir.sweep import Entry, Stage
from hetevo.evolve.sweeps.controls import CONTROLS, Changes
from hetevo.evolve.sweeps.file import LIMIT, SweepFile, conditions_of, count_conditions, place_base, read_sweep
from hetevo.evolve.sweeps.matched import UNMEASURED, Matching, scaled
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
        Its configuration; with ``matching`` but for the scale of innate feedback.
    after : tuple of str
        Names of the runs that must have ended before this one begins.
    stage : str
        ``"pilot"``: it is of no condition that is compared, but chooses a setting of others.
    matching : Matching or None
        How pilot runs choose its scale of innate feedback.
    """

    name: str
    condition: str
    seed: int
    config: Config
    after: tuple[str, ...] = ()
    stage: Stage = "end"
    matching: Matching | None = None


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
    labels : dict of str to str
        What figures call conditions.
    """

    name: str
    members: list[Member]
    derived: list[Entry] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        """What the sweep's directory says of all of them."""
        own = [Entry(each.name, each.condition, each.seed, each.stage) for each in self.members]
        return [replace(each, shown_as=self.labels.get(each.condition, "")) for each in [*own, *self.derived]]


def with_portable(plan: Plan, settings: BackendTable) -> tuple[Plan, BackendTable]:
    """Let all runs of a plan be portable if that is asked for; and the processes they go on in, if all of them are.

    Where only some are, each of these starts a process of its own.

    Raises
    ------
    PortableError
        If this machine cannot do that.
    """
    members = plan.members
    if settings.portable:
        members = [replace(member, config=_portable(member.config)) for member in members]
    if portable := all(member.config.backend.portable for member in members):
        check_machine()
    return replace(plan, members=members), settings.model_copy(update={"portable": portable})


def _portable(config: Config) -> Config:
    # nothing else depends on it, so that nothing is validated again
    return config.model_copy(update={"backend": config.backend.model_copy(update={"portable": True})})


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
    _check_pilots(file, str(source))
    members = list(_plan_members(file, str(source), path.parent, notice, trust=trust))
    derived = [
        Entry(member.name, name, member.seed, CONTROLS[name].stage)
        for name in file.controls
        if CONTROLS[name].stage != "end"
        for member in members[: len(file.seeds)]
    ]
    file.check_labels([*(each.condition for each in members), *(each.condition for each in derived)], str(source))
    return Plan(path.stem, members, derived, file.labels)


def _check_pilots(file: SweepFile, source: str) -> None:
    """Refuse to choose a condition's setting by seeds on which it is judged."""
    judged = sorted({*file.seeds} & {*file.matched.seeds})
    if judged and any(CONTROLS[name].matched for name in file.controls):
        raise ConfigError(
            f"{source}: matched.seeds: pilot runs choose on seeds on which nothing is judged, so expected none of the"
            f" sweep's seeds, got {', '.join(map(str, judged))}. Give them others, such as"
            f' [matched] seeds = "{max(file.seeds) + 1}..{max(file.seeds) + 3}".'
        )


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
            yield Member(name, condition, seed, run, (donor,) if donor else ())
    # controls stand beside one base alone, or the first of conditions
    if not file.controls:
        return
    condition, changes = conditions[0]
    config = _make_config(file.base, changes, f"{source}, {folders[condition]}", folder, trust=trust)
    for control in file.controls:
        if obstacle := CONTROLS[control].obstacle(config):
            raise ConfigError(f"{source}: controls: {control!r} cannot be compared with {condition!r}: {obstacle}.")
        if CONTROLS[control].stage != "end":
            continue
        changed = {**changes, **CONTROLS[control].changes(config, f"{for_file(condition)}-seed{{seed}}")}
        own = _make_config(file.base, changed, f"{source}, {control}-seed{file.seeds[0]}", folder, trust=trust)
        if own.hash() == config.hash() and not CONTROLS[control].matched:
            raise ConfigError(f"{source}: controls: {control!r} is what {condition!r} is already. Leave it out.")
        matching = None
        if CONTROLS[control].matched:
            matching = Matching.of(control, file.matched, own)
            for scale in matching.scales:
                place = f"{source}, {matching.name_run(scale, matching.seeds[0])}"
                tried = {**changed, **scaled(own, scale), **UNMEASURED}
                pilot = _make_config(file.base, tried, place, folder, trust=trust)
                yield from _plan_pilots(matching, scale, pilot, source)
        yield from _plan_control(file, source, control, own, for_file(condition), names, matching)


def _plan_pilots(matching: Matching, scale: float, config: Config, source: str) -> Iterator[Member]:
    """Plan the pilot runs with a scale."""
    for seed in matching.seeds:
        name = matching.name_run(scale, seed)
        run = _with_seed(config, seed, f"{source}, {name}")
        yield Member(name, matching.name_condition(scale), seed, run, stage="pilot")


def _plan_control(
    file: SweepFile,
    source: str,
    control: str,
    config: Config,
    base: str,
    names: set[str],
    matching: Matching | None,
) -> Iterator[Member]:
    """Plan the runs of a control."""
    for seed in file.seeds:
        name = f"{control}-seed{seed}"
        if name in names:
            raise ConfigError(f"{source}: the base is called like the control {control!r}; rename its file")
        names.add(name)
        after = matching.runs if matching else (f"{base}-seed{seed}",) if CONTROLS[control].follows else ()
        run = _with_seed(config, seed, f"{source}, {name}")
        yield Member(name, control, seed, run, after, matching=matching)


def _make_config(base: str, changes: Changes, place: str, folder: Path, *, trust: bool) -> Config:
    """Validate a condition: all of its runs, but for their seeds."""
    base = changes.get("base", base)
    if not isinstance(base, str):
        raise ConfigError(f'{place}: base: expected a preset or a file, such as "emergence", got {base!r}')
    base = place_base(base, folder)
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
