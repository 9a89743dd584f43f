"""Learning rules that are inherited themselves: formulas whose coefficients are written in bits.

To add one, name it in `FORMULAS`. How layers live by them is in `hetevo.populations.circuits.layer`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hetevo.populations.types import Floats, Mask

Factor = str
"""``"weight"``, ``"input"``, ``"output"`` or ``"target"``: what is known at a synapse."""


@dataclass(frozen=True)
class Formula:
    """A weighted sum of local products, ``dw = k0 (k1 term_1 + k2 term_2 + ...)``, inherited as a string of bits.

    The rate ``k0`` comes first: a bit for its sign, then a number n: 0 stands for 0, n for ``2^(n - rate_offset)``.
    Each term follows: a bit for its sign, then a number n: 0 stands for 0, n for ``2^(n - 1)``. Signs are positive if
    the bit is 1, the highest bit of a number comes first.

    Parameters
    ----------
    terms : tuple of tuple of str
        Products of at most two different factors: ``("input", "target")`` is the product of both.
    rate_bits, term_bits : int
        Bits of the rate and of each term, the sign's included.
    rate_offset : int
        Exponent that stands for a rate of 1.
    """

    terms: tuple[tuple[Factor, ...], ...]
    rate_bits: int = 5
    term_bits: int = 3
    rate_offset: int = 9

    @property
    def bits(self) -> int:
        """Length of the genome."""
        return self.rate_bits + self.term_bits * len(self.terms)

    def coefficients(self, genome: Mask) -> Floats:
        """Read genomes.

        Parameters
        ----------
        genome : ndarray of bool, shape (P, bits)
            Of P individuals.

        Returns
        -------
        ndarray of float64, shape (P, terms)
            ``k0 k1, k0 k2, ...``: what each term is multiplied by in the end.
        """
        rate = _power(genome[:, : self.rate_bits], self.rate_offset)
        terms = genome[:, self.rate_bits :].reshape(len(genome), len(self.terms), self.term_bits)
        return np.asarray(rate[:, None] * _power(terms, 1)) + 0.0  # no -0

    def written(self, rate: tuple[int, int], terms: Iterable[tuple[int, int]]) -> Mask:
        """Write one genome from signs (1 or -1) and numbers n: of the rate, and of every term in order.

        Returns
        -------
        ndarray of bool, shape (bits,)
        """
        sizes = [self.rate_bits, *[self.term_bits] * len(self.terms)]
        written = []
        for (sign, number), size in zip([rate, *terms], sizes, strict=True):
            written += [sign > 0, *(bool(number >> place & 1) for place in reversed(range(size - 1)))]
        return np.array(written, np.bool_)


def _power(bits: Mask, offset: int) -> Floats:
    """Read numbers, (..., bits) to (...): a sign, then 0 or a power of two."""
    number = bits[..., 1:] @ (2.0 ** np.arange(bits.shape[-1] - 2, -1, -1))
    return np.where(bits[..., 0], 1.0, -1.0) * np.where(number > 0, 2.0 ** (number - offset), 0.0)


CHALMERS = Formula(
    (
        ("weight",),
        ("input",),
        ("output",),
        ("target",),
        ("weight", "input"),
        ("weight", "output"),
        ("weight", "target"),
        ("input", "output"),
        ("input", "target"),
        ("output", "target"),
    )
)
"""The 35 bits of Chalmers (1990), The evolution of learning: an experiment in genetic connectionism, Proceedings of the
1990 Connectionist Models Summer School, 81-90. The delta rule, ``k9 = -k8``, is one of its 2^35 rules."""

FORMULAS: dict[str, Formula] = {"chalmers": CHALMERS}
"""Inherited rules of a single layer by the name used in ``[plasticity] rule``."""
