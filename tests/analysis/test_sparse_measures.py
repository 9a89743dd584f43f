"""Measures of sparse circuits: the same numbers as of the same circuits with matrices."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_species

from hetevo.analysis.measures import MEASURES, SPARSE, SparseView, View
from hetevo.analysis.probe import AlignmentProbe, InstrumentsProbe
from hetevo.populations.birth import Weights
from hetevo.populations.circuits import draw_founders
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import HOMOSYNAPTIC
from hetevo.populations.sparse.birth import Wiring, draw_synapse_weights
from hetevo.populations.sparse.life import live_sparse
from hetevo.populations.synapses import to_mask


def both(**changes):
    """Return views of one individual's lives by stage: in sparse storage, and with matrices."""
    dense = make_species(**changes)
    species = replace(dense, network=replace(dense.network, storage="sparse"))
    genes, lived, layout = draw_founders(species, 2, 1), experience(species, 2, 0, 30), species.layout
    wiring = Wiring.of(species, genes)
    innate = draw_synapse_weights(species, genes, wiring, 0, 2, 0)
    shapes = {"mask_ascending": (layout.neurons, layout.units), "mask_descending": (layout.hidden, layout.neurons)}
    matrices = Population({n: to_mask(genes[n], shapes[n]) if n in shapes else genes[n] for n in genes})
    born = Weights(wiring.ascending.dense(innate.ascending)[None], wiring.descending.dense(innate.descending)[None])
    lists, whole = {}, {}
    live_sparse(
        species,
        genes,
        wiring,
        innate,
        lived,
        dtype=np.float64,
        observer=lambda seen: lists.setdefault(seen.stage, SparseView.of(seen)),
    )
    live_block(
        dense,
        matrices,
        born,
        lived,
        dtype=np.float64,
        observer=lambda seen: whole.setdefault(seen.stage, View.of(seen)),
    )
    return lists, whole


@pytest.mark.parametrize("measure", SPARSE)
@pytest.mark.parametrize("wiring", ["amorphous", "recurrent"])
@pytest.mark.parametrize("rule", ["heterosynaptic", "fixed-feedback", "sign-flipped", "readout-only"])
def test_sparse_measures_equal_dense_ones(measure, wiring, rule):
    lists, whole = both(levels=(6, 5), wiring=wiring, rule=rule)
    assert lists.keys() == whole.keys() == {"birth", "mid", "end"}
    for stage in lists:
        found, expected = SPARSE[measure](lists[stage]), MEASURES[measure].columns(whole[stage])
        assert found.keys() == expected.keys()
        for column, values in found.items():
            assert values.shape == expected[column].shape
            np.testing.assert_allclose(values, expected[column], rtol=1e-8, atol=1e-10, err_msg=column)


@pytest.mark.parametrize("changes", [{"terms": HOMOSYNAPTIC, "term_scale": 0.05}, {"dale": True}])
def test_updates_that_a_probe_sees_equal_dense_ones(changes):
    lists, whole = both(levels=(6, 5), **changes)
    for stage, view in lists.items():
        seen, expected = view.snapshot, whole[stage].snapshot
        np.testing.assert_allclose(seen.ascending.dense(seen.update), expected.update, atol=1e-10)
        np.testing.assert_allclose(seen.descending.dense(seen.feedback_update), expected.feedback_update(), atol=1e-10)


def test_looking_changes_no_life():
    dense = make_species((6, 5), rule="transported")
    species = replace(dense, network=replace(dense.network, storage="sparse"))
    genes = draw_founders(species, 0, 3)
    blind, seen = (
        evaluate(species, genes, np.arange(3), seed=0, generation=0, probe=probe) for probe in (None, AlignmentProbe())
    )
    np.testing.assert_array_equal(blind.loss, seen.loss)
    assert seen.observed["alignment_end"].shape == (3,)
    assert np.isfinite(seen.observed["alignment_end"]).all()


def test_measures_that_need_matrices_are_refused_with_the_reason():
    dense = make_species()
    species = replace(dense, network=replace(dense.network, storage="sparse"))
    AlignmentProbe(("loss", "alignment by neuron")).check(species)
    for probe, name in ((InstrumentsProbe(), "optimiser"), (AlignmentProbe(("samples",)), "samples")):
        with pytest.raises(SettingError, match=rf'{name}.* need matrices.*network.storage = "dense"'):
            probe.check(species)
        probe.check(dense)
