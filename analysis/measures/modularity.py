"""How far a circuit falls into parts: Newman's modularity of the ascending graph."""

import itertools
from typing import Any

import numpy as np

from hetevo.analysis.measures.view import View, also_single
from hetevo.populations.extras import load_extra
from hetevo.populations.types import Floats, Mask


@also_single(axes=3)
def modularity(mask: Mask, inputs: int) -> Floats:
    """Return Newman's modularity Q of each circuit's ascending synapses, without their directions.

    ``Q = sum_c [m_c / m - (d_c / 2 m)^2]`` over parts c with ``m_c`` of the ``m`` synapses and degrees that sum to
    ``d_c`` (Newman 2006, PNAS 103), of the partition that greedy merging finds (Clauset, Newman and Moore 2004), by
    networkx. It is 0 for a single part, and below 1. Sparse graphs have a high Q by chance alone: compare circuits with
    as many synapses.

    Parameters
    ----------
    mask : ndarray of bool, shape (N, H + O, I + H)
        Synapses present.
    inputs : int
        Input units I, the bias included: neuron i is the unit I + i.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where there is no synapse.

    Raises
    ------
    SettingError
        If networkx is missing.

    Examples
    --------
    >>> two_chains = np.zeros((4, 2 + 3), bool)  # inputs 0 and 1, neurons 2 to 5
    >>> two_chains[[0, 1, 2, 3], [0, 1, 2, 3]] = True
    >>> float(modularity(two_chains, inputs=2))
    0.5
    """
    networkx = load_extra("networkx", "graphs", "modularity")
    return np.array([_of_graph(networkx, each, inputs) for each in mask])


def _of_graph(networkx: Any, mask: Mask, inputs: int) -> float:
    receivers, senders = np.nonzero(mask)
    if not receivers.size:
        return float("nan")
    graph = networkx.Graph()
    graph.add_edges_from(zip(senders.tolist(), (receivers + inputs).tolist(), strict=True))
    parts = networkx.community.greedy_modularity_communities(graph)
    return float(networkx.community.modularity(graph, parts))


def modularity_columns(view: View) -> dict[str, Floats]:
    """Return ``modularity``; circuits that live through several tasks are looked at once."""
    masks = view.snapshot.mask_ascending
    groups = [(key, len(list(group))) for key, group in itertools.groupby(masks, key=lambda mask: mask.tobytes())]
    different = np.stack([np.frombuffer(key, np.bool_).reshape(masks.shape[1:]) for key, _ in groups])
    return {
        "modularity": np.repeat(
            modularity(different, view.snapshot.species.layout.input_units), [count for _, count in groups]
        )
    }
