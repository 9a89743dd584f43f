"""Operators of crossover: the formulas of DEAP, what they may touch, and what children have in the mean."""

import numpy as np
import pytest
from builders import make_error_species, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve.private_deap import PYTHON, tools
from hetevo.evolve.variation import CROSSOVERS, Blend, Neuron, OnePoint, SimulatedBinary, TwoPoint
from hetevo.evolve.variation.crossover import draw_end, spread
from hetevo.evolve.variation.line import ends_of, from_line, to_line
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.genome import Population

FREE = np.array(-np.inf), np.inf
NUMBERS = st.floats(-4, 4, width=32)
UNIT = st.floats(0, 1, exclude_max=True)


class Given:
    """A generator that draws what it was given, one array after another."""

    def __init__(self, *drawn):
        self.drawn = [np.asarray(values, np.float64) for values in drawn]

    def random(self, shape):
        return self.drawn.pop(0).reshape(shape)


@pytest.fixture
def uniform(monkeypatch):
    """Let DEAP draw the numbers that a test gives it."""

    def give(*drawn):
        queue = list(drawn)
        monkeypatch.setattr(PYTHON, "random", lambda: queue.pop(0))

    return give


def couples(species, count):
    """Return the genes of children and of their second parents, all of them copies of one founder."""
    return [dict(draw_founders(species, 0, 1).take(np.zeros(count, int))) for _ in range(2)]


def mix(operator, first, second, *drawn, ends=FREE):
    first, second = (np.array([value]) for value in (first, second))
    return operator.mix(first, second, *ends, Given(*([value] for value in drawn)))[0]


@pytest.mark.parametrize("drawn", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.2])
def test_blend_is_that_of_deap(uniform, drawn, alpha):
    uniform(drawn)
    (expected,), _ = tools.cxBlend([-0.7], [1.9], alpha)
    assert mix(Blend(alpha), -0.7, 1.9, drawn) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("parents", [(-0.7, 1.9), (1.9, -0.7)])
@pytest.mark.parametrize("drawn", [0.0, 0.2, 0.5, 0.51, 0.999])
@pytest.mark.parametrize("eta", [0.0, 2.0, 15.0])
def test_simulated_binary_makes_the_two_children_of_deap(uniform, parents, drawn, eta):
    uniform(drawn)
    (first,), (second,) = tools.cxSimulatedBinary([parents[0]], [parents[1]], eta)
    made = [mix(SimulatedBinary(eta), *parents, drawn, coin) for coin in (0.9, 0.1)]
    assert made == pytest.approx(sorted([first, second]), rel=1e-12)


@pytest.mark.parametrize("parents", [(0.05, 0.6), (0.6, 0.05), (0.9, 0.95), (0.0, 1.0), (0.3, 0.3)])
@pytest.mark.parametrize("drawn", [0.0, 0.2, 0.5, 0.7, 0.999])
@pytest.mark.parametrize("eta", [0.0, 2.0, 15.0])
def test_simulated_binary_ends_where_that_of_deap_does(uniform, parents, drawn, eta):
    uniform(0.0, drawn, 0.9)
    (first,), (second,) = tools.cxSimulatedBinaryBounded([parents[0]], [parents[1]], eta, 0.0, 1.0)
    ends = np.array(0.0), 1.0
    made = [mix(SimulatedBinary(eta), *parents, drawn, coin, ends=ends) for coin in (0.9, 0.1)]
    assert made == pytest.approx([first, second], rel=1e-12)


@given(NUMBERS, NUMBERS, UNIT, UNIT, st.floats(0, 40))
def test_children_of_simulated_binary_stay_between_the_ends(first, second, drawn, coin, eta):
    ends = np.array(min(first, second) - 0.25), max(first, second) + 0.5
    child = mix(SimulatedBinary(eta), first, second, drawn, coin, ends=ends)
    assert ends[0] <= child <= ends[1]
    if first == second:
        assert child == first


def test_spread_is_one_in_the_median_and_large_more_seldom_the_larger_eta():
    drawn, free = np.linspace(0, 1, 1001)[:-1], np.full(1000, np.inf)
    wide, narrow = (spread(drawn, free, eta) for eta in (1.0, 20.0))
    assert np.median(wide) == pytest.approx(1, abs=0.01)
    assert narrow.max() < wide.max()
    assert narrow.std() < wide.std()


@pytest.mark.parametrize("name", ["blend", "simulated-binary"])
def test_decays_are_mixed_by_their_logarithms_and_none_stays_none(name):
    species = make_species()
    children, second = couples(species, 4000)
    children["decay_ascending"] = np.full(4000, 1e-4, np.float32)
    second["decay_ascending"] = np.full(4000, 1e-2, np.float32)
    children["decay_descending"] = np.zeros(4000, np.float32)
    CROSSOVERS[name]().cross(
        Population(children), Population(second), np.arange(4000), species, np.random.default_rng(0)
    )
    logarithms = np.log10(children["decay_ascending"])
    assert logarithms.mean() == pytest.approx(-3, abs=0.06)  # neither parent counts for more
    assert logarithms.std() > 0.3
    assert not children["decay_descending"].any()


@pytest.mark.parametrize("name", ["blend", "simulated-binary"])
def test_numbers_of_children_are_in_the_mean_those_of_both_parents(name):
    species = make_species()
    children, second = couples(species, 4000)
    children["gains_ascending"] = np.full_like(children["gains_ascending"], -1)
    second["gains_ascending"] = np.full_like(second["gains_ascending"], 2)
    CROSSOVERS[name]().cross(
        Population(children), Population(second), np.arange(4000), species, np.random.default_rng(0)
    )
    gains = children["gains_ascending"]
    assert gains.mean() == pytest.approx(0.5, abs=0.05)
    assert gains.min() < -1
    assert gains.max() > 2


@pytest.mark.parametrize("operator", [OnePoint(), TwoPoint(), Neuron()])
def test_neurons_come_as_a_whole(operator):
    species = make_error_species((3, 2), errors={"sizes": (2, 4)})
    children, second = couples(species, 400)
    for name in children:
        if name.startswith("gains"):
            children[name], second[name] = np.zeros_like(children[name]), np.ones_like(second[name])
    operator.cross(Population(children), Population(second), np.arange(400), species, np.random.default_rng(0))
    gains = {name.removeprefix("gains_"): values for name, values in children.items() if name.startswith("gains")}
    hidden = species.layout.hidden
    np.testing.assert_array_equal(gains["ascending"][:, :hidden], gains["teaching"])
    np.testing.assert_array_equal(gains["sensing"], gains["descending"])
    changes = (np.diff(gains["ascending"], axis=1) != 0).sum(axis=1)
    if isinstance(operator, OnePoint):
        assert not gains["ascending"][:, 0].any()
        assert set(changes) == ({1, 2} if isinstance(operator, TwoPoint) else {1})


def test_gains_that_all_neurons_share_are_crossed_at_a_point_too():
    species = make_species(gains_shared=True)
    children, second = couples(species, 2000)
    children["gains_ascending"], second["gains_ascending"] = np.zeros((2000, 1)), np.ones((2000, 1))
    OnePoint().cross(Population(children), Population(second), np.arange(2000), species, np.random.default_rng(0))
    assert children["gains_ascending"].mean() == pytest.approx(0.5, abs=0.05)


def test_bits_behind_a_point_come_from_the_second_parent():
    ends = draw_end(3000, 7, np.random.default_rng(0))
    counts = np.bincount(ends.sum(axis=1), minlength=8)
    assert not counts[[0, 7]].any()
    assert counts[1:7] == pytest.approx(500, rel=0.2)
    assert (np.diff(ends.astype(int), axis=1) >= 0).all()


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=6), st.sampled_from(["gain", "decay", "innate"]))
def test_a_line_leads_back_to_the_number(values, kind):
    species = make_species(innate="inherited", output_gains="positive")
    gene = next(gene for gene in genome(species) if gene.kind == kind)
    numbers = np.array([value for value in values if value > 1e-30] or [0.5], np.float32)
    np.testing.assert_allclose(from_line(to_line(numbers, gene), gene), numbers, rtol=1e-5)
    begin, end = ends_of(gene, species)
    assert begin.shape == gene.shape
    assert (begin == 0).sum() == (species.layout.outputs if gene.name == "gains_ascending" else 0)
    assert (end == 0) == (kind == "decay")


@pytest.mark.parametrize("name", list(CROSSOVERS.own))
def test_children_keep_within_their_bounds(name):
    species = make_species(output_gains="positive")
    children, second = couples(species, 300)
    children["decay_ascending"], second["decay_ascending"] = (np.full(300, value, np.float32) for value in (0.8, 0.05))
    children["gains_ascending"] = np.full_like(children["gains_ascending"], 0.1)
    CROSSOVERS[name]().cross(
        Population(children), Population(second), np.arange(300), species, np.random.default_rng(0)
    )
    assert ((children["decay_ascending"] > 0) & (children["decay_ascending"] <= 1)).all()
    assert (children["gains_ascending"][:, -species.layout.outputs :] >= 0).all()
    assert children["decay_ascending"].dtype == np.float32
