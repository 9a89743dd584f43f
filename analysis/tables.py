"""Tables of records, read as frames."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hetevo.evolve.rundir import DamagedError, read_part
from hetevo.populations.errors import spell

_ADVICE = f"Put a copy of it in its place; what else is wrong, '{spell('verify')}' says."


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
