"""Configurations with keys that are to go: read as if their present names stood there (`hetevo._deprecated`)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hetevo._deprecated import KEYS, warn_deprecated
from hetevo.populations.errors import SettingError


def rename_keys(content: Mapping[str, Any], source: str = "", *, saved: bool = False) -> dict[str, Any]:
    """Return nested values in which keys that are to go have their present names; each is warned about.

    Parameters
    ----------
    content : mapping
        Tables and top-level keys of a configuration; it stays as it is.
    source : str, optional
        What to call it in messages.
    saved : bool, optional
        Whether it is that of a run: nobody has to change that, and nothing is said.

    Raises
    ------
    SettingError
        If both the old and the present name stand there.
    """
    renamed = deepcopy(dict(content)) if KEYS else dict(content)
    for old, successor in KEYS.items():
        table, key = _find(renamed, old)
        if key not in table:
            continue
        place, name = _find(renamed, successor.name, make=True)
        if name in place:
            both = f"{source}: {old}" if source else old
            raise SettingError(f"{both} is the old name of {successor.name}, got both. Keep {successor.name} alone.")
        place[name] = table.pop(key)
        if not saved:
            warn_deprecated(old, successor, source)
    return renamed


def rename_change(key: str) -> str:
    """Return the present name of a key that somebody wants to change; an old one is warned about."""
    for old, successor in KEYS.items():
        if key == old or key.startswith(f"{old}."):
            warn_deprecated(old, successor)
            return successor.name + key.removeprefix(old)
    return key


def _find(content: dict[str, Any], dotted: str, *, make: bool = False) -> tuple[dict[str, Any], str]:
    """Return the table that a dotted key stands in, and its name there; an empty one if it is not there."""
    *path, key = dotted.split(".")
    for part in path:
        inner = content.setdefault(part, {}) if make else content.get(part)
        content = inner if isinstance(inner, dict) else {}
    return content, key
