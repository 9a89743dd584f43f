"""Which operators of crossover and mutation a configuration may name, and with what."""

import re

import pytest
from faults import go, outcome, tiny

from hetevo.evolve import resume
from hetevo.evolve.config import ConfigError, EvolutionTable, from_mapping, preset
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS, Neuron, Uniform, make_crossover, make_mutation
from hetevo.evolve.verify import verify


@pytest.mark.parametrize(
    ("base", "changes", "message"),
    [
        ("smoke", "evolution.cross={name='bland'}", "cross.name: expected one of uniform, .* Did you mean 'blend'"),
        ("smoke", "evolution.cross={name='blend',eta=3}", "'blend' has no option 'eta'; .* 'eta': simulated-binary"),
        ("smoke", "evolution.cross.alpha=0.5", 'cross: expected a table with a name, such as {name = "uniform"}'),
        ("smoke", "evolution.cross={name='blend',alpha=-1.0}", "cross.alpha: expected greater than or equal to 0"),
        ("smoke", "evolution.cross='blend'", "cross: expected a table such as"),
        ("smoke", "evolution.mutate={name=['gaussian']}", "mutate: expected a table with a name"),
        ("smoke", "evolution.mutate={name=1979-05-27}", "mutate.name: expected a finite number, text"),
        ("smoke", "evolution.mutate={name='polynomial',eta='much'}", "mutate.eta: expected a number"),
        ("smoke", "evolution.mutate={name='structural',appear=1.5}", "mutate.appear: expected less than or equal to 1"),
        ("smoke", "evolution.mutate={name='structural',moves=0.1}", "no option 'moves'; .* Did you mean 'move'"),
        ("chalmers", "evolution.cross={name='blend'}", "bits, with which 'blend' does nothing; expected uniform"),
        ("chalmers", "evolution.mutate={name='structural'}", "bits, with which 'structural' does nothing"),
    ],
)
def test_operators_that_cannot_be_are_refused_with_the_reason(base, changes, message):
    with pytest.raises(ConfigError, match=rf"evolution\..*{message}"):
        preset(base, overrides=[changes])


def test_crossover_by_is_the_older_spelling_of_a_name():
    by_neuron = preset("smoke", overrides=["evolution.crossover_by='neuron'"])
    assert make_crossover(by_neuron.evolution) == Neuron()
    assert make_crossover(EvolutionTable()) == Uniform()
    with pytest.raises(ConfigError, match=r'evolution\.crossover_by: .*cross\.name = "blend" besides'):
        preset("smoke", overrides=["evolution.crossover_by='neuron'", "evolution.cross={name='blend'}"])


def test_every_operator_is_named_beside_its_key_and_described():
    for key, registry in (("cross", CROSSOVERS), ("mutate", MUTATIONS)):
        description = EvolutionTable.model_fields[key].description
        assert [name for name in re.findall(r"[\w-]+", description) if name in registry.own] == list(registry.own)


@pytest.mark.parametrize("name", ["polynomial", "structural"])
def test_a_run_with_other_operators_goes_on_and_is_verified(tmp_path, name):
    cross = "evolution.cross={name='simulated-binary',eta=4}"
    changes = [cross, f"evolution.mutate={{name='{name}'}}", "checkpoint={every=1,keep=9}"]
    config = tiny(*changes)
    assert from_mapping(config.model_dump(mode="json")) == config
    assert make_mutation(config.evolution) == MUTATIONS[name]()
    whole = go(tmp_path / "whole", *changes, "evolution.generations=3")
    go(tmp_path / "part", *changes, "evolution.generations=1")
    assert outcome(resume(tmp_path / "part", 3)) == outcome(whole)
    report = verify(whole.path, replay=True, workers=1, generation=1)
    assert report.ok, report.problems
