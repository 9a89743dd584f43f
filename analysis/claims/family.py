"""Holm's correction over the key predictions of all claims that ship, whichever of them are judged."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np

from hetevo.analysis.claims.prediction import Measured
from hetevo.analysis.statistics.survival import holm

FAMILY = "family.csv"
"""Recorded p values: a row a key prediction of a claim, with the columns claim, prediction and p."""


@cache
def read_family() -> Mapping[tuple[str, str], float]:
    """Return the recorded p value of every key prediction that ships, by claim and prediction."""
    text = (resources.files("hetevo.analysis.claims") / FAMILY).read_text("utf-8")
    return {(row["claim"], row["prediction"]): float(row["p"]) for row in csv.DictReader(text.splitlines())}


def write_family(results: Mapping[str, Sequence[Measured]]) -> str:
    """Return the table of p values of all key predictions, as it ships.

    Parameters
    ----------
    results : mapping of str to sequence of Measured
        By the name of the claim.
    """
    rows = [
        f'{name},"{each.prediction.says}",{each.p:.3g}'
        for name, measured in results.items()
        for each in measured
        if each.prediction.key
    ]
    return "\n".join(["claim,prediction,p", *rows]) + "\n"


def adjust(
    results: Mapping[str, Sequence[Measured]], family: Mapping[tuple[str, str], float] | None = None
) -> dict[str, dict[str, float]]:
    """Adjust the p values of key predictions for all that ship.

    Those that were measured take the place of the recorded ones; the family has its whole size also where a single
    claim is judged. A prediction that could not be tested counts as one that failed.

    Parameters
    ----------
    results : mapping of str to sequence of Measured
        By the name of the claim.
    family : mapping of (str, str) to float, optional
        What `read_family` returns for another family; empty: these key predictions alone. Default: all that ship.

    Returns
    -------
    dict of str to dict of str to float
        The adjusted p value of each key prediction, by the name of the claim and what the prediction says.
    """
    own = {
        (name, each.prediction.says): each.p
        for name, measured in results.items()
        for each in measured
        if each.prediction.key
    }
    others = read_family() if family is None else family
    whole = {**{key: p for key, p in others.items() if key[0] not in results}, **own}
    adjusted = holm(np.nan_to_num(np.array(list(whole.values())), nan=1.0))
    found: dict[str, dict[str, float]] = {name: {} for name in results}
    for (name, says), p in zip(whole, adjusted, strict=True):
        if (name, says) in own:
            found[name][says] = float(p)
    return found
