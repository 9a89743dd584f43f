"""`hetevo presets` and `hetevo init`: which experiments ship with Hetevo, and a configuration to start from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import AsJson, explain_errors

File = Annotated[Path, typer.Argument(metavar="FILE", help="File to write; -: print it.")]
Preset = Annotated[str, typer.Option(help="Preset whose values to write.")]


@explain_errors
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


@explain_errors
def init(file: File = Path("experiment.toml"), preset: Preset = "emergence") -> None:
    """Write a configuration in which every key is explained."""
    from hetevo.evolve.config import commented_toml
    from hetevo.evolve.config import preset as named
    from hetevo.populations.errors import SettingError, spell

    content = commented_toml(named(preset))
    if file == Path("-"):
        print(content, end="")
        return
    try:
        # a file that is there is never overwritten
        with open(file, "x", encoding="utf-8") as handle:
            handle.write(content)
    except FileExistsError:
        raise SettingError(f"{file} exists already and is not overwritten. Give another name.") from None
    except OSError as error:
        raise SettingError(f"Cannot write {file}: {error.strerror}. Give a name in a writable folder.") from None
    print(f"{file}: edit it, then run it with: {spell('run', file)}")
