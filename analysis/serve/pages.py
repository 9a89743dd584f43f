"""What each page shows, as text and numbers for its template; and what was drawn, kept for whoever asks again."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures.frame import needs_of
from hetevo.analysis.figures.needs import check_usual
from hetevo.analysis.report.drawings import Drawing, describe, draw, write_svg
from hetevo.analysis.report.numbers import Table
from hetevo.analysis.report.page import report_study
from hetevo.analysis.report.study import arrange
from hetevo.analysis.report.tables import configuration_of, tabulate_provenance
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.serve.courses import BY_CONDITION, BY_RUN, MOST_CURVES, courses, list_columns, separate
from hetevo.analysis.serve.filters import Filter, in_order, shorten, show
from hetevo.analysis.serve.folders import LOADED_BYTES, Folders, Row, weigh_runs
from hetevo.analysis.serve.kept import Kept
from hetevo.analysis.sweeps import list_settings
from hetevo.analysis.verdict import verdict
from hetevo.evolve.rundir.overview import STATES
from hetevo.populations.errors import HetevoError, SettingError

MOST_ROWS = 1_000
"""Runs of one table; more are a matter for the filter."""

MOST_CHOSEN = 1_000
"""Runs that are read for one page."""

KEPT_BYTES = 64 << 20
"""Of images and reports that are kept in memory."""

MOST_TRACED = 50
"""Runs whose sessions are listed: every one of them takes several files."""

MOST_SAID = 32
"""Choices of runs of which words and tables are kept in memory."""


class Pages:
    """The pages, of the runs below some folders; each method may take its time, and may be called by any thread.

    Parameters
    ----------
    folders : Folders
        Where the runs are.
    """

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        # Matplotlib draws one figure at a time; a table need not wait for that
        self._reading, self._drawing = threading.Lock(), threading.Lock()
        self._images: Kept[bytes] = Kept(KEPT_BYTES, len)
        self._figures: Kept[Drawing] = Kept(KEPT_BYTES, lambda drawing: len(drawing.image))
        self._chosen: Kept[tuple[list[LoadedRun], list[str]]] = Kept(LOADED_BYTES, lambda found: weigh_runs(found[0]))
        self._said: Kept[dict[str, Any]] = Kept(MOST_SAID, lambda said: 1)

    def list_runs(self, chosen: Filter) -> dict[str, Any]:
        """Return the table of all runs that a filter takes, and what can be filtered by."""
        with self._reading:
            rows = self.folders.rows()
        taken = chosen.choose(rows)
        counts = {state: sum(row.stands.state == state for row in taken) for state in STATES}
        there = {row.stands.state for row in rows}
        return {
            "rows": taken[:MOST_ROWS],
            "found": len(rows),
            "taken": len(taken),
            "counts": {state: count for state, count in counts.items() if count},
            "filter": chosen,
            "offered": {
                "folder": sorted({shorten(row.folder) for row in rows if row.folder}, key=in_order),
                "condition": sorted({shorten(row.condition) for row in rows if row.condition}, key=in_order),
                "state": [state for state in STATES if state in there],
            },
            "live": any(row.stands.state == "running" for row in rows),
        }

    def choose(self, identifiers: Sequence[str], chosen: Filter) -> list[Row]:
        """Return the runs that an address names; where it names none, those that its filter takes."""
        with self._reading:
            rows = self.folders.rows()
        wanted = set(identifiers)
        return chosen.choose(row for row in rows if row.identifier in wanted or not wanted)[:MOST_CHOSEN]

    def look(self, rows: Sequence[Row], columns: Sequence[str], by: str) -> dict[str, Any]:
        """Return what is known of some runs: where they stand, curves, verdict, figures, configurations, provenance.

        Parameters
        ----------
        rows : sequence of Row
            The runs.
        columns : sequence of str
            What to draw, as it is shown: two of `list_columns`; what is none of them is left out.
        by : str
            ``"run"`` or ``"condition"``: what a curve is of; anything else: what suits their number.
        """
        runs, notices = self._load(rows)
        offered = [show(name) for name in list_columns(runs)]
        if by not in (BY_RUN, BY_CONDITION):
            by = BY_RUN if len(runs) <= MOST_CURVES // 2 else BY_CONDITION
        # what was asked for, else alignment and loss, else anything
        asked = [column for column in (*columns, "alignment_end", "loss_median", *offered) if column in offered]
        upper, lower = ([*list(dict.fromkeys(asked)), "", ""])[:2]
        return {
            "rows": rows,
            "notices": notices,
            "runs": runs,
            "offered": offered,
            "upper": upper,
            "lower": lower or upper,
            "by": by,
            **self._said.get(_identify(rows), _versions(rows), lambda: _say(runs)),
            "live": any(row.stands.state == "running" for row in rows),
            "version": sha256(repr(_versions(rows)).encode()).hexdigest()[:12],
        }

    def draw_courses(self, rows: Sequence[Row], columns: Sequence[str], by: str) -> bytes:
        """Return curves as SVG.

        Raises
        ------
        HetevoError
            If they cannot be drawn.
        """
        runs, _ = self._load(rows)
        names = {show(name): name for name in list_columns(runs)}
        chosen = [names[column] for column in columns if column in names]
        if not chosen:
            raise SettingError("These runs have recorded nothing of what is to be drawn.")

        def make() -> bytes:
            # the legend's order is that of names, however the table is sorted
            ordered = sorted(runs, key=lambda run: (in_order(run.condition), run.seed))
            plot = courses(separate(ordered) if by == BY_RUN else ordered, upper=chosen[0], lower=chosen[-1])
            return write_svg(plot.figure)

        with self._drawing:
            return self._images.get((*chosen, by, *_identify(rows)), _versions(rows), make)

    def draw_figure(self, rows: Sequence[Row], kind: str) -> Drawing:
        """Return one of Hetevo's own `FIGURES` of some runs.

        Raises
        ------
        HetevoError
            If these runs cannot have it.
        """
        runs, _ = self._load(rows)
        with self._drawing:
            return self._figures.get((kind, *_identify(rows)), _versions(rows), lambda: draw(kind, runs))

    def report(self, rows: Sequence[Row]) -> bytes:
        """Return the report of some runs, see `hetevo.analysis.report`.

        Raises
        ------
        HetevoError
            If none of them can be read.
        """
        runs, notices = self._load(rows)
        if not runs:
            raise SettingError(" ".join(notices) or "There is no run to report of.")
        name = runs[0].path.name if len(runs) == 1 else ""
        with self._drawing:
            key = ("report", *_identify(rows))
            return self._images.get(
                key, _versions(rows), lambda: report_study(arrange(runs, name, copies=notices)).html
            )

    def _load(self, rows: Sequence[Row]) -> tuple[list[LoadedRun], list[str]]:
        """Return the runs of some rows, and what was left out; copies, so that what a figure reads is not kept."""

        def read() -> tuple[list[LoadedRun], list[str]]:
            with self._reading:
                return self.folders.load(rows)

        runs, notices = self._chosen.get(_identify(rows), _versions(rows), read)
        return [replace(run) for run in runs], list(notices)


def _identify(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return which runs these are."""
    return tuple(row.identifier for row in rows)


def _versions(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what is another whenever any of them has changed."""
    return tuple(row.version for row in rows)


def _say(runs: Sequence[LoadedRun]) -> dict[str, Any]:
    """Return what is said of some runs in words and tables: it changes only with their files."""
    try:
        judged = verdict(runs) if runs else ""
    except HetevoError as error:
        judged = str(error)
    return {
        "verdict": judged.splitlines(),
        "figures": list_figures(runs),
        "differences": _tabulate_differences(runs) if len(runs) > 1 else None,
        "configuration": configuration_of(runs[0]) if len(runs) == 1 else "",
        "provenance": tabulate_provenance(runs) if 0 < len(runs) <= MOST_TRACED else (),
    }


def list_figures(runs: Sequence[LoadedRun]) -> dict[str, Any]:
    """Say which figures these runs can have, and why not the others, as far as that is known before they are drawn."""
    possible: dict[str, str] = {}
    reasons: dict[str, list[str]] = {}
    for kind, function in FIGURES.own.items() if runs else ():
        try:
            check_usual(runs, needs_of(function))
        except HetevoError as error:
            reasons.setdefault(str(error), []).append(kind)
        else:
            possible[kind] = describe(function, kind)[0]
    return {"possible": possible, "reasons": {reason: ", ".join(kinds) for reason, kinds in reasons.items()}}


def _tabulate_differences(runs: Sequence[LoadedRun]) -> Table:
    """Show in which settings these runs differ."""
    # not as a data frame, in which numbers beside gaps would be decimals
    rows = list_settings(runs)
    stages = {row["stage"] for row in rows}
    columns = [name for name in rows[0] if name != "stage" or len(stages) > 1]
    cells = [tuple("" if row[name] is None else str(row[name]) for name in columns) for row in rows]
    return Table("Settings in which these runs differ", tuple(columns), cells)
