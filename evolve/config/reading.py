"""Reading a configuration: a preset or a TOML file, with overrides, and messages that help."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hetevo.evolve.config.config import Config
from hetevo.evolve.config.explaining import example_of, explain, field_of
from hetevo.evolve.config.naming import named
from hetevo.evolve.config.operators import check_new
from hetevo.evolve.config.own_data import FILE, FOUNDERS, NAME, complete, place_file, place_founders
from hetevo.evolve.config.own_graph import complete_graph, is_complete, place_graph
from hetevo.evolve.config.plugins import check_trusted
from hetevo.evolve.config.reaching import check_reach
from hetevo.evolve.config.sources import (
    ConfigError,
    Override,
    expect_overrides,
    is_path,
    key_of,
    read_source,
    shipped,
    without_address,
)
from hetevo.evolve.deprecated import rename_change, rename_keys
from hetevo.evolve.toml import NestingError, check_nesting, inline, read_toml
from hetevo.populations.errors import HetevoError, nearest, spell

SWEEPS_ONLY = {"seeds", "controls", "matched", "conditions", "grid", "zip", "random"}
"""Keys by which a sweep is told from a configuration."""

_EXPECTED = "Expected table.key=value, for example -s evolution.size=64."


def preset_names() -> dict[str, str]:
    """List the presets that ship with Hetevo, each with its one-line description.

    >>> preset_names()["smoke"]
    'Seconds: a tiny population, to see that everything works'
    """
    return dict(shipped("presets"))


def preset(name: str, *, overrides: Sequence[Override] = (), saved: bool = False, **values: Any) -> Config:
    """Return a preset, with changes.

    Parameters
    ----------
    name : str
        See `preset_names`.
    overrides : sequence of str or (str, value), optional
        Changes such as ``"evolution.size=32"``, values in TOML.
    saved : bool, optional
        See `from_mapping`.
    **values
        Values of top-level keys, such as ``seed=7``.

    Raises
    ------
    ConfigError
        If there is no such preset, or a change is wrong.

    Examples
    --------
    >>> config = preset("smoke", seed=7, overrides=["evolution.size=32"])
    >>> config.seed, config.evolution.size
    (7, 32)
    """
    names = preset_names()
    if name not in names:
        raise ConfigError(f"There is no preset {name!r}.{nearest(name, names)} Presets: {', '.join(names)}.")
    return load_config(name, overrides, saved=saved, **values)


def load_config(
    source: str | Path,
    overrides: Sequence[Override] = (),
    *,
    saved: bool = False,
    trust: bool = False,
    **values: Any,
) -> Config:
    """Return the configuration of a preset or of a TOML file.

    Parameters
    ----------
    source : str or Path
        Name of a preset, or a path; what ends in ``.toml`` or contains a separator is a path.
    overrides : sequence of str or (str, value), optional
        Changes such as ``"evolution.size=32"``.
    saved : bool, optional
        See `from_mapping`.
    trust : bool, optional
        Whether a cluster whose address stands in the file alone may be contacted, and modules imported that it alone
        names.
    **values
        Values of top-level keys.

    Raises
    ------
    ConfigError
        If it cannot be read or is wrong, or names an address that neither ``overrides`` nor ``trust`` allow.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("mine.toml").write_text("evolution.size = 32")
    >>> load_config("mine.toml", seed=7).evolution.size
    32
    """
    expect_overrides(overrides)
    content = rename_keys(read_source(source, "presets"), str(source))
    overrides = [*map(_renamed, overrides)]
    # presets are the package's own: nothing in them has to be trusted
    if not is_path(source):
        content |= {"preset": str(source), **values}
        return from_mapping(content, overrides=overrides, source=f"preset {source}", saved=saved)
    if content.keys() & SWEEPS_ONLY:
        raise ConfigError(f"{source} is a sweep, not a configuration. Run it: {spell('sweep', source)}")
    if not content:
        raise ConfigError(f"{source} is empty. Write a configuration with every key explained: {spell('init')}")
    # files named in a configuration lie beside it, those named in a change in the current folder
    changed = [*map(key_of, overrides)]
    content = place_file(content, Path(source).parent, trust=trust or FILE in changed)
    content = place_graph(content, Path(source).parent, changed, trust=trust)
    content = place_founders(content, Path(source).parent, trust=trust or FOUNDERS in changed)
    # a stranger's file may choose neither a cluster nor code to load
    if not trust:
        content = without_address(content, overrides, str(source), more=", or trust the file: --trust (trust=True)")
        check_trusted(content, overrides, str(source), changeable=True)
        check_reach(content, overrides, str(source))
    return from_mapping({**content, **values}, overrides=overrides, source=str(source), saved=saved)


def from_mapping(
    content: Mapping[str, Any],
    *,
    overrides: Sequence[Override] = (),
    source: str = "configuration",
    saved: bool = False,
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
    saved : bool, optional
        Whether it may be that of a run that was begun already: then it may have what new runs are refused.

    Raises
    ------
    ConfigError
        Naming every wrong key.
    """
    expect_overrides(overrides)
    content = rename_keys(content, source, saved=saved)
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in content.items()}
    # changes come first, so that sizes follow from the file that is meant
    given = [_apply(tables, _renamed(override)) for override in overrides]
    # every problem is told with the name of the file that it stands in
    try:
        check_nesting(tables)
        tables = complete_graph(complete(tables, given, saved=saved), given)
        config = named(Config.model_validate(tables))
    except (HetevoError, NestingError) as error:
        raise ConfigError(f"{source}: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "\n  ".join(explain(error, Config))) from None
    # old runs go on with what new ones may no longer ask for
    if not saved:
        check_new(config, source)
    return config


def expect_config(config: object) -> Config:
    """Return a configuration that was handed over, and refuse whatever else was.

    Raises
    ------
    ConfigError
        With how to get one.
    """
    if isinstance(config, Config):
        return config
    how = f"hetevo.preset({config!r})" if isinstance(config, str) else 'hetevo.preset("emergence")'
    raise ConfigError(f"config: expected a configuration, such as {how}, got {type(config).__name__}.")


def with_data(config: Config) -> Config:
    """Return a configuration that says which files it means, also if it was made without reading any."""
    options = expect_config(config).task.options
    read = config.task.name != NAME or bool(options.get("sha256"))
    if read and is_complete(config.model_dump()):
        return config
    overrides = [] if read else [(FILE, options["file"])]
    return from_mapping(config.model_dump(), overrides=overrides, saved=True)


def _renamed(override: Override) -> Override:
    """Return a change under the present name of its key, or as it is."""
    key = key_of(override)
    if (present := rename_change(key)) == key:
        return override
    return f"{present}={override.partition('=')[2]}" if isinstance(override, str) else (present, override[1])


def _apply(tables: dict[str, Any], override: Override) -> str:
    """Make a change, and return its key."""
    key, value = parse_override(override) if isinstance(override, str) else override
    given = f"-s {override}" if isinstance(override, str) else key
    path = [part.strip() for part in key.split(".")]
    if not all(path):
        raise ConfigError(f"{given}: {_EXPECTED}")
    table = tables
    for part in path[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{given}: {part!r} is a value, not a table. {_EXPECTED}")
    table[path[-1]] = value
    return ".".join(path)


def parse_override(override: str) -> tuple[str, Any]:
    """Return key and value of a change such as ``"evolution.size=64"``; a bare word is a text.

    Raises
    ------
    ConfigError
        If it is none.
    """
    key, separator, text = override.partition("=")
    if not separator:
        raise ConfigError(f"-s {override}: {_EXPECTED}")
    try:
        content = read_toml(f"value = {text}")
    except NestingError as error:
        raise ConfigError(f"-s {key}: {error}. {_EXPECTED}") from None
    except ValueError as error:  # of TOML, and of numbers with thousands of digits
        if text.lstrip()[:1] in ("[", "{", '"', "'"):
            reason = str(error).partition(" (at ")[0]
            raise ConfigError(f"-s {override}: not valid TOML ({reason}). {_correct_value(key, text)}") from None
        return key, text.strip()  # a bare word is a string
    return key, content["value"] if len(content) == 1 else text.strip()


def _correct_value(key: str, text: str) -> str:
    """Spell a value as it was probably meant, or else an example of one, quoted for a shell."""
    field = field_of([part.strip() for part in key.split(".")], Config)
    example = example_of(field) if field else None
    meant = text.strip("\"'") if isinstance(example, str) else _mend_value(text)
    if meant is not None:
        return f"Write -s {shlex.quote(f'{key}={inline(meant)}')}"
    return f"For example: -s {shlex.quote(f'{key}={inline(example)}')}" if example else _EXPECTED


def _mend_value(text: str) -> Any:
    """Read a list or table that lacks its end or quotation marks, or is written as in JSON; None if it is another."""
    text = re.sub(r'"?([\w-]+)"?\s*:', r"\1 =", text)
    text = re.sub(r"(?<=[\[=,])\s*(?!(?:true|false|inf|nan)\b)([A-Za-z][\w.-]*)\s*(?=[,\]}]|$)", r'"\1"', text)
    ends = [{"[": "]", "{": "}"}[mark] for mark in text if mark in "[{"][text.count("]") + text.count("}") :]
    try:
        return read_toml(f"value = {text}{''.join(reversed(ends))}")["value"]
    except ValueError:
        return None
