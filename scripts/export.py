"""Commands for one individual: `hetevo export` (files), `hetevo trace` (its life), `hetevo assess` (fresh lives)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hetevo.scripts.design import Columns, Title, Width, choose_look
from hetevo.scripts.errors import AsJson, Force, TrustRun, explain_errors, load_matplotlib, warn

if TYPE_CHECKING:
    from hetevo.evolve.rundir.places import Place

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")]
Individual = Annotated[
    int | None, typer.Option(help="Id of an individual of a generation that was kept. Default: the champion.")
]


class Form(StrEnum):
    """Formats of an individual."""

    NPZ = "npz"
    TORCH = "torch"
    NETWORKX = "networkx"
    GRAPHML = "graphml"
    JSON = "json"


class Genealogy(StrEnum):
    """Formats of a genealogy."""

    CSV = "csv"
    NEWICK = "newick"


To = Annotated[Form | None, typer.Option(help="Format of an individual. Default: npz.")]
Descent = Annotated[
    Genealogy | None,
    typer.Option("--genealogy", help="Write who descends from whom: ALife standard (csv), or first parents (newick)."),
]
Exported = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="File to write. Default: one in RUN/exports, called by its content."),
]
Task = Annotated[int, typer.Option(min=0, help="Which of the individual's tasks, for one network's weights.")]
Traced = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="NPZ file; the figure is beside it. Default: RUN/exports/trace-ID.npz."),
]
Every = Annotated[int | None, typer.Option(min=1, help="Presentations between two moments. Default: 50 moments.")]
Lives = Annotated[int, typer.Option(min=2, help="Fresh lives.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("-s", "--set", metavar="KEY=VALUE", help="Another task, wiring, length of life: task.name=xor."),
]
Control = Annotated[Path | None, typer.Option(help="Another run, such as a neutral one, whose champion lives too.")]


@explain_errors
def export(
    run: RunPath,
    individual: Individual = None,
    to: To = None,
    genealogy: Descent = None,
    task: Task = 0,
    output: Exported = None,
    trust: TrustRun = False,
    force: Force = False,
) -> None:
    """Write an individual, or the genealogy, for other programs."""
    from hetevo.analysis.exports import EXPORTS
    from hetevo.analysis.exports import export as write
    from hetevo.analysis.runs import load_run
    from hetevo.populations.errors import SettingError

    loaded = load_run(run)
    if genealogy is not None:
        if to is not None or individual is not None:
            raise SettingError("--genealogy is of the whole run: leave out --to and --individual, or export twice.")
        written = _write_genealogy(loaded.individuals, output or _folder(run) / _ENDINGS[genealogy], genealogy, force)
    else:
        # otherwise one individual, by default the champion
        form = to or Form.NPZ
        chosen = loaded.individual(individual, trust=trust)
        # the graph for networkx is JSON too
        name = f"{'graph' if form is Form.NETWORKX else 'individual'}-{chosen.id}{EXPORTS[form][0]}"
        written = write(chosen, output or _folder(run) / name, form, task=task, force=force)
    for path in written:
        print(path)


_ENDINGS = {Genealogy.CSV: "genealogy.csv", Genealogy.NEWICK: "genealogy.nwk"}


def _write_genealogy(individuals: Any, path: Path, form: Genealogy, force: bool) -> list[Path]:
    from hetevo.analysis.lineage import newick, phylogeny
    from hetevo.analysis.made import write_new

    text = newick(individuals) + "\n" if form is Genealogy.NEWICK else phylogeny(individuals).to_csv(index=False)
    return write_new({path: text.encode()}, force=force)


def _folder(run: Path) -> "Place":
    from hetevo.evolve.rundir.places import inside

    return inside(run) / "exports"


@explain_errors
def trace(
    run: RunPath,
    individual: Individual = None,
    every: Every = None,
    output: Traced = None,
    width: Width = "",
    columns: Columns = None,
    title: Title = "",
    trust: TrustRun = False,
    force: Force = False,
) -> None:
    """Write and draw weights, activities, signals and measures of one individual through its life."""
    load_matplotlib()
    from hetevo.analysis.figures import save
    from hetevo.analysis.figures import trace as draw
    from hetevo.analysis.made import check_replaceable
    from hetevo.analysis.runs import load_run

    look = choose_look(width, columns, title)
    lived = load_run(run).trace(individual, every=every, trust=trust)
    place = output or _folder(run) / f"trace-{lived.id}.npz"
    # all or nothing: what stands beside it is looked at before anything is written
    check_replaceable([place.with_suffix(suffix) for suffix in (".png", ".pdf", ".csv", ".txt")], force=force)
    drawn = draw(lived, **look)
    print(lived.save(place, force=force))
    for path in save(drawn, place.with_suffix(".png"), force=force, named=False):
        print(path)


@explain_errors
def assess(
    run: RunPath,
    individual: Individual = None,
    lives: Lives = 200,
    settings: Changes = None,
    control: Control = None,
    trust: TrustRun = False,
    as_json: AsJson = False,
) -> None:
    """Let an individual live again in fresh lives, beside its generation, founders and a control."""
    from hetevo.analysis.individuals import assess as live

    with _say_how_far(lives) as progress:
        found = live(
            run, individual, lives=lives, changes=settings or [], control=control, trust=trust, progress=progress
        )
    if as_json:
        print(json.dumps(found.summary()))
        return
    print(found)
    # a loss in another world says nothing of the recorded one
    if found.changes:
        warn("with changed lives, the loss that was recorded is none to compare with")


@contextmanager
def _say_how_far(lives: int) -> Iterator[Callable[[int], None] | None]:
    """Show a live line while the block runs, if stderr is a terminal."""
    from hetevo.scripts.progress import is_live

    # a log would be full of it
    if not is_live():
        yield None
        return
    from hetevo.scripts.console import Messages

    with Messages().status(f"0 of {lives} fresh lives") as status:
        yield lambda done: status.update(f"{done} of {lives} fresh lives")
