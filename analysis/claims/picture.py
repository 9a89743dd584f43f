"""The figure that suits runs: that of their claim, or alignment over generations."""

from collections.abc import Sequence

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.conditions import by_condition
from hetevo.analysis.figures.alignment import alignment
from hetevo.analysis.figures.claim import claim as dots
from hetevo.analysis.figures.lifetime import lifetime
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.runs import LoadedRun


def picture(claims: dict[str, Claim], runs: Sequence[LoadedRun]) -> tuple[str, Plot]:
    """Draw what runs are about.

    Parameters
    ----------
    claims : dict
        Claims by the name of their preset.
    runs : sequence of LoadedRun
        At least one.

    Returns
    -------
    kind : str
        ``"claim"`` if the runs are several conditions of one claim, ``"lifetime"`` if nothing evolved in them,
        ``"alignment"`` otherwise.
    plot : Plot
        The figure.
    """
    presets, conditions = {run.preset for run in runs}, set(by_condition(runs))
    claim = claims.get(presets.pop()) if len(presets) == 1 else None
    if claim is not None and len(conditions) > 1:
        compared = {condition for contrast in claim.contrasts for _, condition, _ in contrast.terms}
        # its own drawing is about the runs of its sweep, not of any variants of its preset
        return "claim", draw(claim, runs) if compared <= conditions else dots(runs, shows=claim.shows)
    if all(run.probed and run.last == 0 for run in runs):
        return "lifetime", lifetime(runs)
    return "alignment", alignment(runs)


def draw(claim: Claim, runs: Sequence[LoadedRun]) -> Plot:
    """Draw the figure of a claim: its own, or the measures that it names, in every condition."""
    if claim.draw is not None:
        return claim.draw(runs)
    return dots(runs, shows=claim.shows)
