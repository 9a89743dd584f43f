"""The tables of a configuration: one class a table, each field with its meaning, unit and bounds.

The defaults are the experiment `emergence`.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Table(BaseModel):
    """A table that refuses unknown keys and guesses, such as the text "3" for the number 3, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TaskTable(Table):
    """What is learned."""

    name: str = Field(
        "sine", description="task family: sine, xor, teacher, linear, separable, reach, history or digits"
    )
    inputs: Count = Field(6, description="sensory inputs, without the bias; at least 1")
    outputs: Count = Field(2, description="target dimensions; at least 1")
    options: dict[str, float | int] = Field({}, description="options of the task family, e.g. {amplitude = 1.4}")


class NetworkTable(Table):
    """Sizes and wiring."""

    levels: tuple[Count, ...] = Field(
        (8, 8), strict=False, description="neurons in each hidden level, lowest first; at least one level"
    )
    wiring: str = Field(
        "amorphous",
        description="wiring family: amorphous, layered, rewired, lattice, small-world, scale-free, cerebellum, cortical"
        " or recurrent",
    )
    options: dict[str, float | int] = Field(
        {}, description="options of the wiring family, e.g. {rewiring = 0.2} of small-world"
    )
    density_ascending: float = Field(
        0.6, gt=0, le=1, description="share of allowed ascending synapses present; above 0 to 1"
    )
    density_descending: float = Field(
        0.6, gt=0, le=1, description="share of allowed descending synapses present; above 0 to 1"
    )
    settle: Count | Literal["auto"] = Field(
        "auto", description="steps for which networks with loops settle in both pathways; at least 1; auto: 8"
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
        " hebbian, readout-only or none",
    )
    terms: tuple[str, ...] = Field(
        (),
        strict=False,
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


class GenomeTable(Table):
    """What founders are born with, and what is inherited."""

    gain_mean: float = Field(
        0.0, allow_inf_nan=False, description="mean of the founders' plasticity gains (a presentation)"
    )
    gain_mean_descending: Annotated[float, Field(allow_inf_nan=False)] | Literal["same"] = Field(
        "same", description='mean of the founders\' descending gains, or "same" as gain_mean'
    )
    gain_scale: Scale = Field(0.1, description="standard deviation of the founders' gains; 0 or more")
    term_scale: Scale = Field(0.1, description="standard deviation of coefficients of extra terms; 0 or more")
    decay: bool = Field(True, description="whether weights decay at all")
    decay_log_mean: float = Field(
        -7.0, le=0, description="mean of the logarithm of the decay a presentation; at most 0"
    )
    decay_log_scale: Scale = Field(0.5, description="standard deviation of the logarithm of the decay; 0 or more")
    innate: Literal["redrawn", "inherited"] = Field(
        "redrawn", description="innate weights: drawn at each birth, or genes"
    )
    innate_scale: tuple[Scale, Scale] = Field(
        (1.0, 1.0),
        strict=False,
        description="size of innate weights, ascending and descending, in units of 1 / sqrt(fan-in); 0 or more",
    )
    descending_start: Literal["random", "transposed"] = Field(
        "random", description="V at birth: drawn independently, or the transpose of W"
    )


class EvolutionTable(Table):
    """How the population changes."""

    size: int = Field(128, ge=2, description="individuals; at least 2")
    generations: int = Field(50, ge=0, description="generations after the founders'; 0 or more")
    elites: int = Field(4, ge=0, description="individuals of each island that pass on unchanged; below its size")
    crossover: Share = Field(0.5, description="probability that a child has two parents; 0 to 1")
    turnover: Literal["generations", "none"] = Field(
        "generations",
        description="none: the founders live again in every generation, in new tasks, and nobody is replaced",
    )
    select: dict[str, Any] = Field(
        {"name": "selTournament", "tournsize": 3}, description="operator of deap.tools that selects parents"
    )
    select_elites: dict[str, Any] = Field({"name": "selBest"}, description="operator of deap.tools that selects elites")
    pool: int = Field(
        0, ge=0, description="parents that `select` picks on each island and that lots are drawn from; 0: no pool"
    )
    gain_mutation_rate: Share = Field(0.3, description="probability that a gain mutates; 0 to 1")
    gain_mutation_scale: Scale = Field(0.05, description="standard deviation of a gain's mutation; 0 or more")
    decay_mutation_rate: Share = Field(0.3, description="probability that a decay mutates; 0 to 1")
    decay_mutation_scale: Scale = Field(
        0.3, description="standard deviation of the change of a decay's logarithm; 0 or more"
    )
    mask_flip: Share = Field(0.002, description="probability that an allowed synapse appears or disappears; 0 to 1")
    innate_mutation_rate: Share = Field(0.1, description="probability that an inherited innate weight mutates; 0 to 1")
    innate_mutation_scale: Scale = Field(
        0.1, description="standard deviation of that, before scaling by fan-in; 0 or more"
    )


class TransplantTable(Table):
    """Founders that carry genes of another run, in new wirings and with new innate weights."""

    source: str = Field(
        "",
        description='run to take genes from, RUN or RUN@GENERATION; a relative path begins beside this run; "": none',
    )
    individuals: Literal["all", "champion"] = Field(
        "all", description="whose genes: each founder's those of one individual, or all those of the champion"
    )
    scale: float = Field(
        1.0, gt=0, allow_inf_nan=False, description="factor for transplanted gains, e.g. for another fan-in; above 0"
    )
    genes: tuple[Literal["gain", "decay", "mask", "innate"], ...] = Field(
        ("gain", "decay"), strict=False, min_length=1, description="kinds of genes to take; the others are drawn anew"
    )


class IslandsTable(Table):
    """Parts of the population that breed among themselves."""

    count: Count = Field(1, description="islands of equal size; 1: one population")
    every: Count = Field(10, description="generations between two migrations; at least 1")
    migrants: int = Field(1, ge=0, description="individuals that leave an island on each route; 0: none")
    topology: str = Field("ring", description="routes of migration: ring, torus, complete or random")
    emigrants: Literal["best", "worst", "lot"] = Field(
        "best", description="who leaves; immigrants take the place of those that left"
    )


class ProbeTable(Table):
    """What is measured, and never selected on."""

    name: str = Field(
        "alignment", description="probe: alignment, instruments (all measures), or one that another package announces"
    )
    every: int = Field(1, ge=0, description="generations between measurements; 0: never")
    samples: int = Field(128, ge=2, description="size of the probe batch; at least 2")
    moments: tuple[Annotated[int, Field(ge=1, le=99)], ...] = Field(
        (),
        strict=False,
        description="moments of life at which to measure, in percent, besides birth, middle and end, e.g. [10, 25, 75]",
    )


class HeldOutTable(Table):
    """Tasks that selection never sees: the whole population lives through them too, only to be measured."""

    every: int = Field(0, ge=0, description="generations between evaluations on held-out tasks; 0: never")
    families: tuple[str, ...] = Field(
        (),
        strict=False,
        description='task families, e.g. ["xor", "teacher"]; the run\'s own name: new tasks of its family',
    )


class RecordsTable(Table):
    """What is kept of each generation."""

    individuals_every: int = Field(1, ge=0, description="generations between rows of individuals; 0: none")


class CheckpointTable(Table):
    """How often the run is saved; what lived after the newest checkpoint lives again when the run is resumed."""

    every: int | str = Field(
        "auto", description='generations between checkpoints, seconds such as "60s", or "auto": at most 2 % of the time'
    )
    keep: Count = Field(3, description="checkpoints to keep; at least 1")
    keep_every: int = Field(0, ge=0, description="keep those of every n-th generation too; 0: none")

    @field_validator("every", mode="before")
    @classmethod
    def _check_every(cls, value: Any) -> int | str:
        count = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if count or (isinstance(value, str) and (value == "auto" or re.fullmatch(r"[1-9]\d{0,8}s", value))):
            return value  # type: ignore[no-any-return]
        raise ValueError(
            f'checkpoint.every: expected "auto", generations (at least 1) or seconds such as "60s", got {value!r}'
        )


class BackendTable(Table):
    """Where lives are computed; never changes a result."""

    name: str = Field("auto", description="backend: auto, local or ray")
    workers: int = Field(0, ge=0, description="processes; 0: one a core, on a cluster all its cores")
    address: str = Field("", description='address of a Ray cluster, "host:port"; empty: this machine')
    block: int = Field(0, ge=0, description="individuals that live side by side; 0: chosen from sizes and cache")
    on_failure: Literal["quarantine", "stop"] = Field(
        "quarantine",
        description="an individual that cannot be evaluated gets the worst fitness (quarantine) or ends the run (stop)",
    )
    deadline: float = Field(
        60.0, gt=0, description="seconds that a block may always take before it is thought to hang; above 0"
    )
    patience: float = Field(600.0, ge=0, description="seconds to wait for workers once all of them are gone; 0 or more")

    @model_validator(mode="after")
    def _an_address_is_for_a_cluster(self) -> Self:
        if self.address and self.name == "local":
            raise ValueError(
                'backend.address: expected no address with name = "local", got'
                f" {self.address!r}. Set backend.name (--backend) to ray or auto, or leave the address out"
            )
        return self
