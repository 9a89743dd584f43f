"""Gain signs through the generations, and when evolution fixed them.

What a hidden neuron does depends on the sign of the product of its two gains: whoever reverses both, and the neuron's
synapses in V, which are drawn symmetrically, gets the same life. Selection sees the product, and the gains of outputs.

Genes are in checkpoints only. How finely they can be followed depends on which were kept: ``checkpoint.every = 1`` and
``checkpoint.keep_every = 1`` keep every generation's; without, there are the last few.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.checkpoint import list_checkpoints, load_manifest, read

GAINS = "gene_gains_"
"""With a kind of synapses, the name of the array that holds its gains."""

HEARD = ("teaching", "descending")
"""By which synapses hidden neurons hear learning signals: from error neurons where there are some."""

PRODUCT = "product"
"""Beside the kinds of synapses: of each hidden neuron the product of its two gains."""

RULE = "gene_formula"
"""Where the rule itself is inherited, there are no gains."""

FIXED = 0.95
"""Share of a population that must have a sign for it to be fixed."""

MOST_CHECKPOINTS = 101
"""Checkpoints that are read, evenly spaced: more than a figure has room for."""

LIMIT = 1 << 32
"""Bytes of one checkpoint beyond which it is not read."""


def find_course(run: LoadedRun) -> list[Path]:
    """Return the checkpoints that a run has kept, which are enough for a course.

    Parameters
    ----------
    run : LoadedRun
        Its checkpoints are listed and not read.

    Raises
    ------
    RunDirectoryError
        If fewer than 2 were kept, or individuals have no gains.
    """
    if run.single_layer:
        raise RunDirectoryError(_say_no_gains(run.path))
    folders = list_checkpoints(RunDirectory(run.path).checkpoints)
    if len(folders) < 2:
        raise RunDirectoryError(
            f"{run.path} kept {len(folders)} checkpoint{'' if len(folders) == 1 else 's'}, and genes are nowhere else;"
            " their course needs at least 2. Run it again with checkpoint.every = 1 and checkpoint.keep_every = 1 (or"
            " every k-th); the evolution is the same, bit for bit."
        )
    return folders


def gains(run: LoadedRun) -> pd.DataFrame:
    """Summarise the gains of a population, neuron by neuron, for every checkpoint that was kept.

    Parameters
    ----------
    run : LoadedRun
        Its checkpoints are read, `MOST_CHECKPOINTS` at most.

    Returns
    -------
    pandas.DataFrame
        generation, pathway (or `PRODUCT`), neuron (from 1; hidden ones first), mean, low and high (quartiles over
        individuals), positive (share of individuals in which it is positive).

    Raises
    ------
    RunDirectoryError
        If fewer than 2 checkpoints were kept: a single one shows no course.
    DamagedError
        If one cannot be trusted.
    """
    folders = find_course(run)
    places = np.linspace(0, len(folders) - 1, min(len(folders), MOST_CHECKPOINTS)).round().astype(int)
    # quartiles and shares over individuals, one table a checkpoint and pathway
    rows = []
    for folder in (folders[place] for place in np.unique(places)):
        generation, arrays = _arrays(folder)
        found = {kind: values.astype(float) for kind, values in arrays.items()}
        # hidden neurons come first among those that ascending gains belong to
        heard = next(found[kind] for kind in HEARD if kind in found)
        found[PRODUCT] = found["ascending"][:, : heard.shape[1]] * heard
        for pathway, values in found.items():
            low, high = np.quantile(values, (0.25, 0.75), axis=0)
            columns = {"mean": values.mean(axis=0), "low": low, "high": high, "positive": (values > 0).mean(axis=0)}
            rows.append(
                pd.DataFrame(
                    {"generation": generation, "pathway": pathway, "neuron": np.arange(1, len(low) + 1), **columns}
                )
            )
    return pd.concat(rows, ignore_index=True)


def fixation(table: pd.DataFrame) -> pd.DataFrame:
    """Find when the sign of each gain, and of each product of gains, was fixed.

    Parameters
    ----------
    table : pandas.DataFrame
        From `gains`.

    Returns
    -------
    pandas.DataFrame
        pathway, neuron, sign (+1 or -1; 0 if none was fixed), fixed (generation of the first checkpoint from which the
        share `FIXED` of the population has it to the last; NaN if none) and before (the checkpoint before it, NaN if it
        is the first): the sign was fixed after that one, and not later than in ``fixed``.
    """
    # the sign in the last checkpoint, and since when the population has had it
    rows = []
    for (pathway, neuron), group in table.sort_values("generation").groupby(["pathway", "neuron"], sort=False):
        generation, positive = group["generation"].to_numpy(), group["positive"].to_numpy()
        sign = 1 if positive[-1] >= FIXED else -1 if positive[-1] <= 1 - FIXED else 0
        held = positive >= FIXED if sign > 0 else positive <= 1 - FIXED
        first = 0 if held.all() else int(np.flatnonzero(~held)[-1]) + 1
        fixed = float(generation[first]) if sign else float("nan")
        before = float(generation[first - 1]) if sign and first else float("nan")
        rows.append((pathway, neuron, sign, fixed, before))
    return pd.DataFrame(rows, columns=["pathway", "neuron", "sign", "fixed", "before"])


def _say_no_gains(run: Path) -> str:
    return (
        f"{run} has no gains: what its individuals inherit is the learning rule itself. See it with 'hetevo draw', or"
        " name runs of other networks."
    )


def _arrays(folder: Path) -> tuple[int, dict[str, NDArray[Any]]]:
    """Read the gains in a checkpoint, by kind of synapses, as its manifest describes it.

    Going on with a run takes shapes from its configuration. Looking at one needs only that nothing larger than the file
    is allocated, which the reader ensures, and that the arrays are numbers.
    """
    manifest = load_manifest(folder)
    try:
        expected = {name: (tuple(array.shape), np.dtype(array.dtype)) for name, array in manifest.arrays.items()}
    except TypeError:
        raise DamagedError(folder, "its manifest names a type that is not one of numbers") from None
    if RULE in expected:
        raise RunDirectoryError(_say_no_gains(folder.parent.parent))
    # a file that looks like a checkpoint may be anything
    numbers = all(dtype.kind in "biuf" for _, dtype in expected.values())
    size = sum(file.bytes for file in manifest.files.values())
    gains = sorted(name for name in expected if name.startswith(GAINS))
    if not numbers or size > LIMIT or len(gains) < 2:
        raise DamagedError(folder, "it does not hold the gains of a population as arrays of numbers")
    arrays = read(folder, expected).arrays
    return manifest.generation, {name.removeprefix(GAINS): arrays[name] for name in gains}
