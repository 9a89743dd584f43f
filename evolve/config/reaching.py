"""Whether a configuration's trackers reach beyond the run: that of a file alone is not done.

A tracker that is offline writes into the run's own directory. The network, and folders elsewhere, take the word of who
gives the command.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from hetevo.evolve.config.sources import ConfigError, Override, key_of

ONLINE, URI = "track.online", "track.uri"
"""Keys by which trackers reach beyond the run."""


def reaches(content: Mapping[str, Any]) -> list[str]:
    """List the keys of a configuration by which trackers reach beyond the run and its neighbours.

    Parameters
    ----------
    content : mapping
        A configuration as nested values, or changes by dotted keys; not necessarily valid.

    Examples
    --------
    >>> reaches({"track": {"online": True, "uri": "mlflow"}}), reaches({"track.uri": "/tmp/mlflow"})
    (['track.online'], ['track.uri'])
    """
    return [key for key, value in _given(content) if (value is True if key == ONLINE else _is_beyond(value))]


def check_reach(content: Mapping[str, Any], overrides: Sequence[Override], source: str) -> None:
    """Check that no file alone lets trackers reach beyond the run.

    Parameters
    ----------
    content : mapping
        Tables and top-level keys of the file, or changes by dotted keys.
    overrides : sequence of str or (str, value)
        What was said beside it.
    source : str
        What to call the file in messages.

    Raises
    ------
    ConfigError
        Naming the key.
    """
    said = {*map(key_of, overrides)}
    for key in reaches(content):
        if not said & {key, "track"}:
            raise ConfigError(
                f"{source}: {key} stands in this file alone, so that it is not done: numbers of your run would leave"
                f" its directory. If you mean it, trust the file: --trust (in Python trust=True), or name it yourself:"
                f" -s {key}=…"
            )


def without_reach(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration, as nested values, whose trackers stay in the run's directory."""
    table = content.get("track")
    if not isinstance(table, Mapping) or not reaches(content):
        return dict(content)
    return {**content, "track": {key: value for key, value in table.items() if f"track.{key}" not in (ONLINE, URI)}}


def _given(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    table = content.get("track")
    for key in (ONLINE, URI):
        if key in content:
            yield key, content[key]
        elif isinstance(table, Mapping) and key.removeprefix("track.") in table:
            yield key, table[key.removeprefix("track.")]


def _is_beyond(place: Any) -> bool:
    if not isinstance(place, str) or not place:
        return False
    path = PurePath(place)
    return "://" in place or path.is_absolute() or ".." in path.parts
