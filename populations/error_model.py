"""Circuits with separate error neurons, plainly: an equation a line.

The circuit of Ziyin, Chuang and Poggio (2025), figure 2b1, in the form of `hetevo.populations.model`, to be read beside
it; `hetevo.populations.error_neurons` names the synapses. `hetevo.populations.kernel.error_plasticity` computes the
same, fast, and tests hold the two to each other. All arrays have the circuit on axis 0:

=========  ====================  ==============================================================
``W``      (N, H + O, I + H)     ascending weights
``L``      (N, M, H)             sensing weights, ``L[n, k, i]`` from forward neuron i to error neuron k
``V``      (N, H, M)             teaching weights, ``V[n, i, k]`` from error neuron k to forward neuron i
``U``      (N, M, M + O)         descending weights, ``U[n, k, m]`` from error neuron or output m to error neuron k
``x``      (N, I + H, S)         activity of inputs and forward neurons, at time t
``y``      (N, O, S)             outputs
``s``      (N, M, S)             activity of error neurons at time t: what they sense of their level
``e``      (N, M + O, S)         activity of error neurons at time t', and the outputs' errors
``q``      (N, H + O, S)         learning signal of forward neurons and outputs, at time t'
=========  ====================  ==============================================================

So every neuron, forward or error, meets two signals at two times, and each of its synapses changes with the signal
that it has from the *other* pathway, times the synapse's own presynaptic activity. Nothing here computes a gradient.
"""

import numpy as np

from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.error_neurons import ErrorWeights, error_layout, plastic_kinds
from hetevo.populations.experience import Samples
from hetevo.populations.genome import Population
from hetevo.populations.settings import SynapseKind
from hetevo.populations.species import Species
from hetevo.populations.types import Floats


class ErrorNeuronCircuits:
    """``N`` circuits between birth and death, in float64.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    genes : Population
        N genomes: gains, decays and wirings of four kinds of synapses.
    innate : ErrorWeights
        Weights at birth.

    Examples
    --------
    Three circuits live through a batch of eight samples.

    >>> import numpy as np
    >>> from hetevo.populations import Species, Layout, draw_founders
    >>> from hetevo.populations.birth import draw_error_weights
    >>> from hetevo.populations.settings import Network
    >>> from hetevo.populations.tasks import Sine
    >>> network = Network((8, 8), "layered", circuit="error-neurons")
    >>> species = Species(Layout(6, (8, 8), 2), Sine(6, 2), network=network)
    >>> genes = draw_founders(species, seed=0, size=3)
    >>> circuits = ErrorNeuronCircuits(species, genes, draw_error_weights(species, genes, np.arange(3), 0, 0))
    >>> inputs, targets = np.ones((3, 7, 8)), np.zeros((3, 2, 8))
    >>> circuits.forward(inputs)
    >>> circuits.backward(targets - circuits.y)
    >>> circuits.update()
    """

    def __init__(self, species: Species, genes: Population, innate: ErrorWeights) -> None:
        self.species, self.genes, self.errors = species, genes, error_layout(species)
        self.W, self.L, self.V, self.U = (_own(weights) for weights in innate)

    def forward(self, inputs: Floats) -> None:
        """Let activities rise: ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``, ``s_k = f_e(sum_i L_ki x_i)``.

        Parameters
        ----------
        inputs : ndarray of float, shape (N, I, S)
            Activity of the input units, the bias included.
        """
        layout = self.species.layout
        # neurons that were not reached yet are silent, so whole rows of W can be used
        self.x = np.zeros((len(self.W), layout.units, inputs.shape[2]))
        self.x[:, : layout.input_units] = inputs
        x_forward = self.x[:, layout.input_units :]
        for level in layout.level_slices:
            self.species.transfer.apply(self.W[:, level] @ self.x, x_forward[:, level])
        # outputs are linear
        self.y = self.W[:, layout.hidden :] @ self.x
        self.s = self._f_e(self.L @ x_forward)

    def backward(self, error: Floats) -> None:
        """Let errors descend: ``e_k = f_e(sum_m U_km e_m)``; forward neurons hear ``q_i = f'(p_i) sum_k V_ik e_k``.

        Parameters
        ----------
        error : ndarray of float, shape (N, O, S)
            Target minus output.
        """
        species, layout, errors = self.species, self.species.layout, self.errors
        # at the top, the outputs' errors themselves
        self.e = np.zeros((len(self.W), errors.neurons, error.shape[2]))
        self.e[:, errors.hidden :] = np.clip(error, -species.lifetime.signal_clip, species.lifetime.signal_clip)
        # from the top down
        for level in reversed(errors.level_slices):
            self.e[:, level] = self._f_e(self.U[:, level] @ self.e)
        heard = self._slope(self.x[:, layout.input_units :]) * (self.V @ self.e[:, : errors.hidden])
        self.q = np.concatenate([heard, self.e[:, errors.hidden :]], axis=1)

    def update(self) -> None:
        """Change all synapses at once, each kind by its receiver's signal from the other pathway.

        ``dW_ij = gW_i <q_i x_j> - lW W_ij``, ``dL_ki = gL_k <e_k x_i> - lL L_ki``, ``dV_ik = gV_i <x_i e_k> - lV V_ik``
        and ``dU_km = gU_k <s_k e_m> - lU U_km``; ``<>`` is the mean over the batch.
        """
        x = self.x[:, self.species.layout.input_units :]
        e = self.e[:, : self.errors.hidden]
        changed = (
            self._change("ascending", self.W, other=self.q, sender=self.x),
            self._change("sensing", self.L, other=e, sender=x),
            self._change("teaching", self.V, other=x, sender=e),
            self._change("descending", self.U, other=self.s, sender=self.e),
        )
        self.W, self.L, self.V, self.U = changed

    def clip(self) -> None:
        """Keep weights within bounds."""
        bound = self.species.lifetime.weight_clip
        self.W, self.L, self.V, self.U = (
            np.clip(weights, -bound, bound) for weights in (self.W, self.L, self.V, self.U)
        )

    def _change(self, kind: SynapseKind, weights: Floats, other: Floats, sender: Floats) -> Floats:
        """Return weights (N, R, J) after a presentation.

        Their receiving neurons have ``other``, (N, R, S), from the other pathway; ``sender`` is what they bring,
        (N, J, S).
        """
        # what is not plastic does not decay either
        if kind not in plastic_kinds(self.species):
            return weights
        genes, samples = self.genes, sender.shape[2]
        gain = np.broadcast_to(genes[f"gains_{kind}"].astype(np.float64), other.shape[:2])[:, :, None]
        lost = genes[f"decay_{kind}"].astype(np.float64)[:, None, None]
        # a gated decay takes nothing where nothing arrives
        if self.species.error_neurons.decay == "gated":
            lost = lost * (sender**2).mean(axis=2)[:, None, :]
        driven = gain * (other @ sender.swapaxes(1, 2)) / samples
        return np.asarray(weights * (1 - lost) + genes[f"mask_{kind}"] * driven)

    def _f_e(self, potential: Floats) -> Floats:
        activity = np.empty_like(potential)
        ACTIVATIONS[self.species.error_neurons.activation].apply(potential, activity)
        return activity

    def _slope(self, activity: Floats) -> Floats:
        slope = np.ones_like(activity)
        if self.species.plasticity.derivative:
            self.species.transfer.slope(activity, slope)
        return slope


def _own(weights: Floats) -> Floats:
    return weights.astype(np.float64)


def live(species: Species, genes: Population, innate: ErrorWeights, training: Samples) -> ErrorNeuronCircuits:
    """Let every individual live through every task, as `hetevo.populations.model.live` does for other circuits.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    genes : Population
        P genomes.
    innate : ErrorWeights
        Weights at birth, P rows.
    training : Samples
        Arrays (K, T, units, S): T presentations of each of K tasks.

    Returns
    -------
    ErrorNeuronCircuits
        ``N = P * K`` circuits at the end of their lives, ordered individual by individual, task by task.
    """
    life = species.lifetime
    # each life of an individual begins with the same genes and innate weights
    lives = np.repeat(np.arange(genes.size), len(training.inputs))
    circuits = ErrorNeuronCircuits(species, genes.take(lives), ErrorWeights(*(weights[lives] for weights in innate)))
    for t in range(life.presentations):
        inputs, targets = (np.tile(part[:, t], (genes.size, 1, 1)) for part in (training.inputs, training.targets))
        # one presentation
        circuits.forward(inputs)
        circuits.backward(targets - circuits.y)
        circuits.update()
        # at the same moments as the kernel, so that both can be compared
        if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
            circuits.clip()
    return circuits
