"""Where many runs stand: those of sweeps and folders, found and summed up from their small files alone.

Nothing is written, nothing locked for longer than a moment, and no table of records is read that something smaller
tells as well. What cannot be read is a row with the reason, for it must not hide the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir.checkpoint import generation_of, list_checkpoints
from hetevo.evolve.rundir.directory import RunDirectory
from hetevo.evolve.rundir.files import is_folder
from hetevo.evolve.rundir.finding import Found, find_runs
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.parts import count_rows
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.system import look
from hetevo.evolve.rundir.telemetry import Lived, read_lived
from hetevo.populations.errors import HetevoError

STATES = ("running", "waiting", "stopped", "failed", "damaged", "done")
"""``waiting``: of a sweep, and not begun; ``damaged``: what it is cannot be read."""


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Parameters
    ----------
    path : str
        Its directory.
    sweep, condition : str
        The sweep's directory, and what the run is there; empty if it is of none.
    state : str
        One of `STATES`.
    reason : str
        Why it ended early, or cannot be read.
    preset, changes, seed
        As in `RunDirectory.status`; None or empty if unknown.
    generation, generations : int or None
        The last one that has lived (of a run that is not under way: that is saved), and the last one to come.
    seconds_left : float or None
        Estimated from the generations before; None if nobody knows, or nothing is under way.
    pace : float or None
        Seconds a generation.
    loss_best, alignment_end : float or None
        Of that generation.
    failures : int
        Individuals that could not be evaluated, as far as that is saved.
    config : dict
        Nested values; of a run that has not begun, as far as its sweep says what they will be.
    """

    path: str
    sweep: str = ""
    condition: str = ""
    state: str = "waiting"
    reason: str = ""
    preset: str = ""
    changes: str = ""
    seed: int | None = None
    generation: int | None = None
    generations: int | None = None
    seconds_left: float | None = None
    pace: float | None = None
    loss_best: float | None = None
    alignment_end: float | None = None
    failures: int = 0
    config: dict[str, Any] = field(default_factory=dict, repr=False)


class Overview:
    """Looks at runs again and again, and reads only what has changed.

    Parameters
    ----------
    paths : iterable of Path
        See `find_runs`; they are searched each time, for runs come and go.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        self._known: dict[Path, tuple[object, Standing]] = {}

    def look(self) -> list[Standing]:
        """Return where all runs stand.

        Raises
        ------
        RunDirectoryError
            See `find_runs`.
        """
        known, self._known = self._known, {}
        for found in find_runs(self.paths):
            mark = _mark(found)
            before = known.get(found.path)
            # a run whose files are what they were stands where it stood
            stands = before[1] if before and mark is not None and before[0] == mark else read_standing(found)
            self._known[found.path] = mark, stands
        return [stands for _, stands in self._known.values()]


def _mark(found: Found) -> object:
    """Return what is another whenever something of a run has changed; None if it cannot be told."""
    directory = RunDirectory(found.path)
    marks: list[object] = [is_held(directory.lock_file), found]
    files = (directory.config_file, directory.events_file, directory.provenance.path, directory.checkpoints)
    for file in files:
        try:
            known = look(file)
            marks.append((known.st_ino, known.st_mtime_ns, known.st_size))
        except OSError:
            marks.append(None)
    return marks


def read_standing(found: Found) -> Standing:
    """Return where a run stands, read from its small files; one that cannot be read is ``damaged``."""
    entry = found.entry
    stands = Standing(
        str(found.path),
        sweep=str(found.sweep or ""),
        condition=entry.condition if entry else "",
        seed=entry.seed if entry else None,
    )
    if found.problem:
        return replace(stands, state="damaged", reason=found.problem)
    directory = RunDirectory(found.path)
    try:
        if isinstance(found.path, Place) and not is_folder(found.path):
            return _expect(found, stands)
        if not directory.is_begun():
            return _explain_unbegun(directory, _expect(found, stands))
        stands = _read(directory, stands)
        # done as far as it was asked to go before
        extended = found.end is not None and stands.generations is not None and stands.generations < found.end
        return replace(stands, state="waiting") if stands.state == "done" and extended else stands
    except (HetevoError, OSError, ValueError) as error:
        return replace(stands, state="damaged", reason=str(error))


def _expect(found: Found, stands: Standing) -> Standing:
    """Add the settings that a run of a sweep will have."""
    if not found.settings:
        return stands
    config = {**found.settings, "seed": stands.seed}
    if found.end is not None:
        config["evolution"] = {**config.get("evolution", {}), "generations": found.end}
    return _describe(stands, config)


def _describe(stands: Standing, config: dict[str, Any]) -> Standing:
    preset, _, changes = str(config.get("preset", "")).partition(", ")
    return replace(
        stands,
        preset=preset,
        changes=changes,
        seed=config.get("seed"),
        generations=config.get("evolution", {}).get("generations"),
        config=config,
    )


def _explain_unbegun(directory: RunDirectory, stands: Standing) -> Standing:
    """Tell a run that begins just now from what a killed start leaves, and from one that has lost its configuration."""
    if is_held(directory.lock_file):
        return replace(stands, state="running", reason="it begins")
    if list_checkpoints(directory.checkpoints):
        return replace(stands, state="damaged", reason=f"{directory.config_file} is missing")
    state = "waiting" if stands.sweep else "stopped"
    return replace(stands, state=state, reason="its start was interrupted before anything lived")


def _read(directory: RunDirectory, stands: Standing) -> Standing:
    config = directory.config()
    running, (outcome, reason) = is_held(directory.lock_file), directory.provenance.ending()
    # a lock that is held tells more than what was noted last
    state = "running" if running else outcome if outcome in STATES else "stopped"
    lived = read_lived(directory.events_file)
    saved = [generation_of(path) for path in list_checkpoints(directory.checkpoints)[-1:]]
    if not running and saved:
        # what had lived beyond that is gone
        lived = list(takewhile(lambda one: one.generation <= saved[0], lived))
    stands = replace(
        _describe(stands, config),
        state=state,
        reason="" if running else reason,
        failures=sum(count_rows(path) for path in directory.failures.files()),
    )
    return _measure(directory, stands, lived, saved)


def _measure(directory: RunDirectory, stands: Standing, lived: list[Lived], saved: list[int]) -> Standing:
    """Add how far a run has come, how it does, and how long it will take."""
    if lived and lived[-1].generation >= max(saved, default=-1):
        newest = lived[-1]
        stands = replace(
            stands,
            generation=newest.generation,
            loss_best=newest.loss_best,
            alignment_end=newest.alignment_end,
        )
    # telemetry is no part of a run, and may be gone: then its records tell
    elif row := directory.last_generation():
        stands = replace(
            stands,
            generation=row.get("generation"),
            loss_best=row.get("loss_best"),
            alignment_end=row.get("alignment_end"),
        )
    paces = [one.seconds for one in lived if one.seconds is not None]
    pace = sum(paces) / len(paces) if paces else None
    left = None
    if stands.state == "running" and pace is not None and stands.generations is not None:
        left = pace * max(0, stands.generations - (stands.generation or 0))
    return replace(stands, pace=pace, seconds_left=left)


def estimate_left(standings: Iterable[Standing]) -> float | None:
    """Estimate the seconds until all runs that are under way are done, and those that wait for their turn.

    What waits in a sweep takes its turn after those that are under way there, as many side by side as there are now.
    Where nothing is known of a run, it is taken to be as long and as fast as the others of its sweep.

    Parameters
    ----------
    standings : iterable of Standing
        Of all runs.

    Returns
    -------
    float or None
        None if nothing is under way, or it is too early to tell.
    """
    sweeps: dict[str, list[Standing]] = {}
    for number, stands in enumerate(standings):
        # a run that is of no sweep goes on by itself
        sweeps.setdefault(stands.sweep or str(number), []).append(stands)
    found = [_estimate_sweep(runs) for runs in sweeps.values() if any(run.state == "running" for run in runs)]
    known = [seconds for seconds in found if seconds is not None]
    return max(known) if known and len(known) == len(found) else None


def _estimate_sweep(runs: list[Standing]) -> float | None:
    paces = [run.pace for run in runs if run.pace is not None]
    ends = [run.generations for run in runs if run.generations is not None]
    if not paces or not ends:
        return None
    pace, end = sum(paces) / len(paces), sum(ends) / len(ends)
    under_way = [run for run in runs if run.state == "running"]
    work = [
        (run.pace or pace) * max(0.0, (run.generations or end) - (run.generation or 0))
        for run in runs
        if run.state in ("running", "waiting", "stopped")
    ]
    longest = max(run.seconds_left or 0.0 for run in under_way)
    return max(longest, sum(work) / len(under_way))
