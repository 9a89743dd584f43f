"""The winner, to take away: an individual as a file for other programs.

==============  ===========================================================================
`arrays`        ``npz`` and ``json``: genes, sizes, weights
`graph`         ``graphml`` and ``networkx``: both pathways as a signed, weighted, directed graph
`torch_export`  ``torch``: a state dict, and beside it a module that predicts the same
==============  ===========================================================================
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from hetevo.analysis.exports.arrays import describe, to_json, to_npz
from hetevo.analysis.exports.graph import to_graph, to_graphml, to_networkx
from hetevo.analysis.exports.torch_export import to_torch
from hetevo.analysis.individuals import Individual
from hetevo.analysis.made import write_new
from hetevo.populations.errors import SettingError, nearest

EXPORTS: Mapping[str, tuple[str, Callable[[Individual, int], Mapping[str, bytes]]]] = {
    "npz": (".npz", to_npz),
    "json": (".json", to_json),
    "networkx": (".json", to_networkx),
    "graphml": (".graphml", to_graphml),
    "torch": (".pt", to_torch),
}
"""Formats: the ending of the file, and a function that returns contents by ending."""


def export(
    individual: Individual, path: str | Path, form: str = "npz", *, task: int = 0, force: bool = False
) -> list[Path]:
    """Write an individual as files that other programs read.

    Parameters
    ----------
    individual : Individual
        Of `hetevo.analysis.runs.LoadedRun.champion` or ``individual``.
    path : str or Path
        Name of the file; what is written beside it differs by its ending.
    form : str, optional
        ``npz``, ``json``, ``networkx`` (node-link JSON), ``graphml`` or ``torch`` (extra ``torch``).
    task : int, optional
        Formats that hold one network (the last three) hold that which learned in this of its K tasks.
    force : bool, optional
        Whether to replace what is there.

    Returns
    -------
    list of Path
        What was written, the file asked for first.

    Raises
    ------
    SettingError
        If the format, the ending or the task is another one, a package is missing, or something else is there.

    Examples
    --------
    >>> import hetevo
    >>> path = hetevo.Experiment(hetevo.preset("smoke", seed=7)).run("runs/seven").path
    >>> [file.name for file in export(hetevo.load_run(path).champion(), "champion.npz")]
    ['champion.npz']
    """
    if form not in EXPORTS:
        raise SettingError(f"--to: expected one of {', '.join(EXPORTS)}, got {form!r}.{nearest(form, EXPORTS)}")
    ending, function = EXPORTS[form]
    place = Path(path) if isinstance(path, str) else path
    if place.suffix != ending:
        raise SettingError(f"A file of the format {form} must end in {ending}; got {place}.")
    tasks = len(individual.learned.ascending)
    if not 0 <= task < tasks:
        raise SettingError(f"--task: expected one of 0 to {tasks - 1}, got {task}.")
    contents = function(individual, task)
    return write_new({place.with_suffix(suffix): content for suffix, content in contents.items()}, force=force)


__all__ = ["EXPORTS", "describe", "export", "to_graph"]
