"""Sources of plug-ins with which runs were lived, as their provenance says."""

from collections.abc import Mapping, Sequence
from typing import Any

from hetevo.populations.text import for_terminal

NAMED = 3
"""Runs that a message names before it counts the others."""


def list_sources(sessions: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the hashes of the sources of plug-ins that sessions noted.

    Parameters
    ----------
    sessions : sequence of mapping
        From a run's provenance; whatever else stands there is passed over.

    Returns
    -------
    dict of str to list of str
        By package, each hash once, in the order of the sessions.
    """
    found: dict[str, list[str]] = {}
    for session in sessions:
        plugins = session.get("plugins")
        for plugin in plugins if isinstance(plugins, list) else []:
            package, source = (plugin.get(key) if isinstance(plugin, dict) else None for key in ("package", "sha256"))
            # what has no sources cannot be compared
            if isinstance(package, str) and isinstance(source, str) and source:
                known = found.setdefault(package, [])
                known += [] if source in known else [source]
    return found


def name_runs(names: Sequence[str]) -> str:
    """Name the first of some runs, and count the others."""
    named = ", ".join(map(for_terminal, names[:NAMED]))
    return f"{named} and {len(names) - NAMED} more" if len(names) > NAMED else named


def describe_mixed(runs: Sequence[tuple[str, Mapping[str, Sequence[str]]]]) -> list[str]:
    """Say which packages had different sources in different runs, or in sessions of one, a line each.

    Parameters
    ----------
    runs : sequence of (str, mapping)
        Names of runs, each with what `list_sources` found.

    Examples
    --------
    >>> describe_mixed([("a", {"rule": ["12"]}), ("b", {"rule": ["12", "34"]})])
    ['rule was changed while runs were lived, which may not be comparable: source 12 (a), source 12 then 34 (b)']
    """
    by_package: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for name, sources in runs:
        for package, hashes in sources.items():
            by_package.setdefault(package, {}).setdefault(tuple(hashes), []).append(name)
    # one run alone may have been gone on with after a change
    return [
        f"{for_terminal(package)} was changed while runs were lived, which may not be comparable: "
        + ", ".join(
            f"source {for_terminal(' then '.join(hashes))} ({name_runs(names)})" for hashes, names in groups.items()
        )
        for package, groups in by_package.items()
        if len({source for hashes in groups for source in hashes}) > 1
    ]
