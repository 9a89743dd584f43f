"""Hebbian updates and those that only look so: planted rules, and neurons whose answers are turned round."""

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis.measures import MEASURES, hebbian_cosine
from hetevo.analysis.measures.hebbian import coactivity_of
from hetevo.analysis.measures.view import View
from hetevo.analysis.probe import AlignmentProbe, InstrumentsProbe
from hetevo.populations.evaluation import evaluate

NAMED = ("hebbian cosine", "hebbian flipped")


def measured(species, genes, probe):
    numbers = np.arange(genes.size)
    return evaluate(species, genes, numbers, seed=3, generation=0, probe=probe, probe_samples=64).observed


@pytest.mark.parametrize("wiring", ["layered", "amorphous", "recurrent"])
def test_a_hebbian_rule_is_hebbian_also_where_answers_are_turned_round(wiring):
    species = make_species((6, 5), rule="hebbian", wiring=wiring, term_mean=0.02, term_scale=0)
    found = measured(species, make_population(species, 4), AlignmentProbe(NAMED))
    for stage in ("birth", "mid", "end"):
        np.testing.assert_allclose(found[f"hebbian_cosine_{stage}"], 1, atol=1e-5)
    np.testing.assert_allclose(found["hebbian_flipped_end"], 1, atol=1e-5)


class Turned:
    """Takes the same measure by hand, at the synapses of the neurons that are turned round alone."""

    def __init__(self, rows):
        self.rows = rows

    def measure(self, snapshot):
        rows, view = self.rows, View.of(snapshot)
        own = hebbian_cosine(
            snapshot.update[:, rows], coactivity_of(snapshot)[:, rows], snapshot.mask_ascending[:, rows]
        )
        return {"cosine": own} | MEASURES["hebbian flipped"].columns(view)


def test_random_signals_do_not_notice_that_a_neuron_is_turned_round():
    species = make_species((6, 5), rule="random-signal", wiring="layered", gain_mean=0.05, gain_scale=0)
    found = measured(species, make_population(species, 4), Turned([0, 2, 4]))
    assert np.abs(found["cosine_end"]).max() > 0.1
    # an odd activation has an even slope: the signals are the same, and activities have the other sign
    np.testing.assert_allclose(found["hebbian_flipped_end"], -found["cosine_end"], atol=1e-9)


def test_gradient_descent_resists_what_was_turned_round_once_it_has_learned():
    life = {"presentations": 300, "tasks": 1, "batch": 16}
    species = make_species(
        (6,),
        task="linear",
        rule="transported",
        wiring="layered",
        density=(1, 1),
        life=life,
        gain_mean=0.1,
        gain_scale=0,
    )
    found = measured(species, make_population(species, 6), AlignmentProbe(NAMED))
    assert found["hebbian_flipped_end"].mean() < -0.3


def test_in_balance_with_decay_updates_lie_along_the_weights():
    life = {"presentations": 800, "tasks": 1, "batch": 32}
    start = {"gain_mean": 0.1, "gain_scale": 0, "decay_log_mean": -4.0, "decay_log_scale": 0, "density": (1, 1)}
    species = make_species((6,), task="linear", rule="transported", wiring="layered", life=life, **start)
    found = measured(species, make_population(species, 6), AlignmentProbe(NAMED))
    assert found["weights_cosine_end"].mean() > 0.8
    assert found["hebbian_cosine_end"].mean() > 0.5 > abs(found["hebbian_cosine_birth"].mean())


def test_measures_that_must_be_named_are_taken_by_no_other_probe():
    species = make_species((4, 3))
    genes = make_population(species, 3)
    usual, named = (measured(species, genes, InstrumentsProbe(names)) for names in ((), NAMED))
    assert named.keys() - usual.keys() == {
        *(f"{column}_{stage}" for column in ("hebbian_cosine", "weights_cosine") for stage in ("birth", "mid", "end")),
        "hebbian_flipped_end",
    }


def test_a_mean_of_coefficients_makes_them_equal_without_spread():
    species = make_species((3,), terms=("hebbian",), term_mean=0.3, term_scale=0)
    genes = make_population(species, 2)
    np.testing.assert_array_equal(genes["hebbian_ascending"], np.float32(0.3))
