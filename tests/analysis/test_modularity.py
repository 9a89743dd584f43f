"""Newman's modularity of known graphs."""

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis import modularity
from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.evaluation import evaluate

networkx = pytest.importorskip("networkx")


def test_of_two_cliques_with_one_synapse_between_them():
    """Zachary's kind of example: Q of two K4 that one edge joins is 2 (6/13 - (13/26)^2)."""
    inputs, units = 1, 8
    mask = np.zeros((units - inputs, units), bool)  # units 1 to 7 receive, of units below
    for low in (0, 4):
        for sender in range(low, low + 4):
            for receiver in range(max(sender + 1, 1), low + 4):
                mask[receiver - inputs, sender] = True
    mask[4 - inputs, 3] = True
    assert modularity(mask, inputs) == pytest.approx(2 * (6 / 13 - 0.25))


def test_is_that_of_networkx_and_undefined_without_synapses():
    rng = np.random.default_rng(0)
    masks = rng.random((3, 6, 9)) < 0.3
    masks[2] = False
    found = modularity(masks, 4)
    graph = networkx.Graph([(j, i + 4) for i, j in np.argwhere(masks[0]).tolist()])
    parts = networkx.community.greedy_modularity_communities(graph)
    assert found[0] == networkx.community.modularity(graph, parts)
    assert np.isnan(found[2])


def test_is_recorded_where_a_probe_names_it():
    species = make_species()
    population = make_population(species, 3)
    columns = []

    class Watching:
        probe = AlignmentProbe(measures=("modularity",))

        def measure(self, snapshot):
            columns.append(self.probe.measure(snapshot))
            return {}

    evaluate(species, population, np.arange(3), seed=0, generation=0, probe=Watching(), probe_samples=8)
    last = columns[-1]["modularity"]
    assert len(last) == 6
    assert (last[::2] == last[1::2]).all()  # both tasks of an individual
    assert "modularity" not in columns[0]
    direct = modularity(population.mask_ascending, species.layout.input_units)
    np.testing.assert_array_equal(last[::2], direct)
