"""Small species and populations for tests."""

from dataclasses import dataclass, replace

import numpy as np

from hetevo.populations.circuits import draw_founders
from hetevo.populations.genome import Population
from hetevo.populations.layout import Layout
from hetevo.populations.rules import RULES, with_terms
from hetevo.populations.settings import ErrorNeurons, Genome, Lifetime, Network, Plasticity
from hetevo.populations.species import Species
from hetevo.populations.tasks import TASKS
from hetevo.populations.tasks.table import Rows
from hetevo.populations.wiring import WIRINGS
from hetevo.populations.wiring.graph import Graph


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
    dale=False,
    options=None,
    **genome,
):
    if task == "digits":
        inputs, outputs = 64, 10
    if task == "glyphs":
        inputs = 64
    if wiring == "file":
        levels = (sum(levels),)
        options = {"file": "whole.csv", "graph": make_graph(inputs, *levels, outputs), **(options or {})}
    feedback = "transposed" if transposed else "independent"
    return Species(
        Layout(inputs, tuple(levels), outputs, bias),
        make_task(task, inputs=inputs, outputs=outputs),
        with_terms(RULES[rule], tuple(terms)),
        Network(tuple(levels), wiring, options or {}, *density, settle, feedback, activation, bias, dale=dale),
        Plasticity(rule, tuple(terms), terms_shared, gains_shared, derivative=derivative),
        Genome(**genome),
        Lifetime(**{"presentations": 12, "batch": 5, "tasks": 2, "test_samples": 20, "clip_every": 4, **(life or {})}),
    )


def make_error_species(levels=(3, 2), *, errors=None, wiring="layered", rule="heterosynaptic", **settings):
    """Return a species of circuits with separate error neurons."""
    own = {name: settings.pop(name) for name in list(settings) if name.endswith(("_sensing", "_teaching"))}
    plain = make_species(levels, wiring=wiring, rule=rule, **settings)
    circuit = replace(plain.network, circuit="error-neurons")
    genome = replace(plain.genome, **own)
    return replace(plain, network=circuit, genome=genome, error_neurons=ErrorNeurons(**(errors or {})))


def make_graph(inputs, hidden, outputs, edges=None, /, **known):
    """Return a graph of neurons that are called i0, h0, o0 and so on, with all edges unless some are given."""
    sizes = inputs, hidden, outputs
    names = tuple(f"{kind}{n}" for kind, count in zip("iho", sizes, strict=True) for n in range(count))
    pairs = [(a, b) for a in range(len(names)) for b in range(len(names)) if a != b] if edges is None else edges
    senders, receivers = np.array(pairs, np.int64).reshape(-1, 2).T
    called = {"inputs": names[:inputs], "outputs": names[inputs + hidden :]}
    return Graph(names, senders, receivers, **{**called, **known})


def make_family(name, inputs=4, hidden=5, outputs=2, **options):
    """Return a wiring family; that of a file with a graph of all synapses."""
    if name == "file":
        options = {"file": "whole.csv", "graph": make_graph(inputs, hidden, outputs), **options}
    return WIRINGS[name](**options)


def make_population(species, size=3, seed=1, **changes):
    genes = dict(draw_founders(species, seed, size))
    for name, value in changes.items():
        genes[name] = np.broadcast_to(np.asarray(value, genes[name].dtype), genes[name].shape).copy()
    return Population(genes)
