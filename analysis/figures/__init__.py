"""Figures: each a function from loaded runs to a `Plot`, one a file.

To add one, write the function and name it in `FIGURES`; the contract tests run over every entry.
"""

from collections.abc import Callable

from analysis.figures.alignment import alignment
from analysis.figures.plot import Plot, save

FIGURES: dict[str, Callable[..., Plot]] = {"alignment": alignment}
"""Figures by the name used in ``hetevo plot --kind``."""

__all__ = ["FIGURES", "Plot", "alignment", "save"]
