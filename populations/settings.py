"""Every biological setting, once: its name, type, default, bounds and meaning.

Configurations, their checks and messages, `hetevo init` and `Species` are made from these tables. To add a setting,
write a line here, and use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

SETTLE = 8
"""Steps for which circuits with loops settle, if a configuration leaves that open."""


@dataclass(frozen=True)
class Setting:
    """What a setting means, and which values it may have.

    Parameters
    ----------
    meaning : str
        In a few words, with its unit.
    least, most : number, optional
        Bounds that are allowed.
    above, below : number, optional
        Bounds that are not.
    finite : bool, optional
        Whether the value must be finite.
    names : str, optional
        Whose names it may have: ``"tasks"``, ``"wirings"``, ``"rules"``, ``"terms"`` or ``"activations"``.
    example : optional
        A value to show where the default is none.
    """

    meaning: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    finite: bool = False
    names: str = ""
    example: Any = None


Options = Mapping[str, float | int]
Size = Annotated[float, Setting("a size", least=0, finite=True)]
Count = Annotated[int, Setting("a count", least=1)]
Bits = Annotated[int, Setting("bits", least=2, most=16)]


@dataclass(frozen=True)
class Task:
    """What is learned."""

    name: Annotated[str, Setting("task family", names="tasks")] = "sine"
    inputs: Annotated[int, Setting("sensory inputs, without the bias", least=1)] = 6
    outputs: Annotated[int, Setting("target dimensions", least=1)] = 2
    options: Annotated[
        Options, Setting("options of the task family, e.g. {amplitude = 1.4}", example={"amplitude": 1.4})
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """Sizes and wiring."""

    levels: Annotated[
        tuple[Count, ...],
        Setting("neurons in each hidden level, lowest first; at least one level, but none for the rule chalmers"),
    ] = (8, 8)
    wiring: Annotated[str, Setting("wiring family", names="wirings")] = "amorphous"
    options: Annotated[
        Options,
        Setting("options of the wiring family, e.g. {rewiring = 0.2} of small-world", example={"rewiring": 0.2}),
    ] = field(default_factory=dict)
    density_ascending: Annotated[float, Setting("share of allowed ascending synapses present", above=0, most=1)] = 0.6
    density_descending: Annotated[float, Setting("share of allowed descending synapses present", above=0, most=1)] = 0.6
    settle: Annotated[
        int | Literal["auto"],
        Setting(
            f"steps for which networks with loops settle in both pathways; auto: {SETTLE}",
            least=1,
            most=1000,
            example=8,
        ),
    ] = "auto"
    feedback: Annotated[
        Literal["independent", "transposed"],
        Setting("descending wiring: drawn independently, or the transpose of the ascending one"),
    ] = "independent"
    activation: Annotated[str, Setting("activation of hidden neurons", names="activations")] = "tanh"
    bias: Annotated[bool, Setting("whether a constant input of 1 is added")] = True


@dataclass(frozen=True)
class Plasticity:
    """How synapses change."""

    rule: Annotated[
        str, Setting("plasticity rule; chalmers is inherited itself, by networks of a single layer", names="rules")
    ] = "heterosynaptic"
    terms: Annotated[
        tuple[str, ...],
        Setting("extra homosynaptic terms, each with coefficient genes", names="terms", example=["oja"]),
    ] = ()
    terms_shared: Annotated[bool, Setting("one coefficient a network for the extra terms, not one a neuron")] = False
    gains_shared: Annotated[bool, Setting("one gain a network and pathway, not one a neuron")] = False
    momentum: Annotated[float, Setting("share of the last change that every change carries on", least=0, below=1)] = 0.0
    signals: Annotated[
        Literal["graded", "signs"],
        Setting("whether the size of hidden neurons' learning signals acts, or only their sign"),
    ] = "graded"
    derivative: Annotated[bool, Setting("whether the learning signal carries the factor f'(p)")] = True


@dataclass(frozen=True)
class Lifetime:
    """What happens between birth and test."""

    presentations: Annotated[int, Setting("presentations in a life (T)", least=1)] = 400
    batch: Annotated[int, Setting("samples a presentation (S)", least=1)] = 16
    tasks: Annotated[int, Setting("new tasks a generation (K), each a life of its own", least=1)] = 2
    test_samples: Annotated[int, Setting("fresh samples on which fitness is measured", least=1)] = 256
    signal_clip: Annotated[float, Setting("bound of the learning signal at the output", above=0)] = 3.0
    weight_clip: Annotated[float, Setting("bound of every weight", above=0)] = 8.0
    clip_every: Annotated[int, Setting("presentations between two clippings of the weights", least=1)] = 20
    loss_cap: Annotated[float, Setting("largest normalised loss", above=0, finite=True)] = 4.0


@dataclass(frozen=True)
class Environment:
    """How often what has to be learned changes."""

    every: Annotated[
        int, Setting("generations after which tasks change; 0: never, all face the same ones", least=0)
    ] = 1
    within: Annotated[
        int,
        Setting(
            "tasks that follow one another in a life, each for an equal time; fitness is that on the last", least=1
        ),
    ] = 1


@dataclass(frozen=True)
class Injury:
    """Neurons or synapses that are removed, or join, in mid-life."""

    share: Annotated[
        float, Setting("share of the hidden neurons or synapses concerned; 0: no injury", least=0, most=1)
    ] = 0.0
    what: Annotated[Literal["neurons", "synapses"], Setting("what is concerned, in both pathways")] = "neurons"
    kind: Annotated[
        Literal["remove", "insert"],
        Setting("remove: there from birth, then lost; insert: absent from birth, then there"),
    ] = "remove"
    at: Annotated[float, Setting("when, as a fraction of the presentations", least=0, most=1)] = 0.5
    plastic_after: Annotated[bool, Setting("whether the circuit is plastic from then on")] = True


@dataclass(frozen=True)
class Hardware:
    """Imperfections of devices that learn."""

    noise: Annotated[
        float, Setting("error of a written change, relative to it (standard deviation)", least=0, finite=True)
    ] = 0.0
    bits: Annotated[Bits | Literal[0], Setting("bits of a weight, 2 to 16; 0: exact")] = 0
    range: Annotated[float, Setting("largest weight that bits can store", above=0, finite=True)] = 2.0
    rounding: Annotated[Literal["stochastic", "nearest"], Setting("how weights are rounded to bits")] = "stochastic"
    mismatch: Annotated[
        float,
        Setting("standard deviation of the logarithm by which gains miss their values", least=0, finite=True),
    ] = 0.0
    delay: Annotated[int, Setting("presentations after which a change takes place", least=0)] = 0
    stale: Annotated[
        int,
        Setting("presentations by which learning signals are older than the activities they meet", least=0),
    ] = 0


@dataclass(frozen=True)
class Genome:
    """What founders are born with, and what is inherited."""

    gain_mean: Annotated[float, Setting("mean of the founders' plasticity gains (a presentation)", finite=True)] = 0.0
    gain_mean_descending: Annotated[
        float | Literal["same"],
        Setting('mean of the founders\' descending gains, or "same" as gain_mean', finite=True, example=-0.05),
    ] = "same"
    gain_scale: Annotated[float, Setting("standard deviation of the founders' gains", least=0, finite=True)] = 0.1
    term_scale: Annotated[float, Setting("standard deviation of coefficients of extra terms", least=0, finite=True)] = (
        0.1
    )
    decay: Annotated[bool, Setting("whether weights decay at all")] = True
    decay_log_mean: Annotated[float, Setting("mean of the logarithm of the decay a presentation", most=0)] = -7.0
    decay_log_scale: Annotated[
        float, Setting("standard deviation of the logarithm of the decay", least=0, finite=True)
    ] = 0.5
    innate: Annotated[Literal["redrawn", "inherited"], Setting("innate weights: drawn at each birth, or genes")] = (
        "redrawn"
    )
    innate_scale: Annotated[
        tuple[Size, Size],
        Setting("size of innate weights, ascending and descending, in units of 1 / sqrt(fan-in); 0 or more"),
    ] = (1.0, 1.0)
    descending_start: Annotated[
        Literal["random", "transposed"], Setting("V at birth: drawn independently, or the transpose of W")
    ] = "random"
