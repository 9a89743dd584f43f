"""`hetevo run`: evolve a population in a new directory."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.errors import explained
from scripts.news import shown
from scripts.progress import progress

if TYPE_CHECKING:
    from evolve import Run

Source = Annotated[
    str, typer.Argument(metavar="PRESET|FILE.toml", help="A preset (see 'hetevo presets') or a configuration file.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change a value, e.g. -s evolution.size=64."),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Run directory to make. Default: runs/PRESET-seedN.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers.")]
Generations = Annotated[int | None, typer.Option(help="Generations after the founders'.")]
Backend = Annotated[str | None, typer.Option(help="Where lives are computed: auto, local or ray.")]
Workers = Annotated[int | None, typer.Option(help="Processes; 0: one a core, on a cluster all its cores.")]
Address = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster; never guessed.")]
NoProbe = Annotated[bool, typer.Option("--no-probe", help="Measure nothing; evolution is the same, bit for bit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the final status as one JSON object on stdout.")]


@explained
def run(
    source: Source,
    changes: Changes = None,
    output: Output = None,
    seed: Seed = None,
    generations: Generations = None,
    backend: Backend = None,
    workers: Workers = None,
    address: Address = None,
    no_probe: NoProbe = False,
    as_json: AsJson = False,
) -> None:
    """Evolve a population and record what happens."""
    from evolve import Experiment, load_config

    given: dict[str, Any] = {
        "seed": seed,
        "evolution.generations": generations,
        "backend.name": json.dumps(backend) if backend is not None else None,
        "backend.workers": workers,
        "backend.address": json.dumps(address) if address is not None else None,
        "probe.every": 0 if no_probe else None,
    }
    overrides = [*(changes or []), *(f"{key}={value}" for key, value in given.items() if value is not None)]
    config = load_config(source, overrides)
    path = output or Path("runs") / f"{config.preset or Path(source).stem}-seed{config.seed}"
    experiment = Experiment(config)
    with progress() as display, shown():
        ended = experiment.run(path, progress=display)
    finish(ended, as_json=as_json)


def finish(ended: "Run", *, as_json: bool) -> None:
    """Say how a run ended, and leave with 128 + signal if one stopped it."""
    from evolve.rundir import RunDirectory

    if as_json:
        print(json.dumps(RunDirectory(ended.path).status()))
    else:
        print(f"{ended.path}: generation {ended.generation}, digest {ended.digest[:16]}", file=sys.stderr)
        todo = f"hetevo resume {ended.path}" if ended.stopped_by else f"hetevo plot {ended.path}"
        print(f"{f'stopped by {ended.stopped_by}; go on' if ended.stopped_by else 'next'}: {todo}", file=sys.stderr)
    if ended.signal:
        raise typer.Exit(128 + ended.signal)
