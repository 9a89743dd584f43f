"""The page: sections in their order, in one file that needs nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.made import add_mark, beside, check_replaceable, write_files
from hetevo.analysis.report.drawings import Drawings, draw_all
from hetevo.analysis.report.study import ALL_PAIRS, Study, study
from hetevo.analysis.report.tables import configuration_of, make_tables
from hetevo.analysis.report.verdict import choose_spoken, explain, list_cautions, list_rules, write_headline
from hetevo.analysis.statistics.contrasts import NOTE
from hetevo.evolve.rundir.places import Place
from hetevo.populations.errors import SettingError
from hetevo.populations.text import without_places

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
    return report_study(study(paths, neutral))


def report_study(about: Study) -> Report:
    """Make a report of runs that were read and put in order."""
    drawings = draw_all(about)
    # halves of characters cannot be written, and must not stop a report
    html = f"{_page(about, drawings)}\n".encode("utf-8", "backslashreplace")
    return Report(html, write_headline(about), [*about.copies, *drawings.faults])


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
    # a name that was not given must not overwrite what somebody else wrote
    if not named:
        target = beside(target)
        check_replaceable([target], force=force)
    write_files({target: add_mark(made.html, target.suffix)})
    return target


def make_environment(finalize: Callable[[str], str] = without_places, *packages: str) -> Environment:
    """Return what fills templates: a name, a message or a path is text, which is escaped.

    Parameters
    ----------
    finalize : callable, optional
        Makes text of a value fit to be shown. Default: what it says of others' folders is left out.
    *packages : str
        Other packages that have templates; those of reports can be used in them.
    """
    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "hetevo.analysis.report")]),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else finalize(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _page(about: Study, drawings: Drawings) -> str:
    """Fill the template."""
    runs, conditions = len(about.runs), len(about.conditions)
    return (
        make_environment()
        .get_template("report.html.jinja")
        .render(
            policy=POLICY,
            study=about,
            size=f"{_counted(runs, 'run')}, {_counted(conditions, 'condition')}",
            version=version("hetevo"),
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            contents=CONTENTS,
            verdicts=[explain(about, about.conditions[name]) for name in choose_spoken(about)],
            reason="" if about.found else f"No statistics of emergence: {about.reason}",
            more=len(about.questions) - len(choose_spoken(about)),
            cautions=list_cautions(about),
            rules=list_rules(about),
            confidence=f"{CONFIDENCE:.0%}",
            seeds=_count_seeds(about),
            drawings=drawings.drawn,
            reasons={reason: ", ".join(kinds) for reason, kinds in drawings.reasons.items()},
            tables=make_tables(about),
            contrasts_note=NOTE,
            configuration=configuration_of(about.runs[0]),
        )
    )


def _count_seeds(about: Study) -> str:
    """Say how many seeds each condition has: of many conditions that have as many, once for all."""
    counts = {name: f"n = {_counted(len(each.runs), 'seed')}" for name, each in about.conditions.items()}
    if len(counts) > ALL_PAIRS and len({*counts.values()}) == 1:
        return f"All {len(counts)} conditions, {next(iter(counts.values()))} each"
    return "; ".join(f"{name}, {count}" for name, count in counts.items())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"
