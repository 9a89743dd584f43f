"""Figures: each a function from loaded runs to a `Plot`; and drawings of individuals.

To add one, write a function that draws into a `Frame`, decorate it with `figure` and name it in `FIGURES`; the contract
tests run over every entry. What all figures share is in `frame` (panels, legends, data), `needs` (what runs must have
recorded), `parts` (what is drawn inside panels), `canvas` (sizes, letters), `design` (what somebody chose), `caption`,
`style` and `plot`; `composed` puts several on a page.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hetevo.analysis.figures.alignment import alignment, levels
from hetevo.analysis.figures.archive import archive
from hetevo.analysis.figures.assembly import assembly
from hetevo.analysis.figures.bcm import bcm
from hetevo.analysis.figures.circuit import draw_individual
from hetevo.analysis.figures.claim import claim
from hetevo.analysis.figures.composed import compose_page
from hetevo.analysis.figures.design import Design
from hetevo.analysis.figures.emergence import onset, survival
from hetevo.analysis.figures.exchange import exchange
from hetevo.analysis.figures.gains import gains, phi, signs
from hetevo.analysis.figures.individuals import distribution, fitness, parents
from hetevo.analysis.figures.lifetime import lifetime
from hetevo.analysis.figures.lineage import lineage, price
from hetevo.analysis.figures.metaplasticity import metaplasticity
from hetevo.analysis.figures.objectives import front, front_alignment, hypervolume
from hetevo.analysis.figures.phase import phase_diagram, phase_plane
from hetevo.analysis.figures.plot import Plot, save
from hetevo.analysis.figures.trace import trace
from hetevo.populations.registry import Registry


def _accept(found: Any) -> Callable[..., Plot]:
    if not callable(found) or isinstance(found, type):
        raise TypeError(f"expected a function from loaded runs to a Plot, got {found!r}")
    return found  # type: ignore[no-any-return]


FIGURES: Registry[Callable[..., Plot]] = Registry(
    "figure",
    {
        "alignment": alignment,
        "onset": onset,
        "survival": survival,
        "lifetime": lifetime,
        "assembly": assembly,
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
        "bcm": bcm,
        "exchange": exchange,
        "front": front,
        "front-alignment": front_alignment,
        "hypervolume": hypervolume,
        "parents": parents,
        "archive": archive,
    },
    _accept,
)
"""Figures by the name used in ``hetevo plot --kind``."""


def compose(source: str | Path) -> Plot:
    """Draw a page of several of these figures, see `hetevo.analysis.figures.composed.compose_page`.

    Parameters
    ----------
    source : str or Path
        A TOML file with a table ``[[panel]]`` for each panel.
    """
    return compose_page(source, FIGURES)


__all__ = [
    "FIGURES",
    "Design",
    "Plot",
    "alignment",
    "archive",
    "assembly",
    "bcm",
    "claim",
    "compose",
    "distribution",
    "draw_individual",
    "exchange",
    "fitness",
    "front",
    "front_alignment",
    "gains",
    "hypervolume",
    "levels",
    "lifetime",
    "lineage",
    "metaplasticity",
    "onset",
    "parents",
    "phase_diagram",
    "phase_plane",
    "phi",
    "price",
    "save",
    "signs",
    "survival",
    "trace",
]
