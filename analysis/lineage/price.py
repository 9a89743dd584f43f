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

from analysis.lineage.ancestry import NOBODY, _check
from populations.types import Floats

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
    generations = {int(str(g)): group for g, group in individuals.groupby("generation")}
    rows = [
        (generation, *_step(parents, generations[generation + 1], column))
        for generation, parents in generations.items()
        if generation + 1 in generations
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _step(parents: pd.DataFrame, children: pd.DataFrame, column: str) -> tuple[float, ...]:
    z, child = parents[column].to_numpy(float), children[column].to_numpy(float)
    places = pd.Index(parents["id"])
    first = places.get_indexer(children["parent_a"])
    second = np.where(children["parent_b"] == NOBODY, first, places.get_indexer(children["parent_b"]))
    known = (first >= 0) & (second >= 0) & np.isfinite(child)
    known &= np.isfinite(z[first]) & np.isfinite(z[second])
    defined = np.isfinite(z)
    mean, after = _mean(z[defined]), _mean(child[np.isfinite(child)])
    if not known.any():
        return mean, after - mean, *[float("nan")] * 5
    offspring = np.zeros(len(z))
    np.add.at(offspring, first[known], 0.5)
    np.add.at(offspring, second[known], 0.5)
    relative = offspring[defined] / offspring[defined].mean()
    covariance = float(np.mean((relative - 1) * (z[defined] - mean)))
    # of each child from its parents: summed over parents this is mean(w dz) / mean(w)
    transmission = float(np.mean(child[known] - (z[first[known]] + z[second[known]]) / 2))
    undefined = after - _mean(child[known])
    return mean, after - mean, covariance, transmission, undefined, covariance, float(relative.std())


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")
