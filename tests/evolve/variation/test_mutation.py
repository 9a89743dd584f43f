"""Operators of mutation: the formulas of DEAP, rates and scales, strength by individual, what wirings become."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve.config import EvolutionTable
from hetevo.evolve.private_deap import PYTHON, tools
from hetevo.evolve.variation import MUTATIONS, SCALED, Gaussian, Polynomial, Redraw, Structural
from hetevo.evolve.variation.line import polynomial
from hetevo.populations.circuits import allowed_synapses, draw_founders, genome
from hetevo.populations.genome import Population
from hetevo.populations.synapses import to_mask

SETTINGS = EvolutionTable(mask_flip=0.0, gain_mutation_rate=0.5, gain_mutation_scale=0.2)
STILL = {"move": 0.0, "isolate": 0.0, "connect": 0.0}


def crowd(species, count):
    """Return copies of one founder."""
    return draw_founders(species, 0, 1).take(np.zeros(count, int))


def mutated(operator, species, genes, settings=SETTINGS, strength=None, seed=0):
    children = genes.take(np.arange(genes.size))
    operator.mutate(children, species, settings, np.random.default_rng(seed), strength)
    return children


@pytest.mark.parametrize("place", [0.0, 0.02, 0.4, 1.0])
@pytest.mark.parametrize("drawn", [0.0, 0.3, 0.5, 0.97])
@pytest.mark.parametrize("eta", [0.0, 3.0, 20.0])
def test_polynomial_is_that_of_deap_where_the_largest_step_is_the_range(monkeypatch, place, drawn, eta):
    queue = [0.0, drawn]
    monkeypatch.setattr(PYTHON, "random", lambda: queue.pop(0))
    low, high = -2.0, 3.0
    before = low + place * (high - low)
    ((expected,),) = tools.mutPolynomialBounded([before], eta, low, high, 1.0)
    room = np.array([place]), np.array([1 - place])
    step = polynomial(np.array([drawn]), *room, eta)[0]
    assert before + step * (high - low) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1), st.floats(0, 1), st.floats(0, 100))
def test_polynomial_steps_stay_within_the_room_that_there_is(drawn, below, above, eta):
    (step,) = polynomial(np.array([drawn]), np.array([below]), np.array([above]), eta)
    assert -below - 1e-12 <= step <= above + 1e-12


@pytest.mark.parametrize("operator", [Gaussian(), Polynomial(), Polynomial(2.0)])
def test_steps_have_the_rate_and_the_standard_deviation_of_the_settings(operator):
    species = make_species(innate="inherited")
    before = crowd(species, 3000)
    after = mutated(operator, species, before)
    for name, rate, scale in (("gains_ascending", 0.5, 0.2), ("innate_ascending", 0.1, 0.1)):
        change = after[name] - before[name]
        assert (change != 0).mean() == pytest.approx(rate, abs=0.02)
        assert change[change != 0].std() == pytest.approx(scale, rel=0.05)
        assert abs(change[change != 0].mean()) < 0.05 * scale + 0.005
    factor = np.log(after["decay_ascending"] / before["decay_ascending"])
    assert (factor != 0).mean() == pytest.approx(0.3, abs=0.03)
    assert factor[factor != 0].std() == pytest.approx(0.3, rel=0.1)


def test_polynomial_steps_are_smaller_for_the_most_part_and_have_a_largest():
    species = make_species()
    before = crowd(species, 2000)
    small, normal = (mutated(operator, species, before) for operator in (Polynomial(), Gaussian()))
    steps = [np.abs(genes["gains_ascending"] - before["gains_ascending"]) for genes in (small, normal)]
    medians = [np.median(step[step > 0]) for step in steps]
    assert medians[0] < 0.8 * medians[1]
    assert steps[0].max() < 0.2 * np.sqrt(22 * 23 / 2)


@pytest.mark.parametrize("name", list(MUTATIONS.own))
def test_numbers_keep_within_their_bounds(name):
    species = make_species(output_gains="positive")
    genes = dict(crowd(species, 500))
    genes["decay_ascending"], genes["decay_descending"] = np.full(500, 0.9, np.float32), np.zeros(500, np.float32)
    wild = SETTINGS.model_copy(update={"gain_mutation_scale": 3.0, "decay_mutation_scale": 3.0})
    after = mutated(MUTATIONS[name](), species, Population(genes), wild)
    assert (after["gains_ascending"][:, -species.layout.outputs :] >= 0).all()
    assert (after["gains_ascending"][:, : species.layout.hidden] < 0).any()
    assert ((after["decay_ascending"] > 0) & (after["decay_ascending"] <= 1)).all()
    assert (after["decay_ascending"] < 0.9).any()
    if name != "redraw":
        assert not after["decay_descending"].any()


@pytest.mark.parametrize("name", ["gaussian", "polynomial"])
def test_strength_multiplies_the_scale_of_each_individual(name):
    species, operator = make_species(innate="inherited"), MUTATIONS[name]()
    before, strength = crowd(species, 4000), np.repeat([0.0, 0.5, 4.0], [1000, 1000, 2000])
    after = mutated(operator, species, before, strength=strength)
    change = after["gains_ascending"] - before["gains_ascending"]
    assert not change[:1000].any()
    for part, factor in ((change[1000:2000], 0.5), (change[2000:], 4.0)):
        assert part[part != 0].std() == pytest.approx(0.2 * factor, rel=0.06)
    # each kind of genes has a column
    by_kind = np.tile([0.0, 1.0, 0.0], (4000, 1))
    after = mutated(operator, species, before, strength=by_kind)
    changed = {gene.kind for gene in genome(species) if (after[gene.name] != before[gene.name]).any()}
    assert changed == {SCALED[1]}


def test_redrawn_numbers_are_those_of_founders():
    species = make_species(innate="inherited", gain_mean=0.3, gain_mean_descending=-0.4)
    before, founders = crowd(species, 600), draw_founders(species, 7, 600)
    after = mutated(Redraw(), species, before, SETTINGS.model_copy(update={"gain_mutation_rate": 1.0}))
    for name in ("gains_ascending", "gains_descending"):
        assert after[name].mean() == pytest.approx(founders[name].mean(), abs=0.03)
        assert after[name].std() == pytest.approx(founders[name].std(), rel=0.05)
    share = {name: (after[name] != before[name]).mean() for name in ("decay_ascending", "innate_ascending")}
    assert share == pytest.approx({"decay_ascending": 0.3, "innate_ascending": 0.1}, abs=0.06)


@pytest.mark.parametrize("wiring", ["amorphous", "layered", "recurrent"])
def test_synapses_appear_and_disappear_at_rates_of_their_own(wiring):
    species = make_species((5, 4), wiring=wiring)
    before = draw_founders(species, 0, 200)
    after = mutated(Structural(appear=0.05, disappear=0.3, **STILL), species, before)
    for pathway in ("ascending", "descending"):
        allowed = allowed_synapses(species, f"mask_{pathway}")
        was, now = before[f"mask_{pathway}"][:, allowed], after[f"mask_{pathway}"][:, allowed]
        assert now[~was].mean() == pytest.approx(0.05, abs=0.015)
        assert (~now[was]).mean() == pytest.approx(0.3, abs=0.03)
        assert not after[f"mask_{pathway}"][:, ~allowed].any()


def test_synapses_that_move_stay_as_many():
    species = make_species((5, 4), density=(0.4, 0.4))
    before = draw_founders(species, 0, 100)
    after = mutated(Structural(appear=0.0, disappear=0.0, **STILL | {"move": 0.3}), species, before)
    np.testing.assert_array_equal(after.synapses, before.synapses)
    left = (before.mask_ascending & ~after.mask_ascending).sum() / before.mask_ascending.sum()
    assert left == pytest.approx(0.3 * 0.6, abs=0.04)  # of ten places four are taken
    assert not (after.mask_ascending & ~species.allowed.ascending).any()


@pytest.mark.parametrize("connect", [False, True])
def test_a_neuron_loses_or_gains_all_its_synapses(connect):
    species = make_species((5, 4))
    layout, rate = species.layout, {"connect" if connect else "isolate": 0.1}
    before = draw_founders(species, 0, 60)
    after = mutated(Structural(appear=0.0, disappear=0.0, **STILL | rate), species, before)
    allowed = species.allowed.ascending, species.allowed.descending
    count = 0
    for row in range(60):
        masks = after.mask_ascending[row], after.mask_descending[row]
        was = before.mask_ascending[row], before.mask_descending[row]
        hit = []
        for neuron in range(layout.hidden):
            parts = [np.zeros_like(mask) for mask in masks]
            for part in parts:
                part[neuron] = True
            parts[0][:, layout.input_units + neuron] = True
            parts[1][:, neuron] = True
            full = [own & may if connect else np.zeros_like(own) for own, may in zip(parts, allowed, strict=True)]
            if all((mask[own] == all_[own]).all() for mask, own, all_ in zip(masks, parts, full, strict=True)):
                hit.append(parts)
        count += len(hit)
        # nothing but what these neurons have is another than it was
        for which in range(2):
            touched = np.any([parts[which] for parts in hit], axis=0) if hit else np.zeros_like(masks[which])
            np.testing.assert_array_equal(masks[which][~touched], was[which][~touched])
    assert count / (60 * layout.hidden) == pytest.approx(0.1, abs=0.04)


def test_error_neurons_are_cut_off_in_all_their_pathways():
    species = make_error_species((4, 3), errors={"sizes": (3, 2)})
    before = crowd(species, 1)
    before = Population({name: np.ones_like(v) if name.startswith("mask") else v for name, v in before.items()})
    after = mutated(Structural(appear=0.0, disappear=0.0, **STILL | {"isolate": 1.0}), species, before)
    first, hidden = species.layout.input_units, species.layout.hidden
    # what is left joins those that cannot be cut off: inputs and outputs, outputs' errors and nobody
    ascending = after["mask_ascending"][0]
    assert ascending[hidden:, :first].all()
    assert not ascending[:hidden].any()
    assert not ascending[:, first:].any()
    assert not any(after[f"mask_{kind}"].any() for kind in ("sensing", "teaching", "descending"))


@pytest.mark.parametrize("wiring", ["amorphous", "layered", "recurrent"])
@pytest.mark.parametrize(
    "rates",
    [
        {"appear": 0.05, "disappear": 0.2, "move": 0.2, "isolate": 0.1, "connect": 0.1},
        {"appear": 0.2, "disappear": 0.0, "move": 1.0, "isolate": 0.0, "connect": 0.5},
    ],
)
def test_lists_change_as_matrices_do(wiring, rates):
    dense = make_species((5, 4), wiring=wiring, density=(0.5, 0.5))
    species = replace(dense, network=replace(dense.network, storage="sparse"))
    genes = draw_founders(species, 1, 8)
    shapes = {gene.name: gene.matrix for gene in genome(species) if gene.matrix}
    masks = {name: to_mask(genes[name], shape) for name, shape in shapes.items()}
    matrices = Population({**genes, **masks})
    operator = Structural(**rates)
    lists, matrices = mutated(operator, species, genes, seed=4), mutated(operator, dense, matrices, seed=4)
    for name, shape in shapes.items():
        np.testing.assert_array_equal(to_mask(lists[name], shape), matrices[name])
        assert (matrices[name] != masks[name]).any()


def test_without_rates_of_its_own_structural_flips_as_gaussian_does():
    species = make_species((5, 4))
    before = draw_founders(species, 0, 30)
    settings = SETTINGS.model_copy(update={"mask_flip": 0.1})
    first, second = (mutated(operator, species, before, settings) for operator in (Gaussian(), Structural(**STILL)))
    for name in before:
        np.testing.assert_array_equal(first[name], second[name])
