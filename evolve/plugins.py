"""Plug-ins of a run: whether they work, and what they are, as its provenance remembers them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.genes import check_genes
from hetevo.evolve.objectives import measure_objectives, needs_changes
from hetevo.evolve.software import hash_sources, installed_version, locate
from hetevo.evolve.species import second_lives
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS, make_crossover, make_mutation
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.errors import HetevoError
from hetevo.populations.evaluation import Probe, evaluate
from hetevo.populations.extras import expect_package
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.registry import Registry, describe_exception
from hetevo.populations.rules import RULES
from hetevo.populations.species import Species
from hetevo.populations.tasks import TASKS
from hetevo.populations.tasks.task import find_fault
from hetevo.populations.wiring import WIRINGS

REHEARSED = 2
"""Founders, presentations and probe samples of a rehearsal."""

SAMPLES = 16
"""Samples of the task that are looked at before."""

TRACKED = "track.to"
"""The key that names trackers."""

VARIATION = ("evolution.cross.name", "evolution.mutate.name")
"""Keys that name operators of variation."""


PARTS: Mapping[str, Registry[Any]] = {
    "task.name": TASKS,
    "network.wiring": WIRINGS,
    "plasticity.rule": RULES,
    "evolution.algorithm": ALGORITHMS,
    "evolution.cross": CROSSOVERS,
    "evolution.mutate": MUTATIONS,
}
"""What may need a package that few need, and say so by its attributes ``package`` and ``extra``; by key."""


def check_packages(configs: Iterable[Config]) -> None:
    """Check that the packages are installed that parts of experiments need; nothing is imported that is not already.

    Parameters
    ----------
    configs : iterable of Config
        The experiments. Trackers are checked by `hetevo.evolve.tracked.check_trackers`, measures by their probe.

    Raises
    ------
    SettingError
        With the command that installs what is missing.
    """
    named: set[tuple[str, str]] = set()
    for config in configs:
        for key in PARTS:
            table, name = key.split(".")
            value = getattr(getattr(config, table), name)
            named.add((key, value["name"] if isinstance(value, Mapping) else value))
        named |= {("task.name", family) for family in config.heldout.families if config.heldout.every}
    for key, name in sorted(named):
        part = PARTS[key].get(name)  # rules that are inherited themselves are none of these
        if package := getattr(part, "package", ""):
            expect_package(package, getattr(part, "extra", ""), f"{key}: {name!r}")


def describe_plugins(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say what a configuration's plug-ins are, for its provenance: name, package, version and a hash of the source.

    Trackers are none of them: no result depends on them, and no worker needs them.

    Parameters
    ----------
    content : mapping
        A complete configuration as nested values.
    """
    from importlib.metadata import packages_distributions  # here, because it takes a while to load

    plugins = [plugin for plugin in plugins_of(content) if plugin.key != TRACKED]
    owners = packages_distributions() if plugins else {}  # once, because it looks at every file that is installed
    found = []
    for plugin in plugins:
        # the version and the sources are those of the whole package
        module = plugin.place.partition(":")[0]
        package = locate(module)[0]
        found.append(
            {
                "key": plugin.key,
                "name": plugin.name,
                "package": package,
                "version": _version(owners.get(package.partition(".")[0], [])),
                "sha256": hash_sources(package),
            }
        )
    return found


def hash_plugins(contents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the hash of the sources of each package that configurations name plug-ins of, trackers apart.

    Parameters
    ----------
    contents : iterable of mapping
        Complete configurations as nested values.

    Returns
    -------
    dict of str to str
        By package, as `describe_plugins` has them; without those that have no sources here.
    """
    places = {plugin.place for content in contents for plugin in plugins_of(content) if plugin.key != TRACKED}
    packages = {locate(place.partition(":")[0])[0] for place in places}
    hashes = {package: hash_sources(package) for package in sorted(packages)}
    return {package: found for package, found in hashes.items() if found}


def find_changes(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, str]]) -> list[str]:
    """Say which packages are not what they were in an earlier session, a line each."""
    known = {(plugin.get("key"), plugin.get("name")): plugin for plugin in before}
    changed: dict[str, list[str]] = {}
    for plugin in now:
        was = known.get((plugin["key"], plugin["name"]))
        # what is not here any more cannot be compared
        if was is None or not plugin["sha256"] or was.get("sha256") == plugin["sha256"]:
            continue
        versions = f"{_describe_version(was)} then, {_describe_version(plugin)} now"
        changed.setdefault(
            f"{plugin['package']} was changed since this run was last worked on ({versions})", []
        ).append(f"{plugin['key']} = {plugin['name']}")
    return [
        f"{what}; it brings {', '.join(names)}. What is lived from now on may differ from what was lived before"
        for what, names in changed.items()
    ]


def _describe_version(plugin: Mapping[str, Any]) -> str:
    return f"{plugin.get('version') or 'source'} {plugin.get('sha256') or 'unknown'}"


def _version(distributions: Sequence[str]) -> str:
    for distribution in distributions:
        return f"{distribution} {installed_version(distribution)}"
    return ""


def rehearse(config: Config, species: Species, probe: Probe | None) -> None:
    """Let two founders live through a few presentations: what a plug-in raises, it raises before anything is written.

    Parameters
    ----------
    config : Config
        Of the run.
    species : Species
        What is made with it.
    probe : Probe or None
        What measures lives.

    Raises
    ------
    ConfigError
        Naming what was raised, and where.
    """
    life, seed, objectives = species.lifetime, config.seed, config.evolution.objectives
    # as short as it can be, but with every task of a life
    presentations = min(life.presentations, max(REHEARSED, species.environment.within))
    short = replace(
        species, lifetime=replace(life, presentations=presentations, test_samples=min(life.test_samples, REHEARSED))
    )
    try:
        _check_samples(species, seed)
        genes = draw_founders(short, seed, REHEARSED)
        found = evaluate(
            short,
            genes,
            np.arange(REHEARSED),
            seed=seed,
            generation=0,
            probe=probe,
            probe_samples=REHEARSED,
            changes=needs_changes(objectives),
            injury=second_lives(config),
        )
        measure_objectives(objectives, found, genes, short)
    # these say themselves what is wrong
    except (HetevoError, MemoryError):
        raise
    except Exception as error:
        raise ConfigError(
            f"Two founders were to live through {presentations} presentations, to see whether everything works, but"
            f" {describe_exception(error)}. Correct it there: nothing was written."
        ) from error


def rehearse_variation(config: Config, species: Species) -> None:
    """Let two founders be crossed and mutate, where operators of another package do that.

    Parameters
    ----------
    config : Config
        Names the operators.
    species : Species
        What the founders have in common.

    Raises
    ------
    ConfigError
        Naming what was raised, and where, or what is wrong with the genes of the children.
    """
    evolution = config.evolution
    genes, everyone = draw_founders(species, config.seed, REHEARSED), np.arange(REHEARSED)
    names = f"{evolution.cross['name']!r} and {evolution.mutate['name']!r}"
    try:
        crossover = make_crossover(evolution)
        crossed = [gene.name for gene in genome(species) if gene.kind in crossover.kinds]
        if not crossed:
            crosses = ", ".join(sorted(crossover.kinds)) or "nothing"
            raise ConfigError(
                f"evolution.cross: {evolution.cross['name']!r} crosses {crosses}, of which these individuals have no"
                " genes. Choose another operator."
            )
        second = Population({name: genes[name] for name in crossed}).take(everyone[::-1])
        crossover.cross(genes, second, everyone, species, random_stream(config.seed, 0, Purpose.CROSSOVER))
        make_mutation(evolution).mutate(genes, species, evolution, random_stream(config.seed, 0, Purpose.MUTATE))
        check_genes(genes, species, f"Children by {names}")
    # these say themselves what is wrong
    except (HetevoError, MemoryError):
        raise
    except Exception as error:
        raise ConfigError(
            f"Two founders were to have children by {names}, to see whether everything works, but"
            f" {describe_exception(error)}. Correct it there: nothing was written."
        ) from error


def _check_samples(species: Species, seed: int) -> None:
    """Look at some samples of the task, before circuits trip over them."""
    task = species.task.draw(species.random_stream(seed, 0, Purpose.TASK))
    for moment, purpose in (("training", Purpose.TRAINING), ("test", Purpose.TEST)):
        draw = getattr(task, moment, None)
        if draw is None:
            raise ConfigError(
                f"task.name: draw of {type(species.task).__name__} returned {task!r}; expected an object with training"
                " and test. Correct it there: nothing was written."
            )
        if fault := find_fault(species.task, draw(species.random_stream(seed, 0, purpose), SAMPLES), SAMPLES):
            raise ConfigError(
                f"task.name: {moment} of a task of {type(species.task).__name__}: {fault}. Correct it there: nothing"
                " was written."
            )
