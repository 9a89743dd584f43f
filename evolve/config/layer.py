"""What networks of a single layer, whose rule is inherited, know nothing of: refused, never ignored."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hetevo.evolve.config.config import Config

CIRCUITS_ONLY = {
    "network": (
        "wiring",
        "options",
        "density_ascending",
        "density_descending",
        "settle",
        "feedback",
        "activation",
        "dale",
        "storage",
    ),
    "plasticity": ("options", "terms", "terms_shared", "gains_shared", "momentum", "signals", "derivative"),
    "error_neurons": (),
    "lifetime": ("signal_clip",),
    "environment": ("within", "noise", "exchange"),
    "transplant": ("scale", "signs"),
    "injury": (),
    "hardware": (),
    "genome": (),
    "evolution": (
        "gain_mutation_rate",
        "gain_mutation_scale",
        "decay_mutation_rate",
        "decay_mutation_scale",
        "mask_flip",
        "innate_mutation_rate",
        "innate_mutation_scale",
    ),
}
"""Tables, and their keys, that only circuits with two pathways have; no keys: all of them."""


BINARY = ("patterns",)
"""Tasks whose targets are 0 or 1."""


def check_binary(config: "Config") -> None:
    """Check that the targets of an inherited rule's tasks are what logistic outputs can say.

    Parameters
    ----------
    config : Config
        Whose ``plasticity.rule`` is a formula.

    Raises
    ------
    ValueError
        If they are not.
    """
    held_out = config.heldout.families if config.heldout.every else ()
    for key, name in (("task.name", config.task.name), *(("heldout.families", name) for name in held_out)):
        if name not in BINARY:
            raise ValueError(
                f'{key}: outputs of a single layer lie between 0 and 1, so the rule "{config.plasticity.rule}" needs'
                f" tasks whose targets do, expected {' or '.join(BINARY)}, got {name!r}. The"
                f" preset {config.plasticity.rule} has all that the rule needs: begin with that"
            )


def check_layer(config: "Config") -> None:
    """Check the configuration of an inherited rule.

    Parameters
    ----------
    config : Config
        Whose ``plasticity.rule`` is a formula.

    Raises
    ------
    ValueError
        If it has hidden neurons, several samples a presentation, or settings that would do nothing.
    """
    rule, levels, batch = config.plasticity.rule, list(config.network.levels), config.lifetime.batch
    # the shape and the pace that such a rule needs
    if levels:
        raise ValueError(
            f'network.levels: the rule "{rule}" belongs to networks of a single layer, so expected [], got {levels}.'
            f" The preset {rule} has all that it needs: begin with that"
        )
    if batch != 1:
        raise ValueError(
            f'lifetime.batch: with the rule "{rule}" weights change after every sample: expected 1, got {batch}'
        )
    # an operator that could never choose
    operators = config.evolution.select, config.evolution.select_elites
    if any(operator.get("name") == "selDoubleTournament" for operator in operators):
        raise ValueError(
            f'evolution.select: selDoubleTournament compares numbers of synapses, which the rule "{rule}" leaves equal.'
            " Choose another operator, for example selTournament"
        )
    # keys that mean something for circuits only must be as if they were left out
    for table, keys in CIRCUITS_ONLY.items():
        given = getattr(config, table)
        usual = type(given)()
        for key in keys or type(given).model_fields:
            if getattr(given, key) != getattr(usual, key):
                raise ValueError(
                    f'{table}.{key}: networks of a single layer, as the rule "{rule}" needs, have no such thing;'
                    f" expected the key to be left out, got {getattr(given, key)!r}"
                )
