"""What a plasticity rule is: a list of terms for each pathway, or an update of its own.

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

Rules that are inherited themselves are in `hetevo.populations.formulas`.
"""

from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hetevo.populations.registry import accept_instance

if TYPE_CHECKING:  # circuits belong to a species, and that has a rule
    from hetevo.populations.layout import Layout
    from hetevo.populations.model import TwoPathwayCircuits
    from hetevo.populations.types import Floats

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
    hebbian_hidden : bool
        Hidden neurons' ascending synapses change by the term ``"hebbian"`` where outputs' do by ``"heterosynaptic"``,
        their error: only these two are parted, others act in both.
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
    hebbian_hidden: bool = False
    flipped: bool = False
    shuffled: bool = False
    momentum: float = 0.0
    signs: bool = False

    def terms(self, pathway: Pathway) -> tuple[str, ...]:
        """Return the terms of one pathway."""
        return self.ascending if pathway == "ascending" else self.descending

    def factors(self, term: str, layout: "Layout") -> "Floats | None":
        """Return what the rule multiplies an ascending term's coefficients by, shape (H + O,); None: by 1."""
        hidden = np.arange(layout.neurons) < layout.hidden
        if self.hebbian_hidden and term in ("heterosynaptic", "hebbian"):
            return np.asarray(hidden == (term == "hebbian"), np.float64)
        if self.flipped and term == "heterosynaptic":
            return np.where(hidden, -1.0, 1.0)
        return None

    @property
    def is_plain(self) -> bool:
        """Whether it is more than a sum of terms, so that only the plain model can live by it."""
        # whoever writes an update of their own leaves the sum of terms
        return type(self).update is not Rule.update

    @property
    def copies_signs(self) -> bool:
        """Whether descending synapses have the signs of ascending ones, so that no neuron decides them."""
        return self.transport

    def begin(self, circuits: "TwoPathwayCircuits") -> None:
        """Prepare circuits at their birth, before anything is presented; by default nothing happens.

        Of rules that are a sum of terms it is never called.
        """

    def update(self, circuits: "TwoPathwayCircuits") -> None:
        """Change all synapses after the forward and the backward pass of a presentation.

        A rule of another kind overrides this, and changes ``circuits.W`` and ``circuits.V`` as it likes; what it
        remembers from one presentation to the next it keeps on ``circuits``, in arrays with the circuit on axis 0.
        Where the masks ``circuits.A`` and ``circuits.B`` are False there is no synapse, and weights stay 0. Genes and
        masks cannot be written to: copy what is to change. Noise comes from ``circuits.draw_noise``. Its circuits live
        on the plain model.

        Parameters
        ----------
        circuits : TwoPathwayCircuits
            N circuits with activities ``x``, outputs ``y`` and learning signals ``q``.
        """
        circuits.update()


CHANGING = ("update", "terms", "factors", "copies_signs", "is_plain")
"""What a class of rules may override, so that it is another rule; ``begin`` too where it is called."""


def accept_rule(found: Any) -> Rule:
    """Return a rule that was found in another package, or make one of its class.

    Raises
    ------
    TypeError
        If it is no rule, or a class of rules that overrides nothing of what it inherits from.
    """
    if isinstance(found, type) and issubclass(found, Rule):
        for field in fields(found):
            if field.init and field.default is MISSING and field.default_factory is MISSING:
                raise TypeError(f"expected a class whose options all have defaults, but {field.name} has none")
    rule = accept_instance(Rule, found)
    kind = type(rule)
    # the nearest class of Hetevo's own that it inherits from
    ours = next(one for one in kind.__mro__ if one.__module__.startswith("hetevo."))
    if kind is ours:
        return rule
    counting = (*CHANGING, "begin") if rule.is_plain else CHANGING
    overrides = any(getattr(kind, name) is not getattr(ours, name) for name in counting)
    differs = any(getattr(rule, field.name) != getattr(ours(), field.name) for field in fields(ours))
    if not overrides and not differs:
        raise TypeError(
            f"expected a class that defines update(self, circuits), or other terms, such as Rule(ascending=("
            f'"heterosynaptic", "oja")); {kind.__name__} does all as {ours.__name__} does'
        )
    return rule


def with_terms(rule: Rule, extra: tuple[str, ...]) -> Rule:
    """Return the rule with more homosynaptic terms in each pathway that is plastic."""

    def extend(terms: tuple[str, ...]) -> tuple[str, ...]:
        # a pathway that is not plastic stays so
        return terms + tuple(term for term in extra if term not in terms) if terms else terms

    return replace(rule, ascending=extend(rule.ascending), descending=extend(rule.descending))
