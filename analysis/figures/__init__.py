"""Figures: each a function from loaded runs to a `Plot`, one a file.

To add one, write the function and name it in `FIGURES`; the contract tests run over every entry.
"""

from collections.abc import Callable

from analysis.figures.alignment import alignment
from analysis.figures.claim import claim
from analysis.figures.distribution import distribution
from analysis.figures.fitness import fitness
from analysis.figures.gains import gains
from analysis.figures.levels import levels
from analysis.figures.lifetime import lifetime
from analysis.figures.lineage import lineage
from analysis.figures.metaplasticity import metaplasticity
from analysis.figures.onset import onset
from analysis.figures.phase_diagram import phase_diagram
from analysis.figures.phase_plane import phase_plane
from analysis.figures.phi import phi
from analysis.figures.plot import Plot, save
from analysis.figures.price import price
from analysis.figures.signs import signs
from analysis.figures.survival import survival

FIGURES: dict[str, Callable[..., Plot]] = {
    "alignment": alignment,
    "onset": onset,
    "survival": survival,
    "lifetime": lifetime,
    "levels": levels,
    "distribution": distribution,
    "fitness": fitness,
    "phase-plane": phase_plane,
    "lineage": lineage,
    "price": price,
    "phase-diagram": phase_diagram,
    "gains": gains,
    "signs": signs,
    "phi": phi,
    "claim": claim,
    "metaplasticity": metaplasticity,
}
"""Figures by the name used in ``hetevo plot --kind``."""

__all__ = [
    "FIGURES",
    "Plot",
    "alignment",
    "claim",
    "distribution",
    "fitness",
    "gains",
    "levels",
    "lifetime",
    "lineage",
    "metaplasticity",
    "onset",
    "phase_diagram",
    "phase_plane",
    "phi",
    "price",
    "save",
    "signs",
    "survival",
]
