"""What a configuration names of other packages, and whose word it takes to import it.

How names are looked up is in `hetevo.populations.registry`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hetevo.evolve.config.reaching import reaches
from hetevo.evolve.config.sources import ConfigError, Override, key_of
from hetevo.populations.registry import entry_points, is_place, was_loaded

GROUPS: Mapping[str, str] = {
    "task.name": "hetevo.tasks",
    "network.wiring": "hetevo.wirings",
    "network.activation": "hetevo.activations",
    "network.circuit": "hetevo.circuits",
    "plasticity.rule": "hetevo.rules",
    "heldout.families": "hetevo.tasks",
    "evolution.algorithm.name": "hetevo.algorithms",
    "evolution.select.name": "hetevo.selections",
    "evolution.select_elites.name": "hetevo.selections",
    "evolution.cross.name": "hetevo.crossovers",
    "evolution.mutate.name": "hetevo.mutations",
    "evolution.objectives": "hetevo.objectives",
    "probe.name": "hetevo.probes",
    "probe.measures": "hetevo.measures",
    "track.to": "hetevo.trackers",
}
"""Keys whose values may name something of another package, each with the entry-point group of those."""


SIGN = "+"
"""What may stand before a name, and is no part of it."""


class Plugin(NamedTuple):
    """Something of another package that a configuration names.

    Parameters
    ----------
    key, name : str
        Where it is named, and how: ``task.name``, ``cosine`` or ``own_task:Cosine``.
    place : str
        Where it stands: ``own_task:Cosine``.
    """

    key: str
    name: str
    place: str


def plugins_of(content: Mapping[str, Any]) -> Iterator[Plugin]:
    """List what a configuration names of other packages; nothing is imported.

    Parameters
    ----------
    content : mapping
        A configuration as nested values, or changes by dotted keys; not necessarily valid.
    """
    for key, group in GROUPS.items():
        # a package may announce what is ours under another name
        announced = {point.name: point.value for point in entry_points(group) if _is_foreign(point.value)}
        for name in (name.removeprefix(SIGN) for name in _values(content, key.split("."))):
            if is_place(name):
                yield Plugin(key, name, name)
            elif name in announced:
                yield Plugin(key, name, announced[name])


def needs_trust(content: Mapping[str, Any]) -> bool:
    """Tell whether a configuration names a module that no installed package announces, or trackers reach out."""
    return bool(reaches(content)) or any(
        plugin.place not in {point.value for point in entry_points(GROUPS[plugin.key])}
        for plugin in plugins_of(content)
    )


def check_trusted(
    content: Mapping[str, Any], overrides: Sequence[Override], source: str, *, changeable: bool = False
) -> None:
    """Check that a file makes nobody import a module that neither the command line nor an installed package names.

    Parameters
    ----------
    content : mapping
        Tables and top-level keys of the file.
    overrides : sequence of str or (str, value)
        What was said beside it.
    source : str
        What to call the file in messages.
    changeable : bool, optional
        Whether the command that reads it has ``-s``.

    Raises
    ------
    ConfigError
        Naming the module.
    """
    said = {*map(key_of, overrides)}
    for plugin in plugins_of(content):
        installed = {point.value for point in entry_points(GROUPS[plugin.key])}
        # whoever installed it, or imported it before, has trusted it
        if plugin.place in installed or was_loaded(plugin.place):
            continue
        if not any(plugin.key == key or plugin.key.startswith(f"{key}.") for key in said):
            raise ConfigError(
                f"{source}: {plugin.key}: {plugin.name!r} stands in this file alone, so it is not imported: a module"
                " can do anything that you can. If you know it, trust the file: --trust (in Python trust=True)"
                f"{f', or name it yourself: -s {plugin.key}={plugin.name}' if changeable else ''}. What an installed"
                " package announces needs none of it."
            )


def _is_foreign(place: str) -> bool:
    return place.partition(".")[0] != "hetevo"


def _values(content: Any, keys: Sequence[str]) -> Iterator[str]:
    """Return the text, or the texts of a list, that keys lead to."""
    if not keys:
        listed = content if isinstance(content, list | tuple) else [content]
        yield from (value for value in listed if isinstance(value, str))
    elif isinstance(content, Mapping):
        # a key may stand as a whole: "task.name"
        for count in range(1, len(keys) + 1):
            if (key := ".".join(keys[:count])) in content:
                yield from _values(content[key], keys[count:])
