"""The tables of the run itself: what is kept, how often it is saved, where it is computed."""

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hetevo.evolve.config.tables.base import Count, Table

CURRENT = "current"
"""In the place of a cluster's address: the session that a Python program began in this process by ``ray.init``."""


class RecordsTable(Table):
    """What is kept of each generation."""

    individuals_every: int = Field(1, ge=0, description="generations between rows of individuals; 0: none")


class CheckpointTable(Table):
    """How often the run is saved; what lived after the newest checkpoint lives again when the run is resumed."""

    every: int | str = Field(
        "auto", description='generations between checkpoints, seconds such as "60s", or "auto": at most 2 % of the time'
    )
    longest: float = Field(
        60.0, gt=0, allow_inf_nan=False, description='seconds after which "auto" saves, whatever it costs; above 0'
    )
    keep: Count = Field(3, description="checkpoints to keep; at least 1")
    keep_every: int = Field(0, ge=0, description="keep those of every n-th generation too; 0: none")

    @field_validator("every", mode="before")
    @classmethod
    def _check_every(cls, value: Any) -> int | str:
        word = isinstance(value, str) and not re.fullmatch(r"auto|[1-9]\d{0,8}s", value)
        number = isinstance(value, int) and not isinstance(value, bool) and value < 1
        if word or number:
            raise ValueError(
                f'checkpoint.every: expected "auto", generations (at least 1) or seconds such as "60s", got {value!r}'
            )
        return value  # type: ignore[no-any-return]  # other types are refused by the field's own


class BackendTable(Table):
    """Where lives are computed; never changes a result."""

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
