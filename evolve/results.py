"""What a run says while it goes on, and what is left to say when it has ended."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GenerationReport:
    """What a progress display is told after each generation.

    Parameters
    ----------
    generation, generations : int
        Just done, and the last one to come.
    loss_best, loss_median : float
        Normalised test loss.
    alignment_end, alignment_end_elite : float or None
        Mean gradient alignment at the end of life; None where it was not measured.
    seconds, elapsed : float
        Seconds that this generation took, and since the start.
    """

    generation: int
    generations: int
    loss_best: float
    loss_median: float
    alignment_end: float | None
    alignment_end_elite: float | None
    seconds: float
    elapsed: float


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Parameters
    ----------
    path : Path
        Its directory.
    generation : int
        The last one that lived.
    digest : str
        Digest of everything that evolution did.
    probe_digest : str or None
        Digest of what the probe recorded.
    stopped_by : str
        ``""`` if it is done; ``"STOP"`` for the file.
    signal : int
        Number of the signal that stopped it; 0 if none did.
    saved : str
        How often it was saved, and what that cost.
    """

    path: Path
    generation: int
    digest: str
    probe_digest: str | None
    stopped_by: str = ""
    signal: int = 0
    saved: str = ""


Progress = Callable[[GenerationReport], None]
"""Is called after every generation."""

Notice = Callable[[str], None]
"""Is told, in one sentence, what a person should know although the run goes on."""


def logged(message: str) -> None:
    """Hand a notice to Python's logging: what is done where nobody gave a `Notice`."""
    logging.getLogger("hetevo").warning(message)
