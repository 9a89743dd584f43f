"""`hetevo sweep`: many runs from one file, side by side."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import (
    FAILED,
    MACHINE_FAILED,
    AsJson,
    Oversubscribe,
    Portable,
    Samples,
    SamplingSeed,
    explain_errors,
    tell,
    warn,
)
from hetevo.scripts.outcomes import Display, find_done, find_others, tell_others, tell_whole, write_summary
from hetevo.scripts.presets import list_names

if TYPE_CHECKING:
    from hetevo.evolve.config import BackendTable
    from hetevo.evolve.rundir.places import Place
    from hetevo.evolve.sweeps import Given, Plan
    from hetevo.evolve.sweeps.pools import Pool

    MakePool = Callable[[Place], Pool]

MANY = 10_000
"""Runs from which on it is said that a sweep takes time before the first one begins."""

MOST_COMPARED = 50
"""Conditions of a sweep that is planned once more without each value of ``-s``, to see what that changes."""

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="SWEEP|FILE.toml|DIR",
        help="A sweep that ships with Hetevo, a file, or the directory of a sweep to go on with; without, sweeps are"
        " listed.",
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Directory of the sweep. Default: runs/NAME.")]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
Backend = Annotated[str, typer.Option(help="Where runs go on: auto, local, ray or slurm, a job each.")]
Address = Annotated[str, typer.Option(metavar="HOST:PORT", help="A Ray cluster; never guessed.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of all runs, whatever the file says of it. Commas part several, and every combination"
        " is run: -s network.wiring=amorphous,layered. A list is one value: 'network.levels=[8, 8],[16]' are two. Also"
        " logspace(0.01, 1, 5), linspace(…), and to be drawn: uniform(0, 1), loguniform(0.01, 1), integers(8, 64),"
        " choice(4, 8, 16).",
    ),
]
Slurm = Annotated[
    list[str] | None,
    typer.Option(
        "--slurm",
        metavar="KEY=VALUE",
        help="What jobs of --backend slurm ask for, e.g. --slurm partition=short --slurm time=08:00:00.",
    ),
]
Share = Annotated[
    str | None,
    typer.Option(
        "--member",
        metavar="K/N",
        help="Only every N-th run, from the K-th on: a task of an array job, which may run beside the others.",
    ),
]
NewEnd = Annotated[int | None, typer.Option(help="A new last generation: all runs go on to it once they are done.")]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Import the modules that FILE.toml alone names, and read data outside its folder."),
]


@explain_errors
def sweep(
    source: Source = None,
    changes: Changes = None,
    output: Output = None,
    workers: Workers = 0,
    backend: Backend = "auto",
    address: Address = "",
    slurm: Slurm = None,
    member: Share = None,
    generations: NewEnd = None,
    samples: Samples = None,
    sampling_seed: SamplingSeed = None,
    trust: Trust = False,
    portable: Portable = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Run a sweep, or go on with it: repeating the command does what is left to do."""
    from hetevo.evolve.config import from_mapping
    from hetevo.evolve.rundir.sweep import is_sweep
    from hetevo.evolve.sweeps import load_plan, plan_of_directory, read_changes, sweep_names
    from hetevo.evolve.sweeps.extending import describe_ends, extend_plan
    from hetevo.populations.errors import spell

    if source is None:
        list_names(sweep_names(), as_json=as_json)
        return
    pool = _choose_slurm(backend, slurm or [], workers, address)
    settings = {
        "backend": {"name": "local" if pool else backend, "workers": workers, "address": address, "portable": portable}
    }
    place = from_mapping(settings, source="hetevo sweep").backend
    share = parse_share(member) if member is not None else (1, 1)
    said = {"--generations": generations, "--member": member, "--samples": samples, "--sampling-seed": sampling_seed}
    # everything is checked before the first run begins
    if source not in sweep_names() and is_sweep(Path(source)):
        _refuse_beside({"-o": output, "-s": changes, "--samples": samples, "--sampling-seed": sampling_seed}, source)
        folder = Path(source)
        plan = plan_of_directory(folder, trust=trust)
    else:
        given = read_changes(changes or [], samples, sampling_seed)
        folder = output or Path("runs") / Path(source).stem
        plan = load_plan(source, lambda message: tell(f"hetevo: {message}"), trust=trust, given=given, directory=folder)
        _tell_idle(plan, source, given, trust=trust)
    plan = extend_plan(plan, folder, generations)
    if generations is None and plan.ends:
        tell(f"hetevo: {folder} was extended: {describe_ends(plan)}")
    options = [*(["--trust"] if trust else []), *(["--portable"] if portable else [])]
    options += ["--backend", "slurm"] if pool else []
    options += [word for asked in slurm or [] for word in ("--slurm", asked)]
    options += [word for change in changes or [] for word in ("-s", change)]
    options += [word for option, value in said.items() if value is not None for word in (option, str(value))]
    options = options if folder == Path(source) else ["-o", str(folder), *options]
    again = spell("sweep", source, *options)
    shown = {"oversubscribe": oversubscribe, "as_json": as_json}
    run_plan(plan, folder, place, again=again, share=share, make_pool=pool, **shown)


def _tell_idle(plan: "Plan", source: str, given: "Given", *, trust: bool) -> None:
    """Say which values of ``-s`` all runs of a sweep have without them; for a large sweep that takes too long."""
    from hetevo.evolve.sweeps import load_plan
    from hetevo.populations.errors import HetevoError

    if len({member.condition for member in plan.members}) > MOST_COMPARED:
        return
    for key in given.fixed:
        others = {name: value for name, value in given.fixed.items() if name != key}
        try:
            without = load_plan(source, trust=trust, given=replace(given, fixed=others))
        except HetevoError:  # it cannot be without
            continue
        if without.members == plan.members:
            tell(f"-s {key}: nothing changes by it, for the runs of {source} have that value already")


def _refuse_beside(options: dict[str, object], folder: str) -> None:
    """Refuse what a sweep that goes on from its directory alone cannot have otherwise."""
    from hetevo.populations.errors import SettingError

    for option in (option for option, value in options.items() if value is not None):
        raise SettingError(
            f"{option}: {folder} is a sweep's directory, and its runs go on as they were planned. Leave it out; other"
            " runs are asked for with a preset or a file."
        )


def _choose_slurm(backend: str, slurm: list[str], workers: int, address: str) -> "MakePool | None":
    """Return what makes the pool if runs are jobs of Slurm; otherwise None."""
    from hetevo.populations.errors import SettingError

    wrong = [word for word in slurm if not all(part.strip() for part in [*word.partition("=")])]
    if wrong:
        raise SettingError(f"--slurm {wrong[0]}: expected KEY=VALUE, such as --slurm partition=short.")
    if backend != "slurm":
        if slurm:
            raise SettingError(f"--slurm {slurm[0]}: expected --backend slurm beside it, got --backend {backend}.")
        return None
    if address:
        raise SettingError(f"--address {address}: jobs of Slurm need no cluster of Ray. Leave one of them out.")
    from hetevo.evolve.sweeps.slurm import SlurmPool

    asked = {key.strip(): value.strip() for key, _, value in (word.partition("=") for word in slurm)}
    return lambda place: SlurmPool(place, workers, asked)


def parse_share(text: str) -> tuple[int, int]:
    """Return what ``--member`` was given: which share, from 1, and of how many.

    Raises
    ------
    SettingError
        If it is something else.
    """
    from hetevo.populations.errors import SettingError

    number, _, of = (part.strip() for part in text.partition("/"))
    # numbers of an array job are short
    if not (number.isdecimal() and of.isdecimal() and max(len(number), len(of)) < 10 and 1 <= int(number) <= int(of)):
        raise SettingError(
            f"--member {text}: expected K/N with K from 1 to N, such as 3/10 for the third of ten tasks. In an array"
            ' job of Slurm that begins with 1: --member "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"'
        )
    return int(number), int(of)


def run_plan(
    plan: "Plan",
    folder: Path,
    place: "BackendTable",
    *,
    again: str,
    as_json: bool,
    oversubscribe: bool = False,
    following: bool = True,
    share: tuple[int, int] = (1, 1),
    make_pool: "MakePool | None" = None,
) -> None:
    """Run a sweep and show how it goes; return if all runs are done, otherwise leave with a status that says why not.

    Parameters
    ----------
    plan : Plan
        The runs.
    folder : Path
        The sweep's directory.
    place : BackendTable
        Where runs go on.
    again : str
        The command that goes on with it.
    as_json : bool
        Print the outcomes as one JSON object.
    oversubscribe : bool, optional
        Start any number of processes.
    following : bool, optional
        Whether to say what to do next.
    share : tuple of int, optional
        Which share of the runs, and of how many; the last process that ends with its own says so of the whole sweep.
    make_pool : callable, optional
        See `hetevo.evolve.sweeps.conduct`.
    """
    from hetevo.evolve.sweeps import conduct
    from hetevo.populations.errors import spell

    if len(plan.members) >= MANY:
        print(f"hetevo: {len(plan.members):,} runs: their list is written first, which takes a while", file=sys.stderr)
    others = find_others(plan, folder)
    with Display(find_done(plan, folder)) as display:
        outcomes, signal = conduct(
            plan,
            folder,
            backend=place,
            oversubscribe=oversubscribe,
            watch=display.show,
            share=share,
            make_pool=make_pool,
            notice=warn,
        )
    if as_json:
        print(json.dumps({"path": str(folder), "signal": signal, "runs": [asdict(one) for one in outcomes]}))
    for one in outcomes:
        if one.error:
            what = "failed" if one.state == "failed" else "was interrupted by the machine"
            tell(f"{folder / one.run} {what}: {one.error}")
    tell(f"{folder}: {f'share {share[0]} of {share[1]}: ' if share[1] > 1 else ''}{write_summary(outcomes)}")
    tell_others(others, folder)
    whole = tell_whole(plan, folder) if share[1] > 1 else True
    # what to do next, and a status that says why not all is done
    left = {one.state for one in outcomes} - {"done"}
    if left:
        print(f"{'repair what failed, then go on' if left == {'failed'} else 'go on'}: {again}", file=sys.stderr)
    elif following and whole:
        print(f"next: {spell('plot', folder)}", file=sys.stderr)
    elif following:
        print(f"other shares are not done; look at all: {spell('status', folder)}", file=sys.stderr)
    if signal:
        raise typer.Exit(128 + signal)
    if "interrupted" in left and "failed" not in left:
        raise typer.Exit(MACHINE_FAILED)
    if left:
        raise typer.Exit(FAILED)  # also after STOP: whoever goes on with the results needs all of them
