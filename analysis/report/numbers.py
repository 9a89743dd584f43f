"""Numbers as text, and tables of them: undefined is said, never 0."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hetevo.analysis.intervals import bounds_of, interval_shown
from hetevo.analysis.statistics.survival import in_powers_of_ten
from hetevo.populations.types import Floats

UNDEFINED = "undefined"


@dataclass(frozen=True)
class Table:
    """Text in rows; the first column names them.

    Parameters
    ----------
    caption : str
        What it shows.
    head : tuple of str
        Names of the C columns.
    rows : sequence of tuple of str
        C cells each.
    """

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def write_signed(value: float) -> str:
    """Write a cosine or an effect: two decimals and the sign."""
    return UNDEFINED if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def write_share(value: float) -> str:
    """Write a number from 0 to 1."""
    return UNDEFINED if math.isnan(value) else f"{value:.2f}"


def write_interval(low: float, high: float) -> str:
    """Write an interval of signed numbers; nothing if there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"{write_signed(low)} to {write_signed(high)}"


def write_generation(value: float) -> str:
    """Write a generation; infinite: fewer than half of the seeds."""
    if math.isnan(value):
        return "–"
    return "none (fewer than half of the seeds)" if math.isinf(value) else f"{value:.0f}"


def write_probability(p: float) -> str:
    """Write a p value."""
    if math.isnan(p):
        return "–"
    return f"{p:.3f}" if p >= 0.001 else in_powers_of_ten(p)


def write_cosine(values: Floats) -> str:
    """Write the mean of a cosine over seeds with its interval in brackets, cut at -1 and 1 as figures show it."""
    mean, low, high = interval_shown(values, bounds_of("alignment"))
    interval = write_interval(low, high)
    return f"{write_signed(mean)} ({interval})" if interval else write_signed(mean)
