"""What a measure did along an ancestral line, and which steps raised it beyond noise."""

import pandas as pd

from hetevo.analysis.lineage.ancestry import NOBODY

BEYOND = 2.0
"""Standard deviations of repetition that a step must exceed."""


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
    values = individuals.set_index("id")[column]
    first = values.reindex(line["parent_a"]).to_numpy(float)
    second = values.reindex(line["parent_b"]).to_numpy(float)
    crossed = line["parent_b"].to_numpy() != NOBODY
    first[crossed] = (first[crossed] + second[crossed]) / 2
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
    copies = individuals[individuals["operator"] == "elite"]
    change = copies[column].to_numpy(float) - values.reindex(copies["parent_a"]).to_numpy(float)
    return float(pd.Series(change).std())
