"""Single layers whose learning rule is inherited: the same as the slow twin, whatever the block."""

from dataclasses import replace

import chalmers as twin
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetevo.analysis.gradient import layer_gradient
from hetevo.analysis.probe import AlignmentProbe, InstrumentsProbe
from hetevo.evolve.config import preset
from hetevo.evolve.species import build_species
from hetevo.populations.circuits import draw_founders
from hetevo.populations.circuits.layer import LayerSnapshot, live_layers
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Status, evaluate
from hetevo.populations.experience import experience
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.genome import FORMULA, Population
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.tasks import Patterns

FORMULA_OF_CHALMERS = FORMULAS["chalmers"]
DELTA = FORMULA_OF_CHALMERS.written((1, 10), [(1, 0)] * 7 + [(-1, 1), (1, 1), (1, 0)])
"""dw = 2 (a t - a o)."""

NOTHING = np.zeros(35, np.bool_)


def species(**life):
    usual = build_species(preset("chalmers"))
    return replace(usual, lifetime=replace(usual.lifetime, **{"tasks": 3, **life}))


def evaluated(genes, of=None, **options):
    return evaluate(of or species(), genes, np.arange(genes.size), seed=5, generation=1, **options)


def genomes(*rows):
    return Population({FORMULA: np.array(rows, np.bool_)})


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lives_are_those_of_the_slow_twin(seed):
    of, genes = species(), draw_founders(species(), seed, 60)
    lived = experience(of, 5, 1, probe_samples=12)
    innate = [random_stream(5, 1, Purpose.INNATE, task).uniform(-1, 1, 6) for task in range(3)]
    inputs, targets = lived.test.inputs.swapaxes(1, 2).astype(float), lived.test.targets[:, 0].astype(float)
    errors, cosines = twin.live(genes[FORMULA], np.array(innate), inputs, targets)
    seen = {}
    loss, diverged = live_layers(
        of,
        genes,
        lived,
        seed=5,
        generation=1,
        observer=lambda snapshot: seen.update({snapshot.stage: AlignmentProbe().measure(snapshot)["alignment"]}),
        moments=(30,),
    )
    np.testing.assert_allclose(loss.reshape(60, 3), 2 * errors, atol=1e-9)
    assert not diverged.any()
    for stage, epoch in (("birth", 0), ("life_30", 3), ("mid", 5), ("end", 10)):
        ours, theirs = seen[stage].reshape(60, 3), cosines[epoch]
        # below the floor of a norm a cosine is undefined here; the twin only excludes an exact 0
        defined = np.isfinite(ours)
        np.testing.assert_allclose(ours[defined], theirs[defined], atol=1e-6)
        assert defined.mean() > 0.5  # many random rules saturate: no gradient is left


def test_coefficients_are_read_as_the_twin_reads_them():
    genes = draw_founders(species(), 3, 500)[FORMULA]
    whole = twin.decode(genes.astype(int))
    np.testing.assert_array_equal(FORMULA_OF_CHALMERS.coefficients(genes), whole[:, :1] * whole[:, 1:])


@given(
    st.tuples(st.sampled_from([1, -1]), st.integers(0, 15)),
    st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(0, 3)), min_size=10, max_size=10),
)
def test_what_is_written_is_read(rate, terms):
    def value(sign, number, offset):
        return sign * 2.0 ** (number - offset) if number else 0.0

    read = FORMULA_OF_CHALMERS.coefficients(FORMULA_OF_CHALMERS.written(rate, terms)[None])[0]
    assert read.tolist() == [value(*rate, 9) * value(*term, 1) for term in terms]


def test_the_delta_rule_learns_along_the_gradient_and_no_rule_is_undefined():
    result = evaluated(genomes(DELTA, NOTHING), species(tasks=20), probe=AlignmentProbe())
    assert result.loss[0] < 0.2
    assert result.observed["alignment_mid"][0] > 0.9
    assert (
        result.observed["coefficient_input_target_end"][0] == -result.observed["coefficient_input_output_end"][0] == 2
    )
    assert result.loss[1] == pytest.approx(1, abs=0.12)
    assert np.isnan([result.observed[f"alignment_{stage}"][1] for stage in ("birth", "mid", "end")]).all()
    assert result.status.tolist() == [Status.OK] * 2


def test_block_size_and_neighbours_change_no_bit():
    genes = draw_founders(species(), 1, 40)
    for probe in (None, InstrumentsProbe()):
        whole = evaluated(genes, block=40, probe=probe)
        for block in (0, 1, 2, 7, 33):
            part = evaluated(genes, block=block, probe=probe)
            np.testing.assert_array_equal(part.loss, whole.loss)
            for name, values in whole.observed.items():
                np.testing.assert_array_equal(part.observed[name], values)
    np.testing.assert_array_equal(evaluated(genes).loss, whole.loss)


def test_a_probe_that_destroys_what_it_sees_changes_no_life():
    class Vandal:
        def measure(self, snapshot):
            for array in (snapshot.weights, snapshot.coefficients, snapshot.update, snapshot.inputs, snapshot.outputs):
                array[:] = 7
            return {}

    genes = draw_founders(species(), 1, 10)
    np.testing.assert_array_equal(evaluated(genes, probe=Vandal()).loss, evaluated(genes).loss)


def test_the_last_snapshot_is_of_the_weights_that_are_tested():
    seen, of = {}, species(weight_clip=0.1, clip_every=1000)

    class Last:
        def measure(self, snapshot):
            seen[snapshot.stage] = np.abs(snapshot.weights).max()
            return {}

    evaluated(genomes(DELTA), of, probe=Last())
    assert seen["end"] == 0.1 < seen["mid"]


def test_weights_that_overflow_are_flagged_and_get_the_cap(recwarn):
    growing = FORMULA_OF_CHALMERS.written((1, 15), [(1, 3)] + [(1, 0)] * 9)  # dw = 256 w
    free = species(weight_clip=1e308, clip_every=1000, presentations=240)
    result = evaluated(genomes(growing, DELTA), free)
    assert result.status.tolist() == [Status.DIVERGED, Status.OK]
    assert result.loss[0] == free.lifetime.loss_cap
    assert not recwarn.list


def test_the_gradient_of_a_layer_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    weights, inputs = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 5, 7))
    targets = (rng.random((2, 3, 7)) < 0.5).astype(float)

    def answers(w):
        return 1 / (1 + np.exp(-w @ inputs))

    def loss(w):
        return ((targets - answers(w)) ** 2).sum(axis=1).mean(axis=1) / 2

    of = species()
    snapshot = LayerSnapshot("end", of, weights, inputs, answers(weights), targets, weights, np.zeros((2, 10)))
    gradient = layer_gradient(snapshot)
    for place in np.ndindex(3, 5):
        step = np.zeros_like(weights)
        step[:, *place] = 1e-6
        slope = (loss(weights + step) - loss(weights - step)) / 2e-6
        np.testing.assert_allclose(gradient[:, *place], -slope, atol=1e-8)


def test_patterns_are_presented_in_order_again_and_again_and_tested(monkeypatch):
    task = Patterns(patterns=5).draw(random_stream(0, 0, Purpose.TASK))
    inputs, targets = task.training(random_stream(0, 0, Purpose.TRAINING), 11)
    np.testing.assert_array_equal(inputs[:5], task.test(random_stream(0, 0, Purpose.TEST), 12)[0])
    np.testing.assert_array_equal(inputs[5:10], inputs[:5])
    np.testing.assert_array_equal(targets[10], targets[0])
    assert 0.25 <= targets[:5].mean() <= 0.75
    with pytest.raises(SettingError, match="at least 4 patterns"):
        Patterns(patterns=3)
    shares = Patterns(inputs=3, outputs=40, patterns=8).draw(random_stream(0, 0, Purpose.TASK)).targets.mean(axis=0)
    assert shares.shape == (40,)
    assert ((shares >= 0.25) & (shares <= 0.75)).all()
    monkeypatch.setattr("hetevo.populations.tasks.patterns.ATTEMPTS", 0)
    with pytest.raises(SettingError, match="Use more inputs"):
        Patterns().draw(random_stream(0, 0, Purpose.TASK))


def test_a_layer_has_no_hidden_level_and_a_circuit_has():
    with pytest.raises(SettingError, match="no hidden levels"):
        replace(species(), layout=Layout(5, (3,), 1))
    with pytest.raises(SettingError, match="at least one hidden level"):
        replace(species(), formula=None)
