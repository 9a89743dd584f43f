"""The tables of a run: how the population evolves, what is measured, and where it lives.

What concerns the lives themselves is in `living`, what stays of them in `keeping`.
"""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hetevo.populations.errors import nearest
from hetevo.populations.evaluation import MEASURED

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]

CURRENT = "current"
"""In the place of a cluster's address: the session that a Python program began in this process by ``ray.init``."""


UNTIL = ("loss_best", "loss_median", "loss_mean", "evaluations", "seconds")
"""Ends that ``evolution.until`` may name: losses of a generation, and what a run has cost."""

_GRADIENT = ": fitness and stopping never see a gradient, nor anything else that is measured"


class Table(BaseModel):
    """A table that refuses unknown keys and guesses, such as the text "3" for the number 3, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class EvolutionTable(Table):
    """How the population changes."""

    size: int = Field(128, ge=2, description="individuals; at least 2")
    generations: int = Field(50, ge=0, description="generations after the founders'; 0 or more")
    until: dict[str, Any] = Field(
        {},
        examples=[{"loss_best": 0.05}],
        description="ends before the last generation, whichever comes first, e.g. {loss_best = 0.05}: loss_best,"
        " loss_median or loss_mean that is reached, evaluations, or seconds of all sessions; {}: none",
    )
    algorithm: dict[str, Any] = Field(
        {"name": "generational"}, description="how the population is searched: an algorithm and its options"
    )
    elites: int = Field(4, ge=0, description="individuals of each island that pass on unchanged; below its size")
    crossover: Share = Field(0.5, description="probability that a child has two parents; 0 to 1")
    crossover_by: Literal["gene", "neuron"] = Field(
        "gene", description='older spelling: "neuron" is cross = {name = "neuron"}; "gene" says nothing'
    )
    cross: dict[str, Any] = Field(
        {"name": "uniform"},
        description="how genes of two parents become a child's: uniform, neuron, one-point, two-point, blend,"
        " simulated-binary, and options",
    )
    mutate: dict[str, Any] = Field(
        {"name": "gaussian"},
        description="how genes mutate: gaussian, polynomial, redraw, structural, and options",
    )
    turnover: Literal["generations", "none"] = Field(
        "generations",
        description="none: the founders live again in every generation, in new tasks, and nobody is replaced",
    )
    select: dict[str, Any] = Field(
        {"name": "selTournament", "tournsize": 3}, description="operator of deap.tools that selects parents"
    )
    select_elites: dict[str, Any] = Field({"name": "selBest"}, description="operator of deap.tools that selects elites")
    objectives: tuple[str, ...] = Field(
        ("loss",),
        strict=False,
        min_length=1,
        max_length=8,
        examples=[["loss", "synapses"]],
        description="what selection makes small, or large if a + stands before it: loss (mean over tasks), worst"
        " (the worst task), synapses, gain (mean size), change (of weights in a life), injured (the loss"
        " after [injury]), or the place of your own",
    )
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
    bit_flip: Share = Field(0.01, description="probability that a bit of an inherited formula flips; 0 to 1")
    innate_mutation_rate: Share = Field(0.1, description="probability that an inherited innate weight mutates; 0 to 1")
    innate_mutation_scale: Scale = Field(
        0.1, description="standard deviation of that, before scaling by fan-in; 0 or more"
    )

    @property
    def selects(self) -> bool:
        """Whether anybody is selected: there is a second generation, and it is not the first one again."""
        return self.generations > 0 and self.turnover != "none"

    @field_validator("objectives")
    @classmethod
    def _check_objectives(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            held_out = ": a held-out task is one that selection never sees"
            if why := held_out if "heldout" in name else _GRADIENT if MEASURED.search(name) else "":
                raise ValueError(f"evolution.objectives: expected what is selected by, got {name!r}{why}")
            if name == "+loss":
                raise ValueError('evolution.objectives: losses are to be small, so expected "loss", got "+loss"')
        named = [name.removeprefix("+") for name in value]
        if len({*named}) < len(named):
            raise ValueError(f"evolution.objectives: expected each objective once, got {list(value)}")
        return value

    @field_validator("until")
    @classmethod
    def _check_until(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, limit in value.items():
            if name not in UNTIL:
                raise ValueError(
                    f"evolution.until: expected {', '.join(UNTIL)}, got {name!r}"
                    + (_GRADIENT if MEASURED.search(name) else f".{nearest(name, UNTIL)}".rstrip("."))
                )
            number = isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)
            if not number or limit < 0 or (limit == 0 and not name.startswith("loss_")):
                least = "0 or more" if name.startswith("loss_") else "above 0"
                raise ValueError(f"evolution.until: {name}: expected a number, {least}, got {limit!r}")
        return value


class IslandsTable(Table):
    """Parts of the population that breed among themselves."""

    count: Count = Field(1, description="islands of equal size; 1: one population")
    every: Count = Field(10, description="generations between two migrations; at least 1")
    migrants: int = Field(1, ge=0, description="individuals that leave an island on each route; 0: none")
    topology: str = Field("ring", description="routes of migration: ring, torus, complete or random")
    emigrants: Literal["best", "worst", "lot"] = Field(
        "best", description="who leaves; immigrants take the place of those that left"
    )


class TransplantTable(Table):
    """Founders that carry genes of another run, in new wirings and with new innate weights."""

    source: str = Field(
        "",
        examples=["donor@50"],
        description='run to take genes from, RUN or RUN@GENERATION; a relative path begins beside this run; "": none',
    )
    individuals: Literal["all", "champion"] = Field(
        "all", description="whose genes: each founder's those of one individual, or all those of the champion"
    )
    scale: float = Field(
        1.0, gt=0, allow_inf_nan=False, description="factor for transplanted gains, e.g. for another fan-in; above 0"
    )
    genes: tuple[Literal["gain", "decay", "mask", "innate", "bits", "sign"], ...] = Field(
        ("gain", "decay"), strict=False, min_length=1, description="kinds of genes to take; the others are drawn anew"
    )
    signs: Literal["kept", "coin"] = Field(
        "kept", description="signs of hidden neurons' transplanted ascending gains: kept, or drawn anew by coin"
    )

    @model_validator(mode="after")
    def _signs_are_those_of_gains(self) -> Self:
        if self.signs == "coin" and not (self.source and "gain" in self.genes):
            raise ValueError(
                'transplant.signs: with "coin" signs of transplanted gains are drawn anew, so expected a'
                f' transplant.source, and "gain" in transplant.genes, got {self.source!r} and {list(self.genes)}'
            )
        return self


class ProbeTable(Table):
    """What is measured, and never selected on."""

    name: str = Field(
        "alignment", description="probe: alignment, instruments (all measures), or one that another package announces"
    )
    measures: tuple[str, ...] = Field(
        (),
        strict=False,
        examples=[["hebbian"]],
        description="measures besides the probe's own, by name or by the place of your own, e.g. own_module:RATIO",
    )
    every: int = Field(1, ge=0, description="generations between measurements; 0: never")
    share: float = Field(
        1.0, gt=0, le=1, description="share of the individuals that are measured; above 0, and 4 individuals or more"
    )
    samples: int = Field(128, ge=2, description="size of the probe batch; at least 2")
    moments: tuple[Annotated[int, Field(ge=1, le=99)], ...] = Field(
        (),
        strict=False,
        examples=[[10, 25, 75]],
        description="moments of life at which to measure, in percent, besides birth, middle and end, e.g. [10, 25, 75]",
    )


class HeldOutTable(Table):
    """Tasks that selection never sees: the whole population lives through them too, only to be measured."""

    every: int = Field(0, ge=0, description="generations between evaluations on held-out tasks; 0: never")
    families: tuple[str, ...] = Field(
        (),
        strict=False,
        examples=[["xor", "teacher"]],
        description='task families, e.g. ["xor", "teacher"]; the run\'s own name: new tasks of its family',
    )
    tasks: int = Field(
        0, ge=0, description="tasks of each family, each a life of its own; 0: as many as lifetime.tasks"
    )


class BackendTable(Table):
    """Where lives are computed; changes no result, except that `portable` decides its last bits."""

    name: str = Field("auto", description="backend: auto, local or ray")
    workers: int = Field(0, ge=0, description="processes; 0: one a core, on a cluster all its cores")
    address: str = Field(
        "",
        examples=["10.0.0.9:6379"],
        description='a Ray cluster: "host:port" (in a file it takes --trust), or "current", the session of the Python'
        " program; empty: this machine",
    )
    block: int = Field(0, ge=0, description="individuals that live side by side; 0: chosen from sizes and cache")
    on_failure: Literal["quarantine", "stop"] = Field(
        "quarantine",
        description="an individual that cannot be evaluated gets the worst fitness (quarantine) or ends the run (stop)",
    )
    deadline: float = Field(
        60.0, gt=0, description="seconds that a block may always take before it is thought to hang; above 0"
    )
    mixed: bool = Field(
        False, description="whether nodes of a cluster may have other processors than this machine; changes last bits"
    )
    portable: bool = Field(
        False,
        description="whether every x86-64-v3 processor computes the same bits; slower, and others than without",
    )
    losses: Count = Field(
        20, description="blocks lost one after another, none coming back in between, after which the run ends"
    )
    patience: float = Field(600.0, ge=0, description="seconds to wait for workers once all of them are gone; 0 or more")

    @model_validator(mode="after")
    def _an_address_is_for_a_cluster(self) -> Self:
        if self.address and self.name == "local":
            raise ValueError(
                'backend.address: expected no address ("host:port" or "current") with name = "local", got'
                f" {self.address!r}. Set backend.name (--backend) to ray or auto, or leave the address out"
            )
        return self
