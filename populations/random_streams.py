"""Random numbers that are addressed, not consumed.

Every draw of an experiment comes from a generator that is made on the spot from *where* it is used: the seed, the
generation, the purpose and (for what belongs to one individual or one task) an index. No generator lives from one
generation to the next, so the order in which blocks are evaluated cannot matter and a checkpoint holds no generator.
"""

from enum import IntEnum, unique

import numpy as np
from numpy.random import Generator, Philox, SeedSequence

from hetevo.populations.types import Indices


@unique
class Purpose(IntEnum):
    """What a random stream is for. The numbers are part of the results: append, never renumber."""

    FOUNDER = 0
    SELECT = 1
    CROSSOVER = 2
    MUTATE = 3
    INNATE = 4
    TASK = 5
    TRAINING = 6
    TEST = 7
    PROBE = 8
    MIGRATE = 9
    TRANSPLANT = 10
    INJURY = 11
    HARDWARE = 12
    HELD_OUT_INNATE = 13
    HELD_OUT_TASK = 14
    HELD_OUT_TRAINING = 15
    HELD_OUT_TEST = 16
    HELD_OUT_PROBE = 17
    HELD_OUT_INJURY = 18
    HELD_OUT_HARDWARE = 19
    FRESH_INNATE = 20
    FRESH_TASK = 21
    FRESH_TRAINING = 22
    FRESH_TEST = 23
    FRESH_PROBE = 24
    FRESH_INJURY = 25
    FRESH_HARDWARE = 26
    FRESH_FOUNDER = 27
    NOISE = 28
    HELD_OUT_NOISE = 29
    FRESH_NOISE = 30
    TRANSPLANT_SIGN = 31
    VECTORS = 32
    STRENGTH = 33
    ARCHIVE = 34
    SWEEP = 1000  # what no run draws


HELD_OUT = {
    Purpose.INNATE: Purpose.HELD_OUT_INNATE,
    Purpose.TASK: Purpose.HELD_OUT_TASK,
    Purpose.TRAINING: Purpose.HELD_OUT_TRAINING,
    Purpose.TEST: Purpose.HELD_OUT_TEST,
    Purpose.PROBE: Purpose.HELD_OUT_PROBE,
    Purpose.INJURY: Purpose.HELD_OUT_INJURY,
    Purpose.HARDWARE: Purpose.HELD_OUT_HARDWARE,
    Purpose.NOISE: Purpose.HELD_OUT_NOISE,
}
"""What the streams of a life are for where its tasks are held out: nothing that it draws is drawn by another life."""

FRESH = {
    Purpose.INNATE: Purpose.FRESH_INNATE,
    Purpose.TASK: Purpose.FRESH_TASK,
    Purpose.TRAINING: Purpose.FRESH_TRAINING,
    Purpose.TEST: Purpose.FRESH_TEST,
    Purpose.PROBE: Purpose.FRESH_PROBE,
    Purpose.INJURY: Purpose.FRESH_INJURY,
    Purpose.HARDWARE: Purpose.FRESH_HARDWARE,
    Purpose.NOISE: Purpose.FRESH_NOISE,
}
"""The same for lives that are lived once more after a run, by an individual that is to be assessed."""


def random_stream(seed: int, generation: int, purpose: Purpose, index: int = 0) -> Generator:
    """Return the random generator at one address.

    Parameters
    ----------
    seed : int
        Seed of the experiment, not negative.
    generation : int
        Generation, counted from 0.
    purpose : Purpose
        What the numbers are for.
    index : int, optional
        Individual or task to which the numbers belong.

    Returns
    -------
    numpy.random.Generator
        A Philox generator keyed by ``SeedSequence(seed, spawn_key=(generation, purpose, index))``. The same address
        gives the same numbers in any process; different addresses give independent ones.
    """
    return Generator(Philox(SeedSequence(seed, spawn_key=(generation, int(purpose), index))))


def draw_events(rng: Generator, size: int, probability: float) -> Indices:
    """Draw which of many independent events happen, at a cost proportional to how many do.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    size : int
        Number of events.
    probability : float
        Probability of each, in 0..1.

    Returns
    -------
    ndarray of int64
        Increasing positions below ``size``: the gaps between them are geometric.

    Examples
    --------
    >>> draw_events(np.random.default_rng(0), 10, 1.0).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if probability <= 0 or size == 0:
        return np.empty(0, np.int64)
    # gaps between hits are drawn instead of a number for each event: rates are small, populations are large
    found: list[Indices] = []
    last = -1
    while last < size:
        expected = (size - last) * probability
        gaps = rng.geometric(probability, int(expected + 4 * np.sqrt(expected) + 8))
        np.minimum(gaps, size + 1, out=gaps)  # the sum of gaps for a tiny probability would overflow
        steps = last + np.cumsum(gaps)
        found.append(steps)
        last = int(steps[-1])
    # the last gaps lead beyond the end
    hits = np.concatenate(found)
    return hits[: np.searchsorted(hits, size)]
