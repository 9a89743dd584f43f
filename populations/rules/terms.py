"""Homosynaptic terms that a rule may add, each with a coefficient gene.

For a neuron i of the ascending pathway, with own activity ``x_i`` and presynaptic ``x_j``; in the descending pathway
put ``q`` for ``x``:

============  ===========================  ==============================================
name          change of W_ij               meaning
============  ===========================  ==============================================
hebbian       c_i <x_i x_j>                correlation within the pathway
presynaptic   c_i <x_j>                    presynaptic activity alone
postsynaptic  c_i <x_i>                    postsynaptic activity alone
oja           -c_i <x_i^2> W_ij            activity-dependent decay (Oja 1982), no drive
============  ===========================  ==============================================
"""

HOMOSYNAPTIC: tuple[str, ...] = ("hebbian", "presynaptic", "postsynaptic", "oja")
"""Optional terms by the name used in ``[plasticity] terms``."""
