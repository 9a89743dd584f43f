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


def setting(default: Any, meaning: str, **bounds: Any) -> Any:
    """Return a field of a table: its default, what it means, and its bounds (see `Setting`)."""
    known = {"setting": Setting(meaning, **bounds)}
    # a dict could be changed by everybody who has it, so each gets a copy
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=known)
    return field(default=default, metadata=known)


Options = Mapping[str, Any]
"""Options of a family: whatever a configuration can hold."""

Same = float | Literal["same"]
"""A number of one kind of synapses, or "same": that of all."""

Size = Annotated[float, Setting("a size", least=0, finite=True)]
Count = Annotated[int, Setting("a count", least=1)]
SynapseKind = Literal["ascending", "sensing", "teaching", "descending"]
"""Of circuits with separate error neurons; those of two-pathway circuits are ascending and descending."""

Bits = Annotated[int, Setting("bits", least=2, most=16)]


def freeze(value: Any) -> Any:
    """Return a value of a configuration as families take it: lists become tuples, so that nobody changes them.

    Examples
    --------
    >>> freeze([1, ["a", "b"]])
    (1, ('a', 'b'))
    """
    return tuple(map(freeze, value)) if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class Task:
    """What is learned."""

    name: str = setting("sine", "task family", names="tasks")
    inputs: int = setting(6, "sensory inputs, without the bias", least=1)
    outputs: int = setting(2, "target dimensions", least=1)
    options: Options = setting({}, "options of the task family, e.g. {amplitude = 1.4}", example={"amplitude": 1.4})


@dataclass(frozen=True)
class Network:
    """Sizes and wiring."""

    levels: tuple[Count, ...] = setting(
        (8, 8), "neurons in each hidden level, lowest first; at least one level, but none for the rule chalmers"
    )
    wiring: str = setting("amorphous", "wiring family", names="wirings")
    options: Options = setting(
        {}, "options of the wiring family, e.g. {rewiring = 0.2} of small-world", example={"rewiring": 0.2}
    )
    density_ascending: float = setting(0.6, "share of allowed ascending synapses present", most=1, above=0)
    density_descending: float = setting(0.6, "share of allowed descending synapses present", most=1, above=0)
    settle: int | Literal["auto"] = setting(
        "auto",
        f"steps for which networks with loops settle in both pathways; auto: {SETTLE}",
        least=1,
        most=1000,
        example=SETTLE,
    )
    feedback: Literal["independent", "transposed"] = setting(
        "independent", "descending wiring: drawn independently, or the transpose of the ascending one"
    )
    activation: str = setting("tanh", "activation of hidden neurons", names="activations")
    bias: bool = setting(True, "whether a constant input of 1 is added")
    circuit: str = setting("auto", "kind of circuit; auto: the one that the rule needs", names="circuits")
    dale: bool = setting(False, "whether each neuron keeps the sign of all that it sends, in both pathways")
    excitatory: float = setting(
        0.8, "with dale: probability that a founder's neuron excites, where no file says", least=0, most=1
    )
    storage: Literal["auto", "dense", "sparse"] = setting(
        "auto",
        "how wirings are kept: as matrices, or as lists of synapses; auto: lists if networks are large and sparse",
    )


@dataclass(frozen=True)
class Plasticity:
    """How synapses change."""

    rule: str = setting(
        "heterosynaptic", "plasticity rule; chalmers is inherited itself, by networks of a single layer", names="rules"
    )
    terms: tuple[str, ...] = setting(
        (), "extra homosynaptic terms, each with coefficient genes", names="terms", example=["oja"]
    )
    terms_shared: bool = setting(False, "one coefficient a network for the extra terms, not one a neuron")
    gains_shared: bool = setting(False, "one gain a network and pathway, not one a neuron")
    momentum: float = setting(0.0, "share of the last change that every change carries on", least=0, below=1)
    signals: Literal["graded", "signs"] = setting(
        "graded", "whether the size of hidden neurons' learning signals acts, or only their sign"
    )
    derivative: bool = setting(True, "whether the learning signal carries the factor f'(p)")
    options: Options = setting(
        {}, "options of the rule, e.g. {scale = 0.02} of node-perturbation", example={"scale": 0.02}
    )


@dataclass(frozen=True)
class ErrorNeurons:
    """Separate error neurons beside the forward ones, in circuits of the kind error-neurons."""

    sizes: tuple[Count, ...] | Literal["same"] = setting(
        "same", 'error neurons beside each hidden level, lowest first, or "same" as forward neurons', example=[5, 5]
    )
    activation: Literal["tanh", "linear"] = setting("tanh", "activation of error neurons")
    density_sensing: float = setting(0.6, "share of synapses from forward to error neurons present", most=1, above=0)
    density_teaching: float = setting(0.6, "share of synapses from error to forward neurons present", most=1, above=0)
    plastic: tuple[SynapseKind, ...] = setting(
        ("ascending", "sensing", "teaching", "descending"), "kinds of synapses that change, where the rule lets them"
    )
    decay: Literal["constant", "gated"] = setting(
        "constant", "whether a weight decays all the time, or by the mean square of presynaptic activity"
    )


@dataclass(frozen=True)
class Lifetime:
    """What happens between birth and test."""

    presentations: int = setting(400, "presentations in a life (T)", least=1)
    batch: int = setting(16, "samples a presentation (S)", least=1)
    tasks: int = setting(2, "new tasks a generation (K), each a life of its own", least=1)
    test_samples: int = setting(256, "fresh samples on which fitness is measured", least=1)
    signal_clip: float = setting(3.0, "bound of the learning signal at the output", above=0)
    weight_clip: float = setting(8.0, "bound of every weight", above=0)
    clip_every: int = setting(20, "presentations between two clippings of the weights", least=1)
    hold: int = setting(1, "presentations for which a batch stays, before the next one comes", least=1)
    loss_cap: float = setting(4.0, "largest normalised loss", above=0, finite=True)


@dataclass(frozen=True)
class Environment:
    """How often what has to be learned changes."""

    every: int = setting(1, "generations after which tasks change; 0: never, all face the same ones", least=0)
    within: int = setting(
        1, "tasks that follow one another in a life, each for an equal time; fitness is that on the last", least=1
    )
    noise: int = setting(0, "inputs of noise beside the task's, standard normal and new in every sample", least=0)
    exchange: float = setting(
        1.0,
        "when the first half of the inputs changes places with the second, as a fraction of the presentations;"
        " 1: never",
        least=0,
        most=1,
    )


@dataclass(frozen=True)
class Injury:
    """Neurons or synapses that are removed, or join, in mid-life."""

    share: float = setting(0.0, "share of the hidden neurons or synapses concerned; 0: no injury", least=0, most=1)
    what: Literal["neurons", "synapses"] = setting("neurons", "what is concerned, in both pathways")
    kind: Literal["remove", "insert"] = setting(
        "remove", "remove: there from birth, then lost; insert: absent from birth, then there"
    )
    at: float = setting(0.5, "when, as a fraction of the presentations", least=0, most=1)
    plastic_after: bool = setting(True, "whether the circuit is plastic from then on")


@dataclass(frozen=True)
class Hardware:
    """Imperfections of devices that learn."""

    noise: float = setting(0.0, "error of a written change, relative to it (standard deviation)", least=0, finite=True)
    jitter: float = setting(
        0.0, "noise added to every written change, whatever its size (standard deviation)", least=0, finite=True
    )
    bits: Bits | Literal[0] = setting(0, "bits of a weight, 2 to 16; 0: exact")
    range: float = setting(2.0, "largest weight that bits can store", above=0, finite=True)
    rounding: Literal["stochastic", "nearest"] = setting("stochastic", "how weights are rounded to bits")
    mismatch: float = setting(
        0.0, "standard deviation of the logarithm by which gains miss their values", least=0, finite=True
    )
    delay: int = setting(0, "presentations after which a change takes place", least=0)
    stale: int = setting(0, "presentations by which learning signals are older than the activities they meet", least=0)
    stale_outputs: bool = setting(False, "whether errors at the outputs are as old, too")


@dataclass(frozen=True)
class Genome:
    """What founders are born with, and what is inherited."""

    gain_mean: float = setting(0.0, "mean of the founders' plasticity gains (a presentation)", finite=True)
    gain_mean_descending: Same = setting(
        "same", 'mean of the founders\' descending gains, or "same" as gain_mean', finite=True, example=-0.05
    )
    gain_mean_sensing: Same = setting(
        "same", 'mean of the founders\' sensing gains, or "same" as gain_mean', finite=True
    )
    gain_mean_teaching: Same = setting(
        "same", 'mean of the founders\' teaching gains, or "same" as gain_mean', finite=True
    )
    gain_scale: float = setting(0.1, "standard deviation of the founders' gains", least=0, finite=True)
    gain_scale_descending: Same = setting(
        "same", 'standard deviation of descending gains, or "same" as gain_scale', least=0, finite=True
    )
    gain_scale_sensing: Same = setting(
        "same", 'standard deviation of sensing gains, or "same" as gain_scale', least=0, finite=True
    )
    gain_scale_teaching: Same = setting(
        "same", 'standard deviation of teaching gains, or "same" as gain_scale', least=0, finite=True
    )
    output_gains: Literal["any", "positive"] = setting(
        "any",
        "signs of the outputs' ascending gains: any, or positive, also after mutation; shared ones are theirs too",
    )
    term_mean: float = setting(0.0, "mean of the founders' coefficients of extra terms", finite=True)
    term_scale: float = setting(0.1, "standard deviation of coefficients of extra terms", least=0, finite=True)
    decay: bool = setting(True, "whether weights decay at all")
    decay_log_mean: float = setting(-7.0, "mean of the logarithm of the decay a presentation", most=0)
    decay_log_mean_descending: Same = setting(
        "same", 'mean of the logarithm of descending decays, or "same" as decay_log_mean', most=0
    )
    decay_log_mean_sensing: Same = setting(
        "same", 'mean of the logarithm of sensing decays, or "same" as decay_log_mean', most=0
    )
    decay_log_mean_teaching: Same = setting(
        "same", 'mean of the logarithm of teaching decays, or "same" as decay_log_mean', most=0
    )
    decay_log_scale: float = setting(0.5, "standard deviation of the logarithm of the decay", least=0, finite=True)
    innate: Literal["redrawn", "inherited"] = setting("redrawn", "innate weights: drawn at each birth, or genes")
    innate_scale: tuple[Size, Size] = setting(
        (1.0, 1.0), "size of innate weights, ascending and descending, in units of 1 / sqrt(fan-in); 0 or more"
    )
    innate_scale_sensing: Size = setting(
        1.0, "size of innate sensing weights, of circuits with error neurons; 0 or more"
    )
    innate_scale_teaching: Size = setting(
        1.0, "size of innate teaching weights, of circuits with error neurons; 0 or more"
    )
    descending_start: Literal["random", "transposed"] = setting(
        "random", "V at birth: drawn independently, or the transpose of W"
    )

    def prior(self, name: str, kind: str) -> float:
        """Return ``gain_mean``, ``gain_scale`` or ``decay_log_mean`` of one kind of synapses.

        Examples
        --------
        >>> Genome(gain_mean=0.1, gain_mean_teaching=0.3).prior("gain_mean", "teaching")
        0.3
        >>> Genome(gain_mean=0.1).prior("gain_mean", "teaching")
        0.1
        """
        own = getattr(self, f"{name}_{kind}", "same")
        return float(getattr(self, name) if own == "same" else own)
