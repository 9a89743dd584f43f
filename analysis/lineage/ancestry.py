"""Ancestry from the table of individuals."""

import numpy as np
import pandas as pd

from hetevo.evolve.rundir import RunDirectoryError

NOBODY = -1
NEEDED = ("generation", "id", "parent_a", "parent_b", "operator", "loss")


def champion(individuals: pd.DataFrame) -> int:
    """Return the identifier of the individual with the lowest loss in the last generation recorded.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded, or no loss is defined.
    """
    _check(individuals)
    last = individuals[individuals["generation"] == individuals["generation"].max()]
    if last["loss"].isna().all():
        raise RunDirectoryError("No individual of the last generation has a loss, so there is no champion.")
    return int(last.loc[last["loss"].idxmin(), "id"])


def ancestral_line(individuals: pd.DataFrame, identifier: int | None = None) -> pd.DataFrame:
    """Follow an individual back through its first parents.

    The first parent gives the wiring and, of gains and decays, all without crossover and half in the mean with it. The
    line ends with a founder, or where records begin (in a branch, with the generation it went on from).

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run, of every generation.
    identifier : int, optional
        Whose ancestors. Default: the `champion`.

    Returns
    -------
    pandas.DataFrame
        Rows of ``individuals``, oldest first.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded, or there is no such individual.
    """
    _check(individuals)
    wanted = champion(individuals) if identifier is None else identifier
    ids = individuals["id"].to_numpy()
    order = np.argsort(ids, kind="stable")
    parents = individuals["parent_a"].to_numpy()
    rows: list[int] = []
    while wanted != NOBODY:
        place = int(np.searchsorted(ids, wanted, sorter=order))
        if place == len(order) or ids[order[place]] != wanted:
            break
        rows.append(int(order[place]))
        wanted = int(parents[rows[-1]])
    if not rows:
        raise RunDirectoryError(
            f"There is no individual {wanted} in these records; identifiers go from {ids.min()} to {ids.max()}."
        )
    return individuals.iloc[rows[::-1]].reset_index(drop=True)


def _check(individuals: pd.DataFrame) -> None:
    missing = [name for name in NEEDED if name not in individuals]
    if missing:
        raise RunDirectoryError(
            f"Descent needs the table of individuals with the column {missing[0]!r}, which these records do not have."
            " Run again with records.individuals_every = 1; the evolution is the same, bit for bit."
        )
    generations = np.unique(individuals["generation"])
    if len(generations) > 1 and (np.diff(generations) != 1).any():
        raise RunDirectoryError(
            "Descent needs the individuals of every generation, and these records have gaps. Run again with"
            " records.individuals_every = 1; the evolution is the same, bit for bit."
        )
