"""Checks of the algorithm that searches, before a run begins."""

from typing import TYPE_CHECKING

from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.config.operators import is_casewise
from hetevo.evolve.config.options import check_named

if TYPE_CHECKING:  # a configuration checks its algorithm
    from hetevo.evolve.config.config import Config

KEY = "evolution.algorithm"


def check_algorithm(config: "Config") -> None:
    """Check that there is such an algorithm, that it has these options, and that it knows islands if there are some.

    What it cannot search in, it says itself, when it knows the species (`hetevo.evolve.algorithms.Algorithm.check`).

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    settings = config.evolution.algorithm
    family, name = check_named(KEY, settings), settings["name"]
    if config.islands.count > 1 and not family.islands:
        known = ", ".join(name for name, one in ALGORITHMS.own.items() if one.islands)
        raise ValueError(
            f"islands.count: the algorithm {name!r} knows no islands, so expected 1, got {config.islands.count}. Those"
            f" that do: {known}"
        )
    if not family.compares and (config.evolution.objectives != ("loss",) or is_casewise(config)):
        known = ", ".join(name for name, one in ALGORITHMS.own.items() if one.compares)
        key = "evolution.objectives" if config.evolution.objectives != ("loss",) else "evolution.select"
        raise ValueError(
            f"{key}: the algorithm {name!r} compares individuals by one number, so expected"
            f' objectives = ["loss"] and no lexicase selection, got'
            f" {list(config.evolution.objectives)} and {config.evolution.select['name']}. Those"
            f" that know more: {known}"
        )
    for key in ("cross", "mutate") if not family.breeds else ():
        usual, given = type(config.evolution).model_fields[key].default, getattr(config.evolution, key)
        if given != usual:
            known = ", ".join(name for name, one in ALGORITHMS.own.items() if one.breeds)
            raise ValueError(
                f"evolution.{key}: the algorithm {name!r} draws individuals in a way of its own, so expected"
                f" {usual['name']!r}, the default, which says nothing here, got {given['name']!r}. Those that it means"
                f" something to: {known}"
            )
    if config.evolution.turnover == "none" and name != "generational":
        raise ValueError(
            f'evolution.turnover: "none" lets the founders live again and again, so that nothing is searched; expected'
            f' "generations" with the algorithm {name!r}'
        )
