"""What is to go: names that are still understood, for at least one minor version, with what to write instead.

A key of a configuration that gets another name has an entry in `KEYS`: every file, change and saved run with the old
one means the new one. A public name has an entry in `NAMES`. An option of a command stays as a hidden one, whose
callback calls `warn_deprecated`. Both tables are empty as long as nothing is to go.
"""

import inspect
import warnings
from collections.abc import Mapping
from typing import NamedTuple


class HetevoDeprecationWarning(DeprecationWarning):
    """Something is to go; the message says what to write instead, and with which version it goes."""


class Successor(NamedTuple):
    """What to write instead of something that is to go."""

    name: str
    """Dotted, such as ``"evolution.size"`` or ``"hetevo.load_run"``."""
    gone: str
    """The version of Hetevo that no longer has the old one."""


KEYS: Mapping[str, Successor] = {}
"""By the old key of a configuration, such as ``"evolution.individuals"``, or the old name of a whole table."""

NAMES: Mapping[str, Successor] = {}
"""By the old public name, such as ``"hetevo.read_run"``."""


WITHIN = ("hetevo", "pydantic")
"""Packages whose lines nobody outside can change."""


def warn_deprecated(old: str, successor: Successor, source: str = "") -> None:
    """Say once a place that something is to go, as a warning about the line outside of Hetevo that uses it.

    Parameters
    ----------
    old : str
        What was written.
    successor : Successor
        What to write instead.
    source : str, optional
        The file that it stands in.
    """
    level, frame = 1, inspect.currentframe()
    while frame and str(frame.f_globals.get("__name__")).partition(".")[0] in WITHIN:
        level, frame = level + 1, frame.f_back
    where = f"{source}: " if source else ""
    message = f"{where}{old} is deprecated, and goes with Hetevo {successor.gone}. Write {successor.name} instead."
    warnings.warn(message, HetevoDeprecationWarning, stacklevel=level)
