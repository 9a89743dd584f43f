"""Plug-ins of a run: whether they work, and what they are, as its provenance remembers them."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hetevo.evolve.config import ConfigError
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.rundir.manifest import installed_version
from hetevo.populations.circuits import draw_founders
from hetevo.populations.errors import HetevoError
from hetevo.populations.evaluation import Probe, evaluate
from hetevo.populations.registry import describe_exception
from hetevo.populations.species import Species

REHEARSED = 2
"""Founders, presentations and samples of a rehearsal."""


def describe_plugins(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say what a configuration's plug-ins are, for its provenance: name, package, version and a hash of the source.

    Parameters
    ----------
    content : mapping
        A complete configuration as nested values.
    """
    found = []
    for plugin in plugins_of(content):
        # the version and the sources are those of the whole package
        module = plugin.place.partition(":")[0]
        package = module.partition(".")[0]
        found.append(
            {
                "key": plugin.key,
                "name": plugin.name,
                "package": package,
                "version": _version(package),
                "sha256": hash_sources(package),
            }
        )
    return found


def find_changes(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, str]]) -> list[str]:
    """Say which plug-ins are not what they were in an earlier session, a line each."""
    known = {(plugin.get("key"), plugin.get("name")): plugin for plugin in before}
    lines = []
    for plugin in now:
        was = known.get((plugin["key"], plugin["name"]))
        if was is None or was.get("sha256") == plugin["sha256"]:
            continue
        versions = f"{was.get('version') or 'no version'} then, {plugin['version'] or 'no version'} now"
        lines.append(
            f"{plugin['name']} ({plugin['key']}) was changed since this run was last worked on: its source is another"
            f" one ({versions}). What is lived from now on may differ from what was lived before"
        )
    return lines


def hash_sources(package: str) -> str:
    """Return a short hash of the sources of a package or module, where it was loaded from; empty if it has none.

    Parameters
    ----------
    package : str
        Such as ``"hetevo.evolve"``; it is not imported, a package above it is.
    """
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:
        return ""  # what was typed, or a script
    if spec is None:
        return ""
    digest, found = hashlib.sha256(), False
    # names and content of all files, in a fixed order
    for place in map(Path, spec.submodule_search_locations or [spec.origin or ""]):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.suffix == ".py" else []:
            found = True
            digest.update(f"{file.relative_to(place.parent).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12] if found else ""


def _version(package: str) -> str:
    from importlib.metadata import packages_distributions

    for distribution in packages_distributions().get(package, []):
        return f"{distribution} {installed_version(distribution)}"
    return ""


def rehearse(species: Species, probe: Probe | None, seed: int) -> None:
    """Let two founders live through a few presentations: what a plug-in raises, it raises before anything is written.

    Parameters
    ----------
    species : Species
        What is made with it.
    probe : Probe or None
        What measures lives.
    seed : int
        Of the run.

    Raises
    ------
    ConfigError
        Naming what was raised, and where.
    """
    life = species.lifetime
    # as short as it can be, but with every task of a life
    presentations = min(life.presentations, max(REHEARSED, species.environment.within))
    short = replace(
        species, lifetime=replace(life, presentations=presentations, test_samples=min(life.test_samples, REHEARSED))
    )
    try:
        genes = draw_founders(short, seed, REHEARSED)
        evaluate(short, genes, np.arange(REHEARSED), seed=seed, generation=0, probe=probe, probe_samples=REHEARSED)
    # these say themselves what is wrong
    except (HetevoError, MemoryError):
        raise
    except Exception as error:
        raise ConfigError(
            f"Two founders were to live through {presentations} presentations, to see whether everything works, but"
            f" {describe_exception(error)}. Correct it there: nothing was written."
        ) from error
