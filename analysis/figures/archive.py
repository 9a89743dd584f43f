"""The figure `archive`: the best circuit of each kind, over descriptors of genes, as a run's last checkpoint has it."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.style import HALF, for_figure, write_title
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.checkpoint import list_checkpoints, load_manifest, read
from hetevo.evolve.rundir.manifest import Manifest
from hetevo.populations.descriptors import DESCRIPTORS, USUAL

PREFIX = "memory_"
"""Of the arrays in a checkpoint that an algorithm remembers."""

NAMES = ("occupied", "losses", "lives", "identifiers", "descriptors", "bounds", "cells")
"""What an archive is made of, besides genes."""

LIMIT = 1 << 32
"""Bytes of one checkpoint beyond which it is not read."""

HIGHEST = 0.95
"""Quantile of losses that has the last colour: a few that learned nothing would take all colours otherwise."""


def _check_archive(runs: Sequence[LoadedRun]) -> None:
    for run in runs:
        _find_archive(run)


@figure(probe=None, single=True, usual=_check_archive)
def archive(frame: Frame) -> pd.DataFrame:
    """Draw the loss of each elite in the cells of its archive, over the first two descriptors.

    Of elites that differ in further descriptors alone, the one with the lowest loss is drawn. A loss is the mean over
    the lives that the elite has had, in tasks of different generations.

    Returns
    -------
    Plot
        Data: generation, id, loss, lives and the descriptors of each elite, as it was in the last checkpoint.
    """
    (run,) = frame.runs
    generation, arrays = _read_archive(run)
    cells, bounds = arrays["cells"], arrays["bounds"]
    names = _name_descriptors(run, len(cells))
    # 1. elites as a table, and as a grid of the lowest losses over two descriptors
    there = np.flatnonzero(arrays["occupied"])
    table = pd.DataFrame({"generation": generation, "id": arrays["identifiers"][there]})
    table["loss"], table["lives"] = arrays["losses"][there], arrays["lives"][there]
    for number, name in enumerate(names):
        table[name] = arrays["descriptors"][there, number]
    across, up = np.unravel_index(there, tuple(cells))[:2]
    grid = np.full((cells[1], cells[0]), np.inf)
    np.minimum.at(grid, (up, across), table["loss"].to_numpy())
    # 2. cells, and which colour is which loss
    axes = frame.one_panel(2.9)
    high = float(np.quantile(table["loss"], HIGHEST))
    image = axes.pcolormesh(
        np.linspace(bounds[0, 0], bounds[0, 1], cells[0] + 1),
        np.linspace(bounds[1, 0], bounds[1, 1], cells[1] + 1),
        np.ma.masked_invalid(grid),
        cmap="viridis_r",
        vmin=float(table["loss"].min()),
        vmax=high,
        rasterized=True,
    )
    beyond = "max" if table["loss"].max() > high else "neither"
    frame.figure.colorbar(image, ax=axes, pad=0.02, aspect=30, extend=beyond).set_label("loss, mean over lives")
    axes.set_xlabel(_label(names[0]))
    axes.set_ylabel(_label(names[1]))
    share = len(there) / len(arrays["occupied"])
    more = f", best over {len(cells) - 2} more descriptor{'s'[: len(cells) > 3]}" if len(cells) > 2 else ""
    frame.say(
        "Colours, loss of the best elite of each cell, a mean over the lives that it has had; white, empty cells."
    )
    counts = f"generation {generation}: n = {len(there)} elites in {share:.0%} of the cells".replace("%", " %")
    axes.set_title(f"{write_title(run)}\n{counts}{more}", loc="right")
    return table


def _label(name: str) -> str:
    known = DESCRIPTORS.get(name)
    return fill(f"{name}: {known.meaning}", HALF + 8) if known else for_figure(name, HALF)


def _name_descriptors(run: LoadedRun, count: int) -> list[str]:
    named = run.setting("evolution.algorithm.descriptors")
    names = [str(name) for name in named] if isinstance(named, list) else list(USUAL)
    # names must not be those of other columns, however many there are
    if len(set(names)) != count or {"generation", "id", "loss", "lives"} & {*names}:
        raise RunDirectoryError(
            f"{run.path}: its checkpoints have an archive over {count} descriptors, and its configuration names"
            f" {len(names)}."
        )
    return names


def _find_archive(run: LoadedRun) -> tuple[Path, Manifest]:
    """Return the last checkpoint of a run, which has an archive, and what it lists."""
    folders = list_checkpoints(RunDirectory(run.path).checkpoints)
    manifest = load_manifest(folders[-1]) if folders else None
    if manifest is None or not {f"{PREFIX}{name}" for name in NAMES} <= manifest.arrays.keys():
        raise RunDirectoryError(
            f"{run.path} keeps no archive of elites. Draw a run whose algorithm does, such as one with"
            ' evolution.algorithm = {name = "map-elites"}.'
        )
    return folders[-1], manifest


def _read_archive(run: LoadedRun) -> tuple[int, dict[str, NDArray[Any]]]:
    """Return the archive in the last checkpoint, by name without its genes, and the generation."""
    folder, manifest = _find_archive(run)
    # a file that looks like a checkpoint may be anything
    damaged = DamagedError(folder, "its archive is none of cells over descriptors")
    try:
        expected = {name: (tuple(array.shape), np.dtype(array.dtype)) for name, array in manifest.arrays.items()}
    except TypeError:
        raise damaged from None
    if any(dtype.kind not in "biuf" for _, dtype in expected.values()) or manifest.files["state.npz"].bytes > LIMIT:
        raise damaged
    found = read(folder, expected).arrays
    arrays = {name: found[f"{PREFIX}{name}"] for name in NAMES}
    if not _is_archive(arrays):
        raise damaged
    if len(arrays["cells"]) < 2:
        raise RunDirectoryError(
            f"{run.path} has an archive over one descriptor, and this figure needs two. Run again with two, such as"
            f" evolution.algorithm.descriptors = {list(USUAL)}."
        )
    return manifest.generation, arrays


def _is_archive(arrays: dict[str, NDArray[Any]]) -> bool:
    """Tell whether arrays are those of an archive: cells over D descriptors, at least one of them occupied."""
    cells, occupied = arrays["cells"], arrays["occupied"]
    if cells.ndim != 1 or cells.dtype.kind != "i" or occupied.ndim != 1 or (cells < 1).any() or occupied.dtype != bool:
        return False
    dimensions, size = len(cells), len(occupied)
    shapes = {"losses": (size,), "lives": (size,), "identifiers": (size,), "descriptors": (size, dimensions)}
    shapes["bounds"] = (dimensions, 2)
    return bool(
        float(np.prod(cells.astype(float))) == size
        and occupied.any()
        and all(arrays[name].shape == shape and np.isfinite(arrays[name]).all() for name, shape in shapes.items())
        and (arrays["bounds"][:, 0] < arrays["bounds"][:, 1]).all()
    )
