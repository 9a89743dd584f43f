"""The tables of what stays of a run: what is recorded, how often it is saved, and who is told its numbers."""

import re
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from hetevo.evolve.config.tables.running import Count, Share, Table


class RecordsTable(Table):
    """What is kept of each generation."""

    individuals_every: int = Field(1, ge=0, description="generations between rows of individuals; 0: none")
    share: Share = Field(
        1.0, description="share of the individuals that have rows, besides the champion and who failed; 0 to 1"
    )


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


class TrackTable(Table):
    """Other programs that are told a run's numbers; changes no result, ends no run, delays its end by at most 60 s."""

    to: tuple[str, ...] = Field(
        (),
        strict=False,
        examples=[["tensorboard", "mlflow"]],
        description="trackers: tensorboard, mlflow, wandb (each an extra of that name), or the place of your own",
    )
    figures: bool = Field(True, description="whether they get the figure that suits the run when it ends")
    online: bool = Field(
        False, description="whether they may use the network; in a file it takes --trust. Secrets: by environment alone"
    )
    uri: str = Field(
        "",
        examples=["mlflow"],
        description="where mlflow writes: a folder, which begins beside this run, or a server's address if online;"
        ' "": in the run',
    )

    @field_validator("to")
    @classmethod
    def _check_to(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({*value}) < len(value):
            raise ValueError(f"track.to: expected each tracker once, got {list(value)}")
        return value

    @model_validator(mode="after")
    def _check_uri(self) -> Self:
        scheme, separator, rest = self.uri.partition("://")
        # what is given is not shown: it may be a secret
        if separator and ("@" in rest or "?" in rest or "#" in rest):
            raise ValueError(
                "track.uri: expected an address alone, got one with more in it. A configuration is written into the"
                " run, so give user, password and token in the environment: MLFLOW_TRACKING_USERNAME,"
                " MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN"
            )
        if separator and scheme not in ("http", "https"):
            raise ValueError(f"track.uri: expected a folder, or http:// or https://, got {scheme[:20]!r}://")
        if separator and not self.online:
            raise ValueError(f"track.uri: {self.uri} is a server's address, so expected track.online = true, got false")
        return self
