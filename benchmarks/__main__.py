"""`python -m benchmarks`: lifetimes beside what a user would pick instead, measured in the same run."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.bench.command import Repeats, markdown
from hetevo.scripts.bench.machine import describe, machine, pin
from hetevo.scripts.errors import AsJson, explain_errors

bench = typer.Typer(help="Measure speed, beside peers in the same run.", no_args_is_help=True, add_completion=False)


@bench.command()
@explain_errors
def evaluator(as_json: AsJson = False, repeats: Repeats = 5) -> None:
    """Compare lifetimes with JAX, with DEAP's usual way and with the processor's limit, on one core."""
    core = pin()
    from benchmarks import evaluator as subject
    from benchmarks.cells import CELLS

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
    print(f"{'one core of ' if core is not None else 'not pinned; '}{describe(facts)}")


@bench.command()
@explain_errors
def scaling(
    output: Annotated[Path, typer.Option("-o", "--output", help="Figure to write.")] = Path("scaling.png"),
    repeats: Repeats = 3,
) -> None:
    """Draw how the evaluator scales with networks, neurons, samples and cores."""
    from benchmarks import scaling as subject
    from hetevo.analysis.figures import save

    for file in save(subject.figure(subject.measure(repeats), machine()), output):
        print(file)


@bench.command()
@explain_errors
def sparse(as_json: AsJson = False, repeats: Repeats = 3) -> None:
    """Compare lists of synapses with matrices, and measure networks too large for matrices, on one core."""
    core = pin()
    from benchmarks import sparse as subject

    rows, large = [], []
    for size in subject.COMPARED:
        print(f"measuring {size.levels} at {size.density:g}, {size.samples} samples", file=sys.stderr)
        rows.append(subject.compare(size, repeats))
    for size in subject.LARGE:
        print(f"measuring {size.levels} at {size.density:g}", file=sys.stderr)
        large.append(subject.measure(size, repeats))
    facts = machine("scipy")
    if as_json:
        print(json.dumps({"machine": facts, "core": core, "compared": rows, "large": large}))
        return
    compared = {
        "levels": ["×".join(map(str, row["levels"])) for row in rows],
        "density": [f"{row['density']:g}" for row in rows],
        "S": [str(row["samples"]) for row in rows],
        "dense, ms": [f"{1e3 * row['dense']:.2f}" for row in rows],
        "sparse, ms": [f"{1e3 * row['sparse']:.2f}" for row in rows],
        "sparse is faster by": [f"{row['times']:.1f}" for row in rows],
        "auto": [row["auto"] for row in rows],
    }
    alone = {
        "neurons": [f"{sum(row['levels']):,}" for row in large],
        "synapses": [f"{row['synapses']:,}" for row in large],
        "S": [str(row["samples"]) for row in large],
        "a presentation, ms": [f"{1e3 * row['sparse']:.0f}" for row in large],
        "working memory, MB": [f"{row['bytes'] / 1e6:.0f}" for row in large],
    }
    print(f"processor time of a presentation of one network\n\n{markdown(compared)}\n\n{markdown(alone)}")
    print(f"\n{'one core of ' if core is not None else 'not pinned; '}{describe(facts)}")


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"


if __name__ == "__main__":
    bench()
