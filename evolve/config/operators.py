"""Checks of DEAP's selection operators, before a run begins."""

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from hetevo.evolve.config.sources import ConfigError
from hetevo.evolve.private_deap import private_generators, tools
from hetevo.evolve.selection import SELECTIONS, Candidates, find_operator
from hetevo.populations.errors import nearest

if TYPE_CHECKING:  # a configuration checks its operators
    from hetevo.evolve.config.config import Config

TRUNCATING = ("selBest", "selWorst", "selNSGA2", "selSPEA2")
"""Operators that return each individual at most once: asked for as many as there are, they select nothing."""

REFUSED = {
    "selTournamentDCD": "it compares crowding distances, which need several objectives",
    "selNSGA3": "its sorting by reference points needs several objectives",
    "selNSGA3WithMemory": "it is a class that keeps state between generations, which would break resuming",
}

_CASES = "it looks at the losses of several cases one after another, and with a single one"
_OBJECTIVES = "it weighs several objectives, and with a single one it picks what selBest picks"
SIZES = ("tournsize", "fitness_size")
"""Arguments that are a number of individuals to draw."""

LARGEST = 1_000
"""Draws that a run that was begun already may make, where its population is smaller."""

REFUSED_ANEW = {
    "selLexicase": f"{_CASES} all parents are the best individual, or those that tie with it",
    "selEpsilonLexicase": f"{_CASES} it draws lots among the few that come near the best",
    "selAutomaticEpsilonLexicase": f"{_CASES} it draws lots among the few that come near the best",
    "selNSGA2": f"{_OBJECTIVES}; ask for selBest",
    "selSPEA2": f"{_OBJECTIVES}; ask for selBest",
}
"""Operators that mean something else than their names where individuals have one loss: refused for new runs only, since
runs that were begun with them go on with the same bits."""


def check_operator(key: str, settings: dict[str, Any], size: int, count: int | None) -> None:
    """Check that an operator exists, accepts its arguments, and would select.

    Parameters
    ----------
    key : str
        Name of the setting, for the message.
    settings : dict
        ``{"name": ..., argument: value, ...}``.
    size : int
        Individuals in the population.
    count : int or None
        How many are to be picked at once; None: as many as there are children.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    known = {name for name in dir(tools) if name.startswith("sel") and callable(getattr(tools, name))} - set(REFUSED)
    name = settings.get("name")
    own = isinstance(name, str) and name not in known and name in SELECTIONS  # ours are DEAP's
    if not own and not (isinstance(name, str) and name in known):
        valid = sorted({*(known - set(REFUSED_ANEW)), *SELECTIONS})
        reason = f": {REFUSED[name]}" if isinstance(name, str) and name in REFUSED else ""
        raise ValueError(
            f'{key}: expected the name of an operator of deap.tools, such as {{name = "selTournament", tournsize = 3}},'
            f" got {name!r}{reason}.{nearest(str(name), valid)} Valid: {', '.join(valid)}, or the place of your"
            " own, such as 'own_module:select'"
        )
    function, _ = find_operator(settings)
    parameters = list(inspect.signature(function).parameters.values())[2:]
    parameters = [parameter for parameter in parameters if parameter.name not in ("fit_attr", "rng")]
    allowed = [parameter.name for parameter in parameters]
    for given in settings:
        if given != "name" and given not in allowed:
            there = ", ".join(allowed) or "none"
            raise ValueError(f"{key}: {name} has no argument {given!r}; it has {there}.{nearest(given, allowed)}")
    missing = [p.name for p in parameters if p.default is inspect.Parameter.empty and p.name not in settings]
    if missing:
        raise ValueError(f"{key}: {name} needs the argument{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    if name in TRUNCATING and (count is None or count >= size):
        raise ValueError(
            f"{key}: {name} picks each individual at most once, so picking {count or 'all'} of {size} selects nothing."
            f" Set evolution.pool to the number of parents, for example {max(1, size // 4)}"
        )
    _check_sizes(key, settings, max(size, LARGEST))
    _try(key, settings)


def _check_sizes(key: str, settings: dict[str, Any], most: int) -> None:
    """Check that no tournament draws more than that: one of 10^9 would not end."""
    for argument in SIZES:
        given = settings.get(argument)
        if isinstance(given, int | float) and not -most <= given <= most:
            raise ValueError(
                f"{key}: {settings['name']} draws {argument} individuals, so expected at most as many as there are to"
                f" choose from ({most:,}), got {given}"
            )


def check_new(config: "Config", source: str = "configuration") -> None:
    """Check what a run may still have, but no longer begin with.

    Parameters
    ----------
    config : Config
        Of a run that is about to begin.
    source : str, optional
        What to call it in messages.

    Raises
    ------
    ConfigError
        If an operator of it cannot do with one loss what its name says.
    """
    evolution = config.evolution
    # elites are chosen by the second operator only if there are any
    used = {"select": evolution.select} | ({"select_elites": evolution.select_elites} if evolution.elites else {})
    for key, settings in used.items():
        name = settings["name"]
        try:
            _check_sizes(f"evolution.{key}", settings, evolution.size // config.islands.count)
        except ValueError as error:
            raise ConfigError(f"{source}: {error}") from None
        # runs that began with these go on: only new ones are refused
        if name in REFUSED_ANEW:
            raise ConfigError(
                f"{source}: evolution.{key}: expected an operator that selects by one loss, such as"
                f' {{name = "selTournament", tournsize = 3}}, got {name!r}: {REFUSED_ANEW[name]}. Only runs that'
                " have it already go on with it."
            )


def _try(key: str, settings: dict[str, Any]) -> None:
    """Let the operator select from a few individuals: DEAP checks its arguments nowhere else."""
    function, arguments = find_operator(settings)
    # a few individuals of different loss and size, to see whether anything is selected at all
    rng = np.random.default_rng(0)
    light = Candidates(rng.random(6), 1.0, np.arange(1, 7)).individuals()
    own = {"rng": rng} if "rng" in inspect.signature(function).parameters else {}
    # DEAP's operators take no generator: they draw from those of a private copy
    try:
        with private_generators(rng):
            function(light, 2, **own, **arguments)
    # an operator is anybody's code, so that it may raise anything
    except Exception as error:
        given = ", ".join(f"{name} = {value!r}" for name, value in settings.items() if name != "name")
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{key}: expected arguments that {settings['name']} can select with, got {given or 'none'} ({reason})."
            f" See the documentation of {settings['name']}"
        ) from None
