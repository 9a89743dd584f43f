"""From a configuration to the species it describes, and to the probe that measures its lives."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.config.own_graph import with_graphs
from hetevo.evolve.objectives import needs_injuries
from hetevo.populations import settings
from hetevo.populations.errors import nearest
from hetevo.populations.evaluation import Probe
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.perturbation import Perturbation
from hetevo.populations.layout import Layout
from hetevo.populations.registry import Registry
from hetevo.populations.rules import Rule, build_rule
from hetevo.populations.species import Species
from hetevo.populations.tasks import TASKS

Settings = TypeVar("Settings")


def build_species(config: Config) -> Species:
    """Build the fixed part of an experiment.

    Parameters
    ----------
    config : Config
        A validated configuration.
    """
    task, network = config.task, config.network
    options = {name: settings.freeze(value) for name, value in task.options.items()}
    return Species(
        layout=Layout(task.inputs + config.environment.noise, tuple(network.levels), task.outputs, network.bias),
        task=TASKS[task.name](inputs=task.inputs, outputs=task.outputs, **options),  # type: ignore[call-arg]
        rule=_rule(config.plasticity),
        network=_network(network),
        plasticity=_plain(settings.Plasticity, config.plasticity),
        genome=_plain(settings.Genome, config.genome),
        error_neurons=_plain(settings.ErrorNeurons, config.error_neurons),
        lifetime=_plain(settings.Lifetime, config.lifetime),
        environment=_plain(settings.Environment, config.environment),
        perturbations=_perturbations(config),
        formula=FORMULAS.get(config.plasticity.rule),
    )


def _network(network: settings.Network) -> settings.Network:
    plain = _plain(settings.Network, network)
    return replace(plain, options=with_graphs(plain.options)) if plain.wiring == "file" else plain


def _plain(kind: type[Settings], table: object) -> Settings:
    """Return a table of the configuration as settings that `hetevo.populations` knows."""
    return kind(**{field.name: getattr(table, field.name) for field in fields(kind)})  # type: ignore[arg-type]


def _rule(plasticity: settings.Plasticity) -> Rule:
    if plasticity.rule in FORMULAS:
        return Rule()  # means nothing to a single layer
    return build_rule(plasticity)


def second_lives(config: Config) -> Perturbation | None:
    """Return what befalls second lives of everybody, if an objective is the loss in those; otherwise nobody has one."""
    return _plain(Injury, config.injury) if needs_injuries(config.evolution.objectives) else None


def _perturbations(config: Config) -> tuple[Perturbation, ...]:
    # only what changes a life: one that is off costs nothing
    hardware = config.hardware
    device = _plain(Hardware, hardware)
    perfect = Hardware(range=hardware.range, rounding=hardware.rounding, stale_outputs=hardware.stale_outputs)
    # first lives are unhurt where there are second ones
    everybody = config.injury.share and second_lives(config) is None
    return (
        *((_plain(Injury, config.injury),) if everybody else ()),
        *((device,) if device != perfect else ()),
    )


def _accept_probe(found: Any) -> Any:
    if not (isinstance(found, type) and hasattr(found, "measure")):
        raise TypeError(f"expected a class with a method measure, got {found!r}")
    return found


PROBES: Registry[Any] = Registry("probe", {}, _accept_probe)
"""Probes by the name used in ``[probe] name``; evolution never names the packages that have them."""


def load_probe(name: str, measures: Sequence[str] = ()) -> Probe:
    """Return the probe of a name.

    Parameters
    ----------
    name : str
        As an installed package announces it in the entry-point group ``hetevo.probes``, or its place; Hetevo itself
        announces ``alignment`` and ``instruments``.
    measures : sequence of str, optional
        Measures to take besides, which the probe's class takes as ``measures``.

    Raises
    ------
    ConfigError
        If there is no such probe, or it takes no such measures.
    """
    if name not in PROBES:
        raise ConfigError(
            f"probe.name: no installed package announces a probe {name!r}.{nearest(name, PROBES)}"
            f" Found: {', '.join(sorted(PROBES)) or 'none; install Hetevo with pip, or set probe.every = 0'}."
        )
    found = PROBES[name]
    # probes of other packages need not know of measures
    if not measures:
        return cast(Probe, found())
    try:
        return cast(Probe, found(measures=tuple(measures)))
    except TypeError:
        raise ConfigError(
            f"probe.measures: the probe {name!r} takes no further measures, got {', '.join(measures)}. Leave them out,"
            " or choose the probe alignment."
        ) from None
