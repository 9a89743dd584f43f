"""The model, plainly: how a population of two-pathway circuits lives, an equation a line.

This is the file to read first. `hetevo.populations.kernel` computes the same, fast, and tests hold the two to each
other. All arrays have the circuit on axis 0: ``N`` circuits, each an individual in one of its tasks.

=========  ====================  ==============================================================
``W``      (N, H + O, I + H)     ascending weights, ``W[n, i, j]`` from unit j to neuron i
``V``      (N, H, H + O)         descending weights, ``V[n, i, k]`` from neuron k to hidden neuron i
``A, B``   as ``W``, ``V``       which synapses there are: two wirings, drawn independently
``x``      (N, I + H, S)         activity of inputs and hidden neurons, for a batch of S samples
``y``      (N, O, S)             outputs
``q``      (N, H + O, S)         learning signal of hidden neurons and outputs
=========  ====================  ==============================================================

Nothing here knows the transpose of ``W``, and nothing computes a gradient. What a life is besides its presentations
(injury, imperfect hardware) is in the kernel alone.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from hetevo.populations.birth import Weights
from hetevo.populations.dale import outgoing_signs
from hetevo.populations.experience import Samples
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats


class TwoPathwayCircuits:
    """``N`` circuits between birth and death, in float64.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    genes : Population
        N genomes: gains, decays and wirings.
    innate : Weights
        ``W`` and ``V`` at birth.
    generators : sequence of Generator, optional
        One for each circuit, for rules that draw noise.

    Examples
    --------
    Three circuits live through a batch of eight samples.

    >>> import numpy as np
    >>> from hetevo.populations import Species, Layout, draw_founders
    >>> from hetevo.populations.birth import draw_innate_weights
    >>> from hetevo.populations.tasks import Sine
    >>> species = Species(Layout(6, (8, 8), 2), Sine(6, 2))
    >>> genes = draw_founders(species, seed=0, size=3)
    >>> circuits = TwoPathwayCircuits(species, genes, draw_innate_weights(species, genes, np.arange(3), 0, 0))
    >>> inputs, targets = np.ones((3, 7, 8)), np.zeros((3, 2, 8))
    >>> circuits.forward(inputs)
    >>> circuits.backward(targets - circuits.y)
    >>> circuits.update()
    """

    R: Floats
    """What the rule random-signal keeps of its own."""

    def __init__(
        self, species: Species, genes: Population, innate: Weights, generators: Sequence[Generator] = ()
    ) -> None:
        self.species, self.genes = species, genes
        self.generators = np.array(generators, object)
        self.W, self.V = innate.ascending.astype(np.float64), innate.descending.astype(np.float64)
        self.A, self.B = genes.mask_ascending, genes.mask_descending
        self.dW, self.dV = np.zeros_like(self.W), np.zeros_like(self.V)
        self.signs = outgoing_signs(species, genes)
        layout = species.layout
        # level after level; where synapses form loops, all hidden neurons at once, again and again
        loops = [slice(0, layout.hidden)] * species.settle
        self.steps = loops if species.family.recurrent else list(layout.level_slices)

    def forward(self, inputs: Floats, noise: Floats | None = None) -> None:
        """Let activities rise: ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``; outputs are linear.

        Parameters
        ----------
        inputs : ndarray of float, shape (N, I, S)
            Activity of the input units, the bias included.
        noise : ndarray of float, shape (N, H + O, S), optional
            Is added to the potentials of hidden neurons, and to outputs.
        """
        layout = self.species.layout
        # neurons that were not reached yet are silent, so whole rows of W can be used
        self.x = np.zeros((len(self.W), layout.units, inputs.shape[2]))
        self.x[:, : layout.input_units] = inputs
        x_hidden = self.x[:, layout.input_units :]
        for level in self.steps:
            potential = self.W[:, level] @ self.x
            x_hidden[:, level] = self._f(potential if noise is None else potential + noise[:, level])
        self.y = self.W[:, layout.hidden :] @ self.x
        if noise is not None:
            self.y = self.y + noise[:, layout.hidden :]

    def backward(self, error: Floats) -> None:
        """Let learning signals descend: ``q_o = e_o``, ``q_i = f'(p_i) sum_k V_ik q_k``.

        Parameters
        ----------
        error : ndarray of float, shape (N, O, S)
            Target minus output.
        """
        species, hidden = self.species, self.species.layout.hidden
        if species.rule.transport:
            self.V = species.mirror(self.W)
        self.q = np.zeros((len(self.W), species.layout.neurons, error.shape[2]))
        # outputs: the error itself
        self.q[:, hidden:] = np.clip(error, -species.lifetime.signal_clip, species.lifetime.signal_clip)
        # hidden neurons, from the top down
        slope = self._slope(self.x[:, species.layout.input_units :])
        for level in reversed(self.steps):
            self.q[:, level] = slope[:, level] * (self.V[:, level] @ self.q)
        self.distort()

    def distort(self) -> None:
        """Do to hidden neurons' learning signals what some rules do: keep their signs alone, or exchange samples."""
        rule, hidden = self.species.rule, self.species.layout.hidden
        if rule.signs:
            self.q[:, :hidden] = np.sign(self.q[:, :hidden])
        if rule.shuffled:
            self.q[:, :hidden] = np.roll(self.q[:, :hidden], 1, axis=2)

    def update(self) -> None:
        """Change all synapses at once.

        ``dW_ij = gA_i <q_i x_j> - lambdaA W_ij`` and ``dV_ik = gB_i <x_i q_k> - lambdaB V_ik``, each plus the terms
        that the rule adds; ``<>`` is the mean over the batch.
        """
        layout, rule = self.species.layout, self.species.rule
        # in each pathway: what a neuron has itself, what the other pathway tells it, what its synapses bring
        neurons = np.concatenate([self.x[:, layout.input_units :], self.y], axis=1)
        hidden, signals = neurons[:, : layout.hidden], self.q[:, : layout.hidden]
        dW, lostW = self._change("ascending", own=neurons, other=self.q, sender=self.x)
        dV, lostV = self._change("descending", own=signals, other=hidden, sender=self.q)
        # momentum carries a share of the last change on; decay is not part of it
        if rule.readout_only:
            dW[:, : layout.hidden] = lostW[:, : layout.hidden] = 0
        # masks keep absent synapses absent
        self.dW = self.A * dW + rule.momentum * self.dW
        self.dV = self.B * dV + rule.momentum * self.dV
        self.W = self.W * (1 - lostW) + self.dW
        self.V = self.V * (1 - lostV) + self.dV
        self.keep_signs()

    def keep_signs(self) -> None:
        """Keep Dale's principle, if circuits have it: what would change its sign ends at 0."""
        if self.signs:
            self.W = np.where(self.W * self.signs.ascending < 0, 0, self.W)
            self.V = np.where(self.V * self.signs.descending < 0, 0, self.V)

    def clip(self) -> None:
        """Keep weights within bounds."""
        bound = self.species.lifetime.weight_clip
        self.W, self.V = np.clip(self.W, -bound, bound), np.clip(self.V, -bound, bound)

    def _change(self, pathway: Pathway, own: Floats, other: Floats, sender: Floats) -> tuple[Floats, Floats]:
        """Return a pathway's change without decay, and the share of each weight that decays.

        A receiving neuron i has its ``own`` activity in the pathway and that of the ``other`` one, both (N, R, S);
        ``sender`` is what its synapses bring, (N, J, S). Returns shapes (N, R, J) and (N, R, 1).
        """
        terms, samples = self.species.rule.terms(pathway), own.shape[2]
        c = {term: self.coefficient(pathway, term, own.shape[1]) for term in terms}
        change, lost = np.zeros((len(own), own.shape[1], sender.shape[1])), np.zeros((len(own), own.shape[1], 1))
        if "heterosynaptic" in terms:  # <q_i x_j> up, <x_i q_k> down: the other pathway's signal, times the sender's
            change += c["heterosynaptic"] * (other @ sender.swapaxes(1, 2)) / samples
        if "hebbian" in terms:  # <x_i x_j>
            change += c["hebbian"] * (own @ sender.swapaxes(1, 2)) / samples
        if "presynaptic" in terms:  # <x_j>
            change += c["presynaptic"] * sender.mean(axis=2)[:, None, :]
        if "postsynaptic" in terms:  # <x_i>
            change += c["postsynaptic"] * own.mean(axis=2)[:, :, None]
        # what is not plastic does not decay either
        if terms:
            lost += self.genes[f"decay_{pathway}"].astype(np.float64)[:, None, None]
        if "oja" in terms:  # <x_i^2> of the weight, on top of the decay
            lost = 1 - (1 - lost) * (1 - c["oja"] * (own**2).mean(axis=2)[:, :, None])
        return change, lost

    def draw_noise(self, units: int) -> Floats:
        """Draw standard normal numbers (N, units, S) for the present samples, each circuit's from its own generator."""
        if len(self.generators) != len(self.W):
            raise ValueError(f"the rule {self.species.plasticity.rule} draws noise: pass a generator for each circuit")
        shape = units, self.x.shape[2]
        return np.stack([generator.standard_normal(shape) for generator in self.generators])

    def coefficient(self, pathway: Pathway, term: str, neurons: int) -> Floats:
        """Return the gene that scales a term, (N, neurons, 1), as the rule applies it."""
        gene = self.genes[term_gene(pathway, term)].astype(np.float64)
        coefficient = np.broadcast_to(gene, (len(gene), neurons)).copy()
        factors = self.species.rule.factors(term, self.species.layout) if pathway == "ascending" else None
        if factors is not None:
            coefficient *= factors
        return coefficient[:, :, None]

    def _f(self, potential: Floats) -> Floats:
        x = np.empty_like(potential)
        self.species.transfer.apply(potential, x)
        return x

    def _slope(self, activity: Floats) -> Floats:
        slope = np.ones_like(activity)
        if self.species.plasticity.derivative:
            self.species.transfer.slope(activity, slope)
        return slope


def live(
    species: Species,
    genes: Population,
    innate: Weights,
    training: Samples,
    observe: Callable[[int, TwoPathwayCircuits], None] | None = None,
    generators: Sequence[Generator] = (),
) -> TwoPathwayCircuits:
    """Let every individual live through every task, as `hetevo.populations.kernel.life.live_block` does.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    genes : Population
        P genomes.
    innate : Weights
        Weights at birth, P rows.
    training : Samples
        Arrays (K, T, units, S): T presentations of each of K tasks.
    observe : callable, optional
        Is called with the number of presentations so far, and the circuits, before each of them and at the end.
    generators : sequence of Generator, optional
        One for each of the P * K lives, for rules that draw noise.

    Returns
    -------
    TwoPathwayCircuits
        ``N = P * K`` circuits at the end of their lives, ordered individual by individual, task by task.
    """
    life, tasks = species.lifetime, len(training.inputs)
    # each life of an individual begins with the same genes and innate weights
    lives = np.repeat(np.arange(genes.size), tasks)
    born = Weights(*(weights[lives] for weights in innate))
    # lent: what is recorded and inherited is what they live with
    circuits = TwoPathwayCircuits(species, genes.take(lives).lend(), born, generators)
    species.rule.begin(circuits)
    for t in range(life.presentations):
        if observe:
            observe(t, circuits)
        inputs, targets = (np.tile(part[:, t], (genes.size, 1, 1)) for part in (training.inputs, training.targets))
        # one presentation
        circuits.forward(inputs)
        circuits.backward(targets - circuits.y)
        species.rule.update(circuits)
        # at the same moments as the kernel, so that both can be compared
        if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
            circuits.clip()
    if observe:
        observe(life.presentations, circuits)
    return circuits
