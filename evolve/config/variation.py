"""Checks of the operators of crossover and mutation, before a run begins."""

from typing import TYPE_CHECKING

from hetevo.evolve.config.options import FAMILIES, check_named
from hetevo.populations.formulas import FORMULAS

if TYPE_CHECKING:  # a configuration checks its operators
    from hetevo.evolve.config.config import Config

WITH_GENE = ("uniform", "neuron")
"""Crossovers that ``evolution.crossover_by`` may stand beside: it says which of the two, or the same once more."""


def check_variation(config: "Config") -> None:
    """Check that both operators exist, have the options that are given, and have something to do.

    Parameters
    ----------
    config : Config
        Whose ``evolution.cross`` and ``evolution.mutate`` name them.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    evolution = config.evolution
    for key, settings in (("evolution.cross", evolution.cross), ("evolution.mutate", evolution.mutate)):
        operator = check_named(key, settings)
        # single layers have nothing but the bits of their rule
        if config.plasticity.rule in FORMULAS and "bits" not in operator.kinds:
            able = [name for name, member in FAMILIES[key].own.items() if "bits" in member.kinds]
            raise ValueError(
                f"{key}: what is inherited with the rule {config.plasticity.rule!r} are bits, with which"
                f" {settings['name']!r} does nothing; expected {', '.join(able)}"
            )
    if evolution.crossover_by != "gene" and evolution.cross["name"] not in WITH_GENE:
        raise ValueError(
            f'evolution.crossover_by: "{evolution.crossover_by}" is the older spelling of evolution.cross ='
            f' {{name = "{evolution.crossover_by}"}}, got evolution.cross.name = "{evolution.cross["name"]}" besides.'
            " Leave one of them out"
        )
