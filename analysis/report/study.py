"""The runs of a report, put in order, with every statistic that its sections need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hetevo.analysis.conditions import group_by_condition, load_all
from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.report.expectations import EXPECTATIONS, Expectation
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import Emergence, contrasts, emergence
from hetevo.analysis.statistics.curves import STAY, last_level, write_ending
from hetevo.analysis.sweeps import list_notes
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import is_sweep, read_entries
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

LEVELS = {
    "alignment": "alignment_end",
    "birth": "alignment_birth",
    "hs": "hs_end",
    "dc": "dc_end",
    "positive": "phi_positive_end",
    "loss": "loss_median",
}
"""Columns of the table of generations, by what this package calls them."""

WEIGHTED = {"hs": "hs_weighted_end", "dc": "dc_weighted_end", "positive": "coherence_weighted_end"}
"""Those in which neurons count by what they contribute to the alignment; a coherence C is a share of (1 + C) / 2."""


ALL_PAIRS = 5
"""Conditions of which all pairs are compared."""


@dataclass(frozen=True)
class Condition:
    """The runs of one condition.

    Parameters
    ----------
    name : str
        Of the condition.
    runs : tuple of LoadedRun
        Its R runs, a seed each.
    levels : mapping of str to ndarray of float64, shape (R,)
        For each of `LEVELS` the mean of each run over the generations that make its end; NaN where undefined.
    statistics : mapping
        Its row of `Emergence.conditions`; empty without neutral runs.
    """

    name: str
    runs: tuple[LoadedRun, ...]
    levels: Mapping[str, Floats]
    statistics: Mapping[str, Any]

    @property
    def expectation(self) -> Expectation | None:
        """What it should show, if it is a control of known outcome."""
        known = EXPECTATIONS.get(self.name)
        return known if known and known.rule in ("", self.runs[0].setting("plasticity.rule")) else None

    @property
    def measured(self) -> bool:
        """Whether alignment was measured, defined or not."""
        return any(run.probed for run in self.runs)

    @property
    def unfinished(self) -> list[LoadedRun]:
        """Runs that have not reached their last generation."""
        return [run for run in self.runs if run.last < run.planned]

    def mean(self, measure: str) -> float:
        """Return the mean over the seeds in which a measure is defined; NaN if there is none."""
        return mean_and_interval(self.levels[measure])[0]


@dataclass(frozen=True)
class Study:
    """What a report is about.

    Parameters
    ----------
    name : str
        Of the sweep or run.
    conditions : mapping of str to Condition
        In the order in which they were given.
    found : Emergence or None
        Statistics of emergence.
    reason : str
        Why there are none.
    questions : tuple of str
        Conditions that the verdict is about: those without an expectation, or else all but the neutral one.
    missing : tuple of str
        Runs of the sweeps that hold no records yet.
    copies : tuple of str
        What is said of runs that repeat another one and are left out.
    weighted : bool
        Whether HS, DC and the share of positive scores are the weighted ones, which older runs lack.
    notes : tuple of str
        What pilot runs chose.
    """

    name: str
    conditions: Mapping[str, Condition]
    found: Emergence | None
    reason: str
    questions: tuple[str, ...]
    missing: tuple[str, ...]
    copies: tuple[str, ...] = ()
    weighted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """Over which generations levels are means, in words."""
        return write_ending(self.runs)

    @property
    def against(self) -> str | None:
        """The condition that all others are compared with; None where all pairs are, since there are few."""
        if len(self.conditions) <= ALL_PAIRS:
            return None
        return self.neutral.name if self.neutral else self.questions[0]

    @property
    def contrasts(self) -> pd.DataFrame | None:
        """What differs between the conditions: all pairs, or of many each with the neutral one or the first question.

        None where there is one condition.
        """
        if len(self.conditions) < 2:
            return None
        return contrasts(self.runs, against=self.against)

    @property
    def runs(self) -> list[LoadedRun]:
        """All runs."""
        return [run for condition in self.conditions.values() for run in condition.runs]

    @property
    def neutral(self) -> Condition | None:
        """The condition that says what drift alone does."""
        return self.conditions[self.found.neutral] if self.found else None


def study(paths: Sequence[str | Path], neutral: str | None = None) -> Study:
    """Load runs and compute their statistics.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories and sweeps.
    neutral : str, optional
        The condition to compare with, if it cannot be told from the configurations.

    Raises
    ------
    RunDirectoryError, DamagedError
        If one of them cannot be loaded.
    SettingError
        If a run is named twice, or there is no condition ``neutral``.
    """
    _check_distinct(paths)
    # what is left out is said in the report
    copies: list[str] = []
    runs = load_all(paths, notice=copies.append)
    # runs of a sweep that are still to come
    missing = [str(path) for path in map(Path, paths) if is_sweep(path) for path in _not_begun(path)]
    name = Path(paths[0]).resolve().name if len(paths) == 1 else ""
    return arrange(runs, name, neutral, missing=missing, copies=copies, notes=list_notes(paths))


def arrange(
    runs: Sequence[LoadedRun],
    name: str = "",
    neutral: str | None = None,
    *,
    missing: Sequence[str] = (),
    copies: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Study:
    """Put runs that were read in order, and compute their statistics.

    Parameters
    ----------
    runs : sequence of LoadedRun
        From `load_all`.
    name : str, optional
        What to call all of them. Default: how many there are.
    neutral : str, optional
        The condition to compare with, if it cannot be told from the configurations.
    missing, copies, notes : sequence of str, optional
        See `Study`.

    Raises
    ------
    SettingError
        If there is no condition ``neutral``.
    """
    groups = group_by_condition(runs)
    if neutral is not None and neutral not in groups:
        raise SettingError(f"--neutral: expected one of {', '.join(groups)}, got {neutral!r}.")
    found, reason = _emergence(runs, neutral)
    rows: dict[str, Mapping[Any, Any]] = (
        {str(row["condition"]): row for row in found.conditions.to_dict("records")} if found else {}
    )
    weighted = are_weighted(runs)
    conditions = {
        name: Condition(name, tuple(group), _levels(group, weighted), rows.get(name, {}))
        for name, group in groups.items()
    }
    # the question is what has no known outcome
    others = [name for name in conditions if not found or name != found.neutral]
    questions = [name for name in others if not conditions[name].expectation] or others
    name = name or f"{len(groups)} conditions, {len(runs)} runs"
    return Study(
        name, conditions, found, reason, tuple(questions), tuple(missing), tuple(copies), weighted, tuple(notes)
    )


def _emergence(runs: Sequence[LoadedRun], neutral: str | None) -> tuple[Emergence | None, str]:
    """Return the statistics, or the reason why there are none."""
    # an onset is a stretch of generations that were all measured
    every = max(run.probe_every for run in runs)
    if every > 1:
        reason = (
            f"alignment was measured in every {every}th generation only (probe.every = {every}), and an onset needs"
            f" {STAY} generations in a row. Run it again with probe.every = 1; the evolution is the same, bit for bit."
        )
        return None, reason
    if not any(run.probed for run in runs):
        return None, "alignment is defined in no generation of any run."
    try:
        return emergence(runs, neutral=neutral), ""
    except SettingError as error:
        return None, str(error)


def are_weighted(runs: Sequence[LoadedRun]) -> bool:
    """Tell whether all runs that have HS and DC have the weighted ones: conditions are compared by one kind."""
    having = [run.generations for run in runs if LEVELS["hs"] in run.generations]
    return bool(having) and all(set(WEIGHTED.values()) <= set(table) for table in having)


def _levels(group: Sequence[LoadedRun], weighted: bool) -> dict[str, Floats]:
    """Return the mean of what counts in the last generations of each run, as the statistics of emergence do."""
    levels = {
        measure: np.array([last_level(run, column).value for run in group])
        for measure, column in (LEVELS | WEIGHTED if weighted else LEVELS).items()
    }
    if weighted:
        levels["positive"] = (1 + levels["positive"]) / 2
    return levels


def _check_distinct(paths: Sequence[str | Path]) -> None:
    places = [Path(path).resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise SettingError(f"{path} is named twice, and would count as two seeds. Name each run once.")


def _not_begun(sweep: Path) -> list[Path]:
    return [
        sweep / entry.run
        for entry in read_entries(sweep)
        if not RunDirectory(inside(sweep) / entry.run).generations.files()
    ]
