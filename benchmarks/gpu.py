"""What a GPU might bring, estimated from operations, bytes and launches: nothing of it was measured on one.

A presentation of N networks takes on a processor with c cores, and on a GPU,

    N t / c        and        L tau + N max(F / (e P), B / M)

with ``t`` measured here on one core (processor time); ``F`` floating-point operations of a network's products, where
there may be synapses; ``B`` bytes of weights that pass through the GPU's memory; ``L`` kernels launched one after
another, each ``tau`` seconds before the GPU works; ``P`` and ``M`` the peak rate and bandwidth of its data sheet, and
``e`` the share of the peak that products of such small matrices reach.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.arrays import LONG
from benchmarks.cells import CELLS, Block, Cell
from benchmarks.evaluator import ours
from hetevo.scripts.bench.machine import best_seconds


@dataclass(frozen=True)
class Device:
    """A GPU by its data sheet: single-precision operations a second without tensor cores, bytes a second."""

    name: str
    peak: float
    bandwidth: float


DEVICES = (Device("L4", 30e12, 0.30e12), Device("H100 SXM", 67e12, 3.35e12))

LAUNCH = 5e-6
"""Seconds from one kernel to the next; a graph of recorded launches takes about 2e-6. Assumed."""

SHARE = 0.1
"""Share of the peak that products of matrices of 8 to 64 rows reach. Assumed."""

PASSES = 12
"""Times that a pathway's weights pass through memory in a presentation that is written as in `benchmarks.arrays`.

One to use them; for the update one to write the products, two to divide them, two to keep what does not decay, three to
scale the products, three to add both.
"""


@dataclass(frozen=True)
class Way:
    """How a presentation is computed on a GPU: launches by hidden levels, and passes over the weights."""

    name: str
    launches: int
    launches_a_level: int
    passes: int


WAYS = (Way("a library", 19, 8, PASSES), Way("one fused kernel a life", 0, 0, 0))
"""As in `benchmarks.arrays`; and as nobody has written it: weights stay on the chip for a whole life."""


def weight_bytes(cell: Cell) -> int:
    """Return the bytes of both pathways' weights of a network, in single precision, where there may be synapses."""
    allowed = cell.species().allowed
    return 4 * int(allowed.ascending.sum() + allowed.descending.sum())


def presentation(cell: Cell, device: Device, way: Way) -> tuple[float, float]:
    """Return the seconds of a presentation: what it takes however many networks there are, and what each adds.

    Examples
    --------
    >>> fixed, each = presentation(CELLS[0], DEVICES[1], WAYS[0])
    >>> f"{fixed:.2g} {each:.2g}"
    '0.00018 4.8e-09'
    """
    fixed = LAUNCH * (way.launches + way.launches_a_level * len(cell.levels))
    return fixed, max(cell.needed_flops / (SHARE * device.peak), way.passes * weight_bytes(cell) / device.bandwidth)


def break_even(core: float, cores: int, fixed: float, each: float) -> float:
    """Return the number of networks above which the GPU is faster; infinite if there is none.

    Examples
    --------
    >>> round(break_even(core=1e-6, cores=16, fixed=1e-4, each=0.0))
    1600
    """
    gain = core / cores - each
    return fixed / gain if gain > 0 else float("inf")


def estimate(cores: int, repeats: int) -> list[dict[str, Any]]:
    """Estimate every size on every device: see the beginning of this module.

    Parameters
    ----------
    cores : int
        Of the processor that the GPU is held against.
    repeats : int
        Repetitions of the lives that are measured on one core of this machine.
    """
    rows = []
    for cell in CELLS:
        block = Block.of(cell.species(LONG))
        core = best_seconds(partial(ours, block), repeats, time.process_time) / (block.genes.size * LONG)
        for device in DEVICES:
            for way in WAYS:
                fixed, each = presentation(cell, device, way)
                rows.append(
                    {
                        "cell": cell.name,
                        "device": device.name,
                        "way": way.name,
                        "flops": cell.needed_flops,
                        "bytes": weight_bytes(cell),
                        "core_seconds": core,
                        "fixed_seconds": fixed,
                        "seconds_each": each,
                        "break_even": break_even(core, cores, fixed, each),
                        "limit": core / cores / each,
                    }
                )
    return rows
