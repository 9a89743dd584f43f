"""Finding what a name or path stands for, reading its TOML, and saying what it is if it is something else.

And whose word it takes to contact a cluster: that of who gives the command, never that of a file alone.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from hetevo.evolve.named_files import exists
from hetevo.evolve.toml import read_toml
from hetevo.populations.errors import SettingError, nearest, spell
from hetevo.populations.registry import entry_points

Folder = Literal["presets", "sweeps", "claims", "figures"]
"""What is read from an experiment's file: its preset, its sweep, or its claim with the predictions; or a figure."""

EXPERIMENTS = resources.files("hetevo.evolve") / "experiments"
"""Files that ship with Hetevo: a preset at the top, a sweep under ``[sweep]``, predictions under ``[claim]``."""

LIMIT = 1 << 20
"""Bytes beyond which a file is refused unread."""

BESIDES = {"sweep", "claim", "prediction"}
"""Keys of an experiment's file that are no part of its preset."""

NOUNS: Mapping[Folder, str] = {"presets": "configuration", "sweeps": "sweep", "claims": "claim", "figures": "figure"}

Override = str | tuple[str, Any]
"""A change: ``"evolution.size=32"`` with the value in TOML, or ``("evolution.size", 32)``."""

HERE: tuple[Override, ...] = (("backend.name", "local"), ("backend.address", ""))
"""Changes by which lives are computed on this machine, wherever a configuration says."""


class ConfigError(SettingError):
    """A configuration cannot be used; the message names the key, what was expected, and what was given.

    >>> from hetevo.evolve import preset
    >>> try:
    ...     preset("smoke", overrides=["evolution.siz=64"])
    ... except ConfigError as error:
    ...     print(str(error).partition(" Keys:")[0])
    preset smoke: evolution.siz: there is no key 'siz' in [evolution]. Did you mean 'size'?
    """


GROUP = "hetevo.presets"
"""Entry points by which other packages announce presets: ``cosine = "own_package:cosine.toml"``, a file in it."""


def _files() -> Iterator[tuple[str, Traversable | Path]]:
    """Find the experiments that ship with Hetevo, then those that installed packages announce, by their names."""
    own = [file for file in EXPERIMENTS.iterdir() if file.name.endswith(".toml")]
    names = {file.name.removesuffix(".toml"): file for file in sorted(own, key=lambda file: file.name)}
    yield from names.items()
    for point in entry_points(GROUP):
        package, _, name = point.value.partition(":")
        spec = find_spec(package.partition(".")[0])  # which imports nothing
        for place in (spec and spec.submodule_search_locations) or []:
            file = Path(place, *package.split(".")[1:], name)
            if point.name not in names and file.suffix == ".toml" and file.is_file():
                yield point.name, file


@cache
def shipped(folder: Folder) -> Mapping[str, str]:
    """List the presets or sweeps of Hetevo and of installed packages, each with its one-line description."""
    found = {}
    for name, file in _files():
        text = file.read_text("utf-8")
        try:
            content = tomllib.loads(text)
        except ValueError:
            continue  # of another package, which will be told when it is asked for
        # the description of a sweep stands above it, that of a preset at the beginning
        before, _, _ = text.partition("\n[sweep]\n")
        if folder == "sweeps" and "sweep" in content:
            found[name] = before.splitlines()[-1]
        elif folder == "claims" and "claim" in content:
            found[name] = ""
        elif folder == "presets" and content.keys() - BESIDES:
            found[name] = before.splitlines()[0]
    return {name: line.removeprefix("#").strip() if line[:1] == "#" else "" for name, line in found.items()}


def _part(content: dict[str, Any], folder: Folder) -> dict[str, Any]:
    """Take a part of an experiment; a file without ``[sweep]`` is a preset or a sweep as a whole."""
    if folder == "claims":
        return {key: content[key] for key in ("claim", "prediction") if key in content}
    sweep = content.get("sweep")
    if not isinstance(sweep, dict):
        return content
    preset = {key: value for key, value in content.items() if key not in BESIDES}
    return sweep if folder == "sweeps" else preset or sweep


def is_path(source: str | Path) -> bool:
    """Say whether something is a path, not a name: it ends in ``.toml``, or contains a separator."""
    path = Path(source)
    return path.suffix.lower() == ".toml" or path.name != str(source)


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
        raise ConfigError(_explain_no_name(name, folder))
    return _part(tomllib.loads(dict(_files())[name].read_text("utf-8")), folder)


def _read(path: Path, folder: Folder) -> dict[str, Any]:
    try:
        with open(path, "rb") as handle:
            read = handle.read(LIMIT + 1)
        if len(read) > LIMIT:
            raise ConfigError(f"{path} has more than {LIMIT:,} bytes: that is not a {NOUNS[folder]}, and not read.")
        return _part(read_toml(read.decode("utf-8-sig")), folder)  # editors may put a mark first
    except FileNotFoundError:
        raise ConfigError(_explain_no_file(path, folder)) from None
    except IsADirectoryError:
        raise ConfigError(_explain_folder(path, folder)) from None
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}. {_say_expected(folder)}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file in UTF-8. {_say_expected(folder)}") from None
    except ValueError as error:  # of TOML, and of numbers with thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {error}. {_say_expected(folder)}") from None


def _say_expected(folder: Folder) -> str:
    if folder == "claims":
        return "A claim is a TOML file with tables [sweep], [claim] and [[prediction]]."
    if folder == "figures":
        return "A figure is a TOML file with a table [[panel]] for each of its panels."
    if folder == "sweeps":
        return 'A sweep is a TOML file, such as one with the two lines base = "emergence" and seeds = "0..9".'
    return f"A configuration is a TOML file; one with every key explained is written by: {spell('init', 'FILE.toml')}"


def _explain_no_name(name: str, folder: Folder) -> str:
    """Say what a name stands for, as it is neither one that ships with Hetevo nor clearly a path."""
    if name and exists(Path(name)):
        if not _read(Path(name), folder):  # which says so if it is a folder, or not TOML
            return f"{name} is an empty file. {_say_expected(folder)}"
        return f"{name} is a file, but without .toml at its end it is taken for a name. Rename it, or give ./{name}"
    names, kind = shipped(folder), folder.removesuffix("s")
    # another part of the experiment of that name
    commands: Mapping[Folder, str] = {"sweeps": "sweep", "presets": "run"}
    for other in (other for other in commands if other != folder and name in shipped(other)):
        command = spell(commands[other], name)
        return f"There is no {kind} {name!r}, but a {other.removesuffix('s')}: {command}"
    likely = nearest(name, names) or _suggest_file(name, Path())
    return f"There is no {kind} {name!r}.{likely} Give a file or one of {', '.join(names)}."


def _explain_no_file(path: Path, folder: Folder) -> str:
    names, kind = shipped(folder), folder.removesuffix("s")
    if not exists(path.parent):
        hint = f" There is no folder {path.parent}."
    elif path.stem in names:
        hint = f" There is a {kind} {path.stem}: give its name alone."
    else:
        hint = _suggest_file(path.name, path.parent)
    shipped_too = f" Give a TOML file, or a {kind}: {', '.join(names)}." if names else ""
    return f"There is no file {path}.{hint}{shipped_too}"


def _suggest_file(name: str, folder: Path) -> str:
    """Suggest the file of a folder that is called most like it, besides the end that all of them have."""
    like = [file.name for file in folder.glob("*.toml") if nearest(Path(name).stem, [file.stem])]
    return nearest(name, like, likeness=0.0)


def _explain_folder(path: Path, folder: Folder) -> str:
    config = path / "config.toml"
    if not exists(config):
        return f"{path} is a folder. Name a file in it, or another. {_say_expected(folder)}"
    again = f"{spell('run', config, '-o', 'ANOTHER')}"
    return f"{path} is a run, not a {NOUNS[folder]}. Go on with it: {spell('resume', path)}\nRepeat it: {again}"


def expect_overrides(overrides: object) -> None:
    """Check that changes are a list of them.

    Raises
    ------
    ConfigError
        With what was expected, and what was given.
    """
    fits = isinstance(overrides, Iterable) and not isinstance(overrides, str | bytes | Mapping)
    # what can be gone through only once is looked at when it is
    wrong = [each for each in overrides if not _is_change(each)] if isinstance(overrides, list | tuple) else []
    if not fits or wrong:
        raise ConfigError(
            'overrides: expected a list of changes, such as ["evolution.size=32"] or [("evolution.size", 32)], got'
            f" {wrong[0] if wrong else overrides!r}."
        )


def _is_change(change: object) -> bool:
    pair = isinstance(change, list | tuple) and len(change) == 2
    return isinstance(change, str) or (pair and isinstance(change[0], str))  # type: ignore[index]


def without_address(
    content: Mapping[str, Any], overrides: Sequence[Override], source: str, *, more: str = ""
) -> dict[str, Any]:
    """Return what a file says, without the address of a cluster in it; the overrides say where lives are computed.

    Parameters
    ----------
    content : mapping
        Tables and top-level keys of the file.
    overrides : sequence of str or (str, value)
        What was said beside it.
    source : str
        What to call the file in messages.
    more : str, optional
        One more way to go on, for the message.

    Raises
    ------
    ConfigError
        If the file names an address, and the overrides neither name one nor choose this machine.
    """
    backend = content.get("backend")
    address = backend.get("address") if isinstance(backend, Mapping) else None
    if not isinstance(backend, Mapping) or not isinstance(address, str) or not address:
        return dict(content)
    if not any(map(_chooses_place, overrides)):
        raise ConfigError(
            f"{source}: backend.address: {address!r} stands in this file alone, so it is not contacted: what answers"
            " there gets your Ray token and can run any code as you. Expected an address that you give yourself:"
            f" --address HOST:PORT (in Python address=...). Or compute on this machine: --backend local{more}."
        )
    return {**content, "backend": {**backend, "address": ""}}


def key_of(override: Override) -> str:
    """Return the dotted key of a change."""
    key = override.partition("=")[0] if isinstance(override, str) else override[0]
    return ".".join(part.strip() for part in key.split("."))


def _chooses_place(override: Override) -> bool:
    key, value = key_of(override), override.partition("=")[2] if isinstance(override, str) else override[1]
    return key in ("backend", "backend.address") or (key == "backend.name" and str(value).strip(" \t\"'") == "local")
