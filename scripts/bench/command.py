"""The subcommands of `hetevo bench`."""

import json
import sys
from typing import Annotated, Any

import typer

from hetevo.scripts.bench.machine import describe, machine
from hetevo.scripts.errors import AsJson, Oversubscribe, explain_errors

bench = typer.Typer(help="Measure what a generation takes on this machine, and what Ray costs.", no_args_is_help=True)

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


def markdown(columns: dict[str, list[Any]]) -> str:
    """Write columns as a table."""
    lines = [list(columns), ["---:"] * len(columns), *map(list, zip(*columns.values(), strict=True))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
