"""`hetevo init`: write a configuration to start from."""

from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import explained

File = Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")]
Preset = Annotated[str, typer.Option(help="Preset whose values to write.")]


@explained
def init(file: File = Path("experiment.toml"), preset: Preset = "emergence") -> None:
    """Write a configuration in which every key is explained."""
    from hetevo.evolve.config import commented_toml
    from hetevo.evolve.config import preset as named
    from hetevo.populations.errors import SettingError, spell

    content = commented_toml(named(preset))
    try:
        with open(file, "x", encoding="utf-8") as handle:
            handle.write(content)
    except FileExistsError:
        raise SettingError(f"{file} exists already and is not overwritten. Give another name.") from None
    except OSError as error:
        raise SettingError(f"Cannot write {file}: {error.strerror}. Give a name in a writable folder.") from None
    print(f"{file}: edit it, then run it with: {spell('run', file)}")
