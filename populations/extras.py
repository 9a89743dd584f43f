"""Packages that few need: loaded when they are, and if one is missing, the message says how to get it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hetevo.populations.errors import SettingError

CHECKOUT = Path(__file__).resolve().parents[1]  # in a checkout hetevo/populations is a link
"""The folder that Hetevo is in: of its source, if that has a ``pyproject.toml``."""


def how_to_install(*extras: str) -> str:
    """Return the command that installs extras, and its form in a checkout where Hetevo runs from one.

    Parameters
    ----------
    *extras : str
        Their names.

    Examples
    --------
    >>> how_to_install("mlflow", "wandb").partition(" (")[0]
    "pip install 'hetevo[mlflow,wandb]'"
    """
    names = ",".join(extras)
    here = f" (in a checkout: pip install -e '.[{names}]')" if (CHECKOUT / "pyproject.toml").is_file() else ""
    return f"pip install 'hetevo[{names}]'{here}"


def is_missing(package: str) -> bool:
    """Tell whether a package, or a part of one, is not installed; nothing is imported, but what a dotted name lies in.

    >>> is_missing("numpy"), is_missing("no_such_package.part")
    (False, True)
    """
    try:
        return find_spec(package) is None
    except (ImportError, ValueError):  # what a dotted name lies in is missing, or has no parts
        return True


def expect_package(package: str, extra: str, what: str) -> None:
    """Check that a package is installed, without importing it.

    Parameters
    ----------
    package, extra : str
        Its name, and that of the extra that has it; without one, pip knows the package by its name.
    what : str
        What needs it, for the message.

    Raises
    ------
    SettingError
        With the command that installs it.
    """
    if is_missing(package):
        top = package.partition(".")[0]
        command = how_to_install(extra) if extra else f"pip install {top}"
        raise SettingError(f"{what} needs {top}, which is not installed. Install it: {command}")


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
        raise SettingError(f"{what} needs {top}, which {reason}. Install it: {how_to_install(extra)}") from None
