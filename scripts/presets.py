"""`hetevo presets`: which experiments ship with Hetevo."""

import json
from typing import Annotated

import typer

from scripts.errors import explained

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@explained
def presets(as_json: AsJson = False) -> None:
    """List the experiments that ship with Hetevo."""
    from evolve import preset_names

    names = preset_names()
    if as_json:
        print(json.dumps(names))
        return
    width = max(map(len, names))
    for name, meaning in names.items():
        print(f"{name:{width}} {meaning}")
