"""Errors whose message is written for the person at the keyboard."""

from collections.abc import Iterable
from difflib import get_close_matches


class HetevoError(Exception):
    """A mistake or fault that the user can act on; the message says what to do."""


class SettingError(HetevoError):
    """A setting has a value that cannot work."""


class RunFailedError(HetevoError):
    """A run could not go on, although what was asked for was right."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Suggest the valid name that is closest to a misspelt one.

    Parameters
    ----------
    name : str
        What was given.
    valid : iterable of str
        What would have been accepted.

    Returns
    -------
    str
        ``" Did you mean 'x'?"``, or an empty string if nothing comes close.
    """
    close = get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
