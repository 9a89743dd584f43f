"""Directed graphs of named neurons, and their rewired controls."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.types import Floats, Indices, Mask

SWAPS = 10
"""Swaps that are tried for each synapse; from about 3 on, no more of them stay where they were than chance leaves."""

DESCENDING = ("reversed", "drawn")
"""What the option ``descending`` may be besides the name of a file."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed graph of n neurons and E synapses: none twice, and none of a neuron with itself.

    Parameters
    ----------
    names : tuple of str
        The n neurons.
    senders, receivers : ndarray of int, shape (E,)
        Positions in ``names``.
    weights : ndarray of float, shape (E,), or None
        Sizes, above 0; None: all alike.
    signs : ndarray of int, shape (n,), or None
        What each neuron sends: 1, -1, or 0 where nothing is known; None: nothing at all.
    inputs, outputs : tuple of str
        Neurons that are called so where the graph comes from.
    loops : int
        Synapses of a neuron with itself that were left out.
    """

    names: tuple[str, ...]
    senders: Indices
    receivers: Indices
    weights: Floats | None = None
    signs: Indices | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    loops: int = 0


def rewire_by_swaps(mask: Mask, own: Mask, rng: Generator) -> Mask:
    """Rewire a graph so that every sender and every receiver keeps its number of synapses.

    Two synapses a -> b and c -> d become a -> d and c -> b, again and again, where that makes none twice and none that
    is forbidden (Maslov and Sneppen 2002).

    Parameters
    ----------
    mask : ndarray of bool, shape (receivers, senders)
        The synapses.
    own : ndarray of bool, shape (receivers, senders)
        Places where there may be none, such as those of a neuron with itself.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of bool, shape (receivers, senders)
    """
    # plain lists: reading single numbers from arrays is many times slower
    receivers, senders = (places.tolist() for places in np.nonzero(mask))
    edges, taken = len(senders), (mask | own).tolist()
    if not edges:
        return mask.copy()
    for first, second in rng.integers(edges, size=(SWAPS * edges, 2)).tolist():
        a, b, c, d = senders[first], receivers[first], senders[second], receivers[second]
        # no synapse twice, and none where there may be none
        if taken[d][a] or taken[b][c]:
            continue
        # the two swap their receivers
        taken[b][a] = taken[d][c] = False
        taken[d][a] = taken[b][c] = True
        receivers[first], receivers[second] = d, b
    rewired = np.zeros_like(mask)
    rewired[receivers, senders] = True
    return rewired


def rewire_anywhere(mask: Mask, own: Mask, rng: Generator) -> Mask:
    """Put as many synapses anywhere, each place with the same probability (Erdos and Renyi 1959); as `rewire_by_swaps`.

    Parameters
    ----------
    mask, own : ndarray of bool, shape (receivers, senders)
        The synapses, and places where there may be none.
    rng : numpy.random.Generator
        Source of randomness.
    """
    rewired = np.zeros_like(mask)
    rewired.flat[rng.choice(np.flatnonzero(~own), int(mask.sum()), replace=False)] = True
    return rewired


def named_files(options: Mapping[str, object]) -> dict[str, str]:
    """Return the files that options of the wiring `file` name, by option.

    Examples
    --------
    >>> named_files({"file": "worm.csv", "descending": "drawn"})
    {'file': 'worm.csv'}
    """
    named = {option: options.get(option) for option in ("file", "descending")}
    return {key: name for key, name in named.items() if isinstance(name, str) and name and name not in DESCENDING}
