"""Circuits with error neurons: wiring, birth, genes, lives whose bits are their own, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species

from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.birth import draw_error_weights
from hetevo.populations.circuits import allowed_synapses, block_size, circuit_of, draw_founders, genome
from hetevo.populations.error_neurons import KINDS, plastic_kinds, weight_shapes
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.life import live_block
from hetevo.populations.random_streams import random_stream
from hetevo.populations.rules import RULES
from hetevo.populations.settings import ErrorNeurons, Genome, Network


@pytest.mark.parametrize("wiring", ["layered", "amorphous", "cerebellum", "small-world"])
@pytest.mark.parametrize("sizes", ["same", (5, 1)])
def test_synapses_lie_where_their_kind_may_have_some(wiring, sizes):
    errors = {"sizes": sizes, "density_sensing": 0.5, "density_teaching": 0.9}
    species = make_error_species((20, 10), wiring=wiring, errors=errors, density=(0.8, 0.8))
    genes, errors = make_population(species, 8), [20, 10] if sizes == "same" else list(sizes)
    assert [gene.name for gene in genome(species)][:4] == [f"gains_{kind}" for kind in KINDS]
    for kind in KINDS:
        mask, allowed = genes[f"mask_{kind}"], allowed_synapses(species, f"mask_{kind}")
        assert mask.shape[1:] == allowed.shape == weight_shapes(species)[kind]
        assert mask.any()
        assert not (mask & ~allowed).any()
        assert genes[f"gains_{kind}"].shape == (8, allowed.shape[0])
    # lateral synapses stay within a level, with densities of their own
    beside = np.zeros((sum(errors), 30), bool)
    beside[: errors[0], :20] = beside[errors[0] :, 20:] = True
    np.testing.assert_array_equal(allowed_synapses(species, "mask_sensing"), beside)
    np.testing.assert_array_equal(allowed_synapses(species, "mask_teaching"), beside.T)
    assert abs(genes["mask_sensing"][:, beside].mean() - 0.5) < 0.1
    assert abs(genes["mask_teaching"][:, beside.T].mean() - 0.9) < 0.1


def test_founders_have_the_priors_of_each_kind():
    priors = {
        "gain_mean": 1.0,
        "gain_mean_descending": 2.0,
        "gain_mean_sensing": 3.0,
        "gain_mean_teaching": 4.0,
        "gain_scale": 0.01,
        "gain_scale_teaching": 0.5,
        "decay_log_mean": -3.0,
        "decay_log_mean_descending": -4.0,
        "decay_log_mean_sensing": -5.0,
        "decay_log_mean_teaching": -6.0,
        "decay_log_scale": 0.01,
    }
    genes = make_population(make_error_species((9, 9), **priors), 30)
    means = [
        float(genes[f"gains_{kind}"].mean().round()) for kind in ("ascending", "descending", "sensing", "teaching")
    ]
    assert means == [1, 2, 3, 4]
    assert genes["gains_teaching"].std() > 20 * genes["gains_sensing"].std()
    logs = [round(float(np.log(genes[f"decay_{kind}"]).mean())) for kind in KINDS]
    assert logs == [-3, -5, -6, -4]


def test_a_founder_does_not_depend_on_how_many_there_are():
    species = make_error_species()
    few, many = draw_founders(species, 3, 2), draw_founders(species, 3, 5)
    for name, values in few.items():
        np.testing.assert_array_equal(values, many[name][:2])


@pytest.mark.parametrize("innate", ["redrawn", "inherited"])
def test_innate_weights_have_the_variance_of_their_fan_in(innate):
    scales = {"innate_scale": (1.0, 0.5), "innate_scale_sensing": 2.0, "innate_scale_teaching": 3.0}
    species = make_error_species((30, 30), density=(0.5, 0.5), innate=innate, **scales)
    genes = make_population(species, 20)
    weights = draw_error_weights(species, genes, np.arange(20), 0, 0)
    for kind, values, scale in zip(KINDS, weights, (1.0, 2.0, 3.0, 0.5), strict=True):
        mask = genes[f"mask_{kind}"]
        assert values.dtype == np.float32
        assert not values[~mask].any()
        assert abs((values.astype(float) ** 2).sum(axis=2)[mask.any(axis=2)].mean() / scale**2 - 1) < 0.1
    again = draw_error_weights(species, genes.take(slice(4, 5)), np.array([4]), 0, 0)
    for values, one in zip(weights, again, strict=True):
        np.testing.assert_array_equal(values[4:5], one)


@pytest.mark.parametrize("batch", [1, 5, 16])
@pytest.mark.parametrize("decay", ["constant", "gated"])
@pytest.mark.parametrize("levels", [(3, 2), (17, 20)])
def test_blocks_change_no_bit(batch, decay, levels):
    life = {"batch": batch, "tasks": 1, "presentations": 8}
    species = make_error_species(levels, errors={"decay": decay}, life=life, density=(0.5, 0.9))
    genes = make_population(species, 13)

    def lived(block):
        return evaluate(species, genes, np.arange(13), seed=9, generation=2, block=block, probe=AlignmentProbe())

    whole = lived(13)
    for block in (1, 4):
        other = lived(block)
        np.testing.assert_array_equal(other.loss, whole.loss)
        assert other.observed.keys() == whole.observed.keys()
        for name, column in whole.observed.items():
            np.testing.assert_array_equal(other.observed[name], column)
    assert block_size(species) >= 1
    assert circuit_of(species).count_bytes(species, 2, 8) > circuit_of(species).count_bytes(species, 1, 8)


def test_lives_that_diverge_are_flagged_and_leave_others_alone():
    species = make_error_species(activation="linear", errors={"activation": "linear"}, life={"clip_every": 12})
    genes = make_population(species, 4)
    wild = make_population(species, 4)
    wild["gains_ascending"][1] = 1e6
    calm, found = (evaluate(species, each, np.arange(4), seed=0, generation=0) for each in (genes, wild))
    assert found.status.tolist() == [0, 1, 0, 0]
    np.testing.assert_array_equal(np.delete(found.loss, 1), np.delete(calm.loss, 1))


def test_rules_decide_which_kinds_are_plastic():
    some = {"plastic": ("descending", "ascending")}
    assert plastic_kinds(make_error_species()) == KINDS
    assert plastic_kinds(make_error_species(errors=some)) == ("ascending", "descending")
    assert plastic_kinds(make_error_species(errors=some, rule="fixed-feedback")) == ("ascending",)
    assert plastic_kinds(make_error_species(rule="none")) == ()


REFUSED = {
    "error_neurons.sizes": {"errors": {"sizes": (3,)}},
    "network.wiring": {"wiring": "recurrent"},
    "network.feedback": {"transposed": True},
    "network.dale": {"dale": True},
    "genome.descending_start": {"descending_start": "transposed"},
    "plasticity": {"terms": ("hebbian",)},
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_they_do_not_know_is_refused_with_the_reason(key):
    with pytest.raises(SettingError, match=rf"^{key}: .*expected"):
        make_error_species(**REFUSED[key])


@pytest.mark.parametrize("rule", RULES)
def test_other_rules_are_refused(rule):
    if rule in ("heterosynaptic", "fixed-feedback", "none"):
        make_error_species(rule=rule)
        return
    with pytest.raises(SettingError, match=r"^plasticity: .*one rule"):
        make_error_species(rule=rule)


PERTURBATIONS = [
    Injury(0.5),
    Injury(0.5, what="synapses"),
    Injury(0.5, kind="insert"),
    Injury(0.5, plastic_after=False),
    Hardware(noise=0.5),
    Hardware(bits=5),
    Hardware(mismatch=0.5),
    Hardware(delay=3),
    Hardware(stale=2),
    Hardware(jitter=0.01, stale=2, stale_outputs=True),
]


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=str)
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("decay", ["constant", "gated"])
def test_perturbations_change_lives_whatever_the_block(perturbation, batch, decay):
    calm = make_error_species(errors={"sizes": (4, 3), "decay": decay}, life={"batch": batch})
    species, genes = replace(calm, perturbations=(perturbation,)), make_population(calm, 5)

    def lived(species, block):
        return evaluate(species, genes, np.arange(5), seed=2, generation=0, block=block, probe=AlignmentProbe())

    whole, alone = lived(species, 5), lived(species, 1)
    np.testing.assert_array_equal(whole.loss, alone.loss)
    for name, column in whole.observed.items():
        np.testing.assert_array_equal(column, alone.observed[name])
    assert (whole.loss != lived(calm, 5).loss).any()


@pytest.mark.parametrize("what", ["neurons", "synapses"])
def test_an_injury_takes_synapses_of_all_kinds(what):
    species = make_error_species((6, 6), errors={"sizes": (5, 7)}, density=(1, 1), life={"tasks": 1})
    species = replace(species, perturbations=(Injury(0.5, what=what),))
    genes, seen = make_population(species, 4), {}
    innate = draw_error_weights(species, genes, np.arange(4), 0, 0)

    def streams(purpose):
        return [random_stream(0, 0, purpose, n) for n in range(4)]

    def observe(snapshot):
        seen[snapshot.stage] = snapshot

    live_block(species, genes, innate, experience(species, 0, 0, 5), observer=observe, moments=(90,), streams=streams)
    before, after = seen["birth"], seen["life_90"]
    for kind in KINDS:
        mask, weights = after.genes[f"mask_{kind}"], getattr(after.weights, kind)
        lost = before.genes[f"mask_{kind}"] & ~mask
        assert 0.3 < lost.sum() / before.genes[f"mask_{kind}"].sum() < 0.9
        assert not weights[~mask].any()
        assert (weights[mask] != 0).mean() > 0.99
    if what == "neurons":
        # error neurons without anybody to hear are those that nobody hears
        deaf = ~after.genes["mask_descending"].any(axis=2)
        assert deaf.any()
        assert not after.genes["mask_teaching"].swapaxes(1, 2)[deaf].any()
        assert not after.genes["mask_sensing"][deaf].any()


def test_settings_of_error_neurons_mean_nothing_elsewhere():
    species = make_species()
    for changes in (
        {"error_neurons": ErrorNeurons(sizes=(3, 2))},
        {"error_neurons": ErrorNeurons(decay="gated")},
        {"genome": Genome(gain_mean_teaching=0.1)},
        {"genome": Genome(innate_scale_sensing=0.1)},
    ):
        with pytest.raises(SettingError, match=r"^(error_neurons|genome)\.\w+: only circuits with error neurons"):
            replace(species, **changes)
        replace(species, network=Network((3, 2), "layered", circuit="error-neurons"), **changes)


def test_descending_priors_hold_for_two_pathways_too():
    genes = make_population(
        make_species(gain_scale_descending=0.0, decay_log_mean_descending=-2.0, decay_log_scale=0.0)
    )
    assert not genes.gains_descending.any()
    assert genes.gains_ascending.any()
    np.testing.assert_allclose(genes["decay_descending"], np.exp(-2), rtol=1e-6)
    np.testing.assert_allclose(genes["decay_ascending"], np.exp(-7), rtol=1e-6)


def test_drawing_a_founder_takes_the_same_numbers_whatever_is_shared():
    apart, shared = (make_error_species(gains_shared=value) for value in (False, True))
    one, other = (circuit_of(species).draw_founder(species, random_stream(0, 0, 0)) for species in (apart, shared))
    for kind in KINDS:
        np.testing.assert_array_equal(one[f"mask_{kind}"], other[f"mask_{kind}"])
        assert other[f"gains_{kind}"].shape == (1,)
