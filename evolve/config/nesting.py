"""How deep a configuration or sweep may be nested: what walks through it goes one call deeper a level."""

from collections.abc import Mapping
from typing import Any

from evolve.config.errors import ConfigError

DEEPEST = 16
"""Tables and lists inside each other; a real configuration has four."""


def check_nesting(content: Any, source: str) -> None:
    """Refuse tables and lists that are nested deeper than `DEEPEST`.

    Parameters
    ----------
    content : object
        Of TOML, or given from Python.
    source : str
        What to call it in messages.

    Raises
    ------
    ConfigError
        If they are.
    """
    level = [content]
    for _ in range(DEEPEST):
        level = [part for one in level for part in _parts(one)]
    if level:
        raise ConfigError(
            f"{source}: expected tables and lists in at most {DEEPEST} levels, got more. No setting has so many: look"
            " for brackets that are not closed, or keys with many dots."
        )


def _parts(value: Any) -> list[Any]:
    """List what is inside a table or list."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
