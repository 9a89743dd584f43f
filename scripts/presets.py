"""`hetevo presets`: which experiments ship with Hetevo."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from hetevo.scripts.errors import explained

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@explained
def presets(as_json: AsJson = False) -> None:
    """List the experiments that ship with Hetevo."""
    from hetevo.evolve import preset_names

    list_names(preset_names(), as_json=as_json)


def list_names(names: Mapping[str, str], *, as_json: bool) -> None:
    """Print names with their meanings, a line each or as one JSON object."""
    if as_json:
        print(json.dumps(dict(names)))
        return
    width = max(map(len, names))
    for name, meaning in names.items():
        print(f"{name:{width}} {meaning}")
