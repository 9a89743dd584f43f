"""Survival of "not yet emerged": Kaplan-Meier curves, log-rank tests by the library lifelines, Holm's correction."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.statistics.onset import Onsets
from hetevo.populations.errors import SettingError
from hetevo.populations.extras import how_to_install
from hetevo.populations.types import Floats

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def survival_curve(onsets: Onsets) -> pd.DataFrame:
    """Estimate the share of runs that have not emerged yet.

    Parameters
    ----------
    onsets : Onsets
        Of the runs of one condition.

    Returns
    -------
    pandas.DataFrame
        generation, surviving, low, high (pointwise interval on the log-log scale, coverage `CONFIDENCE`), at_risk,
        emerged, censored.

    Raises
    ------
    SettingError
        If lifelines is not installed.
    """
    lifelines = load_lifelines()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an interval where nobody emerged: it is set below
        fitter = lifelines.KaplanMeierFitter(alpha=1 - CONFIDENCE).fit(onsets.time, onsets.observed)
    # its tables, under the names of this field
    interval = fitter.confidence_interval_
    events = fitter.event_table.reindex(fitter.survival_function_.index)
    table = pd.DataFrame(
        {
            "generation": fitter.survival_function_.index.to_numpy(float),
            "surviving": fitter.survival_function_.iloc[:, 0].to_numpy(float),
            "low": interval.iloc[:, 0].to_numpy(float),
            "high": interval.iloc[:, 1].to_numpy(float),
            "at_risk": events["at_risk"].to_numpy(int),
            "emerged": events["observed"].to_numpy(int),
            "censored": events["censored"].to_numpy(int),
        }
    )
    # the log-log scale has no interval at 1 and 0: none has emerged, or all have
    none, every = table["surviving"] == 1, table["surviving"] == 0
    table.loc[none, ["low", "high"]] = np.nan
    table.loc[every, ["low", "high"]] = np.nan
    return table


def log_rank(first: Onsets, second: Onsets) -> float:
    """Test whether two conditions emerge at the same times.

    Parameters
    ----------
    first, second : Onsets
        Of the runs of two conditions.

    Returns
    -------
    float
        p value of the log-rank test (chi-squared with one degree of freedom, so approximate with few seeds); 1 if no
        run of either emerged.

    Raises
    ------
    SettingError
        If lifelines is not installed.
    """
    lifelines = load_lifelines()
    if not (first.observed.any() or second.observed.any()):
        return 1.0
    result = lifelines.statistics.logrank_test(
        first.time, second.time, event_observed_A=first.observed, event_observed_B=second.observed
    )
    # NaN: all emerged in the one generation in which all were still at risk, so nothing tells them apart
    return 1.0 if np.isnan(result.p_value) else float(result.p_value)


def holm(values: Floats) -> Floats:
    """Adjust p values so that the chance of any false rejection is held, however the tests depend on each other.

    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70: the i-th
    smallest of m is multiplied by m - i + 1, then made monotone and cut at 1.

    Parameters
    ----------
    values : ndarray of float, shape (m,)
        p values; NaN (no test was possible) stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (m,)

    Examples
    --------
    >>> holm(np.array([0.01, np.nan, 0.04, 0.03])).tolist()
    [0.03, nan, 0.06, 0.06]
    """
    values = np.asarray(values, float)
    adjusted = np.full(values.shape, np.nan)
    # from the smallest on: the factor is the number of hypotheses that are left
    tested = np.flatnonzero(np.isfinite(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1) if len(order) else []
    return adjusted


def in_powers_of_ten(value: float) -> str:
    """Write a small p value with one digit.

    >>> in_powers_of_ten(0.00023)
    '2 × 10⁻⁴'
    """
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def load_lifelines() -> Any:
    """Return the library lifelines; SettingError, with how to install it, if it is missing."""
    try:
        import lifelines
        import lifelines.statistics
    except ImportError:
        raise SettingError(
            "Survival curves and log-rank tests need the library lifelines, which is not installed. Install it:"
            f" {how_to_install('stats')}."
        ) from None
    return lifelines
