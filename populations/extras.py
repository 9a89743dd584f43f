"""Packages that few need: loaded when they are, and if one is missing, the message says how to get it."""

from importlib import import_module
from typing import Any

from hetevo.populations.errors import SettingError


def load_extra(package: str, extra: str, what: str) -> Any:
    """Return a package of an extra, or a part of one.

    Parameters
    ----------
    package, extra : str
        Its name, and that of the extra that has it.
    what : str
        What needs it, for the message.

    Raises
    ------
    SettingError
        If it is not installed, or cannot be loaded.
    """
    try:
        return import_module(package)
    except ImportError as error:
        top = package.partition(".")[0]
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == top
        reason = "is not installed" if missing else f"cannot be loaded ({error})"
        raise SettingError(f"{what} needs {top}, which {reason}. Install it: pip install 'hetevo[{extra}]'") from None
