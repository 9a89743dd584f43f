"""The subcommands of `hetevo bench`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hetevo.scripts.bench.machine import describe, machine
from hetevo.scripts.errors import AsJson, Force, Oversubscribe, explain_errors

bench = typer.Typer(
    help="Measure what an experiment and its generations take on this machine, and what Ray costs.",
    no_args_is_help=True,
)

Repeats = Annotated[int, typer.Option(min=1, help="Repetitions, of which the fastest counts.")]


@bench.command()
@explain_errors
def generation(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=2, help="Individuals; repeat it for several sizes.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that evaluate; 0: one a core.")] = 0,
    short: Annotated[bool, typer.Option("--short", help="Lives as short as they can be, for very many.")] = False,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the individuals that is measured and recorded.")
    ] = 1.0,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Take a generation of `emergence` apart: founders, lives, probe, what the driver does; and its memory."""
    from hetevo.evolve.backends.backend import bound_workers
    from hetevo.evolve.config import BackendTable
    from hetevo.scripts.bench import generation as subject

    sizes, rows = sizes or [128, 1_000, 10_000, 100_000], []
    # too many processes are refused before anything is measured
    bound_workers(BackendTable(workers=workers), max(sizes), oversubscribe=oversubscribe)
    for size in sizes:
        print(f"measuring {size} individuals", file=sys.stderr)
        rows.append(subject.measure(size, workers, short=short, share=share))
    facts = machine("deap")
    if as_json:
        print(json.dumps({"machine": facts, "generations": rows}))
        return
    # a column a quantity, a row a size
    table = {"individuals": [f"{row['size']:,}" for row in rows]}
    table |= {f"{stage} (s)": [f"{row[stage]:.3g}" for row in rows] for stage in subject.STAGES}
    table |= {
        "driver (µs an individual)": [f"{row['driver_us']:.1f}" for row in rows],
        "driver's memory (MB)": [f"{row['driver_bytes'] / 1e6:.0f}" for row in rows],
        "a worker's (MB)": [f"{row['worker_bytes'] / 1e6:.0f}" for row in rows],
        "genes (MB)": [f"{row['genome_bytes'] / 1e6:.1f}" for row in rows],
    }
    print(markdown(table))
    print(f"\n{rows[0]['workers']} processes evaluate; {describe(facts)}")


@bench.command()
@explain_errors
def ray(as_json: AsJson = False, repeats: Repeats = 3) -> None:
    """Measure Ray on this machine: two workers against one, overhead a block, bytes sent, time to the first result."""
    from hetevo.scripts.bench import ray as subject

    found, facts = subject.measure(repeats), machine("ray")
    if as_json:
        print(json.dumps({"machine": facts, **found}))
        return
    # how it speeds up, and then where the rest of the time goes
    rows = [
        (f"one worker, {found['size']:,} individuals of emergence", f"{found['seconds_1']:.2f} s"),
        ("two workers", f"{found['seconds_2']:.2f} s"),
        ("two workers against one", f"{found['speedup']:.2f} ×"),
        (f"a block of {found['block_individuals']} individuals lives", f"{1e3 * found['block_seconds']:.0f} ms"),
        ("Ray starts in", f"{found['start_seconds']:.1f} s"),
        ("from there to the first result", f"{found['first_result_seconds']:.1f} s"),
        ("overhead of a block", f"{found['overhead_ms']:.2f} ms"),
        ("of which the driver's own work", f"{found['driver_ms']:.2f} ms"),
        ("bytes sent for an individual", f"{found['bytes_an_individual']:.0f}"),
        ("and for a block", f"{found['bytes_a_block']:.0f}"),
    ]
    print(markdown({"measured": [row[0] for row in rows], "value": [row[1] for row in rows]}))
    print(f"\n{describe(facts)}")


@bench.command()
@explain_errors
def experiment(
    changes: Annotated[
        list[str] | None,
        typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change a value, such as evolution.generations=5."),
    ] = None,
    as_json: AsJson = False,
    repeats: Repeats = 1,
) -> None:
    """Run `emergence` from the shell, alone and beside evosax and EvoTorch with the same lifetimes."""
    from hetevo.scripts.bench import experiment as subject

    rows, facts = subject.measure(repeats, changes or []), machine("jax", "evosax", "torch", "evotorch")
    if as_json:
        print(json.dumps({"machine": facts, "experiments": rows}))
        return

    # what was not measured says why in the first column of numbers
    def column(name: str, form: str) -> list[str]:
        return [f"{row[name]:{form}}" if row.get(name) is not None else "–" for row in rows]

    table = {
        "experiment": [row["name"] for row in rows],
        "processor (s)": [row["missing"] or f"{row['processor_seconds']:.1f}" for row in rows],
        "of that compiling (s)": column("compile_seconds", ".1f"),
        "times ours on one core": column("times", ".2f"),
        "wall (s)": column("wall_seconds", ".1f"),
        "generations": column("generations", "d"),
        "individuals": column("individuals", ",d"),
        "best loss at the end": column("loss_best", ".3f"),
    }
    print(markdown(table))
    print(f"\n{describe(facts)}")


@bench.command()
@explain_errors
def rules(
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", metavar="NAME", help="A row of the table, a rule, or module:NAME; repeat it for several."
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(metavar="A..B", help="Seeds to compare on; none of the pilots.")] = "0..4",
    task: Annotated[str | None, typer.Option(metavar="NAME", help="Another classification task.")] = None,
    presentations: Annotated[int | None, typer.Option(help="Presentations in a life.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change of the preset rules.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="CSV to write, a line a seed.")] = None,
    repeats: Repeats = 20,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare learning rules on one task: accuracy, angle to the gradient by level, and cost."""
    from hetevo.analysis.made import write_new
    from hetevo.evolve.config import ConfigError
    from hetevo.evolve.identity import seed_range
    from hetevo.scripts.bench import rules as subject
    from hetevo.scripts.bench import rules_table as written

    # everything is checked before anything lives
    try:
        judged = seed_range(seeds)
    except ValueError as error:
        raise ConfigError(f"--seeds: {error}".replace(" or [0, 1, 2]", "")) from None
    given = [("lifetime.presentations", presentations)] if presentations is not None else []
    chosen = subject.sizes_of(task) if task is not None else []
    comparison = subject.plan(rule or [], judged, [*chosen, *(changes or []), *given])
    if output is not None and output.exists() and not force:
        raise ConfigError(f"{output}: expected nothing there. Choose another name, or replace it with --force")
    rows = subject.compare(comparison, repeats, lambda message: print(message, file=sys.stderr, flush=True))
    facts, what = machine(), written.describe_task(comparison.configs[subject.REFERENCE])
    if output is not None:
        write_new({output: written.csv(rows, judged).encode()}, force=force)
    if as_json:
        print(json.dumps({"machine": facts, "task": what, "seeds": judged, "pilots": subject.PILOTS, "rules": rows}))
        return
    print(markdown(written.table(rows)))
    print(f"\n{what}; seeds {seeds}; rates chosen on seeds {', '.join(map(str, subject.PILOTS))} among")
    print(f"{', '.join(f'{rate:g}' for rate in subject.RATES)} (*: at the edge); cost: processor time over that of")
    print(f"{subject.REFERENCE}, both on the plain model")
    print(describe(facts))


@bench.command()
@explain_errors
def search(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=4, help="Individuals; repeat it for several sizes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what each algorithm takes besides lives, beside DEAP, pycma and pyribs."""
    from hetevo.scripts.bench import search as subject

    sizes = sizes or [1_000, 10_000, 100_000]
    rows, facts = subject.measure(sizes), machine("deap", "cma", "ribs")
    if as_json:
        print(json.dumps({"machine": facts, "algorithms": rows}))
        return
    table = {"µs of processor time an individual a generation": [row["name"] for row in rows]}
    for size in sizes:
        spent = [row["microseconds"].get(size) for row in rows]
        table[f"{size:,} individuals"] = ["–" if each is None else f"{each:.2f}" for each in spent]
    print(markdown(table))
    for row in rows:
        if row["missing"]:
            print(f"\n{row['name']}: {row['missing']}")
    print(f"\nfounders of emergence, random losses, nobody lives; the fastest of 3 generations; {describe(facts)}")


def markdown(columns: dict[str, list[Any]]) -> str:
    """Write columns as a table."""
    lines = [list(columns), ["---:"] * len(columns), *map(list, zip(*columns.values(), strict=True))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
