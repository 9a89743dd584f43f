"""Writing a configuration as TOML."""

from typing import Any

import tomli_w

from hetevo.evolve.config.config import Config
from hetevo.evolve.config.naming import named
from hetevo.evolve.config.plugins import GROUPS
from hetevo.evolve.config.tables import Table
from hetevo.evolve.toml import inline
from hetevo.populations.registry import entry_points


def dump_toml(config: Config) -> str:
    """Return a configuration as TOML, complete and by its name (`named`): reading it back gives an equal one."""
    return tomli_w.dumps(named(config).model_dump(mode="json"))


def commented_toml(config: Config) -> str:
    """Return a configuration as TOML in which every key is explained by a comment."""
    lines = [
        "# A Hetevo experiment. Run it with: hetevo run FILE.toml",
        "# Ctrl-C or a file STOP in the run directory saves and stops it; go on or extend it with: hetevo resume RUN",
        "",
    ]
    tables: list[tuple[str, Table]] = []
    for name, field in Config.model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Table):
            tables.append((name, value))
        else:
            lines += [f"# {field.description}", _assignment(name, value), ""]
    for name, table in tables:
        lines += [f"# {(type(table).__doc__ or '').strip()}", f"[{name}]"]
        content = table.model_dump(mode="json")
        for key, field in type(table).model_fields.items():
            lines += [f"# {field.description}{_announced(name, key)}", _assignment(key, content[key])]
        lines.append("")
    return "\n".join(lines)


def _announced(table: str, key: str) -> str:
    """Name what installed packages announce for a key, besides our own members."""
    names = sorted({point.name for point in entry_points(GROUPS.get(f"{table}.{key}", ""))})
    own = sorted(name for name in names if f"{table}.{key}" != "probe.name" or name not in ("alignment", "instruments"))
    return f"; from installed packages: {', '.join(own)}" if own else ""


def _assignment(key: str, value: Any) -> str:
    return f"{key} = {inline(value)}"
