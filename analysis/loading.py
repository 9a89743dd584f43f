"""Loading runs: directories in, tidy frames out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from evolve.rundir import RunDirectory, RunDirectoryError, read_part
from evolve.rundir.parts import first_generation
from evolve.rundir.sweep import is_sweep, read_entries
from populations.errors import spell


@dataclass(frozen=True)
class LoadedRun:
    """A run, read from its directory.

    Parameters
    ----------
    path : Path
        The run directory.
    config : dict
        Its configuration, as nested dictionaries.
    generations : pandas.DataFrame
        One row a generation; undefined is NaN.
    label : str
        Its condition in a sweep.
    stage : str
        ``"birth"``: a control that looks at the same lives before any plasticity. Columns that end with ``_end`` hold
        what was measured at birth then, and NaN where nothing was.
    """

    path: Path
    config: dict[str, Any]
    generations: pd.DataFrame
    label: str = ""
    stage: str = "end"

    @property
    def condition(self) -> str:
        """What to call runs of this kind: the condition of its sweep, the preset's name, or the directory's."""
        return self.label or self.config.get("preset") or self.path.resolve().name

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return int(self.config.get("seed", 0))

    @property
    def size(self) -> int:
        """Individuals in the population."""
        return int(self.generations["evaluations"].iloc[-1])

    @property
    def last(self) -> int:
        """Last generation recorded."""
        return int(self.generations["generation"].iloc[-1])

    @property
    def probed(self) -> bool:
        """Whether alignment was measured; it may be undefined wherever it was."""
        return "alignment_end" in self.generations

    @property
    def single_layer(self) -> bool:
        """Whether its networks have no hidden neurons, because what they inherit is the learning rule itself."""
        return bool(self.config.get("network", {}).get("levels") == [])

    @property
    def measured(self) -> pd.DataFrame:
        """Those of its generations at which the probe looked: in the others every measure is missing."""
        every = self.config.get("probe", {}).get("every", 1) or 1
        return self.generations[self.generations["generation"] % every == 0]

    @cached_property
    def individuals(self) -> pd.DataFrame:
        """One row an individual and generation; empty if none were kept. Read on first use."""
        return at_stage(_frame(RunDirectory(self.path).individuals_files()), self.stage)

    def individuals_in(self, generations: Collection[int]) -> pd.DataFrame:
        """Read the individuals of a few generations, and only the files that hold them; empty if none were kept."""
        files = RunDirectory(self.path).individuals_files()
        ends = [*(first_generation(file) for file in files[1:]), self.last + 1]
        needed = [
            file
            for file, end in zip(files, ends, strict=bool(files))
            if any(first_generation(file) <= one < end for one in generations)
        ]
        table = at_stage(_frame(needed), self.stage)
        return table[table["generation"].isin(generations)].reset_index(drop=True) if len(table) else table


def load_run(path: str | Path) -> LoadedRun:
    """Read a run directory, finished or not.

    Parameters
    ----------
    path : str or Path
        The run directory.

    Raises
    ------
    RunDirectoryError
        If it is not one, or nothing has been recorded in it yet.
    DamagedError
        If a record is not what was written.
    """
    directory = RunDirectory.open(path)
    files = directory.generations_files()
    if not files:
        raise RunDirectoryError(
            f"{path} holds no records yet. Wait for its first checkpoint, or look at its events.jsonl."
        )
    return LoadedRun(directory.path, directory.config(), _frame(files))


def load_all(paths: Sequence[str | Path]) -> list[LoadedRun]:
    """Read run directories, and all runs of sweeps' directories that have begun.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories or sweeps.

    Raises
    ------
    RunDirectoryError
        If one of them is neither, or nothing has been recorded in it yet.
    """
    runs = []
    for path in map(Path, paths):
        if not is_sweep(path):
            runs.append(load_run(path))
            continue
        begun = [entry for entry in read_entries(path) if RunDirectory(path / entry.run).generations_files()]
        if not begun:
            raise RunDirectoryError(f"No run of the sweep {path} holds records yet. Go on with '{spell('sweep')}'.")
        for entry in begun:
            run = load_run(path / entry.run)
            generations = at_stage(run.generations, entry.stage)
            runs.append(replace(run, generations=generations, label=entry.condition, stage=entry.stage))
    return runs


def load_runs(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read several runs into one tidy frame.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories or sweeps.

    Returns
    -------
    pandas.DataFrame
        The generations of all runs, with the columns ``condition``, ``seed`` and ``run`` in front.
    """
    return tidy(load_all(paths))


def tidy(runs: Sequence[LoadedRun]) -> pd.DataFrame:
    """Put the generations of several runs under each other, with ``condition``, ``seed`` and ``run`` in front."""
    frames = []
    for run in runs:
        frame = run.generations.copy()
        for column, value in (("run", str(run.path)), ("seed", run.seed), ("condition", run.condition)):
            frame.insert(0, column, value)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def at_stage(table: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return a table in which columns that end with ``_end`` hold what was measured at another stage of life.

    Parameters
    ----------
    table : pandas.DataFrame
        Of generations or individuals.
    stage : str
        ``"end"`` changes nothing. NaN where a measure was not taken at that stage; so is ``alignment_end_elite``.
    """
    if stage == "end":
        return table
    table = table.copy()
    for column in [str(name) for name in table if str(name).endswith("_end")]:
        table[column] = table.get(f"{column.removesuffix('_end')}_{stage}", float("nan"))
    if "alignment_end_elite" in table:
        table["alignment_end_elite"] = float("nan")
    return table


def _frame(files: Sequence[Path]) -> pd.DataFrame:
    if not files:
        return pd.DataFrame()
    frames: list[pd.DataFrame] = [read_part(file).to_pandas() for file in files]
    return pd.concat(frames, ignore_index=True)
