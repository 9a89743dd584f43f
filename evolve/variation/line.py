"""The line on which a number of the genome varies, where it ends, and steps along it.

Gains and innate weights are what they are. Decays are positive and differ by factors, so they vary by their
logarithms, as founders draw them: their line ends at 0, a decay of 1, which forgets everything at once.
"""

import numpy as np

from hetevo.populations.elementary import exp, log, power
from hetevo.populations.genome import Gene
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

LARGEST = 1e30
"""Numbers of the genome stay within ±this, far from what single precision cannot hold."""


def to_line(values: Floats, gene: Gene) -> Floats:
    """Return where numbers of a gene lie on their line, as float64 in the same shape.

    A decay of 0, of which there is no logarithm, has the place of 1: whoever moves numbers leaves it alone.

    Examples
    --------
    >>> to_line(np.array([1.0, 0.0]), Gene("decay_ascending", "decay", ())).tolist()
    [0.0, 0.0]
    """
    if gene.kind == "decay":
        return log(np.where(values > 0, values, 1))
    return np.asarray(values, np.float64)


def from_line(places: Floats, gene: Gene) -> Floats:
    """Return the numbers of a gene that lie at some places of their line, as float32 in the same shape.

    Examples
    --------
    >>> from_line(np.array([0.0, 3.0]), Gene("decay_ascending", "decay", ())).tolist()
    [1.0, 1.0]
    """
    if gene.kind == "decay":
        return np.asarray(exp(np.minimum(places, 0)), np.float32)
    return np.asarray(np.clip(places, -LARGEST, LARGEST), np.float32)


def ends_of(gene: Gene, species: Species) -> tuple[Floats, float]:
    """Return where the line of a gene's numbers begins, in the shape of the gene, and where it ends; infinite if not.

    Outputs that keep positive gains (`hetevo.populations.settings.Genome.output_gains`) have lines that begin at 0.
    """
    begin = np.full(gene.shape, -np.inf)
    if gene.name == "gains_ascending" and species.genome.output_gains == "positive":
        begin[-species.layout.outputs :] = 0
    return begin, 0.0 if gene.kind == "decay" else np.inf


def polynomial(drawn: Floats, below: Floats, above: Floats, eta: float) -> Floats:
    """Return steps of Deb's polynomial distribution, in units of the largest one.

    Parameters
    ----------
    drawn : ndarray of float64, shape (n,)
        Uniform random numbers, 0 to below 1.
    below, above : ndarray of float64, shape (n,)
        How far it is to the ends of what is allowed, in the same units, 0 to 1; 1: no end is near.
    eta : float
        Distribution index.

    Returns
    -------
    ndarray of float64, shape (n,)
        From ``-below`` to ``above``.

    Examples
    --------
    >>> polynomial(np.array([0.0, 0.5, 0.875]), np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0]), 1.0).tolist()
    [-1.0, 0.0, 0.5]
    """
    down = drawn < 0.5
    tail = 2 * np.where(down, drawn, 1 - drawn)
    lost = power(1 - np.where(down, below, above), eta + 1)
    size = 1 - power(tail + (1 - tail) * lost, 1 / (eta + 1))
    return np.where(down, -size, size)
