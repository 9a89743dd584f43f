"""`python -m benchmarks`: lifetimes beside what a user would pick instead, measured in the same run."""

import json
import sys
from importlib import import_module
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
    """Compare lifetimes with JAX, PyTorch, DEAP's usual way and the processor's limit, on one core."""
    core = pin()
    from benchmarks import evaluator as subject
    from benchmarks.cells import CELLS, LARGE, LARGE_NETWORKS

    with_jax = find_spec("jax") is not None
    if not with_jax:
        print("JAX is not installed, so its columns stay empty: pip install 'hetevo[bench]'", file=sys.stderr)
    peak, rows = subject.sgemm_peak(repeats), []
    for cell in CELLS:
        print(f"measuring {cell.name}", file=sys.stderr)
        rows.append(subject.compare(cell, peak, repeats, with_jax=with_jax))
    peers = tuple(name for name in ("torch", "jax") if find_spec(name) is not None)
    if "torch" not in peers:
        print("PyTorch is not installed, so that its column stays empty: pip install torch", file=sys.stderr)
    large = []
    for networks in LARGE_NETWORKS:
        print(f"measuring {networks} of {LARGE.name}", file=sys.stderr)
        large.append(subject.compare_large(networks, repeats, peers=peers))
    facts = machine("deap", "jax", "torch")
    mean = subject.geometric_mean([row["jax"] for row in rows]) if with_jax else None
    extremes = subject.extremes(repeats)
    if as_json:
        totals = {"sgemm_gflops": peak / 1e9, "jax_geometric_mean": mean, "extremes": extremes}
        print(json.dumps({"machine": facts, "core": core, "cells": rows, "large": large, **totals}))
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
    print(f"\n{LARGE.name}, in processor time:\n")
    columns = {
        "networks": [str(row["networks"]) for row in large],
        "side by side": [str(row["block"]) for row in large],
        "presentations a second": [f"{row['presentations_a_second']:,.0f}" for row in large],
        "times PyTorch": [_number(row["torch"], ".2f") for row in large],
        "times JAX": [_number(row["jax"], ".2f") for row in large],
        "share of sgemm": [f"{row['share_of_sgemm']:.0%}" for row in large],
    }
    print(markdown(columns))
    print(f"\ngeometric mean against JAX: {_number(mean, '.2f')}")
    print(f"sgemm: {peak / 1e9:.0f} GFLOP/s; a block that overflows or fades takes {extremes:.2f} times as long")
    print(f"{'one core of ' if core is not None else 'not pinned; '}{describe(facts)}")


@bench.command()
@explain_errors
def circuits(as_json: AsJson = False, repeats: Repeats = 5) -> None:
    """Compare circuits with separate error neurons with two-pathway ones of the same sizes, on one core."""
    core = pin()
    from benchmarks import circuits as subject
    from benchmarks.cells import CELLS

    rows = [subject.compare(cell, repeats) for cell in CELLS]
    if as_json:
        print(json.dumps({"machine": machine(), "core": core, "cells": rows}))
        return
    print(
        markdown(
            {
                name: [_number(row[name], ".2f") if name != "levels × S" else row[name] for row in rows]
                for name in rows[0]
            }
        )
    )
    print(f"\n{'one core of ' if core is not None else 'not pinned; '}{describe(machine())}")


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
def waiting(
    as_json: AsJson = False,
    workers: Annotated[list[int] | None, typer.Argument(min=1, help="Numbers of workers.")] = None,
) -> None:
    """Compare how long workers wait for lives that differ tenfold in length, with generations and without."""
    from benchmarks import waiting as subject

    found = {number: subject.compare(number) for number in workers or (2, 8)}
    if as_json:
        print(json.dumps({"machine": machine(), "workers": found}))
        return
    rows = [(number, name, row) for number, part in found.items() for name, row in part.items()]
    table = {
        "workers": [str(number) for number, _, _ in rows],
        "": [name for _, name, _ in rows],
        "busy": [f"{row['busy']:.1%}" for _, _, row in rows],
        "busy if nothing else took time": [_number(row.get("schedule"), ".1%") for _, _, row in rows],
        "lives a second": [f"{row['lives_a_second']:.1f}" for _, _, row in rows],
    }
    print(markdown(table))
    print(f"\n{describe(machine())}")


@bench.command()
@explain_errors
def gpu(
    as_json: AsJson = False,
    repeats: Repeats = 3,
    cores: Annotated[int, typer.Option(min=1, help="Cores of the processor that the GPU is held against.")] = 16,
) -> None:
    """Estimate when a GPU would win, from operations, bytes and launches; nothing is measured on one."""
    pin()
    from benchmarks import gpu as subject

    rows = subject.estimate(cores, repeats)
    if as_json:
        print(json.dumps({"machine": machine(), "cores": cores, "rows": rows}))
        return
    table = {
        "levels × S": [row["cell"] for row in rows],
        "GPU": [row["device"] for row in rows],
        "by": [row["way"] for row in rows],
        "operations": [f"{row['flops']:,}" for row in rows],
        "bytes of weights": [f"{row['bytes']:,}" for row in rows],
        "one core (ns)": [f"{1e9 * row['core_seconds']:,.0f}" for row in rows],
        "GPU, fixed (µs)": [f"{1e6 * row['fixed_seconds']:.0f}" for row in rows],
        "GPU, each (ns)": [f"{1e9 * row['seconds_each']:.1f}" for row in rows],
        f"networks for a draw with {cores} cores": [
            f"{row['break_even']:,.0f}" if row["limit"] > 1 else "never" for row in rows
        ],
        "at most times as fast": [f"{row['limit']:.1f}" for row in rows],
    }
    print(markdown(table))
    print(f"\none core of {describe(machine())}")


@bench.command()
@explain_errors
def arrays(as_json: AsJson = False, repeats: Repeats = 5) -> None:
    """Measure the plain model as it is, and by the Array API standard with NumPy and PyTorch, beside the kernel."""
    pin()
    torch = None
    if find_spec("torch") and find_spec("array_api_compat"):
        torch = import_module("array_api_compat.torch")
        torch.set_num_threads(1)
    else:
        print("no torch and array-api-compat: its column stays empty", file=sys.stderr)
    from benchmarks import arrays as subject

    rows = subject.compare(repeats, torch)
    facts = machine("torch", "array-api-compat")
    if as_json:
        print(json.dumps({"machine": facts, "cells": rows}))
        return
    names = {
        "kernel": "kernel (ns)",
        "plain": "plain model (× kernel)",
        "numpy": "standard, NumPy (× kernel)",
        "torch": "standard, PyTorch (× kernel)",
    }
    table = {"levels × S": [row["cell"] for row in rows]}
    for name, title in names.items():
        unit = 1e-9 if name == "kernel" else None
        table[title] = [_number(row[name] / (unit or row["kernel"]) if name in row else None, ".3g") for row in rows]
    print(markdown(table))
    print(f"\none core of {describe(facts)}")


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
