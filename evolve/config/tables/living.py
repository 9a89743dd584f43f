"""The tables of a life: what is learned, by which circuit, and how."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hetevo.evolve.config.tables.base import Count, Table

SETTLE_MOST = 1000
"""Steps beyond which settling is a mistake: each presentation takes that many times as long."""


class TaskTable(Table):
    """What is learned."""

    name: str = Field(
        "sine", description="task family: sine, xor, teacher, linear, separable, patterns, reach, history or digits"
    )
    inputs: Count = Field(6, description="sensory inputs, without the bias; at least 1")
    outputs: Count = Field(2, description="target dimensions; at least 1")
    options: dict[str, float | int] = Field(
        {}, examples=[{"amplitude": 1.4}], description="options of the task family, e.g. {amplitude = 1.4}"
    )


class NetworkTable(Table):
    """Sizes and wiring."""

    levels: tuple[Count, ...] = Field(
        (8, 8),
        strict=False,
        description="neurons in each hidden level, lowest first; at least one level, but none for the rule chalmers",
    )
    wiring: str = Field(
        "amorphous",
        description="wiring family: amorphous, layered, rewired, lattice, small-world, scale-free, barabasi-albert,"
        " cerebellum, cortical or recurrent",
    )
    options: dict[str, float | int] = Field(
        {},
        examples=[{"rewiring": 0.2}],
        description="options of the wiring family, e.g. {rewiring = 0.2} of small-world",
    )
    density_ascending: float = Field(
        0.6, gt=0, le=1, description="share of allowed ascending synapses present; above 0 to 1"
    )
    density_descending: float = Field(
        0.6, gt=0, le=1, description="share of allowed descending synapses present; above 0 to 1"
    )
    settle: Annotated[int, Field(ge=1, le=SETTLE_MOST)] | Literal["auto"] = Field(
        "auto",
        examples=[8],
        description=f"steps for which networks with loops settle in both pathways; 1 to {SETTLE_MOST}; auto: 8",
    )
    feedback: Literal["independent", "transposed"] = Field(
        "independent", description="descending wiring: drawn independently, or the transpose of the ascending one"
    )
    activation: str = Field("tanh", description="activation of hidden neurons: tanh, relu, softplus or linear")
    bias: bool = Field(True, description="whether a constant input of 1 is added")

    @model_validator(mode="after")
    def _one_density_if_transposed(self) -> Self:
        if self.feedback == "transposed" and self.density_descending != self.density_ascending:
            if "density_descending" in self.model_fields_set:
                raise ValueError(
                    'network.density_descending: with feedback = "transposed" the descending wiring is the transpose of'
                    f" the ascending one, so expected its density ({self.density_ascending}), got"
                    f" {self.density_descending}. Leave the key out, or draw the wiring independently"
                )
            object.__setattr__(self, "density_descending", self.density_ascending)
        return self


class PlasticityTable(Table):
    """How synapses change."""

    rule: str = Field(
        "heterosynaptic",
        description="plasticity rule: heterosynaptic, fixed-feedback, transported, sign-flipped, shuffled-signal,"
        " hebbian, readout-only or none; or chalmers, which is inherited itself, by networks of a single layer",
    )
    terms: tuple[str, ...] = Field(
        (),
        strict=False,
        examples=[["oja"]],
        description="extra homosynaptic terms, each with coefficient genes: hebbian, presynaptic, postsynaptic, oja",
    )
    terms_shared: bool = Field(False, description="one coefficient a network for the extra terms, not one a neuron")
    gains_shared: bool = Field(False, description="one gain a network and pathway, not one a neuron")
    momentum: float = Field(
        0.0, ge=0, lt=1, description="share of the last change that every change carries on; 0 to below 1"
    )
    signals: Literal["graded", "signs"] = Field(
        "graded", description="whether the size of hidden neurons' learning signals acts, or only their sign"
    )
    derivative: bool = Field(True, description="whether the learning signal carries the factor f'(p)")


class LifetimeTable(Table):
    """What happens between birth and test."""

    presentations: Count = Field(400, description="presentations in a life (T); at least 1")
    batch: Count = Field(16, description="samples a presentation (S); at least 1")
    tasks: Count = Field(2, description="new tasks a generation (K), each a life of its own; at least 1")
    test_samples: Count = Field(256, description="fresh samples on which fitness is measured; at least 1")
    signal_clip: float = Field(3.0, gt=0, description="bound of the learning signal at the output; above 0")
    weight_clip: float = Field(8.0, gt=0, description="bound of every weight; above 0")
    clip_every: Count = Field(20, description="presentations between two clippings of the weights; at least 1")
    loss_cap: float = Field(4.0, gt=0, allow_inf_nan=False, description="largest normalised loss; above 0")
