"""What the files of a run or sweep must hold that are not tables: each file with a schema, read in one way.

What nobody here relies on may be there too, for later versions write more.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hetevo.evolve.rundir.errors import DamagedError

DEPTH = 40
"""Values in values in values: nothing that Hetevo writes comes near."""

SHOWN = 80
"""Characters of a wrong value that a message repeats."""

PLAIN = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "string_pattern_mismatch": "text of the form that Hetevo writes",
    "string_too_short": "text that is not empty",
    "string_too_long": "a shorter text",
}
"""What was expected, by the validator's type of error, where its own words say more of Python than of the file."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class Loose(BaseModel):
    """A schema of what is relied on, among other things."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Strict(BaseModel):
    """A schema of all that may be there."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class File(Strict):
    """Size in bytes and SHA-256 of a file."""

    bytes: Count
    sha256: Digest


class Origin(Loose):
    """Where a branch began."""

    run: str
    generation: Count


class Session(Loose):
    """One process that worked on a run."""

    started: str | None = None
    stopped: str | None = None
    outcome: str | None = None
    reason: str = ""
    generation: Count | None = None


class ProvenanceFile(Loose):
    """``provenance.json``."""

    version: Literal[1] = Field(alias="schema")
    origin: Origin | None = None
    sessions: list[Session]


class Facts(Loose):
    """What a checkpoint remembers of its run."""

    config: Digest
    chain: Digest
    digest: Digest
    probe_chain: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    probe_digest: Digest | None = None
    seed: Count | None = None
    configuration: dict[str, Any] | None = None
    origin: Origin | None = None
    records_from: dict[str, Count] | None = None
    seconds: Annotated[float, Field(ge=0, le=1e12)] = 0.0


class _Network(Loose):
    levels: list[int] = []
    options: dict[str, Any] = {}


class _Task(Loose):
    name: str = ""
    options: dict[str, Any] = {}


class _Evolution(Loose):
    size: Count = 0
    generations: Count = 0
    until: dict[str, Any] = {}


class _Plasticity(Loose):
    rule: str = ""


class _Probe(Loose):
    name: str = ""
    every: Count = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class _Records(Loose):
    individuals_every: Count = 1
    share: Annotated[float, Field(ge=0, le=1)] = 1.0


class ConfigFile(Loose):
    """``config.toml``, as far as it is read without being validated as a whole: to show what a run is."""

    preset: str = ""
    seed: Count = 0
    network: _Network = _Network()
    task: _Task = _Task()
    plasticity: _Plasticity = _Plasticity()
    evolution: _Evolution = _Evolution()
    probe: _Probe = _Probe()
    records: _Records = _Records()
    lifetime: dict[str, Any] = {}
    genome: dict[str, Any] = {}
    transplant: dict[str, Any] = {}


Schema = TypeVar("Schema", bound=BaseModel)


def parse_json(content: bytes) -> Any:
    """Return what JSON says.

    Raises
    ------
    ValueError
        If it is none, or too deep, or has text that cannot be written anywhere.
    """
    try:
        value = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON from line {error.lineno}, column {error.colno} on") from None
    _check_plain(value)
    return value


def _check_plain(value: object) -> None:
    """Raise a `ValueError` if nested values are too deep, or their text has halves of characters."""
    # a list instead of calls: what is nested too deep must not exhaust the stack
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEPTH:
            raise ValueError(f"it is nested more than {DEPTH} deep")
        if isinstance(part, str):
            if not part.isascii() and any("\ud800" <= char <= "\udfff" for char in part):
                raise ValueError("it has text with halves of characters")
        elif isinstance(part, dict):
            waiting += [(key, depth) for key in part]
            waiting += [(item, depth + 1) for item in part.values()]
        elif isinstance(part, list):
            waiting += [(item, depth + 1) for item in part]


def validate(content: object, schema: type[Schema], path: Path) -> Schema:
    """Return what a file holds, by its schema; its content is what `parse_json` or `read_toml` let through.

    Raises
    ------
    DamagedError
        Naming the file, the place in it, what was expected there and what stands there.
    """
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        raise DamagedError(path, _explain_mismatch(error)) from None


def _explain_mismatch(error: ValidationError) -> str:
    """Say in one line what does not fit a schema, where, and what to do."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part)[:SHOWN] for part in first["loc"][:8]) or "the whole file"
    expected = PLAIN.get(first["type"]) or first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"expected the key {place}, which is missing. Put a copy of the file in its place."
    return f"{place}: expected {expected}, got {_short(first['input'])}. Put a copy of the file in its place."


def _short(value: object) -> str:
    if isinstance(value, dict | list) and value:
        return f"{'a table' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return repr(value)[:SHOWN]
