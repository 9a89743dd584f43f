"""The tables of what is measured, and never selected on."""

from typing import Annotated

from pydantic import Field

from hetevo.evolve.config.tables.base import Table


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
