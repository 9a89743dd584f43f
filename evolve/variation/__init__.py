"""What genes do: crossover and mutation by name, acting on whole arrays of a population.

=============  ================================================================================
`crossover`    what of two parents becomes a child's: exchange, and mixtures of numbers
`mutation`     numbers, synapses and bits that change by themselves
`wiring`       how wirings change, as matrices and as lists
`line`         the line on which a number varies: decays by their logarithms; its ends, and steps
=============  ================================================================================

To add an operator, write a frozen dataclass with the methods of `Crossover` or `Mutation`, whose fields are its
options, and name it in `CROSSOVERS` or `MUTATIONS`; one of another package is named in ``[evolution]`` by its place
(`hetevo.populations.registry`).
"""

from typing import TYPE_CHECKING, Any

from hetevo.evolve.variation.crossover import (
    Blend,
    Crossover,
    Neuron,
    OnePoint,
    SimulatedBinary,
    TwoPoint,
    Uniform,
)
from hetevo.evolve.variation.mutation import SCALED, Gaussian, Mutation, Polynomial, Redraw, Structural
from hetevo.populations.registry import Registry, accept_family
from hetevo.populations.settings import freeze

if TYPE_CHECKING:  # a configuration checks its operators
    from hetevo.evolve.config.tables import EvolutionTable


def _accept_crossover(found: Any) -> type[Crossover]:
    return accept_family(found, (), ("kinds", "cross"))  # type: ignore[no-any-return]


def _accept_mutation(found: Any) -> type[Mutation]:
    return accept_family(found, (), ("kinds", "mutate"))  # type: ignore[no-any-return]


CROSSOVERS: Registry[type[Crossover]] = Registry(
    "crossover",
    {
        "uniform": Uniform,
        "neuron": Neuron,
        "one-point": OnePoint,
        "two-point": TwoPoint,
        "blend": Blend,
        "simulated-binary": SimulatedBinary,
    },
    _accept_crossover,
)
"""Operators of crossover by name (``evolution.cross``)."""

MUTATIONS: Registry[type[Mutation]] = Registry(
    "mutation",
    {"gaussian": Gaussian, "polynomial": Polynomial, "redraw": Redraw, "structural": Structural},
    _accept_mutation,
)
"""Operators of mutation by name (``evolution.mutate``)."""


def make_crossover(settings: "EvolutionTable") -> Crossover:
    """Make the operator of crossover that a configuration names (``evolution.cross``, ``evolution.crossover_by``)."""
    name, options = _split(settings.cross)
    # the older spelling of what has a name of its own now
    if name == "uniform" and settings.crossover_by == "neuron":
        name = "neuron"
    return CROSSOVERS[name](**options)


def make_mutation(settings: "EvolutionTable") -> Mutation:
    """Make the operator of mutation that a configuration names (``evolution.mutate``)."""
    name, options = _split(settings.mutate)
    return MUTATIONS[name](**options)


def _split(settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return str(settings["name"]), {key: freeze(value) for key, value in settings.items() if key != "name"}


__all__ = [
    "CROSSOVERS",
    "MUTATIONS",
    "SCALED",
    "Blend",
    "Crossover",
    "Gaussian",
    "Mutation",
    "Neuron",
    "OnePoint",
    "Polynomial",
    "Redraw",
    "SimulatedBinary",
    "Structural",
    "TwoPoint",
    "Uniform",
    "make_crossover",
    "make_mutation",
]
