"""Figures: each a function from loaded runs to a `Plot`, one a file.

To add one, write the function and name it in `FIGURES`; the contract tests run over every entry.
"""

from collections.abc import Callable

from hetevo.analysis.figures.alignment import alignment
from hetevo.analysis.figures.claim import claim
from hetevo.analysis.figures.distribution import distribution
from hetevo.analysis.figures.fitness import fitness
from hetevo.analysis.figures.gains import gains
from hetevo.analysis.figures.levels import levels
from hetevo.analysis.figures.lifetime import lifetime
from hetevo.analysis.figures.lineage import lineage
from hetevo.analysis.figures.metaplasticity import metaplasticity
from hetevo.analysis.figures.onset import onset
from hetevo.analysis.figures.phase_diagram import phase_diagram
from hetevo.analysis.figures.phase_plane import phase_plane
from hetevo.analysis.figures.phi import phi
from hetevo.analysis.figures.plot import Plot, save
from hetevo.analysis.figures.price import price
from hetevo.analysis.figures.signs import signs
from hetevo.analysis.figures.survival import survival

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
