"""Evolution of circuits with error neurons: configuration, variation of their genes, runs that go on."""

import numpy as np
import pytest
from faults import go, outcome

from hetevo.evolve import resume
from hetevo.evolve.config import ConfigError, from_mapping, preset
from hetevo.evolve.genes import GenesError, check_genes
from hetevo.evolve.space import Space
from hetevo.evolve.species import build_species
from hetevo.evolve.variation import Gaussian, Neuron, Uniform
from hetevo.populations.circuits import allowed_synapses, draw_founders, genome
from hetevo.populations.error_neurons import KINDS
from hetevo.populations.genome import Population

CIRCUIT = ("network.circuit='error-neurons'", "network.wiring='layered'")


def settled(*overrides):
    config = preset("smoke", overrides=[*CIRCUIT, *overrides])
    return config, build_species(config)


def test_settings_reach_the_species():
    sizes = ["error_neurons.sizes=[3,4]", "error_neurons.decay='gated'", "error_neurons.plastic=['teaching']"]
    priors = ["genome.gain_mean_teaching=0.5", "genome.decay_log_mean_sensing=-3.0", "network.levels=[5,6]"]
    config, species = settled(*sizes, *priors)
    assert (species.error_neurons.sizes, species.plastic) == ((3, 4), ("teaching",))
    assert species.genome.prior("gain_mean", "teaching") == 0.5
    assert species.genome.prior("decay_log_mean", "sensing") == -3
    assert species.genome.prior("decay_log_mean", "teaching") == -7
    assert from_mapping(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([*CIRCUIT, "network.levels=[]"], "network.levels: error neurons stand beside"),
        ([*CIRCUIT, "error_neurons.sizes=[3]"], "error_neurons.sizes: expected .* each of the 2"),
        ([*CIRCUIT, "error_neurons.sizes=[3,0]"], "error_neurons.sizes"),
        ([*CIRCUIT, "error_neurons.plastic=['W']"], "error_neurons.plastic"),
        ([*CIRCUIT, "network.wiring=recurrent"], "network.wiring: .*loops"),
        ([*CIRCUIT, "plasticity.rule=transported"], "plasticity: .*one rule"),
        ([*CIRCUIT, "plasticity.momentum=0.5"], "plasticity: .*one rule"),
        ([*CIRCUIT, "plasticity.signals=signs"], "plasticity: .*one rule"),
        (["error_neurons.sizes=[8,8]"], "error_neurons.sizes: only circuits with error neurons"),
        (["genome.gain_scale_teaching=0.5"], "genome.gain_scale_teaching: only circuits with error neurons"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(changes, words):
    with pytest.raises(ConfigError, match=words):
        preset("emergence", overrides=changes)


def test_mutation_and_crossover_reach_every_gene():
    config, species = settled("genome.innate='inherited'", "evolution.mask_flip=0.2", "network.levels=[6,5]")
    founders = draw_founders(species, 0, 12)
    children = Population({name: values.copy() for name, values in founders.items()})
    Gaussian().mutate(children, species, config.evolution, np.random.default_rng(0))
    for gene in genome(species):
        assert (children[gene.name] != founders[gene.name]).any(), gene.name
        if gene.kind == "mask":
            changed = (children[gene.name] != founders[gene.name]).any(axis=0)
            assert not (changed & ~allowed_synapses(species, gene.name)).any()
    # gains and decays come from both parents, wirings and innate weights from the first
    crossed = Population({name: values.copy() for name, values in founders.items()})
    Uniform().cross(crossed, founders.take(np.arange(6, 12)), np.arange(6), species, np.random.default_rng(0))
    for gene in genome(species):
        first, second = founders[gene.name][:6], founders[gene.name][6:]
        own = crossed[gene.name][:6]
        assert ((own == first) | (own == second)).all()
        assert (own != first).any() == (gene.kind in ("gain", "decay")), gene.name


def test_crossover_by_neuron_keeps_the_gains_of_forward_and_of_error_neurons_together():
    _, species = settled("error_neurons.sizes=[3,4]", "network.levels=[6,5]")
    children, second = (dict(draw_founders(species, 0, 300)) for _ in range(2))
    for kind in KINDS:
        children[f"gains_{kind}"] = np.zeros_like(children[f"gains_{kind}"])
        second[f"gains_{kind}"] = np.ones_like(second[f"gains_{kind}"])
    Neuron().cross(Population(children), Population(second), np.arange(300), species, np.random.default_rng(0))
    ascending, sensing, teaching, descending = (children[f"gains_{kind}"] for kind in KINDS)
    np.testing.assert_array_equal(ascending[:, :11], teaching)
    np.testing.assert_array_equal(sensing, descending)
    assert 0.4 < (ascending[:, :7] == sensing).mean() < 0.6  # another neuron has a coin of its own


def test_genes_are_checked_and_become_vectors():
    config, species = settled("network.levels=[3,2]")
    space = Space(config, wiring=True)
    founders = space.founders(0, 4)
    back = space.unflatten(space.flatten(founders))
    for name, values in founders.items():
        np.testing.assert_array_equal(back[name], values)
    assert any(name.startswith("mask_teaching") for name in space.names)
    wrong = dict(founders) | {"mask_sensing": np.ones_like(founders["mask_sensing"])}
    with pytest.raises(GenesError, match="mask_sensing: expected synapses only where"):
        check_genes(wrong, species)
    assert {f"mask_{kind}" for kind in KINDS} < set(founders)


def test_a_run_that_goes_on_is_the_run_in_one_go(tmp_path):
    changes = [*CIRCUIT, "error_neurons.sizes=[3,2]", "network.levels=[4,3]", "checkpoint={every=1,keep=9}"]
    whole = go(tmp_path / "whole", *changes, "evolution.generations=3")
    go(tmp_path / "part", *changes, "evolution.generations=1")
    assert outcome(resume(tmp_path / "part", 3)) == outcome(whole)
