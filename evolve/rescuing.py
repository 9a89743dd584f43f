"""Saving a run whose directory was deleted: beside it, with all that is still in memory."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir import LostError, RunDirectory
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.directory import TABLES
from hetevo.evolve.rundir.files import make_folder
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.state import State
from hetevo.populations.errors import HetevoError, MachineFailedError, spell
from hetevo.populations.text import for_file


def rescue(
    lost: LostError, directory: RunDirectory, config: str, state: State | None, facts: Mapping[str, Any]
) -> MachineFailedError:
    """Save a run elsewhere, and return an error that says where, and what is lost.

    Parameters
    ----------
    lost : LostError
        What happened. If another process goes on with the run, nothing needs saving.
    directory : RunDirectory
        The run; its tables hold rows in memory that reach to the state.
    config : str
        Its configuration, as TOML.
    state : State or None
        Of the last generation that was recorded; None if nothing has lived.
    facts : mapping
        What its checkpoints remember.
    """
    # the run goes on in another process, or had not begun: there is nothing to save
    if not lost.deleted:
        return MachineFailedError(str(lost))
    if state is None:
        return MachineFailedError(f"{lost} Nothing had lived yet: begin again with '{spell('run')}'.")
    # beside the old place; if that cannot be, in the folder for temporary files
    problems = []
    for path in _find_places(directory.path):
        try:
            first = _save(path, directory, config, state, facts)
        except (HetevoError, OSError) as error:
            problems.append(str(error))
            continue
        missing = ", ".join(f"{name} before generation {start}" for name, start in first.items() if start)
        return MachineFailedError(
            f"{lost} It was saved after generation {state.generation.number} in {path}, with the records that were in"
            f" memory. Lost are older checkpoints{f', and of the records {missing}' if missing else ''}; the evolution"
            f" is not. Go on there: {spell('resume', path)}"
        )
    return MachineFailedError("\n  ".join([f"{lost} It could not be saved elsewhere, and is lost:", *problems]))


def _find_places(path: Path) -> Iterator[Path]:
    """Name places that are not there yet: beside the run or its sweep, or above that if it is gone, or temporary."""
    # nearest first
    whole = path.within.path if isinstance(path, Place) and path.within else path  # a sweep may be deleted with it
    above = next(folder for folder in Path(whole).absolute().parents if folder.is_dir())
    for folder in (above, Path(tempfile.gettempdir())):
        place = folder / f"{for_file(path.name)}-rescued-{os.getpid()}"
        yield place.with_name(f"{place.name}-{secrets.token_hex(2)}") if os.path.lexists(place) else place


def _save(path: Path, directory: RunDirectory, config: str, state: State, facts: Mapping[str, Any]) -> dict[str, int]:
    """Make a run directory that goes on after a state; return the first generation in each of its tables."""
    # in the order of any start: what makes it a run, its configuration, comes last
    new, generation = RunDirectory.new(path), state.generation.number
    with new.lock():
        new.provenance.take_over(directory.provenance, rescued_from=directory.path.name)
        tables = zip(TABLES, new.tables, directory.tables, strict=True)
        first = {name: table.take_over(old, generation) for name, table, old in tables}
        for table in new.tables:
            table.commit()
        written, rows = new.kept()
        make_folder(new.checkpoints)
        checkpoints.write(new.checkpoints, state.checkpoint(written, **{**facts, "rows": rows, "records_from": first}))
        new.keep_data(directory.kept_data)
        new.begin(config)
    return {name: start for name, start in first.items() if name != "failures"}
