"""Everything that the individuals of a population have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.activations import ACTIVATIONS, Activation
from hetevo.populations.dale import check_dale
from hetevo.populations.error_neurons import NAME as ERROR_NEURONS
from hetevo.populations.error_neurons import check_error_neurons, plastic_kinds
from hetevo.populations.errors import SettingError
from hetevo.populations.formulas import Formula
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import FRESH, HELD_OUT, Purpose, random_stream
from hetevo.populations.rules import PATHWAYS, Rule
from hetevo.populations.settings import (
    SETTLE,
    Environment,
    ErrorNeurons,
    Genome,
    Lifetime,
    Network,
    Plasticity,
    SynapseKind,
    freeze,
)
from hetevo.populations.storage import REMEDY, Storage, choose_storage, find_obstacle
from hetevo.populations.tasks import Task
from hetevo.populations.wiring import WIRINGS, Pathways, WiringFamily
from hetevo.populations.wiring.places import Places

if TYPE_CHECKING:  # they act on circuits, which belong to a species
    from hetevo.populations.kernel.perturbation import Perturbation

Stage = str
"""``"birth"``, ``"mid"``, ``"end"``, or ``"life_25"`` for the moment after a quarter of the presentations."""

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Species:
    """The fixed part of an experiment: with a genome and a seed it determines a life completely.

    Parameters
    ----------
    layout : Layout
        Sizes.
    task : Task
        What is learned.
    rule : Rule
        Plasticity rule.
    network, plasticity, genome, lifetime, environment, error_neurons
        Settings, see `hetevo.populations.settings`.
    perturbations : tuple of Perturbation
        What befalls every life, in this order; see `hetevo.populations.kernel.perturbation`.
    formula : Formula or None
        What is inherited where the learning rule itself is: then individuals are single layers
        (`hetevo.populations.circuits.layer`), not circuits, and what only circuits have means nothing.
    held_out : str
        Name of the task family, if its tasks are held out, so that selection never sees these lives; else empty. They
        have random streams that no other lives have; families share them, and so differ by their tasks only.
    fresh : bool
        Whether lives are fresh ones, with random streams that no run's lives have (`hetevo.evolve.individual`).

    Raises
    ------
    SettingError
        If circuits have no hidden level, or layers have one; or if something else than neurons decides signs under
        Dale's principle.

    Examples
    --------
    >>> from hetevo.populations.tasks import Sine
    >>> species = Species(Layout(6, (8, 8), 2), Sine(6, 2), network=Network((8, 8), "layered"))
    >>> species.plastic, species.storage
    (('ascending', 'descending'), 'dense')
    """

    layout: Layout
    task: Task
    rule: Rule = Rule()
    network: Network = Network()
    plasticity: Plasticity = Plasticity()
    genome: Genome = Genome()
    lifetime: Lifetime = Lifetime()
    environment: Environment = Environment()
    error_neurons: ErrorNeurons = ErrorNeurons()
    perturbations: "tuple[Perturbation, ...]" = ()
    formula: Formula | None = None
    held_out: str = ""
    fresh: bool = False

    def __post_init__(self) -> None:
        levels = self.layout.levels
        # circuits of other packages decide for themselves
        if self.network.circuit == "auto" and bool(levels) == (self.formula is not None):
            wanted = (
                "no hidden levels with an inherited formula" if levels else "at least one hidden level, as in (8, 8)"
            )
            raise SettingError(
                f"A species has {wanted}, got levels = {levels}. Give another layout, or another formula."
            )
        check_dale(self.network, self.rule, self.genome)
        check_error_neurons(self.network, self.rule, self.genome, self.error_neurons)
        if self.storage == "sparse" and (self.formula is not None or self.obstacle):
            raise SettingError(self.obstacle or f"network.storage: single layers have no wiring to list. {REMEDY}.")

    @property
    def settle(self) -> int:
        """Steps for which both pathways settle, if the wiring family has loops."""
        return SETTLE if self.network.settle == "auto" else self.network.settle

    @property
    def transposed(self) -> bool:
        """Whether the descending wiring is always the transpose of the ascending one (hidden part)."""
        return self.network.feedback == "transposed"

    @cached_property
    def plastic(self) -> tuple[SynapseKind, ...]:
        """Kinds of synapses that change: pathways, or those of circuits with separate error neurons."""
        if self.network.circuit == ERROR_NEURONS:
            return plastic_kinds(self)
        return tuple(pathway for pathway in PATHWAYS if self.rule.terms(pathway))

    @property
    def gated(self) -> bool:
        """Whether decay depends on presynaptic activity."""
        return self.network.circuit == ERROR_NEURONS and self.error_neurons.decay == "gated"

    def terms(self, kind: SynapseKind) -> tuple[str, ...]:
        """Return the terms that change a kind of synapses."""
        if self.network.circuit == ERROR_NEURONS:
            return ("heterosynaptic",) if kind in self.plastic else ()
        return self.rule.terms("ascending" if kind == "ascending" else "descending")

    def stages(self, moments: Sequence[int] = ()) -> dict[int, list[Stage]]:
        """Name the stages of life by the presentations after which they begin; ``moments`` add some, in percent."""
        presentations = self.lifetime.presentations
        # several stages may fall on one moment of a short life
        begin = {"birth": 0, "mid": presentations // 2, "end": presentations}
        begin |= {f"life_{percent}": presentations * percent // 100 for percent in moments}
        named: dict[int, list[Stage]] = {}
        for stage, presented in begin.items():
            named.setdefault(presented, []).append(stage)
        return named

    @property
    def circuit(self) -> str:
        """The kind of circuit, a name in `hetevo.populations.circuits.CIRCUITS`."""
        named = self.network.circuit
        if named == "auto":
            named = "layer" if self.formula is not None else "plain" if self.rule.is_plain else "two-pathway"
        # two pathways as lists of synapses are a kind of their own
        return "sparse" if named == "two-pathway" and self.storage == "sparse" else named

    @cached_property
    def storage(self) -> Storage:
        """How wirings are kept; see `hetevo.populations.storage`."""
        return choose_storage(self)

    @property
    def obstacle(self) -> str:
        """What of the species only matrices know; see `hetevo.populations.storage.find_obstacle`."""
        perturbed = bool(self.perturbations)
        return find_obstacle(self.network, self.rule, self.genome, self.family, perturbed=perturbed)

    def random_stream(self, seed: int, generation: int, purpose: Purpose, index: int = 0) -> Generator:
        """Return the generator for something that lives draw; see `hetevo.populations.random_streams.random_stream`."""
        # the same address under another purpose gives other numbers
        if self.fresh:
            purpose = FRESH[purpose]
        elif self.held_out:
            purpose = HELD_OUT[purpose]
        return random_stream(seed, generation, purpose, index)

    @cached_property
    def transfer(self) -> Activation:
        """The activation function of hidden neurons."""
        return ACTIVATIONS[self.network.activation]

    @cached_property
    def family(self) -> WiringFamily:
        """The wiring family."""
        # a family is frozen, with all that it holds
        options = {name: freeze(value) for name, value in self.network.options.items()}
        return WIRINGS[self.network.wiring](**options)

    @cached_property
    def places(self) -> tuple[Places, Places]:
        """Synapses that may exist, in each pathway, without a matrix; transposed wirings follow from the first."""
        return self.family.places(self.layout)

    @cached_property
    def allowed(self) -> Pathways:
        """Synapses that may exist, in each pathway."""
        allowed = self.family.allowed(self.layout)
        return Pathways(allowed.ascending, self.mirror(allowed.ascending)) if self.transposed else allowed

    def mirror(self, ascending: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the transpose of the hidden part of ascending arrays, (..., H + O, I + H) to (..., H, H + O)."""
        return ascending[..., :, self.layout.input_units :].swapaxes(-1, -2)
