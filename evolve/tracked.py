"""The run's side of trackers: a callback that passes its numbers on, and waits for nobody but at a run's end.

Each tracker works in a process of its own (`hetevo.evolve.tracking.process`), to which nothing is written that would
have to wait. What fails, hangs or falls behind is left alone after one warning.
"""

import contextlib
import math
import subprocess
import tempfile
import time
from multiprocessing.spawn import get_executable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hetevo.evolve.callbacks import Callback
from hetevo.evolve.config import Config
from hetevo.evolve.config.naming import changes_of
from hetevo.evolve.config.tables import TrackTable
from hetevo.evolve.identity import format_value
from hetevo.evolve.messages import Notice, log
from hetevo.evolve.rundir.sweep import is_sweep, read_entries
from hetevo.evolve.tracking import TRACKERS
from hetevo.evolve.tracking.link import Link, finish
from hetevo.evolve.tracking.tracker import LONGEST
from hetevo.populations.errors import HetevoError, SettingError
from hetevo.populations.extras import how_to_install, is_missing
from hetevo.populations.text import for_file, for_terminal, without_places

if TYPE_CHECKING:  # it is told of these
    from hetevo.evolve.loop import LivedGeneration
    from hetevo.evolve.own_loop import OpenRun

PATIENCE = 30.0
"""Seconds without any progress after which a tracker is given up at the end of a run."""

END_SECONDS = 60.0
"""Seconds that trackers can delay the end of a run, all of them together, however well they get on."""

DRAWING_SECONDS = 30.0
"""Seconds of these after which a figure is given up."""


def check_trackers(track: TrackTable) -> None:
    """Check that what trackers need is installed; nothing is imported, but what a dotted name lies in.

    Parameters
    ----------
    track : TrackTable
        Names them.

    Raises
    ------
    SettingError
        Naming all that is missing, and the command that installs it.
    """
    lacking = {name: missing for name in track.to if (missing := _find_missing(name))}
    if not lacking:
        return
    extras = [name for name in lacking if name in TRACKERS.own]
    others = [missing.partition(".")[0] for name, missing in lacking.items() if name not in TRACKERS.own]
    commands = [how_to_install(*extras)] if extras else []
    commands += [f"pip install {' '.join(others)}"] if others else []
    needs = " and ".join(f"{name!r} needs {missing}" for name, missing in lacking.items())
    are, them = ("is", "it") if len(lacking) == 1 else ("are", "them")
    raise SettingError(
        f"track.to: {needs}, which {are} not installed. Install {them}: {'; '.join(commands)}; or leave {them} out"
    )


def _find_missing(name: str) -> str:
    package = TRACKERS[name].package
    return package if package and is_missing(package) else ""


class Tracking(Callback):
    """Passes the numbers of a run on to its trackers.

    Parameters
    ----------
    config : Config
        What is tracked, and where to.
    notice : callable
        Is called, once for each tracker, with why it is told no more.
    """

    def __init__(self, config: Config, notice: Notice) -> None:
        self._config, self._notice = config, notice
        self._links: list[Link] = []

    def on_start(self, run: "OpenRun") -> None:
        """Start the trackers; one whose package is missing is left out: a run may come to another machine."""
        about = describe(self._config, run.path)
        for name in self._config.track.to:
            if missing := _find_missing(name):
                log.warning("%s", f"track.to: {name} is left out: {missing} is not installed")
                continue
            link = Link(name)
            link.start({"tracker": name, "folder": for_file(name), "path": str(run.path), "about": about})
            self._links.append(link)

    def on_generation(self, run: "OpenRun", generation: "LivedGeneration") -> None:
        """Pass on what is recorded of a generation, and the mean size of its gains; what is undefined is left out."""
        numbers = {**generation.row, **_measure_gains(generation)}
        del numbers["generation"]
        defined = {_name(key): float(value) for key, value in numbers.items() if _is_defined(value)}
        for link in self._links:
            link.send({"generation": generation.number, "numbers": defined})
        self._warn(log.warning)

    def on_end(self, run: "OpenRun") -> None:
        """Let the trackers end, as long as they get on with it, and there is time."""
        deadline = time.monotonic() + END_SECONDS
        try:
            with tempfile.TemporaryDirectory() as folder:
                wanted = self._links and self._config.track.figures and run.outcome == "done"
                figure = _draw(run.path, Path(folder)) if wanted else None
                for link in self._links:
                    if figure:
                        link.send({"figure": str(figure), "generation": run.number})
                    link.send({"end": run.outcome})
                finish(self._links, PATIENCE, deadline)
            # the session is over, and nobody listens to what is logged
            self._warn(lambda form, text: self._notice(text))
        finally:
            for link in self._links:
                link.kill()

    def _warn(self, warn: Any) -> None:
        for link in self._links:
            if link.problem:
                link.kill()
                warn("%s", f"{link.name} is told no more, and the run goes on: {link.problem}")
        self._links = [link for link in self._links if not link.problem]


def _draw(run: Path, folder: Path) -> Path | None:
    """Draw the figure that suits a run, as a person would; None if there is none, or it takes too long."""
    # by the command: this layer knows nothing of figures, and nothing that goes wrong there is this process's
    figure = folder / "overview.png"
    command = [get_executable(), "-P", "-m", "hetevo", "plot", str(run), "-o", str(figure)]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=DRAWING_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None  # such as a run of so few generations that there is nothing to see
    return figure


def describe(config: Config, path: Path) -> dict[str, Any]:
    """Return what trackers are told of a run: group, name, tags, settings, and whether the network may be used.

    Parameters
    ----------
    config : Config
        Of the run.
    path : Path
        Its directory.
    """
    preset = config.preset.partition(",")[0] or "hetevo"
    group, name = preset, path.name
    # in a sweep the runs belong together, and are called by what they are
    with contextlib.suppress(HetevoError):
        if is_sweep(path.parent):
            found = [entry for entry in read_entries(path.parent) if entry.run == path.name]
            group, name = path.parent.name, f"{found[0].condition}-seed{found[0].seed}" if found else name
    values, changed = changes_of(config)
    uri = config.track.uri
    if uri and "://" not in uri:
        uri = str(path.absolute().parent / uri)
    return {
        "group": _clean(group),
        "name": _clean(name),
        "tags": {key: _write(values.get(key)) for key in changed},
        "settings": {"seed": str(config.seed), **{key: _write(value) for key, value in values.items()}},
        "online": config.track.online,
        "uri": uri,
    }


def _write(value: Any) -> str:
    return _clean(format_value(value))


def _clean(text: str) -> str:
    return for_terminal(without_places(text))[:LONGEST] or "none"


def _name(column: str) -> str:
    """Return a column's name as all trackers take it."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "_-. /") else "_" for char in column)
    return kept.strip(" ./")[:LONGEST] or "unnamed"


def _is_defined(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _measure_gains(generation: "LivedGeneration") -> dict[str, float]:
    """Return the mean size of each kind of gains, over individuals and neurons."""
    gains = {name: values for name, values in generation.genes.items() if name.startswith("gains_") and values.size}
    return {f"{name}_size": float(np.abs(values).mean()) for name, values in gains.items()}
