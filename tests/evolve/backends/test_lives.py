"""What runs in a worker."""

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

from hetevo.evolve import preset
from hetevo.evolve.backends import Job, lives
from hetevo.evolve.species import build_species, load_probe
from hetevo.populations.circuits import draw_founders
from hetevo.populations.tasks import Sine


@pytest.fixture
def draws(monkeypatch):
    """Return a list of what was drawn: generation and samples of the probe."""
    found = []

    def counted(species, seed, generation, samples):
        found.append((generation, samples))
        return experience(species, seed, generation, samples)

    experience = lives.experience
    monkeypatch.setattr(lives, "experience", counted)
    lives._last.clear()
    return found


def live(species, generation, probe=None, places=(0, 1)):
    genes = draw_founders(species, 0, 2)
    return lives.live_block(Job(species, 0, 0, probe), genes, np.array(places), generation).evaluation


def test_all_blocks_of_a_generation_have_one_draw_of_samples(draws):
    species = build_species(preset("smoke"))
    first, again = live(species, 3), live(species, 3)
    np.testing.assert_array_equal(first.loss, again.loss)
    live(species, 3, places=(2, 3))
    assert draws == [(3, 0)]
    # in a worker each block brings a species of its own
    travelled = pickle.dumps(build_species(preset("smoke")))
    draws.clear()
    for places in ((0, 1), (2, 3), (4, 5)):
        live(pickle.loads(travelled), 3, places=places)
    assert len(draws) <= 1
    # another generation, probe or species has samples of its own; nothing is kept but the last
    live(species, 4)
    live(species, 4, load_probe("alignment"))
    live(replace(species, lifetime=replace(species.lifetime, test_samples=7)), 4)
    np.testing.assert_array_equal(live(species, 3).loss, first.loss)
    assert draws[-1] == (3, 0)
    assert len(lives._last) == 1


def test_what_cannot_travel_lives_all_the_same(draws):
    @dataclass(frozen=True)
    class Local(Sine):
        pass

    species = replace(build_species(preset("smoke")), task=Local())
    losses = [live(one, 0).loss for one in (species, species, replace(species))]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0], losses[2])
    assert len(draws) == 2
