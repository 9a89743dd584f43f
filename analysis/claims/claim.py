"""A claim of the theory: what it says, which runs can show it, and what would refute it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from hetevo.analysis.claims.contrast import Contrast, Found, measure
from hetevo.analysis.figures.claim import SHOWN
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.runs import LoadedRun

SOURCE = "Ziyin, Chuang, Poggio (2025), arXiv:2505.02248"


@dataclass(frozen=True)
class Claim:
    """What the theory says of a circuit, as predictions that runs can refute.

    Parameters
    ----------
    name : str
        Of the preset, and of the sweep that holds it and its control.
    says : str
        The claim in one sentence.
    contrasts : tuple of Contrast
        Its predictions. Each is refuted by an interval over seeds that does not lie on the predicted side.
    shows : mapping of str to str
        What the figure draws for every condition: what the axis says, by column of the table of generations.
    draw : callable, optional
        Draws the figure instead, from the runs of the sweep.
    source : str
        Where it comes from.
    note : str
        What to make of what came out, for the page of the claim.
    came_out : str
        What 20 seeds (10 with all controls) said when it was last measured: ``make verify`` fails if that changes.
    """

    name: str
    says: str
    contrasts: tuple[Contrast, ...]
    shows: Mapping[str, str] = field(default_factory=lambda: SHOWN)
    draw: Callable[[Sequence[LoadedRun]], Plot] | None = None
    source: str = SOURCE
    note: str = ""
    came_out: str = "holds"


def check(claim: Claim, runs: Sequence[LoadedRun]) -> list[Found]:
    """Measure all contrasts of a claim.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    runs : sequence of LoadedRun
        Of its sweep.
    """
    return [measure(contrast, runs) for contrast in claim.contrasts]


def verdict(found: Sequence[Found]) -> str:
    """Return ``"holds"``, ``"holds in part"`` or ``"fails"``."""
    holding = sum(one.holds for one in found)
    return "holds" if holding == len(found) else "holds in part" if holding else "fails"


def table(claim: Claim, found: Sequence[Found]) -> pd.DataFrame:
    """Return one row a contrast: claim, prediction, predicted, effect, low, high, n, holds.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    found : sequence of Found
        From `check`.
    """
    rows = [
        {
            "claim": claim.name,
            "prediction": one.contrast.says,
            "predicted": f"{'>' if one.contrast.sign > 0 else '<'} {one.contrast.value:.4g}",
            "effect": one.effect,
            "low": one.low,
            "high": one.high,
            "n": one.n,
            "holds": one.holds,
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def markdown(claim: Claim, found: Sequence[Found]) -> str:
    """Return the rows of a claim for a table in Markdown: prediction, measured with interval, predicted, n, holds."""
    rows = [
        f"| {row['prediction']} | {row['effect']:.3f} ({row['low']:.3f} to {row['high']:.3f}) | {row['predicted']} |"
        f" {row['n']} | {'yes' if row['holds'] else '**no**'} |"
        for row in table(claim, found).to_dict("records")
    ]
    head = [
        "| prediction | measured, mean over seeds (95 % t interval) | predicted | n | holds |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])
