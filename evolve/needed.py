"""Which checkpoints of a run others still need: runs of its sweep and configurations beside it that begin with them."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.checkpoint import generation_of, list_checkpoints
from hetevo.evolve.rundir.directory import CONFIG_LIMIT
from hetevo.evolve.rundir.files import names, read_bounded
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.sweep import SweepList, is_sweep, read_entries, read_list
from hetevo.evolve.toml import read_toml
from hetevo.populations.errors import HetevoError


class Needs:
    """What runs that are still to come need of others; each folder is looked at once.

    What a run begins with stands in its ``transplant.source``. One of a sweep that has not begun has no configuration
    yet: it may need any checkpoint of the others.
    """

    def __init__(self) -> None:
        self._waiting: dict[Path, int] = {}
        self._sources: dict[Path, list[tuple[str, str]]] = {}

    def count_waiting(self, path: Path) -> int:
        """Count the runs that have not begun of the sweep that a run is one of; 0 if it is of none."""
        folder = Path(path).resolve().parent
        if folder not in self._waiting:
            self._waiting[folder] = len(part_runs(folder)[1]) if is_sweep(folder) else 0
        return self._waiting[folder]

    def find_generations(self, path: Path) -> dict[int, str]:
        """Return the generations of a run that something beside it names, with what names it."""
        path = Path(path).resolve()
        if path.parent not in self._sources:
            self._sources[path.parent] = list(_find_sources(inside(path.parent)))
        found = {}
        for name, source in self._sources[path.parent]:
            donor, _, generation = source.rpartition("@")
            # a sweep's file has a blank for the seed
            pattern = re.escape(os.path.normpath(path.parent / donor)).replace(r"\{seed\}", r"\d+")
            if donor and re.fullmatch("[0-9]{1,18}", generation) and re.fullmatch(pattern, str(path)):
                found[int(generation)] = name
        return found


def part_runs(folder: Path) -> tuple[list[str], list[str]]:
    """List the runs of a sweep that have begun, and those that have not, in its order.

    Raises
    ------
    RunDirectoryError
        If the list of its runs is damaged.
    """
    place = inside(folder)
    begun = {entry.run: RunDirectory(place / entry.run).is_begun() for entry in read_entries(place)}
    return [name for name in begun if begun[name]], [name for name in begun if not begun[name]]


def is_at_end(directory: RunDirectory) -> bool:
    """Tell whether a run that was begun has come to its end: it said so, or its last generation is saved."""
    if directory.provenance.ending()[0] == "done":
        return True
    saved, last = list_checkpoints(directory.checkpoints), directory.config().get("evolution", {}).get("generations")
    return bool(saved) and isinstance(last, int) and generation_of(saved[-1]) >= last


def _find_sources(folder: Place) -> Iterator[tuple[str, str]]:
    """Yield what files and unfinished runs of a folder begin with, by name; what cannot be read names nothing."""
    with suppress(HetevoError, OSError):
        for name in sorted(names(folder)):
            with suppress(HetevoError, OSError, ValueError):
                if name.endswith(".toml"):
                    content = read_toml(read_bounded(folder / name, CONFIG_LIMIT).decode("utf-8-sig"))
                else:
                    directory = RunDirectory(folder / name)
                    if not directory.is_begun() or is_at_end(directory):
                        continue
                    content = directory.config()
                yield from ((name, source) for source in _sources_in(content))


def _sources_in(content: Any) -> Iterator[str]:
    """Yield each ``transplant.source`` in nested values, of a run or of the conditions of a sweep."""
    if isinstance(content, list):
        for one in content:
            yield from _sources_in(one)
    if isinstance(content, Mapping):
        table = content.get("transplant")
        for source in (table.get("source") if isinstance(table, Mapping) else None, content.get("transplant.source")):
            if isinstance(source, str):
                yield source
        for one in content.values():
            yield from _sources_in(one)


def find_planned_end(path: Path) -> int | None:
    """Return the generation at which a run of a sweep was planned to end, whatever it was extended to; None: unknown.

    Raises
    ------
    RunDirectoryError, SchemaError, StorageError
        If the list of the sweep's runs cannot be read.
    """
    return _read_planned_end(read_list(path.parent), path.name)


def find_given_end(path: Path) -> int | None:
    """Return the planned end of a run whose genes others of its sweep begin with: they need it when it has gone on.

    None: there is no other that does, or nobody can know.
    """
    with suppress(HetevoError, OSError):
        there = read_list(path.parent)
        for source in _sources_in([there.settings.common, there.settings.conditions]):
            # a sweep's settings have a blank for the seed
            pattern = re.escape(source.partition("@")[0]).replace(r"\{seed\}", r"\d+")
            if re.fullmatch(pattern, path.name):
                return _read_planned_end(there, path.name)
    return None


def _read_planned_end(there: SweepList, run: str) -> int | None:
    condition = next((entry.condition for entry in there.entries if entry.run == run), "")
    evolution = there.settings.expect(condition).get("evolution", {})
    end = evolution.get("generations")
    return end if isinstance(end, int) else None
