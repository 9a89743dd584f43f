"""A whole sweep, with what its conditions differ in as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from hetevo.analysis.conditions import load_all
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.identity import condition_values, format_value
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.rundir.matched import read_choice
from hetevo.evolve.rundir.sweep import is_sweep
from hetevo.populations.errors import spell
from hetevo.populations.extras import load_extra
from hetevo.populations.text import for_terminal

FIRST = ("run", "condition", "seed", "stage")
"""Columns in front of all others."""


@dataclass(frozen=True, repr=False)
class LoadedSweep:
    """The runs of a sweep that have begun.

    Parameters
    ----------
    path : Path
        The sweep's directory.
    runs : tuple of LoadedRun
        Its runs, in its order.
    """

    path: Path
    runs: tuple[LoadedRun, ...]

    def __repr__(self) -> str:
        """Say in one line what was varied, and how many runs there are."""
        varied = ", ".join([*self.settings.columns.drop([*FIRST]), "seed"])
        conditions = self.settings["condition"].nunique()
        text = f"<Sweep {self.path}: {len(self.runs)} runs, {conditions} conditions; varied: {varied}>"
        return for_terminal(text)

    @cached_property
    def settings(self) -> pd.DataFrame:
        """One row a run: run (its directory's name), condition, seed, stage, and the settings in which they differ.

        Settings are called by their dotted keys, such as ``plasticity.rule``; lists are text, such as ``8x8``.
        """
        rows = list_settings(self.runs)
        return pd.DataFrame(rows, columns=list(rows[0]) if rows else [*FIRST])

    @cached_property
    def generations(self) -> pd.DataFrame:
        """All generations of all runs under each other, with the columns of `settings` in front."""
        return self._tidy([run.generations for run in self.runs])

    @cached_property
    def individuals(self) -> pd.DataFrame:
        """All individuals that were kept, with the columns of `settings` in front; read on first use."""
        return self._tidy([run.individuals for run in self.runs])

    def _tidy(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        tables = []
        for frame, (_, row) in zip(frames, self.settings.iterrows(), strict=True):
            # the same index, so that rows are joined one to one
            front = pd.DataFrame({str(name): [value] * len(frame) for name, value in row.items()}, index=frame.index)
            tables.append(pd.concat([front, frame], axis=1))
        return pd.concat(tables, ignore_index=True)

    def to_xarray(self) -> Any:
        """Return the generations as an `xarray.Dataset` (extra ``xarray``) with the dimensions run and generation.

        The columns of `settings` are coordinates of the runs; where a run has no such generation, values are NaN. A
        control that looks at the lives of another run at birth is called ``RUN@birth``, and so on.

        Raises
        ------
        SettingError
            If xarray is not installed.
        """
        xarray = load_extra("xarray", "xarray", "to_xarray()")
        settings = self.settings.copy()
        # a run that is looked at in two stages of life would have one name twice
        at_end = settings["stage"] == "end"
        settings["run"] = settings["run"].where(at_end, settings["run"] + "@" + settings["stage"])
        frames = [run.generations.select_dtypes("number") for run in self.runs]
        named = [frame.assign(run=name) for frame, name in zip(frames, settings["run"], strict=True)]
        # generations that a shorter run has not are undefined there
        table = pd.concat(named).set_index(["run", "generation"])
        dataset = xarray.Dataset.from_dataframe(table).reindex(run=settings["run"].tolist())
        return dataset.assign_coords({str(name): ("run", settings[name]) for name in settings.columns.drop("run")})


def load_sweep(path: str | Path) -> LoadedSweep:
    """Read all runs of a sweep that have begun.

    Parameters
    ----------
    path : str or Path
        The sweep's directory.

    Raises
    ------
    RunDirectoryError
        If it is not one, or nothing has been recorded in it yet.

    Examples
    --------
    >>> sweep = load_sweep("runs/emergence-and-neutral")  # of hetevo sweep emergence-and-neutral
    >>> sweep.runs[0].seed, sweep.settings["condition"].unique().tolist()
    (0, ['emergence', 'neutral'])
    >>> [column for column in sweep.generations if column.startswith("loss")]
    ['loss_best', 'loss_median', 'loss_mean']
    """
    if not is_sweep(Path(path)):
        raise RunDirectoryError(
            f"{path}: expected the directory of a sweep, as '{spell('sweep')}' makes it. Read runs that belong together"
            " otherwise with hetevo.load_runs([...]), and one run with hetevo.load_run(...)."
        )
    return LoadedSweep(Path(path), tuple(load_all([path])))


def list_settings(runs: Sequence[LoadedRun]) -> list[dict[str, Any]]:
    """Return for each run what `LoadedSweep.settings` shows, by column: None is a setting that it does not have.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Of one sweep or not.
    """
    # columns only for what differs somewhere; lists are compared as they are written
    values = [condition_values(run.config) for run in runs]
    keys = dict.fromkeys(key for kinds in values for key in kinds)
    varied = [key for key in keys if len({repr(kinds.get(key)) for kinds in values}) > 1]
    return [
        {
            **{"run": run.path.name, "condition": run.condition, "seed": run.seed, "stage": run.stage},
            **{key: _plain(kinds.get(key)) for key in varied},
        }
        for run, kinds in zip(runs, values, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Return a value that a column may hold: lists and tables as text."""
    return value if value is None or isinstance(value, bool | int | float | str) else format_value(value)


def list_notes(paths: Sequence[str | Path]) -> list[str]:
    """Say which scale the pilot runs of each sweep that has some chose, and by which losses.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories or sweeps.

    Raises
    ------
    RunDirectoryError
        If the file that says so is damaged.
    """
    choices = [read_choice(path) for path in map(Path, paths) if is_sweep(path)]
    return [choice.text for choice in choices if choice]
