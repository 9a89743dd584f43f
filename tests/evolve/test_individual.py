"""Individuals of a run, from its checkpoints, and the lives that no run has lived."""

from dataclasses import replace

import numpy as np
import pytest
from faults import go

from hetevo.evolve.config import ConfigError
from hetevo.evolve.individual import prepare_fresh_lives, read_individual
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.random_streams import FRESH, HELD_OUT, Purpose


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return go(tmp_path_factory.mktemp("runs") / "run", "evolution.generations=3").path


def test_the_champion_is_the_best_of_the_newest_generation(run):
    found = read_individual(run)
    assert (found.generation, found.loss) == (3, found.state.loss.min())
    assert found.identifier == 3 * 6 + found.position
    assert read_individual(run, 14).position == 2


@pytest.mark.parametrize("identifier", [3, 700, -1])
def test_who_was_not_kept_is_refused_with_those_who_were(run, identifier):
    with pytest.raises(
        RunDirectoryError, match=r"kept are those of 2, 3, and generation G has individuals 6 G to 6 G \+ 5"
    ):
        read_individual(run, identifier)


def test_modules_are_imported_only_with_trust(tmp_path, monkeypatch):
    (tmp_path / "own_task_of_export.py").write_text(
        "from hetevo.populations.tasks import Sine\n\nclass Wave(Sine):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    run = go(tmp_path / "run", "task.name=own_task_of_export:Wave").path
    monkeypatch.setattr("hetevo.evolve.config.plugins.was_loaded", lambda place: False)
    with pytest.raises(ConfigError, match="--trust"):
        read_individual(run)
    assert read_individual(run, trust=True).species.task.__class__.__name__ == "Wave"


def test_fresh_lives_have_addresses_that_no_run_uses():
    ours = {*FRESH.values(), Purpose.FRESH_FOUNDER}
    assert FRESH.keys() == HELD_OUT.keys()
    assert not ours & {*FRESH, *HELD_OUT.values(), Purpose.FOUNDER, Purpose.TRANSPLANT}


def test_fresh_lives_are_others_and_the_same_each_time(run):
    saved = read_individual(run)
    lives = prepare_fresh_lives(saved, 7)
    assert {who: genes.size for who, genes in lives.groups.items()} == dict.fromkeys(
        ("individual", "generation", "founders"), 7
    )
    losses = [float(lives.live(number, saved.seed)["individual"].loss[0]) for number in (0, 1, 0)]
    assert losses[0] == losses[2] != losses[1]
    # not the lives of the run's own generation 0
    own = evaluate(saved.species, saved.genes, np.array([0]), seed=saved.seed, generation=0)
    assert own.loss[0] not in losses


def test_tasks_are_new_in_each_life_although_those_of_the_run_never_change(run):
    species = prepare_fresh_lives(read_individual(run), 2, ["environment.every=0"]).species
    asked = []

    class Task(type(species.task)):
        def draw(self, rng):
            asked.append(rng.random())
            return super().draw(rng)

    watched = replace(species, task=Task(species.layout.inputs, species.layout.outputs))
    for number in (0, 1):
        experience(watched, 0, number)
    assert asked[0] != asked[1]


def test_the_genes_stay_unless_the_wiring_is_changed(run):
    saved = read_individual(run)
    same = prepare_fresh_lives(saved, 3, ["lifetime.presentations=5"]).groups["individual"]
    for name, values in saved.genes.items():
        assert np.array_equal(same[name], np.repeat(values, 3, axis=0))
    other = prepare_fresh_lives(saved, 3, ["network.wiring=layered", "network.levels=[3]"])
    wired = other.groups["individual"]
    assert wired.mask_ascending.shape[1:] == (other.species.layout.neurons, other.species.layout.units)
    assert np.isin(wired.gains_ascending, saved.genes.gains_ascending).all()


def test_what_an_individual_cannot_live_with_is_refused(run):
    saved = read_individual(run)
    with pytest.raises(ConfigError, match="gene 'hebbian_ascending'"):
        prepare_fresh_lives(saved, 2, ["plasticity.terms=['hebbian']"])
    with pytest.raises(ConfigError, match="Did you mean"):
        prepare_fresh_lives(saved, 2, ["task.nam=xor"])
