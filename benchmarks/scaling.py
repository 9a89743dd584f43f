"""How the evaluator scales, as a figure: with networks, neurons, samples a presentation, and cores."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter, NullLocator
from threadpoolctl import threadpool_limits

from benchmarks.cells import PRESENTATIONS, Block, Cell
from benchmarks.evaluator import ours
from hetevo.analysis.figures import Plot
from hetevo.analysis.figures.style import style
from hetevo.evolve import preset
from hetevo.evolve.backends import BACKENDS, Job
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.machine import available_cores
from hetevo.evolve.species import build_species
from hetevo.scripts.bench.machine import best_seconds

NETWORKS = (1, 4, 16, 64, 256, 1024)
NEURONS = (4, 8, 16, 32, 64, 128)
SAMPLES = (1, 2, 4, 8, 16, 32, 64)
CORE_POPULATION = 512
SUBJECTS = {
    "networks": "networks",
    "neurons": "neurons in each of two levels",
    "samples": "samples a presentation",
    "cores": "worker processes",
}


def measure(repeats: int) -> pd.DataFrame:
    """Return columns ``subject``, ``value``, ``rate``: presentations a second, or samples a second for ``samples``."""
    rows: list[dict[str, Any]] = []
    with threadpool_limits(1):
        for networks in NETWORKS:
            rate = _rate(Cell((16, 16), 16), networks, repeats)
            rows.append({"subject": "networks", "value": networks, "rate": rate})
        for neurons in NEURONS:
            rate = _rate(Cell((neurons, neurons), 16), 256, repeats)
            rows.append({"subject": "neurons", "value": neurons, "rate": rate})
        for samples in SAMPLES:
            rate = samples * _rate(Cell((16, 16), samples), 256, repeats)
            rows.append({"subject": "samples", "value": samples, "rate": rate})
    for workers in range(1, available_cores() + 1):
        rows.append({"subject": "cores", "value": workers, "rate": _workers_rate(workers, repeats)})
    return pd.DataFrame(rows)


def _rate(cell: Cell, networks: int, repeats: int) -> float:
    block = Block.of(cell.species(), networks)
    return networks * PRESENTATIONS / best_seconds(lambda: ours(block), repeats)


def _workers_rate(workers: int, repeats: int) -> float:
    config = preset("emergence", overrides=[f"evolution.size={CORE_POPULATION}", f"backend.workers={workers}"])
    species = build_species(config)
    generation, job = draw_generation_zero(species, config.seed, CORE_POPULATION), Job(species, config.seed, 0, None, 0)
    with BACKENDS[config.backend.name](config.backend) as backend:
        backend.evaluate(job, generation)  # start the processes
        seconds = best_seconds(lambda: backend.evaluate(job, generation), repeats)
    return CORE_POPULATION * species.lifetime.tasks * species.lifetime.presentations / seconds


def figure(data: pd.DataFrame, machine: dict[str, Any]) -> Plot:
    """Draw what `measure` returned, one panel a subject, with the line that proportion would give where it means so."""
    with style() as palette:
        drawing = Figure(figsize=(7.0, 4.2), layout="constrained")
        for axes, (letter, (subject, label)) in zip(
            drawing.subplots(2, 2).flat, zip("abcd", SUBJECTS.items(), strict=True), strict=True
        ):
            part = data[data["subject"] == subject]
            axes.plot(part["value"], part["rate"], marker="o", markersize=4, color=palette[0])
            _dress(axes, part, subject, label)
            axes.set_title(letter, loc="left", fontweight="bold")
        drawing.suptitle(_conditions(machine), fontsize=7)
    return Plot(drawing, data)


def _conditions(machine: dict[str, Any]) -> str:
    fixed = "a–c: one core; a, c: levels (16, 16); a, b: 16 samples; b, c: 256 networks; d: preset emergence"
    return f"{fixed}. {machine['processor']}, {machine['date']}"


def _dress(axes: Axes, part: pd.DataFrame, subject: str, label: str) -> None:
    axes.set_xlabel(label)
    axes.set_ylabel("samples a second" if subject == "samples" else "presentations a second")
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    if subject == "cores":
        ideal = part["rate"].iloc[0] * part["value"] / part["value"].iloc[0]
        axes.plot(part["value"], ideal, color="0.45", linestyle="--", linewidth=0.8, label="in proportion")
        axes.legend()
        axes.set_ylim(0)
        axes.set_xticks(part["value"])
        return
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    rates = np.log10(part["rate"])
    axes.set_ylim(10 ** np.floor(rates.min()), 10 ** np.ceil(rates.max()))
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(part["value"], [f"{value:,}" for value in np.asarray(part["value"])])
    axes.xaxis.set_minor_locator(NullLocator())
