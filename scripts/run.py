"""`hetevo run` and `hetevo resume`: evolve a population in a new directory, go on with a run, or extend it."""

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hetevo.scripts.errors import AsJson, Oversubscribe, Portable, Samples, SamplingSeed, TrustRun, explain_errors
from hetevo.scripts.progress import Progress
from hetevo.scripts.side_by_side import run_combinations, run_seeds

if TYPE_CHECKING:
    from hetevo.evolve import Config, Run

Source = Annotated[
    str | None,
    typer.Argument(metavar="PRESET|FILE.toml", help="A preset (see 'hetevo presets') or a configuration file."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--set",
        metavar="KEY=VALUE",
        help="Change a value, e.g. -s evolution.size=64 or -s 'network.levels=[8, 8]'. Values with commas between them"
        " are a run each, as are those of logspace(…), or draws of loguniform(…); see 'sweep'.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="Run directory to make. Default: runs/NAME-seedN, NAME as preset and changes, or file."
    ),
]
Origin = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN@G",
        help="Begin with generation G of another run, and its configuration if no other is named.",
    ),
]
OrResume = Annotated[
    bool, typer.Option("--or-resume", help="If the directory is this run already, go on with it; for schedulers.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers.")]
Seeds = Annotated[
    str | None,
    typer.Option(metavar="A..B", help="A run for each of these seeds, side by side, in one directory; see 'sweep'."),
]
Generations = Annotated[int | None, typer.Option(help="Generations after the founders'.")]
Until = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=NUMBER",
        help="End before that, e.g. --until loss_best=0.05; also loss_median, loss_mean, evaluations, seconds.",
    ),
]
Backend = Annotated[str | None, typer.Option(help="Where lives are computed: auto, local or ray.")]
Workers = Annotated[int | None, typer.Option(help="Processes; 0: one a core, on a cluster all its cores.")]
Address = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster; never guessed.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Contact the cluster and import the modules that FILE.toml or RUN alone names, and read data outside its"
        " folder.",
    ),
]
NoProbe = Annotated[bool, typer.Option("--no-probe", help="Measure nothing; evolution is the same, bit for bit.")]

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory; nothing else is needed.")]
Data = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The file of a task table, if it was too large to be copied into the run."),
]
NewUntil = Annotated[
    list[str] | None,
    typer.Option(
        "--until",
        metavar="NAME=NUMBER",
        help="Other ends before that, in the place of those that were given before, e.g. --until loss_best=0.05;"
        " none: none.",
    ),
]
NewEnd = Annotated[int | None, typer.Option(help="A new last generation: extends a run that is done.")]
ForceAnew = Annotated[
    bool,
    typer.Option("--force", help="Drop the records and begin anew, if no checkpoint can be trusted."),
]


@explain_errors
def run(
    source: Source = None,
    changes: Changes = None,
    output: Output = None,
    origin: Origin = None,
    or_resume: OrResume = False,
    seed: Seed = None,
    seeds: Seeds = None,
    samples: Samples = None,
    sampling_seed: SamplingSeed = None,
    generations: Generations = None,
    until: Until = None,
    backend: Backend = None,
    workers: Workers = None,
    address: Address = None,
    trust: Trust = False,
    no_probe: NoProbe = False,
    portable: Portable = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Evolve a population and record what happens.

    Its line of progress has median and best loss of the generation, and alignment at the end of life, the mean of all
    and that of the best tenth by loss.
    """
    from hetevo.evolve.backends.process import spare_workers

    # options are overrides of the configuration, and come after -s
    given: dict[str, Any] = {
        "seed": seed,
        "evolution.generations": generations,
        "backend.name": json.dumps(backend) if backend is not None else None,
        "backend.workers": workers,
        "backend.address": json.dumps(address) if address is not None else None,
        "backend.portable": "true" if portable else None,
        "probe.every": 0 if no_probe else None,
    }
    overrides = [*(changes or []), *(f"{key}={value}" for key, value in given.items() if value is not None)]
    # workers load what they need while this process does: one that turns out not to be needed is ended
    several = samples is not None or sampling_seed is not None or any(map(_may_be_several, changes or []))
    with spare_workers(0 if several or seeds is not None else _expect_workers(overrides)):
        from hetevo.evolve import Experiment
        from hetevo.evolve.toml import inline
        from hetevo.populations.text import for_file

        if until is not None:
            overrides.append(f"evolution.until={inline(parse_ends(until))}")
        shown = {"oversubscribe": oversubscribe, "as_json": as_json}
        if several:
            alone = {"--from": origin, "--or-resume": or_resume or None}
            draws = {"samples": samples, "seed": sampling_seed}
            run_combinations(source, overrides, draws, seeds, output, alone, trust=trust, **shown)
            return
        config, name = _find_configuration(source, origin, overrides, or_resume=or_resume, trust=trust)
        if seeds is not None:
            others = {"--from": origin, "--seed": seed}
            run_seeds(config, name, seeds, output, others, **shown)
            return
        path = output or Path("runs") / f"{for_file(name)}-seed{config.seed}"
        experiment = Experiment(config, oversubscribe=oversubscribe)
        with Progress() as display:
            ended = experiment.run(path, origin=origin, or_resume=or_resume, progress=display, notice=display.say)
    finish(ended, ["--address", config.backend.address] if config.backend.address else [], as_json=as_json)


def _may_be_several(change: str) -> bool:
    """Tell whether a change may be several values; otherwise it is one."""
    from hetevo.evolve.toml import split_values

    return len(split_values(change)) > 1 or change.rstrip().endswith(")")


def _expect_workers(overrides: list[str]) -> int:
    """Return how many workers a run will most likely start; none if something else is asked for than one a core."""
    from hetevo.evolve.machine import available_cores

    asked = [change for change in overrides if change.strip().startswith("backend.")]
    cores = available_cores()
    return 0 if asked or cores == 1 else cores


def _find_configuration(
    source: str | None, origin: str | None, overrides: list[str], *, or_resume: bool, trust: bool
) -> tuple["Config", str]:
    """Return the configuration, and what to call a run of it."""
    from hetevo.evolve import load_config
    from hetevo.evolve.config.sources import is_path
    from hetevo.evolve.origin import Origin as Branch
    from hetevo.populations.errors import SettingError, spell

    if source is not None:
        config = load_config(source, overrides, saved=or_resume, trust=trust)  # Experiment.run knows whether it is
        return config, Path(source).stem if is_path(source) else config.preset
    if origin is None:
        raise SettingError(
            f"Expected PRESET or FILE.toml, or --from RUN@G, or both. Presets are listed by: {spell('presets')}"
        )
    branch = Branch.find(origin, trust=trust)
    return branch.change_config(
        overrides, saved=or_resume
    ), f"{branch.directory.path.resolve().name}-from{branch.generation}"


def parse_ends(until: list[str]) -> dict[str, float]:
    """Return what ``--until`` was given as a table; ``none`` is an empty one."""
    from hetevo.populations.errors import SettingError

    ends: dict[str, float] = {}
    for word in until if until != ["none"] else []:
        name, _, number = (part.strip() for part in word.partition("="))
        try:
            ends[name] = int(number) if number.isdecimal() else float(number)
        except ValueError:
            raise SettingError(
                f"--until {word}: expected NAME=NUMBER, such as --until loss_best=0.05, or none."
            ) from None
    return ends


@explain_errors
def resume(
    run: RunPath,
    generations: NewEnd = None,
    until: NewUntil = None,
    backend: Backend = None,
    workers: Workers = None,
    address: Address = None,
    data: Data = None,
    trust: TrustRun = False,
    force: ForceAnew = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run where it was last saved, or extend it."""
    from hetevo.evolve import resume as continue_run

    with Progress() as display:
        ended = continue_run(
            run,
            generations,
            until=None if until is None else parse_ends(until),
            backend=backend,
            address=address,
            workers=workers,
            data=data,
            trust=trust,
            force=force,
            oversubscribe=oversubscribe,
            progress=display,
            notice=display.say,
        )
    # what was said of the place is said again in the command that goes on
    given = {"--backend": backend, "--address": address, "--data": data and str(data)}
    where = [word for option, value in given.items() if value for word in (option, value)]
    finish(ended, where, as_json=as_json)


def finish(ended: "Run", where: list[str], *, as_json: bool) -> None:
    """Say how a run ended, and leave with 128 + signal if one stopped it; ``where``: options to go on with."""
    from hetevo.evolve.config.plugins import needs_trust
    from hetevo.evolve.rundir import RunDirectory
    from hetevo.populations.errors import HetevoError, spell

    # results go to the output, what a person reads to the error stream
    if as_json:
        print(json.dumps(RunDirectory(ended.path).status()))
    else:
        print(
            f"{ended.path}: generation {ended.generation}, digest {ended.digest[:16]}; {ended.saved}", file=sys.stderr
        )
        if ended.reason:
            print(f"it ended here because of {ended.reason}", file=sys.stderr)
        # always say what to do next, as it can be typed
        with contextlib.suppress(HetevoError):  # it was moved meanwhile
            where = [*where, *(["--trust"] if needs_trust(RunDirectory(ended.path).config()) else [])]
        todo = spell("resume", ended.path, *where) if ended.stopped_by else spell("plot", ended.path)
        print(f"{f'stopped by {ended.stopped_by}; go on' if ended.stopped_by else 'next'}: {todo}", file=sys.stderr)
    # as shells expect it of a process that a signal ended
    if ended.signal:
        raise typer.Exit(128 + ended.signal)
