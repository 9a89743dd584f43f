"""Packages that few need: loaded when they are, and if one is missing, the message says how to get it."""

from importlib import import_module
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
