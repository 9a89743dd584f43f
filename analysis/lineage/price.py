"""The Price equation, generation by generation.

Price, G. R. (1970), Selection and covariance, Nature 227, 520-521. With the number of offspring ``w_i`` of a parent
with the value ``z_i``, a child of two parents counting half for each,

    mean(z') - mean(z) = cov(w, z) / mean(w) + mean(w dz) / mean(w)

where ``dz_i`` is the mean difference of i's children from i. The first part is selection: parents with more offspring
have other values than the rest. The second is transmission: children differ from their parents by mutation, crossover
and, here, by new tasks, samples and innate weights.
"""

import numpy as np
import pandas as pd

from hetevo.analysis.lineage.ancestry import NOBODY, _check
from hetevo.populations.types import Floats, Indices, Mask

COLUMNS = ("generation", "mean", "observed", "selection", "transmission", "undefined", "covariance", "offspring_sd")


def price(individuals: pd.DataFrame, column: str = "alignment_end") -> pd.DataFrame:
    """Split the change of a mean into selection and transmission.

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
        - undefined: the rest of the change, by individuals where z is undefined: exactly 0 where it is defined for all.
          The three parts add up to the observed change, to rounding;
        - covariance: of z with offspring relative to its mean, which is the selection part when all is defined;
        - offspring_sd: standard deviation of the relative number of offspring.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded in every generation.
    """
    _check(individuals)
    individuals = individuals.sort_values("id", kind="stable")
    when = individuals["generation"].to_numpy() - individuals["generation"].min()
    z = individuals[column].to_numpy(float)
    steps = int(when.max())
    defined = np.isfinite(z)
    means = _mean(z, when, defined, steps + 1)

    ids = individuals["id"].to_numpy()
    first = _places(individuals["parent_a"].to_numpy(), ids)
    second = np.where(individuals["parent_b"] == NOBODY, first, _places(individuals["parent_b"].to_numpy(), ids))
    known = defined & (first >= 0) & (second >= 0)
    known &= defined[first] & defined[second] & (when[first] == when - 1) & (when[second] == when - 1)

    offspring = np.zeros(len(z))
    np.add.at(offspring, first[known], 0.5)
    np.add.at(offspring, second[known], 0.5)
    with np.errstate(invalid="ignore"):  # the last generation has no offspring
        relative = offspring / _mean(offspring, when, defined, steps + 1)[when]
    covariance = _mean((relative - 1) * (z - means[when]), when, defined, steps + 1)[:-1]
    spread = np.sqrt(_mean((relative - 1) ** 2, when, defined, steps + 1)[:-1])
    # of each child from its parents: summed over parents this is mean(w dz) / mean(w)
    transmission = _mean(z - (z[first] + z[second]) / 2, when, known, steps + 1)[1:]
    undefined = means[1:] - _mean(z, when, known, steps + 1)[1:]
    split = np.isfinite(transmission)  # by nobody who is known, nothing is selected either
    covariance, spread = np.where(split, covariance, np.nan), np.where(split, spread, np.nan)
    columns = (means[:-1], np.diff(means), covariance, transmission, undefined, covariance, spread)
    generations = individuals["generation"].min() + np.arange(steps)
    return pd.DataFrame(dict(zip(COLUMNS, (generations, *columns), strict=True)))


def _places(wanted: Indices, ids: Indices) -> Indices:
    """Return where identifiers stand among the sorted ones, -1 where they do not."""
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)


def _mean(values: Floats, when: Indices, counted: Mask, generations: int) -> Floats:
    """Mean over those who count, generation by generation; NaN where nobody does."""
    total = np.bincount(when[counted], values[counted], generations)
    with np.errstate(invalid="ignore"):
        mean: Floats = total / np.bincount(when[counted], minlength=generations)
    return mean
