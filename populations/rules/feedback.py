"""Rules by which the feedback follows the forward weights: by their signs, or by listening to noise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hetevo.populations.rules.rule import Rule

if TYPE_CHECKING:  # circuits belong to a species, and that has a rule
    from hetevo.populations.model import TwoPathwayCircuits


@dataclass(frozen=True)
class SignSymmetry(Rule):
    """Feedback has the signs of the forward weights, and sizes of its own, those of its birth.

    ``V_ik = |V_ik| sign(W_ki)``; where there is no W_ki, V_ik keeps its sign. It is the variant with fixed random sizes
    of Liao, Leibo and Poggio (2016) and Moskovitz, Litwin-Kumar and Abbott (2018).
    """

    descending: tuple[str, ...] = ()

    @property
    def copies_signs(self) -> bool:
        """Always."""
        return True

    def begin(self, circuits: "TwoPathwayCircuits") -> None:
        """Give the feedback its signs."""
        signs = np.sign(circuits.species.mirror(circuits.W))
        circuits.V = np.where(signs, np.abs(circuits.V) * signs, circuits.V)

    def update(self, circuits: "TwoPathwayCircuits") -> None:
        """Change W, and then the signs of V with it."""
        circuits.update()
        self.begin(circuits)


@dataclass(frozen=True)
class WeightMirror(Rule):
    """Feedback learns the forward weights from noise: hidden neurons fire at random, and listen to what that causes.

    After each presentation every hidden neuron i sends standard normal noise ``xi_i`` up, neuron k gets
    ``p_k = sum_i W_ki xi_i``, and

        dV_ik = gB_i (<xi_i p_k> - V_ik)

    whose mean is 0 where V is the transpose of W (Akrout et al. 2019, with all levels at once, and with the decay that
    brings V to the size of W). ``gB`` is the rate of the mirror; decays of the genome are not used in V.
    """

    descending: tuple[str, ...] = ()

    def update(self, circuits: "TwoPathwayCircuits") -> None:
        """Change W by the learning signal, and V by noise."""
        circuits.update()
        layout = circuits.species.layout
        noise = circuits.draw_noise(layout.hidden)
        heard = circuits.W[:, :, layout.input_units :] @ noise
        caused = noise @ heard.swapaxes(1, 2) / noise.shape[2]
        rate = circuits.coefficient("descending", "heterosynaptic", layout.hidden)
        circuits.V = circuits.V + circuits.B * rate * (caused - circuits.V)
        circuits.keep_signs()
