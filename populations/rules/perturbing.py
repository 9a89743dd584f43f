"""Rules that try something, and keep what made the outcome better: they need no backward pass."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from hetevo.populations.rules.rule import Rule
from hetevo.populations.settings import Setting

if TYPE_CHECKING:  # circuits belong to a species, and that has a rule
    from hetevo.populations.model import TwoPathwayCircuits


@dataclass(frozen=True)
class NodePerturbation(Rule):
    """Noise in hidden neurons and outputs, kept where the error became smaller.

    Each presentation is repeated with noise ``xi_i`` of deviation ``scale`` in all potentials and outputs. With
    ``E`` half the squared error of a sample, and ``E'`` that of the repetition, the learning signal of neuron i is

        q_i = -(E' - E) xi_i / scale^2

    whose mean is the negative gradient (Williams 1992; Werfel, Xie and Seung 2005). W changes by ``gA_i <q_i x_j>``
    with the activities without noise: three factors, of which one is the same for all neurons. Errors are clipped as
    learning signals are. V does nothing, and does not change.

    Parameters
    ----------
    scale : float
        Standard deviation of the noise, above 0.
    """

    descending: tuple[str, ...] = ()
    scale: Annotated[float, Setting("standard deviation of the noise", above=0)] = 0.01

    def update(self, circuits: "TwoPathwayCircuits") -> None:
        """Repeat the presentation with noise, and change W by what that did to the error."""
        layout = circuits.species.layout
        x, y, error = circuits.x, circuits.y, circuits.q[:, layout.hidden :]
        # the same samples, with noise
        noise = self.scale * circuits.draw_noise(layout.neurons)
        circuits.forward(x[:, : layout.input_units], noise)
        worse = ((error + y - circuits.y) ** 2 - error**2).sum(axis=1, keepdims=True) / 2
        circuits.x, circuits.y = x, y
        # from here on as with any learning signal
        circuits.q = -worse * noise / self.scale**2
        circuits.distort()
        circuits.update()
