"""Contrasts of conditions: how much they differ in some measures, over seeds; paired where these are the same."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import LATE
from hetevo.analysis.statistics.effects import hedges_g
from hetevo.analysis.statistics.survival import holm
from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.types import Floats

ALWAYS = ("alignment_end", "loss_median")
"""Loss stands beside alignment always: neither says alone whether something learns."""

ACCURACY = "accuracy_median"
"""Stands beside both wherever it is defined: in classifications."""

COLUMNS = [
    "measure", "first", "second", "mean_first", "mean_second", "n_first", "n_second", "generations_first",
    "generations_second", "test", "effect", "low", "high", "df", "p", "p_holm", "g", "g_low", "g_high",
]  # fmt: skip


def contrasts(
    runs: Sequence[LoadedRun],
    *,
    against: str | None = None,
    measures: Sequence[str] = (),
    generations: int = LATE,
) -> pd.DataFrame:
    """Compare conditions in pairs.

    Each run gives one value a measure: its mean over the last ``generations`` generations that the runs of both
    conditions have, of the later half of them. Conditions that did not evolve have the one that they have.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Of two or more conditions, as `hetevo.analysis.conditions.load_all` returns them.
    against : str, optional
        Compare the others with this condition alone. Default: all pairs.
    measures : sequence of str, optional
        Columns of the table of generations besides `ALWAYS`, and `ACCURACY` where the task is a classification.
    generations : int, optional
        How many.

    Returns
    -------
    pandas.DataFrame
        One row a measure and pair: measure, first, second; of both mean, n (seeds), and generations (as text); test
        (``"paired t"`` where both have the same seeds, else ``"Welch"``); effect (first minus second) with its 95 %
        t interval low, high; df; p (two-sided), p_holm (Holm's correction over all rows); Hedges' g with its interval
        (standardised by the pooled deviation over seeds, paired or not). NaN where undefined.

    Raises
    ------
    SettingError
        If there are fewer than two conditions, or no condition ``against``, or no run has a measure.
    """
    groups = group_by_condition(runs)
    pairs = _choose_pairs(groups, against)
    classified = any(ACCURACY in run.generations and run.generations[ACCURACY].notna().any() for run in runs)
    wanted = list(dict.fromkeys([*ALWAYS, *([ACCURACY] if classified else []), *measures]))
    for measure in measures:
        known = sorted({str(column) for run in runs for column in run.generations})
        if measure not in known:
            raise SettingError(f"--measure: no run has recorded {measure!r}.{_name_near(measure, known)}")
    rows = [_contrast(measure, pair, groups, generations) for measure in wanted for pair in pairs]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.assign(p_holm=holm(found["p"].to_numpy(float)))


def _name_near(measure: str, known: Sequence[str]) -> str:
    """Name columns that share a word with a measure, or else the one spelt most like it, or else all."""
    words = {*measure.lower().split("_")} - {""}
    near = [name for name in known if words & {*name.lower().split("_")}]
    return f" Near it: {', '.join(near)}." if near else nearest(measure, known) or f" Recorded are {', '.join(known)}."


def _choose_pairs(groups: Mapping[str, Sequence[LoadedRun]], against: str | None) -> list[tuple[str, str]]:
    names = ", ".join(groups)
    if len(groups) < 2:
        raise SettingError(
            f"A comparison needs at least two conditions, got {len(groups)}: {names}. Name further runs or sweeps;"
            " runs of one condition differ in their seeds alone."
        )
    if against is None:
        return list(combinations(groups, 2))
    if against not in groups:
        raise SettingError(f"--against: expected one of {names}, got {against!r}.{nearest(against, groups)}")
    return [(name, against) for name in groups if name != against]


def _contrast(
    measure: str, pair: tuple[str, str], groups: Mapping[str, Sequence[LoadedRun]], most: int
) -> dict[str, object]:
    """Return one row."""
    # the last generation that all of these runs have, but for those that did not evolve
    lasts = [run.last for name in pair for run in groups[name] if run.last > 0]
    end = min(lasts, default=0)
    values, spans = [], []
    for name in pair:
        own = {run.seed: _late(run, measure, end, most) for run in groups[name]}
        values.append({seed: value for seed, (value, _) in own.items()})
        seen = np.concatenate([at for _, at in own.values()])
        spans.append(f"{seen.min():.0f} to {seen.max():.0f}" if seen.size else "")
    first, second, paired = match(*values)
    size = hedges_g(first, second)
    row: dict[str, object] = {"measure": measure, "first": pair[0], "second": pair[1]}
    row |= {"mean_first": _mean(first), "mean_second": _mean(second), "n_first": len(first), "n_second": len(second)}
    row |= {"generations_first": spans[0], "generations_second": spans[1]}
    row |= {"test": "paired t" if paired else "Welch", **difference(first, second, paired=paired)}
    return row | {"g": size.value, "g_low": size.low, "g_high": size.high}


def match(first: Mapping[int, float], second: Mapping[int, float]) -> tuple[Floats, Floats, bool]:
    """Return what two conditions are compared by: their defined values, and whether these are pairs.

    Parameters
    ----------
    first, second : mapping of int to float
        A value a seed. They are pairs if the seeds are the same: then the values, in the same order, of those seeds in
        which both are defined.

    Examples
    --------
    >>> match({0: 1.0, 1: 2.0}, {1: 4.0, 0: 3.0})
    (array([1., 2.]), array([3., 4.]), True)
    """
    paired = first.keys() == second.keys()
    one = np.array(list(first.values()))
    other = np.array([second[seed] for seed in (first if paired else second)])
    known, known_other = np.isfinite(one), np.isfinite(other)
    if paired:
        known = known_other = known & known_other
    return one[known], other[known_other], paired


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _late(run: LoadedRun, measure: str, end: int, most: int) -> tuple[float, Floats]:
    """Return the mean over the last generations up to ``end``, and which they are."""
    nothing = float("nan"), np.empty(0)
    # of a control that looks at another stage of life, only what is measured in life is known
    if run.stage != "end" and not measure.endswith("_end"):
        return nothing
    generation, values = run.generations["generation"].to_numpy(float), run.values(measure).to_numpy(float)
    until = min(end, run.last)
    kept = np.isfinite(values) & (generation <= until)
    late = np.flatnonzero(kept & ((2 * generation > until) | (until == 0)))[-most:]
    return (float(values[late].mean()), generation[late]) if late.size else nothing


def difference(first: Floats, second: Floats, *, paired: bool) -> dict[str, float]:
    """Test whether two conditions differ.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n1,), (n2,)
        One value a seed, all defined; of the same seeds in the same order if ``paired``.
    paired : bool
        Student's test of the differences; else Welch's, which does not ask for equal variances.

    Returns
    -------
    dict of str to float
        effect (first minus second), low, high (coverage `CONFIDENCE`), df, p (two-sided); NaN with fewer than 2 seeds a
        condition. Where nothing varies at all, p is 0, or 1 if there is no difference.

    Examples
    --------
    >>> found = difference(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]), paired=True)
    >>> found["effect"], round(found["p"], 4)
    (2.0, 0.0742)
    """
    n1, n2 = len(first), len(second)
    effect = _mean(first) - _mean(second)
    if min(n1, n2) < 2:
        return {"effect": effect, **dict.fromkeys(("low", "high", "df", "p"), float("nan"))}
    # squared standard error of the difference, and its degrees of freedom
    if paired:
        square, df = float((first - second).var(ddof=1)) / n1, float(n1 - 1)
    else:
        one, other = first.var(ddof=1) / n1, second.var(ddof=1) / n2
        square = float(one + other)
        df = float(square**2 / (one**2 / (n1 - 1) + other**2 / (n2 - 1))) if square else float(n1 + n2 - 2)
    error = np.sqrt(square)
    half = float(special.stdtrit(df, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(special.stdtr(df, -abs(effect) / error)) if error else float(effect == 0)
    return {"effect": effect, "low": effect - half, "high": effect + half, "df": df, "p": p}


NONE = "–"
HEAD = ("measure", "first", "second", "means", "difference (95 % interval)", "p", "p (Holm)", "Hedges' g", "seeds")
NOTE = """\
Means over the last generations that the runs of both conditions have, ten at most; the difference is first minus \
second, over seeds. Paired: Student's t test by seed; else Welch's. p is two-sided, Holm's correction over all rows."""


def write_contrasts(found: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what `contrasts` found as text, a row each, with the columns `HEAD`."""
    rows = []
    for row in found.to_dict("records"):
        interval = f" ({row['low']:+.3g} to {row['high']:+.3g})" if np.isfinite(row["low"]) else ""
        paired = row["test"] == "paired t"
        cells = (
            f"{row['mean_first']:.3g}, {row['mean_second']:.3g}",
            f"{row['effect']:+.3g}{interval}",
            *(_write_p(row[name]) for name in ("p", "p_holm")),
            f"{row['g']:+.2f}",
            f"{row['n_first']}, paired" if paired else f"{row['n_first']} and {row['n_second']}",
        )
        names = (str(row["measure"]), str(row["first"]), str(row["second"]))
        rows.append((*names, *(NONE if "nan" in cell else cell for cell in cells)))
    return rows


def _write_p(p: float) -> str:
    return NONE if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"
