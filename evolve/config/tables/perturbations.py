"""The tables of what befalls lives: environments, injuries, imperfect hardware."""

from typing import Annotated, Literal

from pydantic import Field

from hetevo.evolve.config.tables.base import Count, Scale, Share, Table


class EnvironmentTable(Table):
    """How often what has to be learned changes."""

    every: int = Field(1, ge=0, description="generations after which tasks change; 0: never, all face the same ones")
    within: Count = Field(
        1, description="tasks that follow one another in a life, each for an equal time; fitness is that on the last"
    )


class InjuryTable(Table):
    """Neurons or synapses that are removed, or join, in mid-life."""

    share: Share = Field(0.0, description="share of the hidden neurons or synapses concerned; 0 to 1; 0: no injury")
    what: Literal["neurons", "synapses"] = Field("neurons", description="what is concerned, in both pathways")
    kind: Literal["remove", "insert"] = Field(
        "remove", description="remove: there from birth, then lost; insert: absent from birth, then there"
    )
    at: Share = Field(0.5, description="when, as a fraction of the presentations; 0 to 1")
    plastic_after: bool = Field(True, description="whether the circuit is plastic from then on")


class HardwareTable(Table):
    """Imperfections of devices that learn."""

    noise: Scale = Field(0.0, description="error of a written change, relative to it (standard deviation); 0 or more")
    bits: Annotated[int, Field(ge=2, le=16)] | Literal[0] = Field(0, description="bits of a weight, 2 to 16; 0: exact")
    range: float = Field(2.0, gt=0, allow_inf_nan=False, description="largest weight that bits can store; above 0")
    rounding: Literal["stochastic", "nearest"] = Field("stochastic", description="how weights are rounded to bits")
    mismatch: Scale = Field(
        0.0, description="standard deviation of the logarithm by which gains miss their values; 0 or more"
    )
    delay: int = Field(0, ge=0, description="presentations after which a change takes place; 0 or more")
    stale: int = Field(
        0,
        ge=0,
        description="presentations by which learning signals are older than the activities they meet; 0 or more",
    )
