"""Descent, from the table of individuals: the line of ancestors, what a measure did along it, the Price equation.

Price, G. R. (1970), Selection and covariance, Nature 227, 520-521. With the number of offspring ``w_i`` of a parent
with the value ``z_i``, a child of two parents counting half for each,

    mean(z') - mean(z) = cov(w, z) / mean(w) + mean(w dz) / mean(w)

where ``dz_i`` is the mean difference of i's children from i. First comes selection: parents with more offspring
have other values than the rest. Then transmission: children differ from their parents by mutation, crossover and,
here, by new tasks, samples and innate weights.
"""

import numpy as np
import pandas as pd

from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.types import Floats, Indices, Mask

NOBODY = -1
NEEDED = ("generation", "id", "parent_a", "parent_b", "operator", "loss")

BEYOND = 2.0
"""Standard deviations of repetition that a step must exceed."""

PARTS = ("mean", "observed", "selection", "transmission", "undefined", "covariance", "offspring_sd")


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
    check_descent(individuals)
    # the champion is the best at the end, not the best ever
    last = individuals[individuals["generation"] == individuals["generation"].max()]
    if last["loss"].isna().all():
        raise RunDirectoryError("No individual of the last generation has a loss, so there is no champion.")
    return int(last.loc[last["loss"].idxmin(), "id"])


def ancestral_line(individuals: pd.DataFrame, identifier: int | None = None) -> pd.DataFrame:
    """Follow an individual back through its first parents.

    The first parent gives the wiring and, of gains and decays, all without crossover and about half with it. The
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
    check_descent(individuals)
    wanted = champion(individuals) if identifier is None else identifier
    # from child to first parent, by bisection among the sorted identifiers
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


def steps(individuals: pd.DataFrame, line: pd.DataFrame, column: str = "alignment_end") -> pd.DataFrame:
    """List the steps of an ancestral line.

    Every generation lives through new tasks, samples and innate weights, so a measure differs between parent and child
    even if all genes are the same: an elite is such a repetition. A step counts as a rise if it exceeds `BEYOND`
    standard deviations of what elites do. Of many steps some will by chance: the count that chance gives is 2.3 % of
    them.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run.
    line : pandas.DataFrame
        From `ancestral_line`.
    column : str, optional
        What is followed.

    Returns
    -------
    pandas.DataFrame
        generation, id, operator, value, before (of the parent; the mean of two after a crossover), change, noise,
        score (change / noise) and raised. NaN where undefined, in the first row too.
    """
    # what the parents had; after a crossover the mean of two
    values = individuals.set_index("id")[column]
    first = values.reindex(line["parent_a"]).to_numpy(float)
    second = values.reindex(line["parent_b"]).to_numpy(float)
    crossed = line["parent_b"].to_numpy() != NOBODY
    first[crossed] = (first[crossed] + second[crossed]) / 2
    # each step in units of what a life does by itself
    table = line[["generation", "id", "operator"]].copy()
    table["value"], table["before"] = line[column].to_numpy(float), first
    table["change"] = table["value"] - table["before"]
    table["noise"] = noise_of_repetition(individuals, column)
    table["score"] = table["change"] / table["noise"]
    table["raised"] = (table["score"] > BEYOND) & (table["operator"] != "elite")
    return table


def noise_of_repetition(individuals: pd.DataFrame, column: str = "alignment_end") -> float:
    """Return the standard deviation of what a measure does from an elite to its copy in the next generation.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run.
    column : str, optional
        The measure.

    Returns
    -------
    float
        NaN with fewer than 2 elites. Elites are chosen by their loss: the fall that follows a lucky life is in the mean
        of their changes, which is taken off.
    """
    values = individuals.set_index("id")[column]
    # elites have the genes of their parents: what differs is luck
    copies = individuals[individuals["operator"] == "elite"]
    change = copies[column].to_numpy(float) - values.reindex(copies["parent_a"]).to_numpy(float)
    return float(pd.Series(change).std())


def price(individuals: pd.DataFrame, column: str = "alignment_end") -> pd.DataFrame:
    """Split the change of a mean into selection and transmission.

    With the equation of Price (1970), see the beginning of this module.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run, of every generation.
    column : str, optional
        The measure z.

    Returns
    -------
    pandas.DataFrame
        One row a step from ``generation`` to the next:

        - mean: of z in this generation, over the individuals where it is defined;
        - observed: change to the next generation's mean;
        - selection, transmission: see above, over children that are defined and whose parents are;
        - undefined: the rest of the change, by individuals where z is undefined: exactly 0 where it is for none. The
          three parts add up to the observed change, to rounding;
        - covariance: of z with offspring relative to its mean, which is the selection part when all is defined;
        - offspring_sd: standard deviation of the relative number of offspring.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded in every generation.
    """
    check_descent(individuals)
    individuals = individuals.sort_values("id", kind="stable")
    when = individuals["generation"].to_numpy() - individuals["generation"].min()
    z = individuals[column].to_numpy(float)
    count, defined = int(when.max()) + 1, np.isfinite(z)
    means = _mean(z, when, defined, count)
    # children that are defined and whose parents, one generation before, are too
    first, second = _parents(individuals)
    known = defined & (first >= 0) & (second >= 0)
    known &= defined[first] & defined[second] & (when[first] == when - 1) & (when[second] == when - 1)
    # selection: how offspring, half a child for each of two parents, goes with z
    offspring = np.zeros(len(z))
    np.add.at(offspring, first[known], 0.5)
    np.add.at(offspring, second[known], 0.5)
    with np.errstate(invalid="ignore"):  # the last generation has no offspring
        relative = offspring / _mean(offspring, when, defined, count)[when]
    covariance = _mean((relative - 1) * (z - means[when]), when, defined, count)[:-1]
    spread = np.sqrt(_mean((relative - 1) ** 2, when, defined, count)[:-1])
    # transmission: each child less its parents, which summed over parents is mean(w dz) / mean(w)
    transmission = _mean(z - (z[first] + z[second]) / 2, when, known, count)[1:]
    undefined = means[1:] - _mean(z, when, known, count)[1:]
    split = np.isfinite(transmission)  # by nobody who is known, nothing is selected either
    covariance, spread = np.where(split, covariance, np.nan), np.where(split, spread, np.nan)
    parts = (means[:-1], np.diff(means), covariance, transmission, undefined, covariance, spread)
    table = pd.DataFrame(dict(zip(PARTS, parts, strict=True)))
    table.insert(0, "generation", individuals["generation"].min() + np.arange(count - 1))
    return table


def check_descent(individuals: pd.DataFrame) -> None:
    """Check that descent was recorded in every generation; RunDirectoryError otherwise."""
    # who descends from whom, in every generation
    missing = [name for name in NEEDED if name not in individuals]
    if missing:
        raise RunDirectoryError(
            f"Descent needs the table of individuals with the column {missing[0]!r}, which these records do not have."
            " Run again with records.individuals_every = 1; the evolution is the same, bit for bit."
        )
    generations = np.unique(individuals["generation"])
    if len(generations) > 1 and (np.diff(generations) != 1).any():
        raise RunDirectoryError(
            "Descent needs the individuals of every generation, and these records have gaps. If 'hetevo prune' removed"
            " some (pruned.json says so), run it again in another directory; otherwise run again with"
            " records.individuals_every = 1. The evolution is the same, bit for bit."
        )
    # a share of them has gaps inside of generations: then parents are missing, of those that have any
    later = (individuals["generation"] > individuals["generation"].min()) & (individuals["parent_a"] != NOBODY)
    if not individuals.loc[later, "parent_a"].isin(individuals["id"]).all():
        raise RunDirectoryError(
            "Descent needs all individuals of every generation, and these records lack parents. Run again with"
            " records.share = 1; the evolution is the same, bit for bit."
        )


def _parents(individuals: pd.DataFrame) -> tuple[Indices, Indices]:
    """Return the rows of both parents, the same twice where there is one, -1 where there is none; rows go by id."""
    # with one parent, that one counts twice
    ids = individuals["id"].to_numpy()
    first, second = (_places(individuals[name].to_numpy(), ids) for name in ("parent_a", "parent_b"))
    return first, np.where(individuals["parent_b"] == NOBODY, first, second)


def _places(wanted: Indices, ids: Indices) -> Indices:
    """Return where identifiers stand among the sorted ones, -1 where they do not."""
    # the place beyond the end is that of no identifier
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)


def _mean(values: Floats, when: Indices, counted: Mask, generations: int) -> Floats:
    """Mean over those who count, generation by generation; NaN where nobody does."""
    total = np.bincount(when[counted], values[counted], generations)
    with np.errstate(invalid="ignore"):
        mean: Floats = total / np.bincount(when[counted], minlength=generations)
    return mean
