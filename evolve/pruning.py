"""Making runs smaller: checkpoints and records of individuals that nothing needs any more are removed, on purpose.

What is removed is noted first (`hetevo.evolve.rundir.pruned`). Then checkpoints go, and then parts of the records are
replaced or removed, one by one: whenever the process is killed, the run verifies, goes on, and can be pruned again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import lcm
from pathlib import Path

import numpy as np
import pyarrow as pa

from hetevo.evolve.needed import Needs, part_runs
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import generation_of, load_manifest
from hetevo.evolve.rundir.files import names, remove_leftovers, remove_tree, sync_folder, write_durably
from hetevo.evolve.rundir.finding import refuse_folder
from hetevo.evolve.rundir.parts import encode_part, first_generation, hash_file, hash_rows, read_part, up_to
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.provenance import now
from hetevo.evolve.rundir.pruned import Pruning, write_pruned
from hetevo.evolve.rundir.schemas import File
from hetevo.evolve.rundir.sweep import is_sweep
from hetevo.evolve.software import installed_version
from hetevo.evolve.verify import require_whole
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Indices


@dataclass(frozen=True)
class Thinned:
    """A part of the records of individuals that is written again with fewer rows, or removed.

    Parameters
    ----------
    before : File
        Size and checksum as it is.
    after : File or None
        As it will be; None: removed.
    kept : tuple of int
        Generations whose rows stay.
    lost : int
        Generations whose rows go.
    """

    before: File
    after: File | None
    kept: tuple[int, ...]
    lost: int


@dataclass(frozen=True)
class Removal:
    """What pruning a run removes.

    Parameters
    ----------
    path : Path
        The run directory.
    checkpoints : tuple of int
        Generations whose checkpoints go.
    kept : tuple of int
        Generations whose checkpoints stay.
    every : int
        Generations between those whose individuals stay; in between only those stay that a checkpoint or the name of a
        file needs.
    parts : dict of str to Thinned
        By the path in the run of each part that changes.
    left : tuple of str
        Checkpoints that stay because they hold files that are not Hetevo's.
    needed : str
        Why checkpoints stay that others may need; empty: none does for that.
    bytes : int
        How much smaller the run becomes.
    """

    path: Path
    checkpoints: tuple[int, ...]
    kept: tuple[int, ...]
    every: int
    parts: dict[str, Thinned]
    left: tuple[str, ...]
    needed: str
    bytes: int

    @property
    def individuals(self) -> int:
        """Generations whose individuals go."""
        return sum(part.lost for part in self.parts.values())


def prune(
    paths: Sequence[str | Path], *, checkpoints: int | None = None, individuals: int = 1, remove: bool = False
) -> list[Removal]:
    """Say what may go of runs, or remove it.

    The newest checkpoint always stays, and with it all that a run needs to go on; so do those that runs still to come
    need (`hetevo.evolve.needed`). Everything is checked, in all runs, before anything is removed in one.

    Parameters
    ----------
    paths : sequence of str or Path
        Directories of runs and sweeps.
    checkpoints : int, optional
        Keep the checkpoints of every so many generations too; 0: none. Default: ``checkpoint.keep_every`` of each run.
    individuals : int, optional
        Keep the records of individuals of every so many generations, and of those with a checkpoint. 1: of all.
    remove : bool, optional
        Whether it is done; otherwise nothing is changed.

    Returns
    -------
    list of Removal
        One a run that was begun, in the order of the paths.

    Raises
    ------
    SettingError
        If a number is too small.
    RunBusyError
        If a run is under way.
    RunDirectoryError
        If a path is neither run nor sweep, or `hetevo verify` finds something wrong with a run.
    """
    if checkpoints is not None and checkpoints < 0:
        raise SettingError(
            f"--checkpoints {checkpoints}: expected a whole number from 0 on: 0 keeps the newest checkpoint alone, 10"
            " those of every tenth generation too."
        )
    if individuals < 1:
        raise SettingError(
            f"--individuals {individuals}: expected a whole number from 1 on: 1 keeps the individuals of all"
            " generations, 10 those of every tenth."
        )
    needs = Needs()
    plans = [_plan(path, checkpoints, individuals, needs) for path in _find_runs(paths)]
    if remove:
        needs = Needs()
        for plan in plans:
            _remove(plan, checkpoints, individuals, needs)
    return plans


def _find_runs(paths: Sequence[str | Path]) -> Iterator[Path]:
    """Name the runs of sweeps in their place; those that have not begun have nothing to lose."""
    for path in map(Path, paths):
        if not is_sweep(path):
            refuse_folder(path, "prune")
            yield path
            continue
        folder = inside(path.absolute())
        yield from (folder / name for name in part_runs(folder)[0])


def _plan(path: Path, checkpoints: int | None, individuals: int, needs: Needs) -> Removal:
    directory = RunDirectory.open(path)
    require_whole(directory, "pruned")  # what is damaged may need what would go
    return _plan_checked(directory, checkpoints, individuals, needs)


def _plan_checked(directory: RunDirectory, checkpoints_every: int | None, individuals: int, needs: Needs) -> Removal:
    config = directory.config()
    found = config.get("checkpoint", {}).get("keep_every", 0) if checkpoints_every is None else checkpoints_every
    every = found if type(found) is int else 0
    # 1. checkpoints: the newest stays, and those that somebody put other files into
    saved = checkpoints.list_checkpoints(directory.checkpoints)
    old = [path for path in saved[:-1] if not every or generation_of(path) % every]
    old, needed = _spare(directory, old, needs)
    left = [path for path in old if {*names(path)} - {checkpoints.STATE, checkpoints.MANIFEST}]
    gone = [path for path in old if path not in left]
    freed = sum(hash_file(path / name).bytes for path in gone for name in names(path))
    kept = [generation_of(path) for path in saved if path not in gone]
    # 2. records of individuals, as far as the newest checkpoint reaches
    parts: dict[str, Thinned] = {}
    if saved and individuals > 1:
        stride = lcm(individuals, max(1, config.get("records", {}).get("individuals_every", 1)))
        parts = dict(_thin(directory, stride, kept))
        individuals = stride
    freed += sum(part.before.bytes - (part.after.bytes if part.after else 0) for part in parts.values())
    return Removal(
        directory.path,
        tuple(map(generation_of, gone)),
        tuple(kept),
        individuals,
        parts,
        tuple(path.name for path in left),
        needed,
        freed,
    )


def _spare(directory: RunDirectory, old: list[Path], needs: Needs) -> tuple[list[Path], str]:
    """Return the old checkpoints that nobody needs, and why others stay."""
    waiting = needs.count_waiting(directory.path) if old else 0
    if waiting:
        which = "1 run of this sweep has" if waiting == 1 else f"{waiting} runs of this sweep have"
        return [], f"all checkpoints stay: {which} not begun, which may need them"
    named = needs.find_generations(directory.path) if old else {}
    spared = [generation_of(path) for path in old if generation_of(path) in named]
    lines = [f"generation {generation} stays: {named[generation]} begins with it" for generation in spared]
    return [path for path in old if generation_of(path) not in named], "; ".join(lines)


def _thin(directory: RunDirectory, every: int, saved: list[int]) -> Iterator[tuple[str, Thinned]]:
    """Choose the rows of each part that stay, and yield the parts that change."""
    files = directory.individuals.files()
    for path, end in zip(files, [*map(first_generation, files[1:]), None], strict=True):
        table = read_part(path)
        there = np.unique(table["generation"].to_numpy())
        stay = (there % every == 0) | (there > saved[-1])
        # the last ones before each checkpoint in whose time this was the last part: a run may go on from there
        for generation in saved:
            if generation >= there[0] and (end is None or generation < end):
                stay[np.searchsorted(there, generation, side="right") - 1] = True
        if stay.all():
            continue
        # a part is named after its first generation
        if stay.any():
            stay[0] = True
        if stay.all():
            continue
        after = _describe(_choose(table, there[stay])) if stay.any() else None
        before = hash_file(path)
        name = f"{directory.individuals.folder.name}/{path.name}"
        yield name, Thinned(before, after, tuple(there[stay].tolist()), int((~stay).sum()))


def _choose(table: pa.Table, generations: Indices) -> pa.Table:
    return table.filter(pa.array(np.isin(table["generation"].to_numpy(), generations)))


def _describe(table: pa.Table) -> File:
    content = encode_part(table)
    return File(bytes=len(content), sha256=sha256(content).hexdigest())


def _remove(plan: Removal, checkpoints_every: int | None, individuals: int, needs: Needs) -> None:
    """Do what a plan says, unless the run was changed since."""
    directory = RunDirectory.open(plan.path)
    with directory.lock():
        if _plan_checked(directory, checkpoints_every, individuals, needs) != plan:
            raise RunDirectoryError(
                f"{plan.path} was changed since it was looked at, and nothing was removed there: repeat the command."
            )
        # what another one left that was killed
        directory.sweep()
        remove_leftovers(directory.individuals.folder)
        if not plan.checkpoints and not plan.parts:
            return
        # 1. what goes is noted, durably, before anything does
        pruning = Pruning(
            when=now(),
            by=f"hetevo {installed_version('hetevo') or '(not installed)'}",
            checkpoints=list(plan.checkpoints),
            individuals=plan.individuals,
            bytes=plan.bytes,
        )
        allowed: dict[str, list[File | None]] = {name: [part.before, part.after] for name, part in plan.parts.items()}
        rows = dict(_hash_rows(directory, plan))
        pruned = directory.pruned().extended(pruning, plan.every, max(plan.kept), allowed, rows)
        write_pruned(directory.place, pruned)
        # 2. checkpoints, so that none is left that knows parts in another way
        for path in checkpoints.list_checkpoints(directory.checkpoints):
            if generation_of(path) in plan.checkpoints:
                checkpoints.discard(path)
        # 3. parts, each in one step
        for name, part in plan.parts.items():
            directory.check()
            path = directory.place / name
            if part.after is None:
                remove_tree(path)
            else:
                write_durably(path, encode_part(_choose(read_part(path), np.array(part.kept))))
        sync_folder(directory.individuals.folder)


def _hash_rows(directory: RunDirectory, plan: Removal) -> Iterator[tuple[int, list[str]]]:
    """Yield what the rows of the last part may be for each checkpoint that stays: as they are, and as they will be."""
    saved = {generation_of(path): path for path in checkpoints.list_checkpoints(directory.checkpoints)}
    table = directory.individuals.folder.name
    for generation in plan.kept:
        known = [name for name in load_manifest(saved[generation]).records if name.startswith(f"{table}/")]
        last = max(known, key=lambda name: first_generation(Path(name)), default="")
        if last in plan.parts:
            rows = up_to(read_part(directory.place / last), generation)
            yield generation, [hash_rows(rows), hash_rows(_choose(rows, np.array(plan.parts[last].kept)))]
