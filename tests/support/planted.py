"""Run directories with known content, without running anything."""

import json
import zlib

import numpy as np

from hetevo.evolve.generation import mean_defined
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.checkpoint import Checkpoint, write
from hetevo.evolve.rundir.records import rows_of

LOT = '[evolution.select]\nname = "selRandom"\n[evolution.select_elites]\nname = "selRandom"\n'
FACTS = {**dict.fromkeys(("config", "chain", "digest"), "0" * 64), "probe_chain": ""}
"""What a checkpoint must remember."""


def plant(
    path,
    *,
    condition="planted",
    seed=0,
    generations=6,
    slope=0.1,
    size=8,
    probed=True,
    undefined=(),
    lonely=(),
    planned=9,
    neutral=False,
    checkpoints=False,
    extra="",
    noise=0.01,
    weighted=True,
    objectives=(),
):
    """Write a run whose alignment grows by ``slope`` a generation; in ``lonely`` ones one individual has any."""
    directory = RunDirectory.new(path)
    config = f'preset = "{condition}"\nplanted = "{condition}"\nseed = {seed}\n{extra}[evolution]\n'
    config += f"generations = {planned}\nsize = {size}\n"
    config += f"objectives = {json.dumps([*objectives])}\n" if objectives else ""
    directory.begin(config + (LOT if neutral else ""))
    # whoever draws more of this stream shifts all that follows, in every picture: new columns draw from `stream_of`
    rng = np.random.default_rng(seed)
    declared = declared_columns()
    gains, turned = rng.standard_normal((size, 5)).astype(np.float32), np.array([1, 1, -1], np.float32)
    for g in range(generations):
        parent_a, parent_b, operator = descent(g, size, rng)
        loss = np.full(size, 2.0 / (1 + g)) + 0.01 * rng.random(size)
        if objectives:  # some are good at one thing, some at another
            loss *= 1 + stream_of("loss", condition, seed, g).random(size)
        common = {"alignment_birth": 0.01 * rng.standard_normal(size), "alignment_mid": np.full(size, slope * g / 2)}
        values = np.full(size, np.nan) if g in undefined else slope * g + noise * rng.standard_normal(size)
        if g in lonely:
            values = np.where(np.arange(size) == 0, 1.0, np.nan)
        common |= {"alignment_end": values, "alignment_level_1_end": values / 2, "alignment_level_2_end": values * 1.1}
        common |= {"hs_end": np.full(size, 0.5), "dc_end": np.full(size, 0.45 + slope * g / 5)}
        common |= {"phi_positive_end": np.full(size, 0.5)}
        if weighted:
            common |= {"hs_weighted_end": common["hs_end"] + 0.4}
            common |= {"dc_weighted_end": np.minimum(common["dc_end"] + 0.4, 1)}
            common |= {"coherence_weighted_end": np.full(size, 0.7)}
        for neuron in range(1, 5):
            common[f"phi_neuron_{neuron}_end"] = values * neuron + (values == 0)
            common[f"phi_sign_neuron_{neuron}_end"] = np.sign(values - 0.1 * neuron)
        # what figures declare besides: between 0 and 1, undefined where alignment is
        for name in sorted(declared - common.keys()):
            common[name] = stream_of(name, condition, seed, g).random(size) + 0 * values
        row = {"generation": g, "evaluations": size, "loss_best": loss.min(), "loss_median": 1.0 / (1 + g)}
        # of tasks without classes there is none
        row |= {"loss_mean": loss.mean()} | ({"accuracy_median": 0.5 + seed / 100} if "exchange" in extra else {})
        # objectives fall while losses do
        aims = {
            f"objective_{name}": (20 - 2 * g) * (1 + stream_of(name, condition, seed, g).random(size))
            for name in (name.removeprefix("+") for name in objectives)
            if name != "loss"
        }
        row |= {f"{name}_median": np.median(values) for name, values in aims.items()}
        row["parents"] = min(g, 1) * float(stream_of("parents", condition, seed, g).integers(2, size + 1))
        if probed:
            row |= {name: mean_defined(column) for name, column in common.items()}
            row |= {"alignment_end_elite": row["alignment_end"], "undefined_share": np.isnan(values).mean()}
        directory.generations.append(rows_of({name: np.array([value]) for name, value in row.items()}))
        columns = {"generation": np.full(size, g), "id": np.arange(size) + g * size, "parent_a": parent_a}
        columns |= {"parent_b": parent_b, "operator": operator, "island": np.zeros(size, int), "loss": loss}
        columns |= {"status": np.zeros(size, int), **aims}
        directory.individuals.append(rows_of(columns | (common if probed else {})))
        if checkpoints:
            directory.checkpoints.mkdir(exist_ok=True)
            # the first gain of every individual turns positive one by one, the others stay
            gains[:, 0] = np.where(np.arange(size) < g * size / 3, 1, -1)
            arrays = {
                "gene_gains_ascending": gains,
                "gene_gains_descending": np.abs(gains[:, :3]) * turned,
                "loss": loss,
                **plant_archive(loss, stream_of("archive", condition, seed, g)),
            }
            write(directory.checkpoints, Checkpoint(g, arrays, FACTS))
    directory.generations.commit()
    directory.individuals.commit()
    return path


def plant_archive(loss, rng):
    """Return an archive of elites, 5 times 4 cells over two descriptors, half of them occupied."""
    occupied = rng.permutation(20) < 10
    return {
        "memory_occupied": occupied,
        "memory_losses": occupied * (loss.min() + rng.random(20)),
        "memory_lives": occupied * rng.integers(1, 4, 20),
        "memory_identifiers": np.where(occupied, rng.integers(0, loss.size, 20), -1),
        "memory_descriptors": occupied[:, None] * rng.random((20, 2)),
        "memory_bounds": np.array([[0.4, 0.8], [0.0, 1.0]]),
        "memory_cells": np.array([5, 4]),
    }


def declared_columns():
    """Return the columns that figures declare they need."""
    from hetevo.analysis.figures import FIGURES
    from hetevo.analysis.figures.frame import needs_of

    return {column for function in FIGURES.own.values() for column in needs_of(function).columns}


def stream_of(column, condition, seed, generation):
    """Return a stream of a column's own: no other column changes with it."""
    return np.random.default_rng([zlib.crc32(f"{column} {condition}".encode()), seed, generation])


def descent(generation, size, rng):
    """Draw parents as evolution does: an elite, and children of one or two parents."""
    if generation == 0:
        nobody = np.full(size, -1)
        return nobody, nobody, ["founder"] * size
    before = (generation - 1) * size
    parent_a, parent_b = before + rng.integers(0, size, size), before + rng.integers(0, size, size)
    operator = ["elite"] + ["crossover" if i % 2 else "mutation" for i in range(1, size)]
    parent_b[[name != "crossover" for name in operator]] = -1
    return parent_a, parent_b, operator
