"""Small species and populations for tests."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.circuits import draw_founders
from hetevo.populations.genome import Population
from hetevo.populations.layout import Layout
from hetevo.populations.rules import RULES, with_terms
from hetevo.populations.settings import Genome, Lifetime, Network, Plasticity
from hetevo.populations.species import Species
from hetevo.populations.tasks import TASKS
from hetevo.populations.tasks.table import Rows


@dataclass(frozen=True)
class Held:
    """Rows of a table, in memory."""

    held: Rows

    def rows(self):
        return self.held


def make_task(name, **sizes):
    if name != "table":
        return TASKS[name](**sizes)
    task = TASKS[name](file="drawn.npz", kind="classification", **sizes)
    rng = np.random.default_rng(0)
    inputs, labels = rng.standard_normal((90, task.inputs)), rng.integers(task.outputs, size=90)
    scale = np.stack([inputs[:60].mean(axis=0), inputs[:60].std(axis=0)])
    return task.reading(Held(Rows(inputs, labels, scale, np.zeros((2, 0)), 60)))


def make_species(
    levels=(3, 2),
    *,
    inputs=4,
    outputs=2,
    task="sine",
    rule="heterosynaptic",
    terms=(),
    wiring="amorphous",
    density=(0.7, 0.7),
    transposed=False,
    activation="tanh",
    derivative=True,
    bias=True,
    life=None,
    settle=3,
    gains_shared=False,
    terms_shared=False,
    **genome,
):
    if task == "digits":
        inputs, outputs = 64, 10
    feedback = "transposed" if transposed else "independent"
    return Species(
        Layout(inputs, tuple(levels), outputs, bias),
        make_task(task, inputs=inputs, outputs=outputs),
        with_terms(RULES[rule], tuple(terms)),
        Network(tuple(levels), wiring, {}, *density, settle, feedback, activation, bias),
        Plasticity(rule, tuple(terms), terms_shared, gains_shared, derivative=derivative),
        Genome(**genome),
        Lifetime(**{"presentations": 12, "batch": 5, "tasks": 2, "test_samples": 20, "clip_every": 4, **(life or {})}),
    )


def make_population(species, size=3, seed=1, **changes):
    genes = dict(draw_founders(species, seed, size))
    for name, value in changes.items():
        genes[name] = np.broadcast_to(np.asarray(value, genes[name].dtype), genes[name].shape).copy()
    return Population(genes)
