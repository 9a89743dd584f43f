"""A sweep whose runs go on beyond the end that its file says.

First every run comes to that end, for others may take genes from it there, or settings that pilot runs chose. Then all
but the pilot runs go on. So the results are those of a run that was extended alone, in whatever order this is done.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hetevo.evolve.config import ConfigError, from_mapping
from hetevo.evolve.going_on import spell_resume
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.checkpoint import generation_of, list_checkpoints
from hetevo.evolve.rundir.sweep import FILE, read_list
from hetevo.evolve.sweeps.making import Member
from hetevo.evolve.sweeps.plan import Plan


def extend_plan(plan: Plan, folder: Path, generations: int | None = None) -> Plan:
    """Return a plan whose runs go on to a generation, once all of them have come to the end that they have in the plan.

    Parameters
    ----------
    plan : Plan
        The runs.
    folder : Path
        The sweep's directory.
    generations : int, optional
        The last one to come. Default: of each condition the one to which it was extended before in the directory, if it
        was; another sweep's conditions in the same directory are their own.

    Returns
    -------
    Plan
        The same plan, if there is none.

    Raises
    ------
    ConfigError
        If runs end at different generations and one is named for all, or have gone further already.
    """
    members = [member for member in plan.members if member.stage != "pilot"]
    there = read_list(folder).ends
    asked = {member.condition: generations for member in members} if generations is not None else there
    ends = {member.condition: asked[member.condition] for member in members if member.condition in asked}
    if not ends:
        return plan
    members = [replace(member, extended_to=ends[member.condition]) for member in members if member.condition in ends]
    if generations is not None:
        _check_one_end(members, folder)
    _check_lived(members, folder, "" if generations is None else f"--generations {generations}")
    # checked before anything is written: one run a condition, for seeds change nothing else
    for member in {member.condition: member for member in members}.values():
        extend_member(member)
    extended = {member.name: member for member in members}
    return replace(plan, ends=ends, members=[extended.get(member.name, member) for member in plan.members])


def _check_one_end(members: Sequence[Member], folder: Path) -> None:
    """Refuse one end for conditions that differ in theirs: they would become alike, or no longer what they are called.

    Those of one condition have one end.
    """
    ends = {member.config.evolution.generations: member for member in members}
    if len(ends) > 1:
        asked = members[0].extended_to
        named = ", ".join(f"{end} ({member.condition})" for end, member in sorted(ends.items()))
        raise ConfigError(
            f"--generations {asked}: expected runs of one end, got conditions with evolution.generations = {named}."
            f" Extend single runs: {spell_resume(folder / members[0].name, '--generations', str(asked))}"
        )


def _check_lived(members: Sequence[Member], folder: Path, option: str) -> None:
    """Refuse to end before what has lived, or was planned; ``option`` asked for that, if not the sweep's list."""
    stands = {member.name: find_newest(folder / member.name) for member in members}
    # the one that has gone furthest tells most
    for member in sorted(members, key=lambda one: -stands[one.name]):
        end, asked = member.config.evolution.generations, member.extended_to or 0
        said = option or f"{folder / FILE} says that runs of {member.condition!r} go on to generation {asked}"
        if asked < end:
            raise ConfigError(
                f"{said}: expected at least {end}, at which the runs of this sweep end. For shorter runs"
                f" change evolution.generations (-s evolution.generations={asked}), and name another directory with -o."
            )
        if stands[member.name] > asked:
            raise ConfigError(
                f"{said}: {folder / member.name} stands at generation {stands[member.name]} already; expected at least"
                " that."
            )


def describe_ends(plan: Plan) -> str:
    """Say to which generations the runs of an extended plan go on, for people.

    Parameters
    ----------
    plan : Plan
        From `extend_plan`.
    """
    others = {member.condition for member in plan.members if member.stage != "pilot"} - plan.ends.keys()
    found: dict[int, list[str]] = {}
    for condition, end in plan.ends.items():
        found.setdefault(end, []).append(condition)
    if len(found) == 1 and not others:
        return f"its runs go on to generation {next(iter(found))}"
    named = []
    for end, conditions in sorted(found.items()):
        more = f" and {len(conditions) - 1} more conditions" if len(conditions) > 1 else ""
        named.append(f"those of {conditions[0]!r}{more} to generation {end}")
    return f"runs go on, {', '.join(named)}"


def find_newest(path: Path) -> int:
    """Return the newest generation of a run that is saved; -1 if there is none."""
    saved = list_checkpoints(RunDirectory(path).checkpoints)
    return generation_of(saved[-1]) if saved else -1


def extend_member(member: Member) -> Member:
    """Return a run of an extended sweep that goes on, after it has come to its end in the plan."""
    change = ("evolution.generations", member.extended_to)
    return replace(member, after=(), config=from_mapping(member.config.model_dump(), overrides=[change]))


def has_passed(member: Member, path: Path) -> bool:
    """Tell whether a run of a sweep that was extended, perhaps by another process, has come to its end in the plan.

    Parameters
    ----------
    member : Member
        The run.
    path : Path
        Its directory.
    """
    end, directory = member.config.evolution.generations, RunDirectory(path)
    if member.extended_to == end or not directory.is_begun():
        return False
    goes_on = directory.config()["evolution"]["generations"] > end
    # another process may have extended the sweep since this one has planned it
    if member.extended_to is None and not (goes_on and member.condition in read_list(path.parent).ends):
        return False
    if find_newest(path) >= end:
        return True
    # another end of it may have come first (evolution.until), after which it was extended
    return goes_on and directory.provenance.outcome() == "done"


def list_extensible(members: Sequence[Member], done: set[str]) -> list[Member]:
    """List the runs that can go on beyond their end: they are done, and so are those that take something from them.

    Parameters
    ----------
    members : sequence of Member
        Of an extended plan.
    done : set of str
        Names of the runs that have come to their end.
    """
    needed = {name for member in members if member.name not in done for name in member.after}
    return [
        extend_member(member)
        for member in members
        if member.extended_to is not None and member.name in done and member.name not in needed
    ]
