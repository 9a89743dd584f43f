"""Plasticity rules: which products of the two signals change a synapse.

A rule is a list of terms for each pathway. To add a rule, name it in `RULES`; the contract tests run over every entry.

Homosynaptic terms that a rule may add, each with a coefficient gene, for a neuron i of the ascending pathway with own
activity ``x_i`` and presynaptic ``x_j``; in the descending pathway put ``q`` for ``x``:

============  ===========================  ==============================================
name          change of W_ij               meaning
============  ===========================  ==============================================
hebbian       c_i <x_i x_j>                correlation within the pathway
presynaptic   c_i <x_j>                    presynaptic activity alone
postsynaptic  c_i <x_i>                    postsynaptic activity alone
oja           -c_i <x_i^2> W_ij            activity-dependent decay (Oja 1982), no drive
============  ===========================  ==============================================

A rule that is inherited itself is a `Formula`, named in `FORMULAS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hetevo.populations.types import Floats, Mask

Pathway = Literal["ascending", "descending"]

PATHWAYS: tuple[Pathway, ...] = ("ascending", "descending")

HOMOSYNAPTIC: tuple[str, ...] = ("hebbian", "presynaptic", "postsynaptic", "oja")
"""Optional terms by the name used in ``[plasticity] terms``."""


@dataclass(frozen=True)
class Rule:
    """Which terms change the synapses of each pathway.

    With ``x`` the ascending activity and ``q`` the learning signal, averaged over the presented batch::

        dW_ij = gA_i <q_i x_j> + ascending terms  - lambdaA W_ij
        dV_ik = gB_i <x_i q_k> + descending terms - lambdaB V_ik

    Parameters
    ----------
    ascending, descending : tuple of str
        Terms of each pathway: ``"heterosynaptic"`` or a name of `HOMOSYNAPTIC`. An empty tuple freezes the pathway:
        it does not decay either.
    transport : bool
        Replace ``V`` by the transpose of ``W`` before every backward pass (weight transport, the ceiling).
    readout_only : bool
        Only the output neurons' synapses change.
    flipped : bool
        Hidden neurons' ascending changes have the reversed sign: they climb where the outputs descend.
    momentum : float
        Share of the last change that every change carries on, in 0..1 (1 left out): ``dW_t = drive + momentum dW_t-1``,
        without decay, in each plastic pathway.
    signs : bool
        Only the sign of each hidden neuron's learning signal acts.
    shuffled : bool
        Hidden neurons receive the learning signal of another sample of the batch: the same signals, but about something
        else. Samples are independent, so that passing them on by one place is as good as any shuffle.
    """

    ascending: tuple[str, ...] = ("heterosynaptic",)
    descending: tuple[str, ...] = ("heterosynaptic",)
    transport: bool = False
    readout_only: bool = False
    flipped: bool = False
    shuffled: bool = False
    momentum: float = 0.0
    signs: bool = False

    def terms(self, pathway: Pathway) -> tuple[str, ...]:
        """Return the terms of one pathway."""
        return self.ascending if pathway == "ascending" else self.descending


RULES: dict[str, Rule] = {
    "heterosynaptic": Rule(),
    "fixed-feedback": Rule(descending=()),
    "transported": Rule(descending=(), transport=True),
    "sign-flipped": Rule(descending=(), transport=True, flipped=True),
    "shuffled-signal": Rule(shuffled=True),
    "hebbian": Rule(ascending=("hebbian",), descending=("hebbian",)),
    "readout-only": Rule(descending=(), readout_only=True),
    "none": Rule(ascending=(), descending=()),
}
"""Plasticity rules by the name used in ``[plasticity] rule``."""


def with_terms(rule: Rule, extra: tuple[str, ...]) -> Rule:
    """Return the rule with more homosynaptic terms in each pathway that is plastic."""

    def extend(terms: tuple[str, ...]) -> tuple[str, ...]:
        return terms + tuple(term for term in extra if term not in terms) if terms else terms

    return replace(rule, ascending=extend(rule.ascending), descending=extend(rule.descending))


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
