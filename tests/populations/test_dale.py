"""Dale's principle: no weight ever has another sign than its sender."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.circuits import genome
from hetevo.populations.dale import outgoing_signs
from hetevo.populations.errors import SettingError
from hetevo.populations.experience import experience
from hetevo.populations.genome import SIGNS
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.life import live_block
from hetevo.populations.random_streams import random_stream
from hetevo.populations.rules import HOMOSYNAPTIC

PERTURBATIONS = {
    "none": (),
    "removed": (Injury(share=0.4),),
    "inserted": (Injury(share=0.4, what="synapses", kind="insert", at=0.3),),
    "noisy": (Hardware(noise=3.0),),
    "late": (Hardware(delay=2, stale=1),),
    "coarse": (Hardware(bits=3, mismatch=0.5),),
}


def wrong(species, genes, weights):
    """Count weights of another sign than their sender, where senders have one."""
    signs, layout = outgoing_signs(species, genes), species.layout
    assert (np.abs(signs.ascending[:, :, layout.input_units :]) == 1).all()
    assert (np.abs(signs.descending) == 1).all()
    return sum(int((part * sign < 0).sum()) for part, sign in zip(weights, signs, strict=True))


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@given(
    wiring=st.sampled_from(["amorphous", "recurrent", "cerebellum"]),
    terms=st.sampled_from([(), ("hebbian",), HOMOSYNAPTIC]),
    momentum=st.sampled_from([0.0, 0.7]),
    shared=st.booleans(),
    batch=st.sampled_from([1, 4]),
    innate=st.sampled_from(["redrawn", "inherited"]),
    seed=st.integers(0, 2**32),
)
def test_weights_keep_the_sign_of_their_sender_whatever_happens(
    perturbation, wiring, terms, momentum, shared, batch, innate, seed
):
    life = {"presentations": 8, "batch": batch, "clip_every": 3}
    species = make_species(
        wiring=wiring, terms=terms, gains_shared=shared, life=life, dale=True, gain_scale=0.5, innate=innate
    )
    rule = replace(species.rule, momentum=momentum)
    species = replace(species, rule=rule, perturbations=PERTURBATIONS[perturbation])
    genes = make_population(species, 3, seed)
    born = draw_innate_weights(species, genes, np.arange(3), seed, 0)
    assert not wrong(species, genes, born)
    seen = []

    def observe(snapshot):
        seen.append(wrong(species, snapshot.genes, snapshot.weights))
        # nor would the change that is measured turn a weight over
        after = snapshot.weights.ascending + snapshot.update, snapshot.weights.descending + snapshot.feedback_update()
        if not momentum:
            seen.append(wrong(species, snapshot.genes, [np.where(np.abs(part) < 1e-6, 0, part) for part in after]))

    live_block(
        species,
        genes,
        born,
        experience(species, seed, 0, 5),
        observer=observe,
        moments=tuple(range(5, 100, 12)),  # after each presentation
        streams=lambda purpose: [random_stream(seed, 0, purpose, life) for life in range(6)],
    )
    assert len(seen) >= 8
    assert not any(seen)


def test_synapses_vanish_where_they_would_change_their_sign():
    species = make_species(dale=True, gain_scale=1.0, life={"presentations": 10})
    genes = make_population(species)
    born = draw_innate_weights(species, genes, np.arange(3), 0, 0)
    ended = live_block(species, genes, born, experience(species, 0, 0)).circuits.whole()
    gone = [((late[::2] == 0) & (early != 0)).sum() for late, early in zip(ended, born, strict=True)]
    assert min(gone) > 0
    free = replace(species, network=replace(species.network, dale=False))
    ended = live_block(free, genes, born, experience(species, 0, 0)).circuits.whole()
    assert wrong(species, genes, [part[::2] for part in ended]) > 0


def test_signs_are_genes_that_leave_the_others_as_they_are():
    species, free = make_species(dale=True), make_species()
    genes, before = make_population(species, 40), make_population(free, 40)
    assert [gene.name for gene in genome(species)] == [*(gene.name for gene in genome(free)), SIGNS]
    for name in before:
        np.testing.assert_array_equal(genes[name], before[name])
    assert genes[SIGNS].mean() == pytest.approx(0.8, abs=0.08)
    assert len(np.unique(genes[SIGNS], axis=0)) > 10
    # innate weights are redrawn, signs are not; sizes are those of free weights
    for generation in (0, 1):
        born = draw_innate_weights(species, genes, np.arange(40), 0, generation)
        plain = draw_innate_weights(free, genes, np.arange(40), 0, generation)
        assert not wrong(species, genes, born)
        for part, other in zip(born, plain, strict=True):
            np.testing.assert_array_equal(np.abs(part), np.abs(other))
        np.testing.assert_array_equal(born.ascending[:, :, :5], plain.ascending[:, :, :5])  # inputs and bias are free


@pytest.mark.parametrize("excitatory", [0.0, 1.0])
def test_all_neurons_may_be_of_one_kind(excitatory):
    species = make_species(dale=True)
    species = replace(species, network=replace(species.network, excitatory=excitatory))
    assert (make_population(species)[SIGNS] == bool(excitatory)).all()


def test_what_would_decide_signs_otherwise_is_refused():
    for rule in ("transported", "sign-flipped"):
        with pytest.raises(SettingError, match=r"plasticity\.rule: weight transport gives"):
            make_species(rule=rule, dale=True)
    with pytest.raises(SettingError, match=r"plasticity\.rule: sign symmetry gives"):
        make_species(rule="sign-symmetry", dale=True)
    with pytest.raises(SettingError, match=r"genome\.descending_start"):
        make_species(dale=True, descending_start="transposed")
    species = make_species()
    with pytest.raises(SettingError, match=r"network\.excitatory: neurons have signs with network\.dale = true only"):
        replace(species, network=replace(species.network, excitatory=0.5))
