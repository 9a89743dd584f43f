"""Files that a configuration names: those that ship with Hetevo, and those beside a file that names them."""

from importlib import resources
from pathlib import Path

from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.text import for_file

PACKAGE = "package:"
"""How the name of a file begins that ships with Hetevo, beside the presets that use it."""

SHIPPED = resources.files("hetevo.evolve") / "experiments"


def find_shipped(file: str, key: str, kind: type[SettingError]) -> Path:
    """Return where a file lies that ships with Hetevo.

    Parameters
    ----------
    file : str
        ``package:NAME``.
    key : str
        Where it is named, for the message.
    kind : type of SettingError
        What is raised.

    Raises
    ------
    SettingError
        If no such file ships.
    """
    name = file.removeprefix(PACKAGE)
    shipped = sorted(entry.name for entry in SHIPPED.iterdir() if entry.name.endswith(".csv"))
    if name not in shipped:
        raise kind(
            f"{key}: no file {name!r} ships with Hetevo.{nearest(name, shipped)} Those that do:"
            f" {', '.join(PACKAGE + other for other in shipped)}."
        )
    return Path(str(SHIPPED / name))


def place_beside(file: str, folder: Path, key: str, kind: type[SettingError], *, trust: bool, kept: str = "") -> Path:
    """Return where a file lies that a configuration file names.

    Parameters
    ----------
    file : str
        As it is named there.
    folder : Path
        Of the configuration file; if that is a run's own, copies are in its folder ``data``.
    key : str
        Where it is named, for the message.
    kind : type of SettingError
        What is raised.
    trust : bool
        Whether the file may lie elsewhere than in the folder and below.
    kept : str, optional
        What a run calls its copy; by default as the file is called.

    Raises
    ------
    SettingError
        If it does, and may not.
    """
    place, copy = folder / file, folder / "data" / (kept or for_file(Path(file).name))
    if not exists(place) and copy.is_file():
        place = copy
    if not trust and not place.resolve().is_relative_to(folder.resolve()):
        raise kind(
            f"{key}: a configuration file may name files in its own folder and below, got {file!r}. If you trust it,"
            f" give that file: -s {key}={file}, or --trust (trust=True)."
        )
    return place


def exists(path: Path) -> bool:
    """Tell whether there is anything under a path, as far as can be seen."""
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a folder that may not be entered
        return False
