"""How a comparison of learning rules is written: as a table, as CSV, and what was compared in a line."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hetevo.evolve.config import Config


def describe_task(config: Config) -> str:
    """Say in a line what all rules learn, and in what networks."""
    sizes = "-".join(str(size) for size in (config.task.inputs, *config.network.levels, config.task.outputs))
    life = config.lifetime
    return f"{config.task.name}, {sizes}, {life.presentations} presentations of {life.batch} samples"


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the columns of a table for people: means over seeds, with their standard deviations.

    Parameters
    ----------
    rows : sequence of dict
        From `compare`.
    """
    levels = max(len(row["angles"]) for row in rows)
    columns = {
        "rule": [row["rule"] for row in rows],
        "accuracy (%)": [_mean([100 * value for value in row["accuracy"]], ".1f") for row in rows],
        "loss": [_mean(row["loss"], ".3f") for row in rows],
    }
    for level in range(levels):
        columns[f"angle, level {level + 1} (°)"] = [
            _mean(row["angles"][level] if level < len(row["angles"]) else [], ".0f") for row in rows
        ]
    return {
        **columns,
        "rate": ["evolved" if row["rate"] is None else f"{row['rate']:g}{'*' * row['at_edge']}" for row in rows],
        "cost": [f"{row['cost']:.2f}" for row in rows],
        "pilot lives": [f"{row['pilot_lives']:,}" for row in rows],
        "diverged": [f"{row['diverged']}" for row in rows],
    }


def _mean(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    return f"{np.mean(known):{form}} ± {np.std(known, ddof=1):{form}}" if len(known) > 1 else f"{known[0]:{form}}"


def csv(rows: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> str:
    """Return a CSV with one line a rule and seed."""
    import pandas as pd

    lines = [
        {
            "rule": row["rule"],
            "seed": seed,
            "accuracy": row["accuracy"][number],
            "loss": row["loss"][number],
            **{f"angle_level_{level}": values[number] for level, values in enumerate(row["angles"], start=1)},
            "rate": row["rate"],
            "cost": row["cost"],
            "pilot_lives": row["pilot_lives"],
        }
        for row in rows
        for number, seed in enumerate(seeds)
    ]
    return pd.DataFrame(lines).to_csv(index=False)
