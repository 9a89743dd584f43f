"""The page: sections in their order, in one file that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from hetevo.analysis.made import beside, check_replaceable, marked, write_files
from hetevo.analysis.report.configuration import configuration_section
from hetevo.analysis.report.figures import figures_section
from hetevo.analysis.report.markup import Markup, joined, tag
from hetevo.analysis.report.provenance import provenance_section
from hetevo.analysis.report.study import Study, study
from hetevo.analysis.report.tables import controls_section, tables_section
from hetevo.analysis.report.verdict import headline, question_section, verdict_section
from hetevo.evolve.rundir.places import Place
from hetevo.populations.errors import SettingError

SUFFIXES = (".html", ".htm")

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Content security policy: whatever a run holds, the page loads nothing and runs nothing."""

CONTENTS = {
    "question": "The question",
    "verdict": "The verdict",
    "controls": "Controls",
    "figures": "Figures",
    "tables": "Tables",
    "configuration": "Configuration",
    "provenance": "Provenance",
}


@dataclass(frozen=True)
class Report:
    """A report.

    Parameters
    ----------
    html : bytes
        The page.
    headline : list of str
        The verdict, a line a condition.
    faults : list of str
        What somebody should look at: copies of runs, which are left out, and figures that failed.
    """

    html: bytes
    headline: list[str]
    faults: list[str]


def report(paths: Sequence[str | Path], *, neutral: str | None = None) -> Report:
    """Make a report of runs and sweeps.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories and sweeps.
    neutral : str, optional
        The condition to compare with. Default: the only one in which parents are drawn by lot.

    Raises
    ------
    RunDirectoryError, DamagedError
        If one of them cannot be loaded.
    SettingError
        If a run is named twice, or there is no condition ``neutral``.
    """
    about = study(paths, neutral)
    figures, failed = figures_section(about)
    sections = (
        question_section(),
        verdict_section(about),
        controls_section(about),
        figures,
        tables_section(about),
        configuration_section(about),
        provenance_section(about),
    )
    page = _page(about, joined(sections))
    html = f"<!DOCTYPE html>\n{page}\n".encode("utf-8", "backslashreplace")
    return Report(html, headline(about), [*about.copies, *failed])


def write(made: Report, path: str | Path, *, force: bool = False, named: bool = True) -> Path:
    """Write a report, whole or not at all; one that is there is replaced.

    Parameters
    ----------
    made : Report
        What to write.
    path : str or Path
        Name of the file, ending in .html.
    force, named : bool, optional
        See `hetevo.analysis.figures.save`.

    Raises
    ------
    SettingError
        If the name has another ending, the place is not writable, or a file is there that Hetevo did not make.
    """
    target = path if isinstance(path, Place) else Path(path)
    if target.suffix not in SUFFIXES:
        raise SettingError(f"A report's name must end in .html; got {target}.")
    if not named:
        target = beside(target)
        check_replaceable([target], force=force)
    write_files({target: marked(made.html, target.suffix)})
    return target


def _page(about: Study, sections: Markup) -> Markup:
    runs, conditions = len(about.runs), len(about.conditions)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    # it is ours, and has nothing to escape
    css = Markup(resources.files("hetevo.analysis.report").joinpath("style.css").read_text("utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"Report of {about.name}"),
        tag("style", css),
    )
    what = f"{runs} run{'s' if runs > 1 else ''}, {conditions} condition{'s' if conditions > 1 else ''}"
    header = tag(
        "header",
        tag("h1", f"Report of {about.name}"),
        tag("p", f"{what}. Made by Hetevo {version('hetevo')} on {made}."),
        tag("nav", *(tag("a", name, href=f"#{place}") for place, name in CONTENTS.items()), aria_label="Contents"),
    )
    return tag("html", head, tag("body", header, tag("main", sections)), lang="en")
