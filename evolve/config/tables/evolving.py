"""The tables of evolution: genes, selection, islands, and genes of other runs."""

from typing import Any, Literal

from pydantic import Field

from hetevo.evolve.config.tables.base import Count, Scale, Share, Table


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
    bit_flip: Share = Field(0.01, description="probability that a bit of an inherited formula flips; 0 to 1")
    innate_mutation_rate: Share = Field(0.1, description="probability that an inherited innate weight mutates; 0 to 1")
    innate_mutation_scale: Scale = Field(
        0.1, description="standard deviation of that, before scaling by fan-in; 0 or more"
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
