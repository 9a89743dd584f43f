"""What a tracker is."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

SECRET = re.compile(r"KEY|TOKEN|PASSWORD|SECRET|CREDENTIAL", re.IGNORECASE)
"""Environment variables that hold what nobody else may read have names like these."""

LONGEST = 250
"""Characters of a setting that trackers get; MLflow takes no more."""


@dataclass(frozen=True)
class About:
    """What a tracker is told of a run when a session begins.

    Parameters
    ----------
    run : str
        What `Tracker.start` returned in an earlier session of the run; empty in the first one.
    group, name : str
        The sweep, or the preset of a run that is in none; and what to call the run in it.
    tags : mapping of str to str
        Settings that differ from the preset's, by dotted key.
    settings : mapping of str to str
        All settings that decide results, and the seed.
    folder : Path
        Inside the run's directory, where the tracker may write what it likes.
    online : bool
        Whether it may use the network.
    uri : str
        Where MLflow writes, if not in the folder: a folder, or with ``online`` a server's address.
    """

    run: str
    group: str
    name: str
    tags: Mapping[str, str]
    settings: Mapping[str, str]
    folder: Path
    online: bool = False
    uri: str = ""


class Tracker:
    """Is told the numbers of a run, in a process of its own; whatever it raises ends the tracking, never the run.

    Attributes
    ----------
    package : str
        Module that it needs, and without which a run is refused; empty: none.
    environment : mapping of str to str
        Environment variables that are set before it starts, unless they are set already.

    Examples
    --------
    >>> class Print(Tracker):
    ...     def log(self, generation, numbers):
    ...         print(generation, numbers["loss_best"])
    >>> Print().log(3, {"loss_best": 0.25})
    3 0.25
    """

    package: ClassVar[str] = ""
    environment: ClassVar[Mapping[str, str]] = {}

    def start(self, about: About) -> str:
        """Begin, or go on with what ``about.run`` names; return by what to find it again in a later session."""
        return about.run or "begun"

    def log(self, generation: int, numbers: Mapping[str, float]) -> None:
        """Take the numbers of a generation, all of them finite; no generation comes twice, whatever was interrupted."""

    def attach(self, figure: Path, generation: int) -> None:
        """Take a figure, a PNG file that is removed afterwards; ``generation`` is the last one that lived."""

    def end(self, outcome: str) -> None:
        """Write everything and end; ``outcome`` is ``"done"``, ``"stopped"`` or ``"failed"``."""


def accept_tracker(found: Any) -> type[Tracker]:
    """Return the class of a tracker that was found in another package.

    Raises
    ------
    TypeError
        Saying what was expected.
    """
    if not (isinstance(found, type) and issubclass(found, Tracker)):
        raise TypeError(f"expected a class that inherits from hetevo.evolve.tracking.Tracker, got {found!r}")
    return found


def without_secrets(text: str) -> str:
    """Return a message without the values of environment variables that are secret by their names, nor of addresses.

    Examples
    --------
    >>> without_secrets("no answer from https://jane:pass@example.org/api")
    'no answer from https://…@example.org/api'
    """
    for name, value in os.environ.items():
        if SECRET.search(name) and len(value) >= 4:
            text = text.replace(value, "…")
    return re.sub(r"://[^/\s@]+@", "://…@", text)
