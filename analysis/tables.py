"""Tables of records, read as frames."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hetevo.evolve.rundir import DamagedError, read_part
from hetevo.populations.errors import spell

_ADVICE = f"Put a copy of it in its place; what else is wrong, '{spell('verify')}' says."


LOSSES = ("loss_mean", "loss_median", "loss_best", "accuracy_median")
"""Columns of generations that say how well a test was passed."""


def with_columns(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a table that has columns of these names, undefined where it had none."""
    missing = [name for name in names if name not in table]
    return table.assign(**dict.fromkeys(missing, float("nan"))) if missing else table


def read_frame(files: Sequence[Path]) -> pd.DataFrame:
    """Read parts of a table of records under each other; empty if there are none.

    Raises
    ------
    DamagedError
        If generations or individuals stand there twice.
    """
    if not files:
        return pd.DataFrame()
    frames: list[pd.DataFrame] = [read_part(file).to_pandas() for file in files]
    # parts follow each other; a copy of one would be counted twice
    for file, earlier, frame in zip(files[1:], frames, frames[1:], strict=False):
        if earlier["generation"].iloc[-1] >= frame["generation"].iloc[0]:
            raise DamagedError(file, f"expected generations after those of the part before, got the same. {_ADVICE}")
    table = pd.concat(frames, ignore_index=True)
    if "id" in table and table["id"].duplicated().any():
        raise DamagedError(files[0].parent, f"expected each individual once, got some twice. {_ADVICE}")
    return table


def at_stage(table: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return a table in which columns that end with ``_end`` hold what was measured at another stage of life.

    Parameters
    ----------
    table : pandas.DataFrame
        Of generations or individuals.
    stage : str
        ``"end"`` changes nothing. NaN where a measure was not taken at that stage; so are
        ``alignment_end_elite``, ``undefined_share`` and all losses of generations. At the end of life with one
        pathway's innate weights (``"innate-descending"``, ``"innate-ascending"``) alignment alone is measured.
    """
    if stage == "end":
        return table
    table = table.copy()
    # under the same names, so that every figure and test can show it
    measured = [str(name) for name in table if str(name).endswith("_end")]
    for column, values in {name: table.get(_name_at(name, stage), float("nan")) for name in measured}.items():
        table[column] = values
    # these are of the end of life, and of the weights that there were
    for column in ("alignment_end_elite", "undefined_share", *LOSSES):
        if column in table:
            table[column] = float("nan")
    return table


def _name_at(column: str, stage: str) -> str:
    """Return the column that holds at another stage of life what ``column`` holds at the end."""
    measure = column.removesuffix("_end")
    return f"{measure}_{stage}" if stage == "birth" else f"{measure}_{stage.replace('-', '_')}_end"
