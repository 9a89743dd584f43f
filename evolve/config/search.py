"""Checks of the algorithm that searches, before a run begins."""

from typing import TYPE_CHECKING, Any

from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.config.options import check_options
from hetevo.evolve.config.tables.living import explain_unknown

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
    name = settings.get("name")
    if not isinstance(name, str):
        raise ValueError(f'{KEY}: expected a table with a name, such as {{name = "generational"}}, got {settings}')
    if name not in ALGORITHMS:
        raise ValueError(explain_unknown(f"{KEY}.name", name, list(ALGORITHMS), place=True))
    family: Any = ALGORITHMS[name]
    check_options(KEY, name, family, {key: value for key, value in settings.items() if key != "name"})
    if config.islands.count > 1 and not family.islands:
        known = ", ".join(name for name, one in ALGORITHMS.own.items() if one.islands)
        raise ValueError(
            f"islands.count: the algorithm {name!r} knows no islands, so expected 1, got {config.islands.count}. Those"
            f" that do: {known}"
        )
    if config.evolution.turnover == "none" and name != "generational":
        raise ValueError(
            f'evolution.turnover: "none" lets the founders live again and again, so that nothing is searched; expected'
            f' "generations" with the algorithm {name!r}'
        )
