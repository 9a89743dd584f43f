"""Finding what a name or path stands for, reading its TOML, and saying what it is if it is something else."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from hetevo.evolve.config.errors import ConfigError
from hetevo.evolve.toml import read_toml
from hetevo.populations.errors import nearest, spell

Folder = Literal["presets", "sweeps"]
"""Where the files lie that ship with Hetevo, by kind."""

LIMIT = 1 << 20
"""Bytes beyond which a file is refused unread."""

NOUNS: Mapping[Folder, str] = {"presets": "configuration", "sweeps": "sweep"}


@cache
def shipped(folder: Folder) -> Mapping[str, str]:
    """List the presets or sweeps that ship with Hetevo, each with its one-line description."""
    files = sorted((resources.files("hetevo.evolve") / folder).iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8").splitlines()[0].removeprefix("#").strip()
        for file in files
        if file.name.endswith(".toml")
    }


def is_path(source: str | Path) -> bool:
    """Say whether something is a path, not a name: it ends in ``.toml``, or contains a separator."""
    path = Path(source)
    return path.suffix.lower() == ".toml" or path.name != str(source)


def exists(path: Path) -> bool:
    """Say whether there is anything under a path, as far as can be seen."""
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a folder that may not be entered
        return False


def read_source(source: str | Path, folder: Folder) -> dict[str, Any]:
    """Read a file that ships with Hetevo, or the user's own.

    Parameters
    ----------
    source : str or Path
        One of the names of `shipped`, or a path, see `is_path`.
    folder : str
        Kind of file.

    Returns
    -------
    dict
        Nested values, not validated.

    Raises
    ------
    ConfigError
        If there is nothing of that name, or saying what it is instead.
    """
    if is_path(source):
        return _read(Path(source), folder)
    name = str(source)
    if name not in shipped(folder):
        raise ConfigError(_no_name(name, folder))
    return tomllib.loads((resources.files("hetevo.evolve") / folder / f"{name}.toml").read_text("utf-8"))


def _read(path: Path, folder: Folder) -> dict[str, Any]:
    try:
        with open(path, "rb") as handle:
            read = handle.read(LIMIT + 1)
        if len(read) > LIMIT:
            raise ConfigError(f"{path} has more than {LIMIT:,} bytes: that is not a {NOUNS[folder]}, and not read.")
        return read_toml(read.decode("utf-8-sig"))  # editors may put a mark first
    except FileNotFoundError:
        raise ConfigError(_no_file(path, folder)) from None
    except IsADirectoryError:
        raise ConfigError(_folder(path, folder)) from None
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}. {_expected(folder)}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file in UTF-8. {_expected(folder)}") from None
    except ValueError as error:  # of TOML, and of numbers with thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {error}. {_expected(folder)}") from None


def _expected(folder: Folder) -> str:
    if folder == "sweeps":
        return 'A sweep is a TOML file, such as one with the two lines base = "emergence" and seeds = "0..9".'
    return f"A configuration is a TOML file; one with every key explained is written by: {spell('init', 'FILE.toml')}"


def _no_name(name: str, folder: Folder) -> str:
    """Say what a name stands for, as it is neither one that ships with Hetevo nor clearly a path."""
    if name and exists(Path(name)):
        if not _read(Path(name), folder):  # which says so if it is a folder, or not TOML
            return f"{name} is an empty file. {_expected(folder)}"
        return f"{name} is a file, but without .toml at its end it is taken for a name. Rename it, or give ./{name}"
    names, kind = shipped(folder), folder.removesuffix("s")
    other: Folder = "sweeps" if folder == "presets" else "presets"
    if name in shipped(other):
        command = spell("run" if other == "presets" else "sweep", name)
        return f"There is no {kind} {name!r}, but a {other.removesuffix('s')}: {command}"
    files = [file.name for file in Path().glob("*.toml")]
    return f"There is no {kind} {name!r}.{nearest(name, [*names, *files])} Give a file or one of {', '.join(names)}."


def _no_file(path: Path, folder: Folder) -> str:
    names, kind = shipped(folder), folder.removesuffix("s")
    if not exists(path.parent):
        hint = f" There is no folder {path.parent}."
    elif path.stem in names:
        hint = f" There is a {kind} {path.stem}: give its name alone."
    else:
        hint = nearest(path.name, [file.name for file in path.parent.glob("*.toml")])
    return f"There is no file {path}.{hint} Give a TOML file, or a {kind}: {', '.join(names)}."


def _folder(path: Path, folder: Folder) -> str:
    config = path / "config.toml"
    if not exists(config):
        return f"{path} is a folder. Name a file in it, or another. {_expected(folder)}"
    again = f"{spell('run', config, '-o', 'ANOTHER')}"
    return f"{path} is a run, not a {NOUNS[folder]}. Go on with it: {spell('resume', path)}\nRepeat it: {again}"
