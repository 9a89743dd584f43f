"""What was recorded of a claim's runs: a small table of which its page and its figure are made again without a run.

A row is a measure of a condition in one of its last generations, a column a seed. A table that was recorded before
there were such rows holds the mean of each prediction and its interval, so that the page can be made but no figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hetevo.analysis.claims.claim import Claim, check
from hetevo.analysis.claims.prediction import Measured, Prediction, by_seed
from hetevo.analysis.runs import LoadedRun, Value
from hetevo.populations.errors import SettingError

KEYS = ["condition", "measure", "generation"]

FLOATS = "%.6g"
"""How numbers are written: with more digits than any page shows."""

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
    """

    measured: list[Measured]
    runs: list[LoadedRun]


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
    whole = [(each.n, each.holds) for each in check(claim, runs)]
    # a measure may be undefined in the last generation: then those before it are needed too
    for rows in range(1, max(len(run.generations) for run in runs) + 1):
        table = _table(claim, runs, rows)
        if [(each.n, each.holds) for each in check(claim, _runs(claim, table))] == whole:
            break
    return table


def read_recorded(claim: Claim, path: Path) -> Recorded:
    """Read what was recorded of a claim.

    Raises
    ------
    SettingError
        If the file is not there, or of another claim.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise SettingError(f"Cannot read what was recorded of {claim.name}, {path}: {error}.") from None
    # of runs there are values, from which everything is computed again
    if set(KEYS) <= set(table):
        runs = _runs(claim, table)
        return Recorded(check(claim, runs), runs)
    if list(table.get("prediction", [])) != [each.says for each in claim.predictions]:
        raise SettingError(f"{path} holds other predictions than those of {claim.name}. Record it again.")
    # of older tables there are means and intervals alone
    columns = (table[name].tolist() for name in ("effect", "low", "high", "n"))
    return Recorded([Measured(*row) for row in zip(claim.predictions, *columns, strict=True)], [])


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


def _runs(claim: Claim, table: pd.DataFrame) -> list[LoadedRun]:
    """Return runs of which only the recorded generations and columns are known."""
    long = table.melt(id_vars=KEYS, var_name="seed", value_name="value")
    runs = []
    for (condition, seed), group in long.groupby(["condition", "seed"], sort=False):
        wide = group.pivot(index="generation", columns="measure", values="value").rename_axis(columns=None)
        if not np.isfinite(wide.to_numpy(float)).any():
            continue
        config: dict[str, Value] = {"preset": claim.name, "seed": int(str(seed))}
        runs.append(LoadedRun(Path(f"{condition}-seed{seed}"), config, wide.reset_index(), label=str(condition)))
    return runs
