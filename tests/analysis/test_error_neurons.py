"""What measures say of circuits with error neurons: exact where they apply, undefined where not."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_population

from hetevo.analysis import load_run
from hetevo.analysis.exports.arrays import arrays
from hetevo.analysis.exports.graph import to_graph
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures import trace as draw
from hetevo.analysis.lineage import gains
from hetevo.analysis.lineage.gains import PRODUCT
from hetevo.analysis.measures import MEASURES, View
from hetevo.evolve import Experiment, preset
from hetevo.evolve.individual import read_individual
from hetevo.populations.birth import draw_error_weights
from hetevo.populations.error_model import ErrorNeuronCircuits
from hetevo.populations.error_neurons import KINDS
from hetevo.populations.experience import experience
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.life import live_block


def see(species, genes, probed=9):
    """Return the snapshot at the end of life, in double precision."""
    seen = []
    innate = draw_error_weights(species, genes, np.arange(genes.size), 0, 0)
    live_block(species, genes, innate, experience(species, 0, 0, probed), observer=seen.append, dtype=np.float64)
    return seen[-1]


@pytest.mark.parametrize("sizes", ["same", (4, 5)])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_alignment_is_the_cosine_with_central_differences(sizes, activation):
    species = make_error_species((3, 3), errors={"sizes": sizes}, activation=activation, life={"tasks": 1})
    snapshot = see(species, make_population(species))
    view, layout = View.of(snapshot), species.layout
    weights, inputs = snapshot.weights, snapshot.activity[:, : layout.input_units]
    circuits = ErrorNeuronCircuits(species, snapshot.genes, weights)
    circuits.forward(inputs)
    targets, step = snapshot.error + circuits.y, 1e-6
    gradient = np.zeros_like(weights.ascending)
    for place in np.ndindex(gradient.shape[1:]):
        for sign in (1, -1):
            circuits.W = weights.ascending.copy()
            circuits.W[:, *place] += sign * step
            circuits.forward(inputs)
            gradient[:, *place] -= sign * ((targets - circuits.y) ** 2).sum(axis=1).mean(axis=1) / (4 * step)
    # as if every synapse were present, but for those that lead nowhere up
    below = species.layout.below()
    np.testing.assert_allclose(view.weight_gradient * below, gradient * below, atol=1e-7)
    hidden, mask = slice(layout.hidden), snapshot.mask_ascending
    update, down = (values[:, hidden] * mask[:, hidden] for values in (snapshot.update, gradient))
    norms = [np.sqrt((values**2).sum(axis=(1, 2))) for values in (update, down)]
    expected = (update * down).sum(axis=(1, 2)) / np.prod(norms, axis=0)
    np.testing.assert_allclose(MEASURES["alignment"].columns(view)["alignment"], expected, atol=1e-7)


@pytest.mark.parametrize("decay", ["constant", "gated"])
def test_update_and_drift_are_those_of_the_plain_model(decay):
    species = make_error_species(errors={"decay": decay}, decay_log_mean=-2.0)
    snapshot = see(species, make_population(species))
    layout = species.layout
    circuits = ErrorNeuronCircuits(species, snapshot.genes, snapshot.weights)
    circuits.forward(snapshot.activity[:, : layout.input_units])
    circuits.backward(snapshot.error)
    np.testing.assert_allclose(snapshot.errors, circuits.e, atol=1e-12)
    np.testing.assert_allclose(snapshot.signal, circuits.q, atol=1e-12)
    circuits.update()
    change = circuits.V - snapshot.weights.teaching
    np.testing.assert_allclose(snapshot.feedback_update() - snapshot.feedback_loss(), change, atol=1e-12)


def test_what_a_snapshot_computes_later_is_of_its_own_moment():
    species, early, kept = make_error_species(life={"presentations": 9}), [], []
    species = replace(species, perturbations=(Injury(0.5, at=0.3),))
    genes = make_population(species)

    def observe(snapshot):
        kept.append(snapshot)
        early.append(snapshot.feedback_update().copy())

    innate, lived = draw_error_weights(species, genes, np.arange(3), 0, 0), experience(species, 0, 0, 9)
    live_block(species, genes, innate, lived, observer=observe, streams=lambda purpose: [np.random.default_rng(0)] * 6)
    for snapshot, change in zip(kept, early, strict=True):
        assert change.any()
        np.testing.assert_array_equal(snapshot.feedback_update(), change)


def test_what_does_not_apply_is_undefined():
    # as many error neurons as hidden ones and outputs: the shapes of V and W transposed agree
    species = make_error_species((3, 3), errors={"sizes": (4, 4)})
    columns = {}
    for measure in MEASURES.own.values():
        columns |= measure.columns(View.of(see(species, make_population(species))))
    for name in ("weight_alignment", "feedback_gap"):
        assert np.isnan(columns[name]).all()
    for name in ("feedback_change", "feedback_rank_level_1", "gain_product_positive", "alignment_innate_descending"):
        assert np.isfinite(columns[name]).all(), name
    for name in ("alignment", "alignment_level_2", "hs", "dc", "hebbian_index", "feedback_drift", "probe_loss"):
        assert np.isfinite(columns[name]).all(), name
    for kind in ("ascending", "sensing", "teaching", "descending"):
        assert f"coefficient_heterosynaptic_{kind}" in columns
        assert f"coefficient_decay_{kind}" in columns


def test_a_gated_decay_is_no_share_of_the_weights():
    species = make_error_species(errors={"decay": "gated"})
    view = View.of(see(species, make_population(species)))
    assert np.isnan(MEASURES["whole change"].columns(view)["change_decay"]).all()


def test_frozen_ascending_synapses_have_no_alignment():
    species = make_error_species(errors={"plastic": ("teaching",)})
    view = View.of(see(species, make_population(species)))
    for measure in ("alignment", "samples", "whole change", "optimiser"):
        assert all(np.isnan(values).all() for values in MEASURES[measure].columns(view).values()), measure


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    changes = ["network.circuit=error-neurons", "network.wiring=layered", "network.levels=[4,3]"]
    small = ["error_neurons.sizes=[3,2]", "evolution.size=4", "evolution.generations=1", "lifetime.presentations=20"]
    config = preset("smoke", overrides=[*changes, *small, "evolution.elites=1", "checkpoint={every=1,keep=9}"])
    return load_run(Experiment(config).run(tmp_path_factory.mktemp("runs") / "errors").path)


def test_an_individual_has_all_kinds_of_synapses(lived):
    found = lived.individual(None)
    assert found.is_exact
    assert found.kinds == KINDS
    assert [mask.shape for mask in found.masks] == [(9, 14), (5, 7), (7, 5), (5, 7)]
    assert [gain.shape for gain in found.gains] == [(9,), (5,), (7,), (5,)]
    for mask, born, learned in zip(found.masks, found.innate, found.learned, strict=True):
        assert learned.shape == (2, *mask.shape)
        assert not born[~mask].any()
        assert not learned[:, ~mask].any()
        assert (learned != born).any()
    assert [level.descending.shape for level in found.levels] == [(2, 4, 5), (2, 3, 5), (2, 0, 5)]
    assert found.predict(np.zeros((6, 6))).shape == (2, 6, 2)


def test_exports_name_every_synapse(lived):
    found = lived.individual(None)
    graph = to_graph(found)
    ids = {node["id"] for node in graph["nodes"]}
    assert {"e1", "e5", "h7", "out2"} < ids
    assert {node["kind"] for node in graph["nodes"]} == {"input", "bias", "hidden", "output", "error"}
    for kind, mask, learned in zip(KINDS, found.masks, found.learned, strict=True):
        edges = [edge for edge in graph["edges"] if edge["pathway"] == kind]
        assert len(edges) == mask.sum()
        assert {end for edge in edges for end in (edge["source"], edge["target"])} <= ids
        assert edges[0]["weight"] == learned[0][tuple(np.argwhere(mask)[0])]
        assert arrays(found)[f"learned_{kind}"].shape == learned.shape
    teaching = next(node for node in graph["nodes"] if node["id"] == "h2")
    assert teaching["gain_teaching"] == pytest.approx(float(found.gains[2][1]))


def test_a_trace_follows_all_weights(lived):
    seen = lived.trace(every=10)
    assert seen.descending.shape == (3, 2, 5, 7)
    assert {name: weights.shape for name, weights in seen.lateral.items()} == {
        "sensing": (3, 2, 5, 7),
        "teaching": (3, 2, 7, 5),
    }
    assert {"sensing", "teaching"} < set(seen.arrays())
    assert {"rms_sensing", "rms_teaching"} < set(draw(seen).data)


def test_gains_are_followed_by_kind(lived):
    table = gains(lived)
    assert set(table["pathway"]) == {*KINDS, PRODUCT}
    # what selection sees of a hidden neuron is the product of its gains as it learns and as it listens
    last = table[(table["generation"] == 1) & (table["pathway"] == PRODUCT)]
    state = read_individual(lived.path, None).state.generation.population
    product = state["gains_ascending"][:, :7] * state["gains_teaching"]
    np.testing.assert_allclose(last["mean"], product.mean(axis=0), rtol=1e-5)
    for kind in ("gains", "signs"):
        assert set(FIGURES[kind]([lived]).data["pathway"]) == {*KINDS, PRODUCT}
