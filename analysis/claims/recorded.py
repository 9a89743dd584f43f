"""What was recorded of a claim's runs: a small table of which its page and its figure are made again without a run.

A row is a measure of a condition in one of its last generations, a column a seed. Above them stands, as a comment, what
was frozen before the runs began, what pilot runs chose, and whether the runs were portable, if so. Older tables hold
fewer generations; the oldest hold the mean of each prediction in the last one and its interval, so that the page can be
made but no figure.
"""

import json
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from hetevo.analysis.claims.claim import Claim, check
from hetevo.analysis.claims.prediction import Measured, Prediction, by_seed
from hetevo.analysis.intervals import CONFIDENCE, error_of
from hetevo.analysis.runs import LoadedRun, Value
from hetevo.analysis.statistics.curves import LATE
from hetevo.populations.errors import SettingError

KEYS = ["condition", "measure", "generation"]

FLOATS = "%.6g"
"""How numbers are written: with more digits than any page shows."""

PORTABLE = "portable"
"""How it is noted that runs were portable."""

COMMENT = "# "
"""How the line begins that says what was frozen."""

ALWAYS = ("alignment_end", "undefined_share")
"""Columns that figures ask for."""


@dataclass(frozen=True)
class Recorded:
    """What came out of a claim's sweep.

    Parameters
    ----------
    measured : list of Measured
        A value for each prediction.
    runs : list of LoadedRun
        The last generations of its runs, with the columns that predictions and figure need; empty if unknown.
    freezing : dict
        What `hetevo.analysis.claims.Freezing` said of the runs; empty if nothing was frozen.
    notes : tuple of str
        What pilot runs chose.
    """

    measured: list[Measured]
    runs: list[LoadedRun]
    freezing: dict[str, Any]
    notes: tuple[str, ...] = ()


def record(claim: Claim, runs: Sequence[LoadedRun]) -> pd.DataFrame:
    """Return the table of what a claim's predictions and figure need.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    runs : sequence of LoadedRun
        All runs of its sweep.

    Returns
    -------
    pandas.DataFrame
        Columns condition, measure, generation, and one for each seed.
    """
    whole = _summary(check(claim, runs))
    # as many rows as predictions take means over; where measures were undefined there, those before them are needed too
    most = max(len(run.generations) for run in runs)
    for rows in range(min(LATE, most), most + 1):
        table = _table(claim, runs, rows)
        if _summary(check(claim, _runs(claim, table))) == whole:
            break
    return table


def write_record(
    claim: Claim, runs: Sequence[LoadedRun], freezing: Mapping[str, Any], notes: Sequence[str] = ()
) -> bytes:
    """Return the file that holds the table of `record`; above it what `Freezing` says, and notes on the runs."""
    said = {**freezing, **({"notes": list(notes)} if notes else {}), **({PORTABLE: True} if are_portable(runs) else {})}
    # last, for they are many
    said |= {key: said.pop(key) for key in ("keys",) if key in said}
    comment = f"{COMMENT}{json.dumps(said)}\n" if said else ""
    return (comment + record(claim, runs).to_csv(index=False, float_format=FLOATS)).encode()


def are_portable(runs: Sequence[LoadedRun]) -> bool:
    """Tell whether all runs are portable, so that every x86-64-v3 processor computes the same."""
    return bool(runs) and all(run.setting(f"backend.{PORTABLE}") is True for run in runs)


def _summary(measured: Sequence[Measured]) -> list[tuple[str, int, bool, bool]]:
    """Return what a record must give again: means as they are shown, seeds, what holds, and that nothing is missing."""
    return [(each.text, each.n, each.holds, each.short) for each in measured]


def read_recorded(claim: Claim, path: Path) -> Recorded:
    """Read what was recorded of a claim.

    Raises
    ------
    SettingError
        If the file is not there, or of another claim.
    """
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        frozen = first.startswith(COMMENT)
        freezing = dict(json.loads(first.removeprefix(COMMENT))) if frozen else {}
        notes = tuple(map(str, freezing.pop("notes", ())))
        portable = freezing.pop(PORTABLE, False) is True
        table = pd.read_csv(path, skiprows=int(frozen))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingError(f"Cannot read what was recorded of {claim.name}, {path}: {error}.") from None
    # of runs there are values, from which everything is computed again
    if set(KEYS) <= set(table):
        runs = _runs(claim, table, portable=portable)
        return Recorded(check(claim, runs), runs, freezing, notes)
    # of older tables there are means and intervals alone
    rows = {str(row.get("prediction")): row for row in table.to_dict("records")}
    if not rows.keys() <= {each.says for each in claim.predictions}:
        raise SettingError(f"{path} holds other predictions than those of {claim.name}. Record it again.")
    return Recorded([_read_mean(each, rows.get(each.says)) for each in claim.predictions], [], freezing)


def _read_mean(prediction: Prediction, row: Mapping[Hashable, Any] | None) -> Measured:
    """Return a prediction as an old table has it: a mean over seeds of the last generation, with its 95 % interval."""
    if row is None:
        return Measured(prediction, math.nan, math.nan, math.nan, 0)
    effect, low, high, n = (float(row[name]) for name in ("effect", "low", "high", "n"))
    # predictions with bounds have a narrower interval
    if prediction.confidence != CONFIDENCE and n > 1:
        half = error_of(high - low, int(n)) * float(special.stdtrit(n - 1, (1 + prediction.confidence) / 2))
        low, high = effect - half, effect + half
    return Measured(prediction, effect, low, high, int(n), short=True)


def _table(claim: Claim, runs: Sequence[LoadedRun], rows: int) -> pd.DataFrame:
    """Put the last ``rows`` generations of all runs into one table."""
    long = pd.DataFrame(_values(claim, runs, rows), columns=[*KEYS, "seed", "value"])
    order = dict.fromkeys(long[KEYS].itertuples(index=False, name=None))
    wide = long.pivot(index=KEYS, columns="seed", values="value")
    return wide.reindex(pd.MultiIndex.from_tuples(order, names=KEYS)).reset_index().rename_axis(columns=None)


def _values(claim: Claim, runs: Sequence[LoadedRun], rows: int) -> Iterator[tuple[str, str, int, int, float]]:
    """Yield condition, measure, generation, seed and value."""
    plain = [prediction for prediction in claim.predictions if not prediction.measure]
    wanted = [column for prediction in plain for _, _, column in prediction.terms]
    columns = list(dict.fromkeys([*ALWAYS, *claim.shows, *wanted]))
    for run in runs:
        tail = run.generations.tail(rows)
        for column in columns:
            # of a control that is looked at earlier in life, only what is measured in life is known
            if column in tail and (run.stage == "end" or column.endswith("_end")):
                values = pd.to_numeric(tail[column]).astype(float)
                yield from (
                    (run.condition, column, int(generation), run.seed, value)
                    for generation, value in zip(tail["generation"], values, strict=True)
                )
    last = {run.condition: run.last for run in runs}
    # two predictions may be about one measure
    own: dict[tuple[str, str], Prediction] = {}
    for each in claim.predictions:
        first = each.measure and own.setdefault((each.measure, each.conditions[0]), each)
        if first and first.conditions != each.conditions:
            raise SettingError(f"{claim.name}: two predictions of {each.measure!r} begin with {each.conditions[0]!r}.")
    for (measure, condition), prediction in own.items():
        for seed, value in by_seed(prediction, runs).items():
            yield condition, measure, last[condition], seed, value


def _runs(claim: Claim, table: pd.DataFrame, *, portable: bool = False) -> list[LoadedRun]:
    """Return runs of which only the recorded generations and columns are known."""
    long = table.melt(id_vars=KEYS, var_name="seed", value_name="value")
    runs = []
    for (condition, seed), group in long.groupby(["condition", "seed"], sort=False):
        wide = group.pivot(index="generation", columns="measure", values="value").rename_axis(columns=None)
        if not np.isfinite(wide.to_numpy(float)).any():
            continue
        config: dict[str, Value] = {"preset": claim.name, "seed": int(str(seed)), "backend": {PORTABLE: portable}}
        runs.append(LoadedRun(Path(f"{condition}-seed{seed}"), config, wide.reset_index(), label=str(condition)))
    return runs
