"""A claim of the theory: what it says, which runs can show it, and what would refute it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hetevo.analysis.claims.own import CLAIM_FIGURES
from hetevo.analysis.claims.prediction import Measured, Prediction, measure
from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.alignment import alignment
from hetevo.analysis.figures.claim import SHOWN
from hetevo.analysis.figures.claim import claim as dots
from hetevo.analysis.figures.lifetime import lifetime
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.runs import LoadedRun

UNDECIDED = "undecided"
"""The verdict where no key prediction is refuted, and not all are confirmed; and where two judgements differ."""

VERDICTS = ("confirmed", "refuted", UNDECIDED)


@dataclass(frozen=True)
class Claim:
    """What the theory says of a circuit, as predictions that runs can refute.

    Parameters
    ----------
    name : str
        Of the experiment, whose sweep holds what is claimed and its control.
    says : str
        The claim in one sentence.
    predictions : tuple of Prediction
        The verdict rests on those that are key; the others are checks.
    shows : mapping of str to str
        What the figure draws for every condition: what the axis says, by column of the table of generations.
    figure : str
        One of `hetevo.analysis.claims.own.CLAIM_FIGURES`, which is drawn instead.
    source : str
        Where it comes from; empty: nobody said.
    note : str
        What to make of what came out, for the page of the claim.
    first : str
        The verdict when its seeds were judged first, if that was another one; see `judge`.
    order : int
        Where it stands among the others.
    file : str
        What its sweep is read from: the name of an experiment, or somebody's own file.
    """

    name: str
    says: str
    predictions: tuple[Prediction, ...]
    shows: Mapping[str, str] = field(default_factory=lambda: SHOWN)
    figure: str = ""
    source: str = ""
    note: str = ""
    first: str = ""
    order: int = 0
    file: str = ""


def check(claim: Claim, runs: Sequence[LoadedRun]) -> list[Measured]:
    """Measure all predictions of a claim.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    runs : sequence of LoadedRun
        Of its sweep.
    """
    return [measure(prediction, runs) for prediction in claim.predictions]


def verdict(measured: Sequence[Measured]) -> str:
    """Return ``"confirmed"``, ``"refuted"`` or ``"undecided"``.

    A claim is confirmed if all of its key predictions hold, and refuted if the interval of one of them lies entirely
    where it is predicted not to. Without key predictions nothing can be decided.
    """
    keys = [each for each in measured if each.prediction.key]
    if any(each.opposed for each in keys):
        return "refuted"
    return "confirmed" if keys and all(each.holds for each in keys) else UNDECIDED


def judge(claim: Claim, measured: Sequence[Measured]) -> tuple[str, str]:
    """Return the verdict that stands, and why it is another one than that of these runs.

    A second look at the same seeds, with other last bits or means over other generations, may take a verdict away but
    not give one: where it differs from the first, the claim is undecided.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    measured : sequence of Measured
        From `check`.

    Returns
    -------
    stands : str
        As `verdict` returns it.
    why : str
        A sentence; empty if the first judgement said the same.
    """
    found = verdict(measured)
    if claim.first in ("", found):
        return found, ""
    return UNDECIDED, f"These runs alone: {found}; when the same seeds were judged first: {claim.first}."


def table(
    claim: Claim, measured: Sequence[Measured], adjusted: Mapping[str, float] | None = None, *, powers: bool = False
) -> pd.DataFrame:
    """Return one row a prediction.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    measured : sequence of Measured
        From `check`.
    adjusted : mapping of str to float, optional
        p values after Holm's correction, from `hetevo.analysis.claims.adjust`.
    powers : bool, optional
        Add what `hetevo.analysis.statistics.seeds` says: sd, matters, power, seeds_needed (missing where unknown).

    Returns
    -------
    pandas.DataFrame
        claim, prediction, key, predicted, effect, low, high, n, p, p_holm (of key predictions, else NaN), holds.
    """
    rows = []
    for each in measured:
        about = each.prediction
        row: dict[str, object] = {"claim": claim.name, "prediction": about.says, "key": about.key}
        row |= {"predicted": about.predicted, "effect": each.effect, "low": each.low, "high": each.high, "n": each.n}
        row |= {"p": each.p, "p_holm": (adjusted or {}).get(about.says, math.nan), "holds": each.holds}
        if powers:
            row |= {"sd": each.sd, "matters": about.within or about.matters}
            row |= {"power": each.power, "seeds_needed": each.seeds_needed}
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.astype({"seeds_needed": "Int64"}) if powers else found


def draw(claim: Claim, runs: Sequence[LoadedRun], **design: Any) -> Plot:
    """Draw the figure of a claim: its own, or the measures that it names, in every condition.

    Parameters
    ----------
    claim : Claim
        Any.
    runs : sequence of LoadedRun
        Of its sweep.
    **design
        How it is to look, see `hetevo.analysis.figures.Design`.
    """
    own = CLAIM_FIGURES.get(claim.figure)
    return own(runs, **design) if own else dots(runs, shows=claim.shows, **design)


def picture(claims: Mapping[str, Claim], runs: Sequence[LoadedRun], **design: Any) -> tuple[str, Plot]:
    """Draw what runs are about: the figure of their claim, or alignment over generations.

    Parameters
    ----------
    claims : mapping of str to Claim
        Claims by the name of their sweep, such as `hetevo.analysis.claims.CLAIMS`; the one is found whose sweep has
        the name of the preset of all these runs.
    runs : sequence of LoadedRun
        At least one.
    **design
        How it is to look, see `hetevo.analysis.figures.Design`.

    Returns
    -------
    kind : str
        ``"claim"`` if the runs are several conditions of one claim, ``"lifetime"`` if nothing evolved in them,
        ``"alignment"`` otherwise.
    plot : Plot
        The figure.
    """
    presets, conditions = {run.preset for run in runs}, set(group_by_condition(runs))
    claim = claims.get(presets.pop()) if len(presets) == 1 else None
    if claim is not None and len(conditions) > 1:
        compared = {condition for prediction in claim.predictions for condition in prediction.conditions}
        # its own drawing is about the runs of its sweep, not of any variants of its preset
        return "claim", draw(claim, runs, **design) if compared <= conditions else dots(
            runs, shows=claim.shows, **design
        )
    if all(run.probed and run.last == 0 for run in runs):
        return "lifetime", lifetime(runs, **design)
    return "alignment", alignment(runs, **design)
