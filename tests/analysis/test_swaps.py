"""Swapped weights: against the plain model, in the kernel and for rules that live plainly."""

from dataclasses import dataclass, replace

import numpy as np
from builders import make_population, make_species

from hetevo.analysis import alignment
from hetevo.analysis.gradient import potential_gradient, weight_gradient
from hetevo.analysis.measures import MEASURES, View
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.circuits.circuit import Block
from hetevo.populations.circuits.plain import Plain
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.model import TwoPathwayCircuits
from hetevo.populations.rules import Rule

SWAPPED = MEASURES["swapped weights"].columns
INDIVIDUALS = np.arange(5)


@dataclass(frozen=True)
class Written(Rule):
    """The heterosynaptic rule as somebody of another package writes it: the same, on the plain model."""

    def update(self, circuits):
        circuits.update()


def snapshots(species, genes, dtype=np.float64):
    seen = {}
    lived = experience(species, 0, 0, 40)
    innate = draw_innate_weights(species, genes, INDIVIDUALS, 0, 0)

    def observe(snapshot):
        seen[snapshot.stage] = snapshot, SWAPPED(View.of(snapshot))

    live_block(species, genes, innate, lived, observer=observe, dtype=dtype)
    return seen, innate, lived


def test_swaps_are_the_alignment_of_circuits_made_of_both_ages():
    species = make_species((4, 3), life={"presentations": 30}, gain_scale=0.3)
    genes = make_population(species, 5)
    seen, innate, lived = snapshots(species, genes)
    snapshot, columns = seen["end"]
    both = snapshot.genes
    born = {"ascending": innate.ascending.repeat(2, axis=0), "descending": innate.descending.repeat(2, axis=0)}
    inputs, targets = (np.tile(part, (5, 1, 1)).astype(float) for part in (lived.probe.inputs, lived.probe.targets))
    for pathway in ("ascending", "descending"):
        weights = snapshot.weights._replace(**{pathway: born[pathway]})
        circuits = TwoPathwayCircuits(species, both, weights)
        circuits.forward(inputs)
        error = targets - circuits.y
        circuits.backward(error)
        activity = np.concatenate([circuits.x, circuits.y], axis=1)
        update = np.matmul(circuits.q, circuits.x.swapaxes(1, 2)) * both.gains_ascending[:, :, None]
        slopes = potential_gradient(species, circuits.W, activity, error)
        gradient = weight_gradient(species.layout, slopes, activity)
        expected = alignment(update, gradient, both.mask_ascending, species.layout)
        np.testing.assert_allclose(columns[f"alignment_innate_{pathway}"], expected, rtol=1e-6, atol=1e-9)
    # and both differ from what there is
    now = MEASURES["alignment"].columns(View.of(snapshot))["alignment"]
    assert not any(np.allclose(values, now) for values in columns.values())


def test_at_birth_there_is_nothing_to_swap_and_fixed_feedback_stays_innate():
    species = make_species((4, 3), rule="fixed-feedback", life={"presentations": 30}, gain_scale=0.3)
    seen, _, _ = snapshots(species, make_population(species, 5), dtype=np.float32)
    for stage, (snapshot, columns) in seen.items():
        now = MEASURES["alignment"].columns(View.of(snapshot))["alignment"]
        np.testing.assert_array_equal(columns["alignment_innate_descending"], now)
        assert np.array_equal(columns["alignment_innate_ascending"], now) == (stage == "birth")


def test_transported_weights_have_no_swap():
    species = make_species((4, 3), rule="transported")
    _, columns = snapshots(species, make_population(species, 5))[0]["end"]
    assert np.isnan(list(columns.values())).all()
    bare = replace(snapshots(make_species((4, 3)), make_population(species, 5))[0]["end"][0], with_innate=None)
    assert np.isnan(list(SWAPPED(View.of(bare)).values())).all()


def test_rules_that_live_plainly_have_the_same_swaps():
    species = make_species((4, 3), life={"presentations": 8}, gain_scale=0.3)
    genes = make_population(species, 5)
    _, columns = snapshots(species, genes)[0]["end"]
    plain = replace(species, rule=Written())
    found = {}

    def observe(snapshot):
        if snapshot.stage == "end":
            found.update(SWAPPED(View.of(snapshot)))

    Plain().live(Block(plain, genes, INDIVIDUALS, experience(species, 0, 0, 40), 0, 0), observe, ())
    for name, values in columns.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-9)
