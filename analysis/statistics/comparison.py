"""Statistics of emergence over several conditions, as tidy tables in which a row is a run or a condition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from hetevo.analysis.conditions import find_neutral_condition, group_by_condition
from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import STAY, Curves, change_point, curves, last_level
from hetevo.analysis.statistics.effects import cliffs_delta, hedges_g
from hetevo.analysis.statistics.onset import (
    COVERAGE,
    ENOUGH_NEUTRAL,
    RESAMPLES,
    Band,
    Onsets,
    half_levels,
    median_onset,
    neutral_band,
    neutral_onsets,
    onsets,
)
from hetevo.analysis.statistics.survival import holm, log_rank
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

MEASURE = "alignment_end"


@dataclass(frozen=True)
class Emergence:
    """Whether and when a measure emerged.

    Parameters
    ----------
    measure : str
        Column of the table of generations.
    neutral : str
        Condition that the others are compared with.
    stay : int
        Generations that a run must stay above the band.
    band : Band
        Of the neutral runs.
    curves : dict of str to Curves
        By condition, all over the generations of the band.
    onsets : dict of str to Onsets
        By condition; those of neutral runs against the band of the others.
    runs : pandas.DataFrame
        One row a run: condition, seed, run, generations, onset (NaN if censored), emerged, time (of onset or
        censoring), half (generation of half its final level, see `half_levels`), level (mean over the
        generations that make its end), change_start, change_stop, change_rise, change_explained.
    conditions : pandas.DataFrame
        One row a condition: condition, seeds (text), n, emerged, onset_median, onset_low, onset_high, half_median (over
        the runs that have one), level, level_sd, and against neutral: g, g_low, g_high, delta, delta_low, delta_high,
        log_rank_p, log_rank_holm. Where the measure is defined in no generation of any run, all but the first three are
        missing, and so is every comparison with that condition.
    pairs : pandas.DataFrame
        One row a pair of conditions: first, second, log_rank_p, log_rank_holm.
    """

    measure: str
    neutral: str
    stay: int
    band: Band
    curves: Mapping[str, Curves]
    onsets: Mapping[str, Onsets]
    runs: pd.DataFrame
    conditions: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def caution(self) -> str:
        """What to know of the band if it rests on fewer than `ENOUGH_NEUTRAL` seeds; else empty."""
        n = len(self.curves[self.neutral].values)
        if n >= ENOUGH_NEUTRAL:
            return ""
        return (
            f"The neutral band rests on {n} seeds: with fewer than {ENOUGH_NEUTRAL} it is wide, and onsets by it come"
            " late. The generation of half the final level needs no band."
        )


def emergence(
    runs: Sequence[LoadedRun],
    *,
    neutral: str | None = None,
    measure: str = MEASURE,
    coverage: float = COVERAGE,
    stay: int = STAY,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Emergence:
    """Compare conditions with neutral runs.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Of two or more conditions.
    neutral : str, optional
        The condition to compare with. Default: the only one in which parents are drawn by lot.
    measure : str, optional
        Column of the table of generations.
    coverage, stay : optional
        See `neutral_band` and `onsets`.
    resamples, seed : int, optional
        Of the bootstrap.

    Raises
    ------
    SettingError
        If there are fewer than 3 neutral runs, or no other condition, or lifelines is missing.
    """
    groups = group_by_condition(runs)
    name = check_neutral(runs, neutral)
    # the band of the neutral runs, and when each run leaves it
    every = curves(runs, measure)
    found = {key: every.take(np.array([run.condition == key for run in runs])) for key in groups}
    band = neutral_band(found[name].values, coverage)
    times = {
        key: neutral_onsets(own, coverage, stay) if key == name else onsets(own, band, stay)
        for key, own in found.items()
    }
    # one row a run
    table = pd.concat(
        [_of_runs(groups[key], measure, found[key], times[key], stay) for key in groups], ignore_index=True
    )
    levels = {str(key): group["level"].to_numpy() for key, group in table.groupby("condition", sort=False)}
    # one row a condition, compared with the neutral one; one generator draws for all, in their order
    rng = np.random.default_rng(seed)
    rows = []
    for condition, own in found.items():
        row = _of_condition(condition, groups[condition], times[condition], levels[condition])
        row["half_median"] = float(table.loc[table["condition"] == condition, "half"].dropna().median())
        if not own.defined:
            row["emerged"] = pd.NA
        elif condition != name:
            median = median_onset(own, found[name], rng, coverage=coverage, stay=stay, resamples=resamples)
            row |= {"onset_median": median.value, "onset_low": median.low, "onset_high": median.high}
            for effect, compute in (("g", hedges_g), ("delta", cliffs_delta)):
                size = compute(levels[condition], levels[name])
                row |= {effect: size.value, f"{effect}_low": size.low, f"{effect}_high": size.high}
            row["log_rank_p"] = log_rank(times[condition], times[name])
        rows.append(row)
    conditions = _corrected(pd.DataFrame(rows).astype({"emerged": "Int64"}))
    return Emergence(measure, name, stay, band, found, times, table, conditions, _pairs(found, times))


def check_neutral(runs: Sequence[LoadedRun], wanted: str | None = None) -> str:
    """Name the neutral condition, of which there must be enough runs to compare others with.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Of two or more conditions.
    wanted : str, optional
        See `emergence`.

    Raises
    ------
    SettingError
        If there are fewer than 3 neutral runs, or no other condition.
    """
    groups = group_by_condition(runs)
    name = find_neutral_condition(groups, wanted)
    if len(groups) < 2 or len(groups[name]) < 3:
        raise SettingError(
            f"Statistics of emergence compare conditions with at least 3 neutral seeds; got"
            f" {', '.join(f'{condition} ({len(group)})' for condition, group in groups.items())}, of which"
            f" {name!r} is neutral. Run more seeds, for instance with 'hetevo sweep emergence-and-neutral'."
        )
    return name


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Add Holm's correction of the log-rank tests over the rows."""
    return table.assign(log_rank_holm=holm(table["log_rank_p"].to_numpy(float)))


def _pairs(found: Mapping[str, Curves], times: Mapping[str, Onsets]) -> pd.DataFrame:
    """Compare every condition with every other one."""
    rows = [
        (a, b, log_rank(times[a], times[b]) if found[a].defined and found[b].defined else float("nan"))
        for a, b in combinations(found, 2)
    ]
    return _corrected(pd.DataFrame(rows, columns=["first", "second", "log_rank_p"]))


def _of_runs(group: Sequence[LoadedRun], measure: str, own: Curves, times: Onsets, stay: int) -> pd.DataFrame:
    rows = []
    halves = half_levels(own, stay)
    for number, run in enumerate(group):
        values = own.values[number]
        change = change_point(values, own.generations)
        emerged, time = bool(times.observed[number]), float(times.time[number])
        rows.append(
            {
                "condition": run.condition,
                "seed": run.seed,
                "run": str(run.path),
                "generations": int(own.last[number]),
                "onset": time if emerged else float("nan"),
                "emerged": emerged,
                "time": time,
                "half": float(halves[number]),
                "level": last_level(run, measure).value,
                "change_start": change.start,
                "change_stop": change.stop,
                "change_rise": change.rise,
                "change_explained": change.explained,
            }
        )
    return pd.DataFrame(rows)


def _of_condition(condition: str, group: Sequence[LoadedRun], times: Onsets, levels: Floats) -> dict[str, object]:
    row: dict[str, object] = {
        "condition": condition,
        "seeds": " ".join(str(run.seed) for run in group),
        "n": len(group),
        "emerged": int(times.observed.sum()),
    }
    # everything else is undefined until it is compared with the neutral condition
    defined = levels[np.isfinite(levels)]
    row |= dict.fromkeys(("onset_median", "onset_low", "onset_high", "half_median"), float("nan"))
    row["level"] = mean_and_interval(levels)[0]
    row["level_sd"] = float(defined.std(ddof=1)) if defined.size > 1 else float("nan")
    nothing = ("g", "g_low", "g_high", "delta", "delta_low", "delta_high", "log_rank_p")
    return row | dict.fromkeys(nothing, float("nan"))
