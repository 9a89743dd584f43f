"""Data of one's own, from a file to the rows that lives draw samples from.

===========  ==========================================================================
`formats`    what a CSV, TSV, Parquet or NPZ file holds, by column
`preparing`  columns as inputs and targets; the training part and the test part; scales
`places`     where a file lies, and what is called by its name
`sharing`    rows that all processes of a machine map from one copy
`keeping`    the file of a run: found, checked by its hash, kept beside the run's records
===========  ==========================================================================
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.evolve.data.keeping import OwnData, find_file, open_rows
    from hetevo.evolve.data.places import DataError

__all__ = ["DataError", "OwnData", "find_file", "open_rows"]

if not TYPE_CHECKING:  # on first use: a worker needs `sharing` alone
    __getattr__ = find_in(("hetevo.evolve.data.places", "hetevo.evolve.data.keeping"), __name__, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
