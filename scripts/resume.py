"""`hetevo resume`: go on with a run, or extend it."""

from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import Oversubscribe, explained
from hetevo.scripts.progress import progress
from hetevo.scripts.run import finish, parse_ends

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory; nothing else is needed.")]
Generations = Annotated[int | None, typer.Option(help="A new last generation: extends a run that is done.")]
Until = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=NUMBER",
        help="Other ends before that, in the place of those that were given before, e.g. --until loss_best=0.05;"
        " none: none.",
    ),
]
Backend = Annotated[str | None, typer.Option(help="Where lives are computed this time: auto, local or ray.")]
Workers = Annotated[int | None, typer.Option(help="Processes, this time; 0: one a core, on a cluster all its cores.")]
Address = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster, this time; never guessed.")]
Data = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The file of a task table, if it was too large to be copied into the run."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Drop the records and begin anew, if no checkpoint can be trusted.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the final status as one JSON object on stdout.")]


@explained
def resume(
    run: RunPath,
    generations: Generations = None,
    until: Until = None,
    backend: Backend = None,
    workers: Workers = None,
    address: Address = None,
    data: Data = None,
    force: Force = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run where it was last saved, or extend it."""
    from hetevo.evolve import resume as continue_run

    with progress() as display:
        ended = continue_run(
            run,
            generations,
            until=None if until is None else parse_ends(until),
            backend=backend,
            address=address,
            workers=workers,
            data=data,
            force=force,
            oversubscribe=oversubscribe,
            progress=display,
            notice=display.say,
        )
    given = {"--backend": backend, "--address": address, "--data": data and str(data)}
    where = [word for option, value in given.items() if value for word in (option, value)]
    finish(ended, where, as_json=as_json)
