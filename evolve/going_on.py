"""The command, and the call in Python, that goes on with a run, as messages print them."""

import contextlib
from pathlib import Path

from hetevo.evolve.config.plugins import needs_trust
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import HetevoError, spell, spell_both


def spell_resume(path: str | Path, *options: str) -> str:
    """Spell the command that goes on with a run, with ``--trust`` if its configuration names somebody's own modules."""
    return spell("resume", Path(path), *options, *(["--trust"] if _needs_trust(path) else []))


def explain_resume(path: str | Path, flag: str = "") -> str:
    """Say how to go on with a run, on the command line and in Python.

    Parameters
    ----------
    path : str or Path
        Its directory.
    flag : str, optional
        What to say besides, ``"force"``: ``--force``, or ``force=True``.
    """
    return spell_both(path, *([flag] if flag else []), *(["trust"] if _needs_trust(path) else []))


def _needs_trust(path: str | Path) -> bool:
    with contextlib.suppress(HetevoError):  # there is no run, or it cannot be read
        return needs_trust(RunDirectory(path).config())
    return False
