"""The subcommands of `hetevo bench`."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.bench.machine import described, machine, pin
from scripts.errors import ForceWorkers, explained

bench = typer.Typer(help="Measure speed, beside peers in the same run.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Repeats = Annotated[int, typer.Option(min=1, help="Repetitions, of which the fastest counts.")]


@bench.command()
@explained
def evaluator(as_json: AsJson = False, repeats: Repeats = 5) -> None:
    """Compare lifetimes with JAX, with DEAP's usual way and with the processor's limit, on one core."""
    core = pin()
    from scripts.bench import evaluator as subject
    from scripts.bench.cells import CELLS

    with_jax = find_spec("jax") is not None
    if not with_jax:
        print("JAX is not installed, so its columns stay empty: pip install 'hetevo[bench]'", file=sys.stderr)
    peak, rows = subject.sgemm_peak(repeats), []
    for cell in CELLS:
        print(f"measuring {cell.name}", file=sys.stderr)
        rows.append(subject.compare(cell, peak, repeats, with_jax=with_jax))
    facts = machine("deap", "jax")
    mean = subject.geometric_mean([row["jax"] for row in rows]) if with_jax else None
    extremes = subject.extremes(repeats)
    if as_json:
        totals = {"sgemm_gflops": peak / 1e9, "jax_geometric_mean": mean, "extremes": extremes}
        print(json.dumps({"machine": facts, "core": core, "cells": rows, **totals}))
        return
    table = {
        "levels × S": [row["cell"] for row in rows],
        "presentations a second": [f"{row['presentations_a_second']:,.0f}" for row in rows],
        "times JAX": [_number(row["jax"], ".2f") for row in rows],
        "times DEAP's usual way": [f"{row['deap']:.0f}" for row in rows],
        "share of sgemm": [f"{row['share_of_sgemm']:.0%}" for row in rows],
        "JAX compiles in": [_number(row["jax_compile_seconds"], ".1f", " s") for row in rows],
        "differs from JAX by": [_number(row["jax_difference"], ".0e") for row in rows],
    }
    print(markdown(table))
    print(f"\ngeometric mean against JAX: {_number(mean, '.2f')}")
    print(f"sgemm: {peak / 1e9:.0f} GFLOP/s; a block that overflows or fades takes {extremes:.2f} times as long")
    print(f"{'one core of ' if core is not None else 'not pinned; '}{described(facts)}")


@bench.command()
@explained
def generation(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=2, help="Individuals; repeat it for several sizes.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that evaluate; 0: one a core.")] = 0,
    force: ForceWorkers = False,
    as_json: AsJson = False,
) -> None:
    """Take a generation of `emergence` apart: evaluate, probe, select, vary, record, checkpoint; and its memory."""
    from evolve.backends.bounds import bounded
    from evolve.config import BackendTable
    from scripts.bench import generation as subject

    sizes, rows = sizes or [128, 1_000, 10_000, 100_000], []
    bounded(BackendTable(workers=workers), max(sizes), force=force)
    for size in sizes:
        print(f"measuring {size} individuals", file=sys.stderr)
        rows.append(subject.measure(size, workers))
    facts = machine("deap")
    if as_json:
        print(json.dumps({"machine": facts, "generations": rows}))
        return
    table = {"individuals": [f"{row['size']:,}" for row in rows]}
    table |= {f"{stage} (s)": [f"{row[stage]:.3g}" for row in rows] for stage in subject.STAGES}
    table |= {
        "driver (µs an individual)": [f"{row['driver_us']:.1f}" for row in rows],
        "driver's memory (MB)": [f"{row['driver_bytes'] / 1e6:.0f}" for row in rows],
        "a worker's (MB)": [f"{row['worker_bytes'] / 1e6:.0f}" for row in rows],
        "genes (MB)": [f"{row['genome_bytes'] / 1e6:.1f}" for row in rows],
    }
    print(markdown(table))
    print(f"\n{rows[0]['workers']} processes evaluate; {described(facts)}")


@bench.command()
@explained
def scaling(
    output: Annotated[Path, typer.Option("-o", "--output", help="Figure to write.")] = Path("scaling.png"),
    repeats: Repeats = 3,
) -> None:
    """Draw how the evaluator scales with networks, neurons, samples and cores."""
    from analysis.figures import save
    from scripts.bench import scaling as subject

    for file in save(subject.figure(subject.measure(repeats), machine()), output):
        print(file)


@bench.command()
@explained
def ray(as_json: AsJson = False, repeats: Repeats = 3) -> None:
    """Measure Ray on this machine: two workers against one, overhead a block, bytes sent, time to the first result."""
    from scripts.bench import ray as subject

    found, facts = subject.measure(repeats), machine("ray")
    if as_json:
        print(json.dumps({"machine": facts, **found}))
        return
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
    print(f"\n{described(facts)}")


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"


def markdown(columns: dict[str, list[Any]]) -> str:
    """Write columns as a table."""
    lines = [list(columns), ["---:"] * len(columns), *map(list, zip(*columns.values(), strict=True))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
