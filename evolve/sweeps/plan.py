"""From a sweep file to the runs that it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hetevo.evolve.backends.portable import check_machine
from hetevo.evolve.config import BackendTable, Config, ConfigError
from hetevo.evolve.identity import seed_range
from hetevo.evolve.messages import Notice
from hetevo.evolve.rundir.planned import Content
from hetevo.evolve.rundir.sweep import Drawn, Entry, SweepList, read_list
from hetevo.evolve.sweeps.controls import CONTROLS
from hetevo.evolve.sweeps.file import (
    LIMIT,
    SweepFile,
    count_conditions,
    list_bases,
    name_control,
    read_sweep,
)
from hetevo.evolve.sweeps.given import Given, change_sweep
from hetevo.evolve.sweeps.keeping import keep_conditions
from hetevo.evolve.sweeps.making import Make, Member, describe_settings, make_config, plan_members
from hetevo.populations.text import for_file


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
    drawn : list of Drawn
        What was drawn, for the directory to remember.
    labels : dict of str to str
        What figures call conditions.
    ends : dict of str to int
        By condition the generation to which its runs go on once they are done; see
        `hetevo.evolve.sweeps.extending.extend_plan`.
    """

    name: str
    members: list[Member]
    derived: list[Entry] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        """What the sweep's directory says of all of them."""
        own = [Entry(each.name, each.condition, each.seed, each.stage) for each in self.members]
        return [replace(each, shown_as=self.labels.get(each.condition, "")) for each in [*own, *self.derived]]

    @property
    def settings(self) -> dict[str, Content]:
        """The configuration of each condition, as far as it is known before its runs begin."""
        found: dict[str, Content] = {}
        for member in self.members:
            # one run a condition, for seeds change nothing else
            if member.condition not in found:
                found[member.condition] = describe_settings(member)
        return found


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
    source: str | Path,
    notice: Notice | None = None,
    *,
    trust: bool = False,
    seeds: Sequence[int] | None = None,
    given: Given | None = None,
    directory: Path | None = None,
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
    given : Given, optional
        Changes that count more than the file.
    directory : Path, optional
        Of the sweep: what it drew before it does not draw anew.

    Raises
    ------
    ConfigError
        Naming what is wrong, and in which run.
    """
    file = change_sweep(read_sweep(source), given or Given(), str(source))
    if seeds is not None:
        file = file.model_copy(update={"seeds": list(seeds)})
    path, said = Path(source), given.keys if given else ()
    make = partial(make_config, folder=path.parent, trust=trust, said=said)
    return _plan(file, path.stem, str(source), make, notice, directory)


def plan_of_changes(
    base: str,
    name: str,
    given: Given,
    seeds: Sequence[int],
    *,
    trust: bool = False,
    directory: Path | None = None,
) -> Plan:
    """Plan runs of one preset or configuration file, with every combination of values that were given.

    Parameters
    ----------
    base : str
        Preset or file.
    name : str
        What to call the sweep.
    given : Given
        The changes.
    seeds : sequence of int
        Of each condition, unless ``given`` has some.
    trust, directory
        As for `load_plan`.

    Raises
    ------
    ConfigError
        Naming what is wrong, and in which run.
    """
    # a name made of tables is hard to read in a message
    tables = any(isinstance(value, Mapping) for values in given.varied.values() for value in values)
    source = base if tables else name
    file = change_sweep(SweepFile(base=base, seeds=list(seeds)), given, source)
    make = partial(make_config, folder=Path(), trust=trust, said=given.keys)
    return _plan(file, name, source, make, None, directory)


def _plan(file: SweepFile, name: str, source: str, make: Make, notice: Notice | None, directory: Path | None) -> Plan:
    _check_pilots(file, source)
    _check_count(file, source)
    there = read_list(directory) if directory else SweepList()
    drawn = []
    if file.random.values:
        try:
            drawn = [file.random.draw(there.drawn)]
        except ValueError as error:
            raise ConfigError(f"{source}: {error}.") from None
    samples = [dict(sample) for each in drawn for sample in each.samples] or [{}]
    conditions, file = keep_conditions(file, samples, there, source, make)
    members = list(plan_members(file, conditions, source, make, notice))
    # at two points of a grid a control may be the same
    compared = members if file.varies else members[: len(conditions) * len(file.seeds)]
    _check_twins(compared[:: len(file.seeds)], source)
    bases = len(list_bases(file, conditions)) * len(file.seeds)
    derived = [
        Entry(member.name, name_control(file, control, member.condition), member.seed, CONTROLS[control].stage)
        for control in file.controls
        if CONTROLS[control].stage != "end"
        for member in members[:bases]
    ]
    file.check_labels([*(each.condition for each in members), *(each.condition for each in derived)], source)
    return Plan(name, members, derived, drawn, file.labels)


def _check_twins(members: Sequence[Member], source: str) -> None:
    """Refuse two conditions that are the same; given is the first run of each."""
    seen: dict[str, str] = {}
    for member in members:
        settings = member.config.model_dump_json(exclude={"preset"})
        if (other := seen.setdefault(settings, member.condition)) != member.condition:
            raise ConfigError(
                f"{source}: conditions {other!r} and {member.condition!r} differ in nothing, so that the same runs"
                " would be computed twice and compared with themselves. Change a setting of one, or leave it out."
            )


def _check_pilots(file: SweepFile, source: str) -> None:
    """Refuse to choose a condition's setting by seeds on which it is judged."""
    judged = sorted({*file.seeds} & {*file.matched.seeds})
    if judged and any(CONTROLS[name].matched for name in file.controls):
        raise ConfigError(
            f"{source}: matched.seeds: pilot runs choose on seeds on which nothing is judged, so expected none of the"
            f" sweep's seeds, got {', '.join(map(str, judged))}. Give them others, such as"
            f' [matched] seeds = "{max(file.seeds) + 1}..{max(file.seeds) + 3}".'
        )


def _check_count(file: SweepFile, source: str) -> None:
    """Count the runs before any is made: a few lists make millions."""
    runs = count_conditions(file) * len(file.seeds)
    if runs > LIMIT:
        # the number may have more digits than can be written out
        got = f"{runs:,}" if runs < LIMIT**3 else "far more"
        raise ConfigError(
            f"{source}: expected at most {LIMIT:,} runs, got {got}. Give grid, zip, random or seeds fewer values."
        )
