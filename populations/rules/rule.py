"""What a plasticity rule is."""

from dataclasses import dataclass
from typing import Literal

Pathway = Literal["ascending", "descending"]

PATHWAYS: tuple[Pathway, ...] = ("ascending", "descending")


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
