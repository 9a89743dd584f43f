"""What befalls a life: hooks at the right moments, lots that do not depend on blocks, snapshots at any moment."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.kernel.perturbation import Course
from hetevo.populations.random_streams import Purpose


@dataclass(frozen=True)
class Noted:
    log: list

    def begin(self, block):
        log = self.log

        class Notes(Course):
            def before(self, t):
                log.append(("before", t))

            def between(self, t):
                log.append(("between", t))

            def after(self, t):
                log.append(("after", t))

        return Notes()


@dataclass(frozen=True)
class Noise:
    """Weights tremble."""

    def begin(self, block):
        class Trembling(Course):
            generators = block.streams(Purpose.TASK)

            def after(self, t):
                for n, rng in enumerate(self.generators):
                    factor = 1 + 0.01 * rng.standard_normal()
                    for part in block.circuits.by_network(block.circuits.weights):
                        part[n] *= factor

        return Trembling()


def test_hooks_are_called_around_every_presentation():
    log = []
    species = replace(make_species(life={"presentations": 2}), perturbations=(Noted(log),))
    evaluate(species, make_population(species, 2), np.arange(2), seed=0, generation=0)
    assert log == [(when, t) for t in range(2) for when in ("before", "between", "after")]
    genes = make_population(species, 2)
    innate = draw_innate_weights(species, genes, np.arange(2), 0, 0)
    with pytest.raises(ValueError, match="streams"):
        live_block(species, genes, innate, experience(species, 0, 0))


@pytest.mark.parametrize("batch", [1, 5])
def test_lots_do_not_depend_on_blocks(batch):
    species = replace(make_species(life={"batch": batch, "loss_cap": 1e9}), perturbations=(Noise(),))
    genes = make_population(species, 5)
    losses = [evaluate(species, genes, np.arange(5), seed=0, generation=0, block=block).loss for block in (1, 2, 5)]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0], losses[2])
    calm = evaluate(replace(species, perturbations=()), genes, np.arange(5), seed=0, generation=0)
    assert (losses[0] != calm.loss).all()


def test_a_life_can_be_looked_at_at_any_moment():
    species = make_species(life={"presentations": 20})
    genes = make_population(species, 3)
    arguments = {"seed": 0, "generation": 0, "probe": AlignmentProbe()}
    found = evaluate(species, genes, np.arange(3), moments=(25, 50), **arguments).observed
    plain = evaluate(species, genes, np.arange(3), **arguments).observed
    at_end = {name.removesuffix("_end") for name in plain if name.endswith("_end")}
    assert set(found) == set(plain) | {f"{name}_life_{percent}" for name in at_end for percent in (25, 50)}
    np.testing.assert_array_equal(found["alignment_life_50"], found["alignment_mid"])
    for name, values in plain.items():
        np.testing.assert_array_equal(values, found[name])
