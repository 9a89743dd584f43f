"""Whose word it takes to contact a cluster: that of who gives the command, never that of a file alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from hetevo.evolve.config.errors import ConfigError

Override = str | tuple[str, Any]
"""A change: ``"evolution.size=32"`` with the value in TOML, or ``("evolution.size", 32)``."""

HERE: tuple[Override, ...] = (("backend.name", "local"), ("backend.address", ""))
"""Changes by which lives are computed on this machine, wherever a configuration says."""


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


def _chooses_place(override: Override) -> bool:
    key, value = override.partition("=")[::2] if isinstance(override, str) else override
    key = ".".join(part.strip() for part in key.split("."))
    return key in ("backend", "backend.address") or (key == "backend.name" and str(value).strip(" \t\"'") == "local")
