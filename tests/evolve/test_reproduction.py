"""Selection through DEAP and variation on arrays."""

from functools import partial

import numpy as np
import pytest
from builders import make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve.config import ConfigError, preset
from hetevo.evolve.config.operators import NEEDING_SEVERAL, REFUSED, REFUSED_ANEW
from hetevo.evolve.generation import Operator, draw_generation_zero
from hetevo.evolve.private_deap import PYTHON, draw_below, draw_unit, private_generators, tools
from hetevo.evolve.reproduction import reproduce
from hetevo.evolve.selection import TWINS, Candidates, find_positions, select
from hetevo.evolve.species import build_species
from hetevo.evolve.variation import Gaussian, Neuron, Uniform
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import draw_events

ARGUMENTS = {
    "selTournament": "tournsize=3",
    "selDoubleTournament": "fitness_size=3,parsimony_size=1.4,fitness_first=true",
    "selEpsilonLexicase": "epsilon=0.1",
}
OPERATORS = sorted(
    name
    for name in dir(tools)
    if name.startswith("sel") and callable(getattr(tools, name)) and name not in {*REFUSED, *NEEDING_SEVERAL}
)
SEVERAL = ["selAutomaticEpsilonLexicase", "selEpsilonLexicase", "selLexicase", "selNSGA2", "selSPEA2"]


def settled(name="smoke", *overrides, saved=False):
    config = preset(name, overrides=overrides, saved=saved)
    return config, build_species(config)


def next_generation(config, species, loss):
    parents = draw_generation_zero(species, config.seed, config.evolution.size)
    return parents, reproduce(parents, loss, config, species)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_of_deap_selects_or_is_refused_with_the_reason(name):
    arguments = f",{ARGUMENTS[name]}" if name in ARGUMENTS else ""
    changes = [f'evolution.select={{name="{name}"{arguments}}}', "evolution.pool=8", "lifetime.tasks=1"]
    if name in REFUSED_ANEW:
        with pytest.raises(ConfigError, match=rf"evolution\.select: .*{name}': it .* single one"):
            settled("smoke", *changes)
    config, species = settled("smoke", *changes, saved=name in REFUSED_ANEW)
    loss = np.linspace(0, 4, 16)
    parents, children = next_generation(config, species, loss)
    again = next_generation(config, species, loss)[1]
    np.testing.assert_array_equal(children.parent_a, again.parent_a)
    assert set(children.parent_a) <= set(parents.identifiers)
    if name in ("selBest", "selNSGA2", "selSPEA2"):
        assert set(children.parent_a) <= set(range(8))
    if name == "selWorst":
        assert set(children.parent_a[2:]) <= set(range(8, 16))


TWINNED = {original.__name__: original for original, _ in TWINS}
LOSSES = st.lists(st.sampled_from([0.0, 0.25, 1.0, 1.0 / 3, 4.0]) | st.floats(0, 4), min_size=1, max_size=70)


@pytest.mark.parametrize("name", sorted(TWINNED))
@given(losses=LOSSES, count=st.integers(1, 150), size=st.integers(1, 9), seed=st.integers(0, 99))
def test_twins_choose_whom_the_operators_of_deap_choose_and_draw_as_much(name, losses, count, size, seed):
    candidates = Candidates(np.array(losses), 4.0)
    operator = partial(TWINNED[name], **({"tournsize": size} if name == "selTournament" else {}))
    with private_generators(np.random.default_rng(seed)):
        light = operator(candidates.individuals(), count)
        state = PYTHON.getstate()
    with private_generators(rng := np.random.default_rng(seed)):
        chosen = select(operator, candidates, count, rng)
        assert PYTHON.getstate() == state
    np.testing.assert_array_equal(chosen, find_positions(light, count))


def test_operators_with_a_twin_make_no_light_individuals(monkeypatch):
    # a configuration is checked with some, a generation is not bred with any
    lived = [(settled(name), preset(name).evolution.size) for name in ("smoke", "neutral")]
    monkeypatch.setattr(Candidates, "individuals", None)
    for given_, size in lived:
        next_generation(*given_, np.linspace(0, 4, size))


@given(st.integers(1, 2**32 - 1), st.integers(0, 700), st.integers(0, 99))
def test_numbers_drawn_at_once_are_those_that_python_draws_one_by_one(end, count, seed):
    with private_generators(np.random.default_rng(seed)):
        before = PYTHON.getstate()
        expected = [PYTHON.choice(range(end)) for _ in range(count)], [PYTHON.random() for _ in range(count)]
        after = PYTHON.getstate()
        PYTHON.setstate(before)
        assert (draw_below(end, count).tolist(), draw_unit(count).tolist()) == expected
        assert PYTHON.getstate() == after


def test_operators_that_need_several_losses_are_refused_for_new_runs_only():
    assert sorted(REFUSED_ANEW) == SEVERAL
    with pytest.raises(ConfigError, match=r"preset smoke: evolution\.select_elites: .* selBest"):
        settled("smoke", 'evolution.select_elites={name="selNSGA2"}')
    settled("smoke", 'evolution.select_elites={name="selNSGA2"}', "evolution.elites=0")  # nobody is selected by it
    with pytest.raises(ConfigError, match=r"Valid: selBest, selDoubleTournament, selRandom, (?!.*selSPEA2)"):
        settled("smoke", 'evolution.select={name="selNobody"}', "lifetime.tasks=1")


@pytest.mark.parametrize("name", sorted({*REFUSED, *NEEDING_SEVERAL}))
def test_operators_that_cannot_work_are_refused(name):
    with pytest.raises(ConfigError, match=r"evolution\.select"):
        settled("smoke", f'evolution.select={{name="{name}"}}')


def test_elites_pass_on_unchanged_and_descent_is_recorded():
    config, species = settled()
    loss = np.random.default_rng(0).permutation(np.linspace(0.1, 3, 16))
    parents, children = next_generation(config, species, loss)
    best = np.argsort(loss)[:2]
    np.testing.assert_array_equal(children.parent_a[:2], best)
    np.testing.assert_array_equal(children.operator[:2], Operator.ELITE)
    for name in parents.population:
        np.testing.assert_array_equal(children.population[name][:2], parents.population[name][best])
    crossed = children.operator == Operator.CROSSOVER
    assert crossed.any()
    assert ((children.parent_b >= 0) == crossed).all()
    assert (children.identifiers == 16 + np.arange(16)).all()


def test_without_mutation_genes_come_from_the_parents_and_masks_from_the_first():
    zero = [f"evolution.{n}=0" for n in ("gain_mutation_rate", "decay_mutation_rate", "mask_flip")]
    config, species = settled("smoke", "evolution.crossover=1", *zero)
    parents, children = next_generation(config, species, np.linspace(0, 1, 16))
    for row in range(2, 16):
        first, second = children.parent_a[row], children.parent_b[row]
        gains = children.population.gains_ascending[row]
        both = parents.population.gains_ascending[[first, second]]
        assert ((gains == both[0]) | (gains == both[1])).all()
        np.testing.assert_array_equal(children.population.mask_ascending[row], parents.population.mask_ascending[first])


@pytest.mark.parametrize("shared", [False, True])
def test_crossover_by_neuron_takes_all_gains_of_a_neuron_from_one_parent(shared):
    names = "gains_ascending", "gains_descending", "oja_ascending"
    changes = ["plasticity.terms=['oja']", f"plasticity.gains_shared={str(shared).lower()}", "evolution.crossover=1"]
    _, species = settled("smoke", *changes)
    together = {}
    for by, operator in (("gene", Uniform()), ("neuron", Neuron())):
        children, second = ({**draw_founders(species, 0, 200)} for _ in range(2))
        for name in names:  # the first parents have 0 everywhere, the second ones 1
            children[name], second[name] = np.zeros_like(children[name]), np.ones_like(second[name])
        operator.cross(Population(children), Population(second), np.arange(200), species, np.random.default_rng(0))
        first, *others = (children[name] for name in names)
        assert 0.4 < first.mean() < 0.6
        together[by] = [(first[:, :1] == each[:, :1]).mean() for each in others]
        if not shared:  # outputs have gains of one pathway only
            hidden = species.layout.hidden
            together[by] = [(first[:, :hidden] == each[:, :hidden]).mean() for each in others]
    assert together["neuron"] == [1, 1]
    assert max(together["gene"]) < 0.7


def test_tournament_prefers_low_loss_and_lot_does_not():
    loss = np.linspace(0, 4, 512)
    big = ("evolution.size=512", "evolution.elites=0")
    selected = next_generation(*settled("emergence", *big), loss)[1].parent_a
    drawn = next_generation(*settled("neutral", *big), loss)[1].parent_a
    # the best of three of n has mean rank n/4, a lot n/2
    assert selected.mean() == pytest.approx(128, rel=0.15)
    assert drawn.mean() == pytest.approx(256, rel=0.15)


@pytest.mark.parametrize("feedback", ["independent", "transposed"])
def test_mutation_flips_only_allowed_synapses_at_the_given_rate(feedback):
    config, _ = settled("smoke", "evolution.mask_flip=0.1", f"network.feedback={feedback}", "network.wiring=layered")
    species = build_species(config)
    before = draw_founders(species, 0, 200)
    after = draw_founders(species, 0, 200)
    Gaussian().mutate(after, species, config.evolution, np.random.default_rng(0))
    flipped = before.mask_ascending ^ after.mask_ascending
    assert not (flipped & ~species.allowed.ascending).any()
    share = flipped.sum() / (200 * species.allowed.ascending.sum())
    assert share == pytest.approx(0.1, abs=0.01)
    if feedback == "transposed":
        np.testing.assert_array_equal(after.mask_descending, species.mirror(after.mask_ascending))


def test_mutation_of_gains_has_the_given_rate_and_scale():
    config, species = settled()
    before, after = draw_founders(species, 0, 2000), draw_founders(species, 0, 2000)
    Gaussian().mutate(after, species, config.evolution, np.random.default_rng(0))
    change = after.gains_ascending - before.gains_ascending
    assert (change != 0).mean() == pytest.approx(0.3, abs=0.01)
    assert change[change != 0].std() == pytest.approx(0.05, rel=0.03)
    ratio = np.log(after["decay_ascending"] / before["decay_ascending"])
    assert (ratio != 0).mean() == pytest.approx(0.3, abs=0.04)
    assert ratio[ratio != 0].std() == pytest.approx(0.3, rel=0.1)


@given(st.integers(0, 5000), st.floats(0, 1), st.integers(0, 100))
def test_drawn_events_are_increasing_and_in_range(size, probability, seed):
    hits = draw_events(np.random.default_rng(seed), size, probability)
    assert (np.diff(hits) > 0).all()
    assert len(hits) == 0 or (hits[0] >= 0 and hits[-1] < size)
    if probability == 1:
        assert len(hits) == size


def test_drawn_events_happen_with_their_probability():
    counts = np.zeros(50)
    for seed in range(4000):
        counts[draw_events(np.random.default_rng(seed), 50, 0.1)] += 1
    # each position is Bernoulli(0.1): standard error .0047; the largest of 50 deviations stays below 4 of them
    np.testing.assert_allclose(counts / 4000, 0.1, atol=0.019)


def test_bits_are_crossed_at_two_points_and_flip_at_the_given_rate():
    config = preset("chalmers")
    species = build_species(config)
    first, second = (Population({"formula": np.full((4000, 35), bit)}) for bit in (False, True))
    crossed = np.arange(0, 4000, 2)
    Uniform().cross(first, second.take(crossed), crossed, species, np.random.default_rng(0))
    taken = first["formula"]
    assert not taken[1::2].any()
    borders = np.abs(np.diff(taken[crossed].astype(int), axis=1, prepend=0, append=0)).sum(axis=1)
    assert set(borders) == {2}  # one stretch, neither empty nor everything
    share = taken[crossed].mean(axis=0)
    assert share[0] == 0  # as deap.tools.cxTwoPoint, whose first point is at least 1
    assert share[17] == pytest.approx(0.5, abs=0.05)
    before, after = draw_founders(species, 0, 2000)["formula"], draw_founders(species, 0, 2000)
    Gaussian().mutate(after, species, config.evolution, np.random.default_rng(0))
    assert (before ^ after["formula"]).mean() == pytest.approx(0.01, abs=0.001)


def test_genes_of_every_kind_have_a_mutation():
    species = make_species(terms=("hebbian",), innate="inherited")
    config, _ = settled()
    after = draw_founders(species, 0, 50)
    before = draw_founders(species, 0, 50)
    Gaussian().mutate(after, species, config.evolution.model_copy(update={"mask_flip": 0.5}), np.random.default_rng(0))
    for gene in genome(species):
        assert (after[gene.name] != before[gene.name]).any(), gene.name
