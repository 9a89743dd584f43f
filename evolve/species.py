"""From a configuration to the species it describes, and to the probe that measures its lives."""

from dataclasses import replace
from importlib.metadata import entry_points
from typing import cast

from hetevo.evolve.config import Config, ConfigError
from hetevo.populations.errors import nearest
from hetevo.populations.evaluation import Probe
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.perturbation import Perturbation
from hetevo.populations.layout import Layout
from hetevo.populations.rules import FORMULAS, RULES, Rule, with_terms
from hetevo.populations.species import SETTLE, Founders, Life, Species, Wiring
from hetevo.populations.tasks import TASKS

GROUP = "hetevo.probes"


def build_species(config: Config) -> Species:
    """Build the fixed part of an experiment.

    Parameters
    ----------
    config : Config
        A validated configuration.
    """
    task, network, genome = config.task, config.network, config.genome
    return Species(
        layout=Layout(task.inputs, tuple(network.levels), task.outputs, network.bias),
        task=TASKS[task.name](inputs=task.inputs, outputs=task.outputs, **task.options),  # type: ignore[call-arg]
        rule=_rule(config),
        formula=FORMULAS.get(config.plasticity.rule),
        wiring=Wiring(
            network.wiring,
            (network.density_ascending, network.density_descending),
            network.feedback == "transposed",
            tuple(sorted(network.options.items())),
        ),
        founders=Founders(
            gain_mean=genome.gain_mean,
            gain_scale=genome.gain_scale,
            gain_mean_descending=None if genome.gain_mean_descending == "same" else genome.gain_mean_descending,
            gains_shared=config.plasticity.gains_shared,
            innate_scale=genome.innate_scale,
            term_scale=genome.term_scale,
            terms_shared=config.plasticity.terms_shared,
            decay_log_mean=genome.decay_log_mean,
            decay_log_scale=genome.decay_log_scale,
            decay=genome.decay,
            inherited=genome.innate == "inherited",
            symmetric=genome.descending_start == "transposed",
        ),
        life=Life(**config.lifetime.model_dump(), successive=config.environment.within),
        activation=network.activation,
        derivative=config.plasticity.derivative,
        perturbations=_perturbations(config),
        every=config.environment.every,
        settle=SETTLE if network.settle == "auto" else network.settle,
    )


def _rule(config: Config) -> Rule:
    settings = config.plasticity
    if settings.rule in FORMULAS:
        return Rule()  # means nothing to a single layer
    rule = with_terms(RULES[settings.rule], tuple(settings.terms))
    return replace(rule, momentum=settings.momentum, signs=settings.signals == "signs")


def _perturbations(config: Config) -> tuple[Perturbation, ...]:
    # only what changes a life: one that is off costs nothing
    injury, hardware, found = config.injury, config.hardware, list[Perturbation]()
    if injury.share:
        kinds = injury.what == "neurons", injury.kind == "insert"
        found.append(Injury(injury.share, *kinds, injury.at, not injury.plastic_after))
    settings = hardware.model_dump(exclude={"rounding"})
    device = Hardware(**settings, stochastic=hardware.rounding == "stochastic")
    if device != Hardware(range=device.range, stochastic=device.stochastic):
        found.append(device)
    return tuple(found)


def load_probe(name: str) -> Probe:
    """Return the probe of a name.

    Probes are plug-ins: an installed package announces them in the entry-point group ``hetevo.probes``, and evolution
    never names the package. A probe is a class without constructor arguments, see
    `hetevo.populations.evaluation.Probe`.

    Parameters
    ----------
    name : str
        As announced by an installed package; Hetevo itself announces ``alignment``.

    Raises
    ------
    ConfigError
        If no installed package announces it.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise ConfigError(
            f"probe.name: no installed package announces a probe {name!r}.{nearest(name, found)}"
            f" Found: {', '.join(sorted(found)) or 'none; install Hetevo with pip, or set probe.every = 0'}."
        )
    return cast(Probe, found[name].load()())
