"""Whether a rule, the storage of wirings and a kind of circuit go together with the rest."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hetevo.evolve.config.options import check_options
from hetevo.evolve.config.own_graph import with_graphs
from hetevo.populations.circuits import CIRCUITS
from hetevo.populations.dale import check_dale
from hetevo.populations.error_neurons import check_error_neurons
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.rules import RULES, Rule, build_rule
from hetevo.populations.settings import freeze
from hetevo.populations.storage import find_obstacle
from hetevo.populations.wiring import WIRINGS

if TYPE_CHECKING:
    from hetevo.evolve.config.config import Config


def frozen(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a family's options as it takes them."""
    return {name: freeze(value) for name, value in options.items()}


def check_rule(config: "Config") -> None:
    """Check the options of a rule, and what it asks of wirings and of presentations."""
    name, rule = config.plasticity.rule, None
    if name in RULES:  # others are inherited themselves
        check_options("plasticity.options", name, type(RULES[name]), config.plasticity.options)
        rule = build_rule(config.plasticity)
        check_dale(config.network, rule, config.genome)
    network = config.network
    if network.feedback == "transposed" and network.options.get("feedback_from", "neighbours") != "neighbours":
        raise ValueError(
            'network.options.feedback_from: with network.feedback = "transposed" neurons hear whom they send to, so'
            f" expected the option to be left out, got {network.options['feedback_from']!r}"
        )
    if rule and rule.shuffled and config.lifetime.batch < 2:
        raise ValueError(
            f'lifetime.batch: the rule "{config.plasticity.rule}" exchanges learning signals between the samples of a'
            f" presentation, so expected at least 2, got {config.lifetime.batch}"
        )


def check_storage(config: "Config") -> None:
    """Check that whatever is asked for can be kept as lists of synapses, if these are."""
    network, rule = config.network, RULES.get(config.plasticity.rule)
    if network.storage != "sparse" or rule is None or network.wiring not in WIRINGS:
        return
    perturbed = any(table != type(table)() for table in (config.injury, config.hardware))
    family: Any = WIRINGS[network.wiring]
    options = with_graphs(network.options) if network.wiring == "file" else network.options
    family = family(**frozen(options))
    if obstacle := find_obstacle(network, rule, config.genome, family, perturbed=perturbed):
        raise ValueError(obstacle)


def check_circuit(config: "Config") -> None:
    """Check that the kind of circuit is one that lives by the rule, and knows what befalls it."""
    circuit, rule = config.network.circuit, config.plasticity.rule
    # what lives by this kind of rule
    formula = rule in FORMULAS
    plain = not formula and RULES[rule].is_plain
    fitting = ["layer"] if formula else ["plain"] if plain else ["two-pathway", "plain", "error-neurons"]
    if circuit in CIRCUITS.own and circuit not in fitting:
        raise ValueError(
            f"network.circuit: expected {' or '.join(fitting)}, which live by the rule {rule!r}, or auto, got"
            f" {circuit!r}"
        )
    # compared with a table of defaults: a key that was left out asks for nothing
    if circuit == "plain" or (circuit == "auto" and plain):
        for table in ("injury", "hardware"):
            if getattr(config, table) != type(getattr(config, table))():
                raise ValueError(
                    f"{table}: only the fast kernel knows it, and circuits with the rule {rule!r} live on the plain"
                    " model. Leave the table out, or choose a rule that is a sum of known terms"
                )
    built = Rule() if formula else build_rule(config.plasticity)
    check_error_neurons(config.network, built, config.genome, config.error_neurons)
