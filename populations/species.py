"""Everything that the individuals of a population have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.activations import ACTIVATIONS, Activation
from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import HELD_OUT, Purpose, random_stream
from hetevo.populations.rules import Formula, Rule
from hetevo.populations.tasks import Task
from hetevo.populations.wiring import WIRINGS, Pathways, WiringFamily

if TYPE_CHECKING:  # they act on circuits, which belong to a species
    from hetevo.populations.kernel.perturbation import Perturbation

SETTLE = 8
"""Steps that signals may take through loops, unless a species says otherwise."""

Stage = str
"""``"birth"``, ``"mid"``, ``"end"``, or ``"life_25"`` for the moment after a quarter of the presentations."""

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Wiring:
    """How networks are wired.

    Parameters
    ----------
    family : str
        Name in `hetevo.populations.wiring.WIRINGS`.
    options : tuple of (str, float)
        Options of the family that differ from its defaults.
    density : tuple of float
        Share of the allowed synapses that are present (ascending, descending), above 0 up to 1.
    transposed : bool
        Whether the descending wiring is always the transpose of the ascending one (hidden part), as the symmetric
        start and Kolen-Pollack need, instead of drawn independently.
    """

    family: str = "amorphous"
    density: tuple[float, float] = (0.6, 0.6)
    transposed: bool = False
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Founders:
    """How the genes of generation 0 are drawn, and what is inherited at all.

    Parameters
    ----------
    gain_mean, gain_scale : float
        Gains are normal with this mean and standard deviation.
    gain_mean_descending : float or None
        Mean of the descending gains; None: the same.
    gains_shared : bool
        One gain a network and pathway instead of one a neuron: the coefficient of a rule.
    term_scale : float
        Standard deviation of the coefficients of homosynaptic terms.
    terms_shared : bool
        One coefficient a network instead of one a neuron.
    decay_log_mean, decay_log_scale : float
        Decays are ``exp(N(mean, scale^2))`` a presentation.
    decay : bool
        False: no decay at all.
    innate_scale : tuple of float
        Standard deviation of innate weights (ascending, descending), in units of ``1 / sqrt(fan-in)``.
    inherited : bool
        Innate weights are genes; otherwise they are drawn anew at every birth.
    symmetric : bool
        ``V_0`` is the transpose of ``W_0`` (on the synapses present in both) instead of drawn independently.
    """

    gain_mean: float = 0.0
    gain_scale: float = 0.1
    gain_mean_descending: float | None = None
    gains_shared: bool = False
    term_scale: float = 0.1
    terms_shared: bool = False
    decay_log_mean: float = -7.0
    decay_log_scale: float = 0.5
    decay: bool = True
    innate_scale: tuple[float, float] = (1.0, 1.0)
    inherited: bool = False
    symmetric: bool = False


@dataclass(frozen=True)
class Life:
    """What happens between birth and test.

    Parameters
    ----------
    presentations, batch, tasks : int
        ``T`` presentations of ``S`` samples, in ``K`` tasks lived separately.
    test_samples : int
        Samples of the final test.
    signal_clip, weight_clip : float
        Bounds of the learning signal at the output and of every weight (dimensionless).
    clip_every : int
        Presentations between two clippings of the weights.
    loss_cap : float
        Largest normalised loss; a lifetime that diverges gets it.
    successive : int
        Tasks that follow one another in each of the K lives; test and measures are about the last.
    """

    presentations: int = 400
    batch: int = 16
    tasks: int = 2
    test_samples: int = 256
    signal_clip: float = 3.0
    weight_clip: float = 8.0
    clip_every: int = 20
    loss_cap: float = 4.0
    successive: int = 1

    def stages(self, moments: Sequence[int] = ()) -> dict[int, list[Stage]]:
        """Name the stages of life by the presentations after which they begin; ``moments`` add some, in percent."""
        begin = {"birth": 0, "mid": self.presentations // 2, "end": self.presentations}
        begin |= {f"life_{percent}": self.presentations * percent // 100 for percent in moments}
        found: dict[int, list[Stage]] = {}
        for stage, presented in begin.items():
            found.setdefault(presented, []).append(stage)
        return found


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
    wiring : Wiring
        How networks are wired.
    founders : Founders
        How genes are drawn.
    life : Life
        Course of a lifetime.
    activation : str
        Name in `hetevo.populations.activations.ACTIVATIONS`.
    derivative : bool
        Whether the learning signal carries the factor ``f'(p_i)``.
    settle : int
        Steps for which both pathways settle, if the wiring family has loops; at least 1.
    every : int
        Generations after which tasks change; 0: never. Samples are new in every generation.
    perturbations : tuple of Perturbation
        What befalls every life, in this order; see `hetevo.populations.kernel.perturbation`.
    formula : Formula or None
        What is inherited where the learning rule itself is: then individuals are single layers
        (`hetevo.populations.circuits.layer`), not circuits, and what only circuits have means nothing.
    held_out : str
        Name of the task family, if its tasks are held out, so that selection never sees these lives; else empty. They
        have random streams that no other lives have; families share them, and so differ by their tasks only.

    Raises
    ------
    SettingError
        If circuits have no hidden level, or layers have one.
    """

    layout: Layout
    task: Task
    rule: Rule = Rule()
    wiring: Wiring = Wiring()
    founders: Founders = Founders()
    life: Life = Life()
    activation: str = "tanh"
    derivative: bool = True
    settle: int = SETTLE
    every: int = 1
    perturbations: "tuple[Perturbation, ...]" = ()
    formula: Formula | None = None
    held_out: str = ""

    def __post_init__(self) -> None:
        levels = self.layout.levels
        if bool(levels) == (self.formula is not None):
            wanted = (
                "no hidden levels with an inherited formula" if levels else "at least one hidden level, as in (8, 8)"
            )
            raise SettingError(
                f"A species has {wanted}, got levels = {levels}. Give another layout, or another formula."
            )

    @property
    def circuit(self) -> str:
        """The kind of circuit, a name in `hetevo.populations.circuits.CIRCUITS`."""
        return "two-pathway" if self.formula is None else "layer"

    def random_stream(self, seed: int, generation: int, purpose: Purpose, index: int = 0) -> Generator:
        """Return the generator for something that lives draw; see `hetevo.populations.random_streams.random_stream`."""
        return random_stream(seed, generation, HELD_OUT[purpose] if self.held_out else purpose, index)

    @cached_property
    def transfer(self) -> Activation:
        """The activation function of hidden neurons."""
        return ACTIVATIONS[self.activation]

    @cached_property
    def family(self) -> WiringFamily:
        """The wiring family."""
        return WIRINGS[self.wiring.family](**dict(self.wiring.options))

    @cached_property
    def allowed(self) -> Pathways:
        """Synapses that may exist, in each pathway."""
        allowed = self.family.allowed(self.layout)
        return Pathways(allowed.ascending, self.mirror(allowed.ascending)) if self.wiring.transposed else allowed

    def mirror(self, ascending: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the transpose of the hidden part of ascending arrays, (..., H + O, I + H) to (..., H, H + O)."""
        return ascending[..., :, self.layout.input_units :].swapaxes(-1, -2)
