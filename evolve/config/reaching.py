"""What trackers of a file are trusted with: those that reach beyond the run take the word of who gives the command.

A tracker that is offline writes into the run's own directory. The network, folders elsewhere, and trackers of other
packages are another matter; and no run depends on whether they can be had.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hetevo.evolve.config.sources import ConfigError, Override, key_of
from hetevo.evolve.tracking import TRACKERS
from hetevo.populations.errors import SettingError
from hetevo.populations.registry import entry_points, is_place, was_loaded

if TYPE_CHECKING:  # which is checked with what stands here
    from hetevo.evolve.config.config import Config

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


def without_strangers(content: Mapping[str, Any], *, trust: bool) -> dict[str, Any]:
    """Return the configuration of a run without trackers that cannot be had here, or may not be imported.

    Parameters
    ----------
    content : mapping
        A configuration as nested values; not necessarily valid.
    trust : bool
        Whether modules may be imported that it alone names.
    """
    table = content.get("track")
    names = table.get("to") if isinstance(table, Mapping) else None
    if not isinstance(table, Mapping) or not isinstance(names, list | tuple):
        return dict(content)
    kept = [name for name in names if not isinstance(name, str) or _is_had(name, trust=trust)]
    return dict(content) if len(kept) == len(names) else {**content, "track": {**table, "to": kept}}


def find_left_out(content: Mapping[str, Any], config: "Config") -> str:
    """Say what a run's file asks of trackers that its configuration leaves out; empty if nothing.

    Parameters
    ----------
    content : mapping
        What the file says.
    config : Config
        What is done.
    """
    table = content.get("track")
    names = table.get("to", []) if isinstance(table, Mapping) else []
    lacking = [str(name) for name in names if name not in config.track.to]
    beyond = reaches(content) if config.track.to and not reaches(config.model_dump()) else []
    return " and ".join([*lacking, *beyond])


def _is_had(name: str, *, trust: bool) -> bool:
    if name in TRACKERS.own:
        return True
    installed = {point.value for point in entry_points(TRACKERS.group)}
    if is_place(name) and not (trust or name in installed or was_loaded(name)):
        return False
    try:
        return TRACKERS[name] is not None
    except (KeyError, SettingError):
        return False


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
