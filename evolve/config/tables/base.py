"""What all tables of a configuration share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Table(BaseModel):
    """A table that refuses unknown keys and guesses, such as the text "3" for the number 3, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
