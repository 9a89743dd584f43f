"""Checks of DEAP's selection operators, before a run begins."""

import inspect
from functools import partial
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from hetevo.evolve.config.sources import ConfigError
from hetevo.evolve.objectives import LOSS, name_of, needs_changes, needs_injuries
from hetevo.evolve.private_deap import private_generators, tools
from hetevo.evolve.selection import SELECTIONS, Candidates, find_operator, select
from hetevo.populations.errors import nearest
from hetevo.populations.formulas import FORMULAS

if TYPE_CHECKING:  # a configuration checks its operators
    from hetevo.evolve.config.config import Config

TRUNCATING = ("selBest", "selWorst", "selNSGA2", "selNSGA3", "selSPEA2")
"""Operators that return each individual at most once: asked for as many as there are, they select nothing."""

REFUSED = {
    "selNSGA3WithMemory": "it is a class that keeps state between generations, which would break resuming",
}

NEEDING_SEVERAL = {
    "selTournamentDCD": "it compares crowding distances, which need several objectives",
    "selNSGA3": "its sorting by reference points needs several objectives",
}
"""Operators that do nothing with one objective, and why."""

LEXICASE = ("selLexicase", "selEpsilonLexicase", "selAutomaticEpsilonLexicase")
"""Operators that look at the losses in single tasks."""

PARETO = ("selNSGA2", "selNSGA3", "selSPEA2", "selTournamentDCD")
"""Operators that look at several objectives."""

CIRCUITS = ("auto", "two-pathway", "plain", "error-neurons")
"""Kinds of circuits that tell how much their weights change."""

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
"""Operators that mean something else than their names where there is one task, or one objective: refused then for new
runs only, since runs that were begun with them go on with the same bits."""


def check_operator(
    key: str, settings: dict[str, Any], size: int, count: int | None, objectives: int = 1, tasks: int = 1
) -> None:
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
    objectives, tasks : int, optional
        How many there are.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    known = {name for name in dir(tools) if name.startswith("sel") and callable(getattr(tools, name))} - set(REFUSED)
    name = settings.get("name")
    own = isinstance(name, str) and name not in known and name in SELECTIONS  # ours are DEAP's
    if not own and not (isinstance(name, str) and name in known):
        meaningless = {*(PARETO if objectives == 1 else ()), *(LEXICASE if tasks == 1 else ())}
        valid = sorted({*(known - meaningless), *SELECTIONS})
        reason = f": {REFUSED[name]}" if isinstance(name, str) and name in REFUSED else ""
        raise ValueError(
            f'{key}: expected the name of an operator of deap.tools, such as {{name = "selTournament", tournsize = 3}},'
            f" got {name!r}{reason}.{nearest(str(name), valid)} Valid: {', '.join(valid)}, or the place of your"
            " own, such as 'own_module:select'"
        )
    if objectives == 1 and name in NEEDING_SEVERAL:
        raise ValueError(
            f"{key}: {name}: {NEEDING_SEVERAL[name]}, so expected two or more evolution.objectives, such as"
            ' ["loss", "synapses"]'
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
    if name == "selTournamentDCD" and size % 4:
        raise ValueError(
            f"{key}: {name} lets groups of four meet, so expected a number of individuals (on each island) that is"
            f" divisible by 4, got {size}"
        )
    _check_sizes(key, settings, max(size, LARGEST))
    if name == "selNSGA3":
        _check_points(key, settings["p"], objectives, max(size, LARGEST))
    _try(key, settings, objectives)


def _check_points(key: str, p: Any, objectives: int, most: int) -> None:
    """Check that reference points are not many more than individuals: each of those is compared with each of them."""
    fits = type(p) is int and p > 0
    points = comb(objectives - 1 + min(p, most), objectives - 1) if fits else 0
    if not 0 < points <= most:
        raise ValueError(
            f"{key}: selNSGA3 needs p, steps of reference points along each of {objectives} objectives, so expected a"
            f" whole number, 1 or more, that gives {most:,} points at most, got {p!r}"
            + (f", which gives {points:,}" if fits else "")
        )


def check_objectives(config: "Config") -> None:
    """Check that objectives mean something in an experiment, and that something selects by them.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    names = [name_of(name) for name in config.evolution.objectives]
    if names == [LOSS]:
        return
    given = f"got {list(config.evolution.objectives)}"
    # 1. whether individuals have such numbers
    if "worst" in names and config.lifetime.tasks == 1:
        raise ValueError(
            f"evolution.objectives: with lifetime.tasks = 1 the worst task is the only one, so expected no"
            f' "worst", or more tasks, {given}'
        )
    if config.plasticity.rule in FORMULAS and (none := {"synapses", "gain", "change"}.intersection(names)):
        raise ValueError(
            f"evolution.objectives: single layers that live by {config.plasticity.rule!r} have no"
            f" {' and no '.join(sorted(none))} to compare, {given}"
        )
    if needs_changes(config.evolution.objectives) and config.network.circuit not in CIRCUITS:
        raise ValueError(
            f"evolution.objectives: circuits of the kind {config.network.circuit!r} do not tell how much their weights"
            f" change, so expected no objective that needs it, {given}"
        )
    if needs_injuries(config.evolution.objectives) and not config.injury.share:
        raise ValueError(
            "evolution.objectives: the loss after an injury needs one, so expected injury.share above 0, such as .3,"
            f" got 0 and {list(config.evolution.objectives)}"
        )
    # 2. whether an operator looks at them
    used = [str(settings.get("name")) for settings in _used(config).values()]
    by_lot = all(name == "selRandom" for name in used)  # drift, the control, looks at nothing
    if len(names) > 1 and not by_lot and not any(name in PARETO or name in SELECTIONS for name in used):
        raise ValueError(
            f"evolution.objectives: {' and '.join(used)} look at one number, so expected"
            f" evolution.select or select_elites to be one of {', '.join(PARETO)}, such as select_elites = {{name ="
            f' "selNSGA2"}}, or a single objective, {given}'
        )
    if all(name in LEXICASE for name in used):
        raise ValueError(
            f"evolution.objectives: {' and '.join(used)} look at the losses in single tasks and at no objective, so"
            f' expected ["loss"], {given}'
        )


def _used(config: "Config") -> dict[str, dict[str, Any]]:
    """Return the operators that select somebody, by their keys: elites are selected only if there are any."""
    evolution = config.evolution
    return {"select": evolution.select} | ({"select_elites": evolution.select_elites} if evolution.elites else {})


def _check_sizes(key: str, settings: dict[str, Any], most: int) -> None:
    """Check that no tournament draws more than that: one of 10^9 would not end."""
    for argument in SIZES:
        given = settings.get(argument)
        if isinstance(given, int | float) and not -most <= given <= most:
            raise ValueError(
                f"{key}: {settings['name']} draws {argument} individuals, so expected at most as many as there are to"
                f" choose from ({most:,}), got {given}"
            )


def is_casewise(config: "Config") -> bool:
    """Tell whether an operator looks at the losses in single tasks, of which there are several."""
    return config.lifetime.tasks > 1 and any(settings["name"] in LEXICASE for settings in _used(config).values())


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
        If an operator of it cannot do with one task, or one objective, what its name says.
    """
    evolution = config.evolution
    for key, settings in _used(config).items() if evolution.selects else ():
        name = settings["name"]
        try:
            _check_sizes(f"evolution.{key}", settings, evolution.size // config.islands.count)
        except ValueError as error:
            raise ConfigError(f"{source}: {error}") from None
        # runs that began with these go on: only new ones are refused
        if name in REFUSED_ANEW and (config.lifetime.tasks if name in LEXICASE else len(evolution.objectives)) == 1:
            several = "lifetime.tasks = 2 or more" if name in LEXICASE else 'objectives such as ["loss", "synapses"]'
            raise ConfigError(
                f"{source}: evolution.{key}: expected an operator that selects by one loss, such as"
                f' {{name = "selTournament", tournsize = 3}}, or {several}, got {name!r}: {REFUSED_ANEW[name]}.'
                " Only runs that have it already go on with it."
            )


def _try(key: str, settings: dict[str, Any], objectives: int) -> None:
    """Let the operator select from a few individuals: DEAP checks its arguments nowhere else."""
    function, arguments = find_operator(settings)
    # a few individuals of different loss and size, to see whether anything is selected at all
    rng = np.random.default_rng(0)
    several = rng.random((8, objectives)) if objectives > 1 else None
    few = Candidates(rng.random(8), 1.0, np.arange(1, 9), rng.random((8, 3)), several)
    # DEAP's operators take no generator: they draw from those of a private copy
    try:
        with private_generators(rng):
            select(partial(function, **arguments), few, 4, rng)
    # an operator is anybody's code, so that it may raise anything
    except Exception as error:
        given = ", ".join(f"{name} = {value!r}" for name, value in settings.items() if name != "name")
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{key}: expected arguments that {settings['name']} can select with, got {given or 'none'} ({reason})."
            f" See the documentation of {settings['name']}"
        ) from None
