"""Reading a configuration: a preset or a TOML file, with overrides, and messages that help."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from evolve.config.config import Config
from evolve.config.errors import ConfigError
from evolve.config.naming import named
from populations.errors import HetevoError, nearest

Override = str | tuple[str, Any]
"""A change: ``"evolution.size=32"`` with the value in TOML, or ``("evolution.size", 32)``."""

LIMIT = 1 << 20
"""Bytes beyond which a configuration is refused unread."""

_BRANCHES = ("int", "float", "literal['auto']", "literal['same']", "constrained-int")


def preset_names() -> dict[str, str]:
    """List the presets that ship with Hetevo, each with its one-line description."""
    folder = resources.files("evolve") / "presets"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8").splitlines()[0].removeprefix("#").strip()
        for file in files
    }


def preset(name: str, *, overrides: Sequence[Override] = (), **values: Any) -> Config:
    """Return a preset, with changes.

    Parameters
    ----------
    name : str
        See `preset_names`.
    overrides : sequence of str or (str, value), optional
        Changes such as ``"evolution.size=32"``, values in TOML.
    **values
        Values of top-level keys, such as ``seed=7``.

    Raises
    ------
    ConfigError
        If there is no such preset, or a change is wrong.
    """
    names = preset_names()
    if name not in names:
        raise ConfigError(f"There is no preset {name!r}.{nearest(name, names)} Presets: {', '.join(names)}.")
    content = tomllib.loads((resources.files("evolve") / "presets" / f"{name}.toml").read_text("utf-8"))
    return from_mapping({**content, "preset": name, **values}, overrides=overrides, source=f"preset {name}")


def load_config(source: str | Path, overrides: Sequence[Override] = (), **values: Any) -> Config:
    """Return the configuration of a preset or of a TOML file.

    Parameters
    ----------
    source : str or Path
        Name of a preset, or a path; what ends in ``.toml`` or contains a separator is a path.
    overrides : sequence of str or (str, value), optional
        Changes such as ``"evolution.size=32"``.
    **values
        Values of top-level keys.

    Raises
    ------
    ConfigError
        If it cannot be read or is wrong.
    """
    path = Path(source)
    if path.suffix != ".toml" and path.name == str(source):
        return preset(str(source), overrides=overrides, **values)
    try:
        with open(path, "rb") as handle:
            read = handle.read(LIMIT + 1)
        if len(read) > LIMIT:
            raise ConfigError(f"{path} has more than {LIMIT:,} bytes: that is not a configuration, and it is not read.")
        text = read.decode("utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            f"There is no file {path}. Give a TOML file, or a preset: {', '.join(preset_names())}."
        ) from None
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}. Give a readable TOML file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file in UTF-8. Give a TOML file; 'hetevo init' writes one.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    if not content:
        raise ConfigError(f"{path} is empty. 'hetevo init' writes a configuration with every key explained.")
    return from_mapping({**content, **values}, overrides=overrides, source=str(path))


def from_mapping(
    content: Mapping[str, Any], *, overrides: Sequence[Override] = (), source: str = "configuration"
) -> Config:
    """Validate nested values.

    Parameters
    ----------
    content : mapping
        Tables and top-level keys.
    overrides : sequence of str or (str, value), optional
        Changes to make first.
    source : str, optional
        What to call it in messages.

    Raises
    ------
    ConfigError
        Naming every wrong key.
    """
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in content.items()}
    for override in overrides:
        _apply(tables, override)
    try:
        return named(Config.model_validate(tables))
    except HetevoError as error:
        raise ConfigError(f"{source}: {error}") from None
    except ValidationError as error:
        found = error.errors(include_url=False)
        # of a key that may be a number or a word, its description names the word: one message is enough
        numbers = {_location(problem) for problem in found if problem["type"] != "literal_error"}
        problems = [
            _explain(problem)
            for problem in found
            if problem["type"] != "literal_error" or _location(problem) not in numbers
        ]
        raise ConfigError(f"{source}: " + "\n  ".join(problems)) from None


def _apply(tables: dict[str, Any], override: Override) -> None:
    key, value = _parsed(override) if isinstance(override, str) else override
    path = [part.strip() for part in key.split(".")]
    if not all(path):
        raise ConfigError(f"-s {override!r}: expected table.key=value, for example -s evolution.size=64.")
    table = tables
    for part in path[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f"-s {override!r}: {part!r} is a value, not a table.")
    table[path[-1]] = value


def _parsed(override: str) -> tuple[str, Any]:
    key, separator, text = override.partition("=")
    if not separator:
        raise ConfigError(f"-s {override!r}: expected table.key=value, for example -s evolution.size=64.")
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key, text.strip()  # a bare word is a string


def _location(problem: Any) -> tuple[str, ...]:
    """Name table and key; the branch of a union that failed is not part of it."""
    return tuple(part for part in map(str, problem["loc"]) if part not in _BRANCHES)


def _explain(problem: Any) -> str:
    location = _location(problem)
    key, given = ".".join(location), problem["input"]
    if problem["type"] == "extra_forbidden":
        return _explain_unknown(location)
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    meaning = _description(location)
    message = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{key}: expected {message}, got {given!r}" + (f" ({meaning})" if meaning else "")


def _model(location: Sequence[str]) -> type[BaseModel] | None:
    model: Any = Config
    for part in location:
        field = model.model_fields.get(part)
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
    return model  # type: ignore[no-any-return]


def _description(location: Sequence[str]) -> str | None:
    model = _model(location[:1]) if len(location) > 1 else Config
    name = location[1] if len(location) > 1 else location[0] if location else ""
    field = model.model_fields.get(name) if model else None
    return field.description if field else None


def _explain_unknown(location: Sequence[str]) -> str:
    *tables, key = location
    model = _model(tables) or Config
    place = f"table [{'.'.join(tables)}]" if tables else "configuration"
    elsewhere = [
        name for name, field in Config.model_fields.items() if key in getattr(field.annotation, "model_fields", {})
    ]
    hint = nearest(key, model.model_fields)
    if elsewhere:
        hint = f" It belongs into [{elsewhere[0]}]."
    return f"{'.'.join(location)}: the {place} has no key {key!r}.{hint} Keys: {', '.join(model.model_fields)}"
