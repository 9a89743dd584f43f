"""Reading claims from the files of experiments, and saying what is wrong in them."""

import contextlib
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hetevo.analysis.claims.claim import VERDICTS, Claim
from hetevo.analysis.claims.own import CLAIM_FIGURES, CLAIM_MEASURES
from hetevo.analysis.claims.prediction import Prediction, Term
from hetevo.analysis.figures.claim import SHOWN
from hetevo.analysis.statistics.curves import LATE
from hetevo.analysis.statistics.seeds import MATTERS
from hetevo.evolve.config.explaining import explain
from hetevo.evolve.config.sources import ConfigError, is_path, read_source, shipped
from hetevo.populations.errors import nearest

PAPER = "Ziyin, Chuang, Poggio (2025), arXiv:2505.02248"
"""Where claims that ship with Hetevo come from, if they do not name another source."""


Table = TypeVar("Table", bound=BaseModel)


class ClaimTable(BaseModel):
    """What ``[claim]`` may contain: the fields of `Claim`, and groups of names that terms may stand for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    says: str = Field(examples=["Selection alone aligns updates with gradients."], description="one sentence")
    order: int = Field(0, description="where it stands among others")
    shows: dict[str, str] = Field(
        {}, examples=[{"alignment_end": "alignment"}], description="what the figure shows, by column"
    )
    figure: str = Field("", description="one of the figures that are drawn for single claims")
    source: str = Field("", description="where it comes from")
    note: str = Field("", description="what to make of what came out")
    first: str = Field("", description="the verdict when its seeds were judged first, if that was another one")
    groups: dict[str, list[str]] = Field(
        {}, examples=[{"rules": ["one", "other"]}], description="names that {name} in a term stands for"
    )

    @field_validator("figure")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _check_name("claim.figure", name, CLAIM_FIGURES)

    @field_validator("first")
    @classmethod
    def _is_verdict(cls, name: str) -> str:
        return _check_name("claim.first", name, VERDICTS)


class PredictionTable(BaseModel):
    """What a ``[[prediction]]`` may contain: the fields of `Prediction`, with the value by its side."""

    model_config = ConfigDict(extra="forbid", strict=True)

    says: str = Field(examples=["more than drift"], description="the prediction in words")
    terms: list[Any] = Field(
        min_length=1, examples=[[[1, "emergence", "alignment_end"]]], description="what is added up"
    )
    above: float | None = Field(None, examples=[0.0], description="it is predicted to be larger")
    below: float | None = Field(None, examples=[0.0], description="it is predicted to be smaller")
    within: float | None = Field(None, gt=0, examples=[0.05], description="it is predicted to be so near to around")
    around: float = Field(0.0, description="the middle of within")
    key: bool = Field(False, description="whether the verdict rests on it")
    matters: float = Field(MATTERS, gt=0, description="the smallest difference that would matter")
    generations: int = Field(LATE, ge=1, description="means over so many of the last generations")
    generation: int = Field(-1, ge=-1, description="row of the table of generations instead; -1: none")
    measure: str = Field("", description="a measure that is computed from one seed's runs")

    @field_validator("terms")
    @classmethod
    def _are_terms(cls, terms: list[Any]) -> list[Any]:
        for term in terms:
            match term:
                case [int() | float() as weight, str(), str()] if not isinstance(weight, bool):
                    continue
            raise ValueError(
                'terms: expected weight, condition and column each, such as [1, "emergence", "alignment_end"],'
                f" got {term!r}"
            )
        return terms

    @field_validator("measure")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _check_name("measure", name, CLAIM_MEASURES)

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        given = [name for name in ("above", "below", "within") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "expected one of above, below and within, such as above = 0.0: where the interval over seeds must"
                f" lie, got {' and '.join(given) or 'none'}"
            )
        if self.within is None and "around" in self.model_fields_set:
            raise ValueError(f"around: it is the middle of within, so expected none beside {given[0]}")
        return self


def _check_name(key: str, name: str, known: Collection[str]) -> str:
    if name and name not in known:
        raise ValueError(f"{key}: expected one of {', '.join(known)}, got {name!r}.{nearest(name, known)}")
    return name


def read_claims() -> dict[str, Claim]:
    """Read the claims of all experiments that ship with Hetevo or that installed packages announce, in their order."""
    claims = []
    for name in shipped("claims"):
        # what is wrong in another package's file is told when it is asked for
        with contextlib.suppress(ConfigError):
            claims.append(read_claim(name))
    return {claim.name: claim for claim in sorted(claims, key=lambda claim: claim.order)}


def read_claim(source: str) -> Claim:
    """Read one claim.

    Parameters
    ----------
    source : str
        Name of an experiment, or a file; what ends in ``.toml`` or contains a separator is a file.

    Raises
    ------
    ConfigError
        If there is none, or naming what is wrong in it.
    """
    content = read_source(source, "claims")
    table = _validate(content.get("claim"), ClaimTable, f"{source}: [claim]")
    given = content.get("prediction")
    if not isinstance(given, list) or not given:
        raise ConfigError(f"{source}: expected at least one table [[prediction]], got {given or 'none'}.")
    predictions = []
    for number, each in enumerate(given, start=1):
        where = f"{source}: [[prediction]] {number}"
        predictions.append(_make_prediction(_validate(each, PredictionTable, where), table.groups, where))
    names = [each.says for each in predictions]
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"{source}: expected each prediction in its own words, got twice: {twice!r}.")
    own = is_path(source)
    return Claim(
        Path(source).stem if own else source,
        table.says,
        tuple(predictions),
        table.shows or SHOWN,
        table.figure,
        table.source or ("" if own else PAPER),
        table.note,
        table.first,
        table.order,
        source,
    )


def _validate(content: Any, model: type[Table], where: str) -> Table:
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: expected a table, got {'none' if content is None else repr(content)}.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: " + "\n  ".join(explain(error, model))) from None


def _make_prediction(table: PredictionTable, groups: Mapping[str, Sequence[str]], where: str) -> Prediction:
    """Make a prediction of its table, with every group written out."""
    terms = tuple(each for term in table.terms for each in _write_out(term, groups, where))
    same = {"key": table.key, "matters": table.matters, "generations": table.generations}
    rest: dict[str, Any] = same | {"generation": table.generation, "measure": table.measure}
    if table.within is not None:
        return Prediction(table.says, terms, table.around, within=table.within, **rest)
    value, sign = (table.above, 1) if table.above is not None else (table.below, -1)
    assert value is not None
    return Prediction(table.says, terms, value, sign, **rest)


def _write_out(term: Term, groups: Mapping[str, Sequence[str]], where: str) -> list[Term]:
    """Replace ``{name}`` by each member of a group; the term is the mean over all of them."""
    weight, condition, column = term
    pairs = list(product(_expand(condition, groups, where), _expand(column, groups, where)))
    return [(weight / len(pairs), each, measured) for each, measured in pairs]


def _expand(text: str, groups: Mapping[str, Sequence[str]], where: str) -> list[str]:
    """Return a text with every combination of members in the place of its groups."""
    # every second part is the name of a group
    parts = re.split(r"\{(\w+)\}", text)
    for name in parts[1::2]:
        if not groups.get(name):
            raise ConfigError(
                f"{where}: terms: {{{name}}} stands for a list of names in [claim.groups], got"
                f" {', '.join(groups) or 'no groups'}.{nearest(name, groups)}"
            )
    return ["".join(chosen) for chosen in product(*(groups[p] if i % 2 else [p] for i, p in enumerate(parts)))]


def check_conditions(claim: Claim, known: Sequence[str]) -> None:
    """Refuse a claim about conditions that its sweep does not have, before anything is run.

    Raises
    ------
    ConfigError
        Naming them.
    """
    for number, each in enumerate(claim.predictions, start=1):
        for name in each.conditions:
            if name not in known:
                raise ConfigError(
                    f"{claim.file}: [[prediction]] {number}: terms: expected conditions of the sweep, got"
                    f" {name!r}.{nearest(name, known)} Conditions: {', '.join(known)}."
                )
