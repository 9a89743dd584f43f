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
from hetevo.evolve.rundir.sweep import read_list
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
        The last one to come. Default: the one to which the sweep in the directory was extended before, if it was.

    Returns
    -------
    Plan
        The same plan, if there is none.

    Raises
    ------
    ConfigError
        If runs end at different generations, or have gone further already.
    """
    asked = read_list(folder).generations if generations is None else generations
    if asked is None:
        return plan
    members = [member for member in plan.members if member.stage != "pilot"]
    # 1. one end: conditions that differ in theirs would become alike, or no longer what they are called
    ends = {member.config.evolution.generations: member for member in members}
    if len(ends) > 1:
        named = ", ".join(f"{end} ({member.condition})" for end, member in sorted(ends.items()))
        raise ConfigError(
            f"--generations {asked}: expected runs of one end, got conditions with evolution.generations = {named}."
            f" Extend single runs: {spell_resume(folder / members[0].name, '--generations', str(asked))}"
        )
    # 2. what has lived stays
    for end in ends:
        if asked < end:
            raise ConfigError(
                f"--generations {asked}: expected at least {end}, at which the runs of this sweep end. For shorter runs"
                f" change evolution.generations (-s evolution.generations={asked}), and name another directory with -o."
            )
    stands = {member.name: find_newest(folder / member.name) for member in members}
    furthest = max(stands, key=lambda name: stands[name], default="")
    if furthest and stands[furthest] > asked:
        raise ConfigError(
            f"--generations {asked}: {folder / furthest} stands at generation {stands[furthest]} already; expected at"
            " least that."
        )
    extended = [_mark(member, asked) for member in plan.members]
    # 3. checked before anything is written: one run a condition, for seeds change nothing else
    for member in {member.condition: member for member in extended if member.extended_to is not None}.values():
        extend_member(member)
    return replace(plan, generations=asked, members=extended)


def _mark(member: Member, generations: int) -> Member:
    return member if member.stage == "pilot" else replace(member, extended_to=generations)


def find_newest(path: Path) -> int:
    """Return the newest generation of a run that is saved; -1 if there is none."""
    saved = list_checkpoints(RunDirectory(path).checkpoints)
    return generation_of(saved[-1]) if saved else -1


def extend_member(member: Member) -> Member:
    """Return a run of an extended sweep that goes on, after it has come to its end in the plan."""
    change = ("evolution.generations", member.extended_to)
    return replace(member, after=(), config=from_mapping(member.config.model_dump(), overrides=[change]))


def has_passed(member: Member, path: Path) -> bool:
    """Tell whether a run of an extended sweep has come to its end in the plan before.

    Parameters
    ----------
    member : Member
        The run.
    path : Path
        Its directory.
    """
    end, directory = member.config.evolution.generations, RunDirectory(path)
    if member.extended_to is None or member.extended_to == end or not directory.is_begun():
        return False
    if find_newest(path) >= end:
        return True
    # another end of it may have come first (evolution.until), after which it was extended
    return directory.config()["evolution"]["generations"] > end and directory.provenance.outcome() == "done"


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
