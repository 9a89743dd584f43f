"""Checks of what is named and of its options (families, algorithms, operators of variation), before a run begins."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model
from pydantic import Field as Checked

from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.config.explaining import explain
from hetevo.evolve.config.tables.living import checked_type, explain_unknown
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS
from hetevo.populations.errors import nearest
from hetevo.populations.registry import Registry
from hetevo.populations.rules import RULES, Rule
from hetevo.populations.settings import Setting, freeze
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS

FAMILIES: Mapping[str, Registry[Any]] = {
    "task.options": TASKS,
    "network.options": WIRINGS,
    "plasticity.options": RULES,
    "evolution.algorithm": ALGORITHMS,
    "evolution.cross": CROSSOVERS,
    "evolution.mutate": MUTATIONS,
}
"""Whose options there are, by key."""

NAMED_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "task.options": ("inputs", "outputs"),
    "plasticity.options": tuple(field.name for field in fields(Rule)),
}
"""Fields of families that are no options: sizes of tasks, terms of rules, for which there are keys of their own."""


def check_options(place: str, name: str, family: Any, options: Mapping[str, Any]) -> None:
    """Check that a family has these options, and that they are of the right type and within their bounds.

    Parameters
    ----------
    place : str
        The key that holds the options, one of `FAMILIES`, for the message.
    name : str
        Name of the family, for the message.
    family : type
        A dataclass whose fields are its options, with the types of TOML; their annotations may hold bounds, as in
        ``Annotated[float, Setting("height of the wave", least=0)]``.
    options : dict
        ``{name: value}``.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    own = {field.name: field for field in _options_of(place, family)}
    kind = FAMILIES[place].kind
    for option in options:
        # perhaps it belongs to another family
        if option not in own:
            known = f"it has {', '.join(own)}" if own else "it has none"
            having = [
                other
                for other, member in FAMILIES[place].own.items()
                if option in {field.name for field in _options_of(place, member)}
            ]
            hint = f" {kind.capitalize()} with {option!r}: {', '.join(having)}." if having else nearest(option, own)
            raise ValueError(f"{place}: the {kind} {name!r} has no option {option!r}; {known}.{hint}")
    # then what it needs, and values by the annotations of the family
    missing = [field.name for field in own.values() if _default(field) is MISSING and field.name not in options]
    if missing:
        raise ValueError(
            f"{place}: the {kind} {name!r} needs {', '.join(missing)}, got {', '.join(options) or 'none'}."
            f" For example: -s {place}.{missing[0]}=VALUE"
        )
    model = _model(place, family)
    try:
        model.model_validate({option: freeze(value) for option, value in options.items()})
    except ValidationError as error:
        # the validator knows no tables
        raise ValueError("\n  ".join(f"{place}.{line}" for line in explain(error, model))) from None


def check_named(key: str, settings: Mapping[str, Any]) -> Any:
    """Check a table that names a member, and holds its options beside the name; return the member.

    Parameters
    ----------
    key : str
        One of `FAMILIES`: ``"evolution.cross"``.
    settings : dict
        ``{"name": ..., option: value, ...}``.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    check_values(key, settings)
    name, members = settings.get("name"), FAMILIES[key]
    if not isinstance(name, str):
        first = next(iter(members))
        raise ValueError(f'{key}: expected a table with a name, such as {{name = "{first}"}}, got {settings}')
    if name not in members:
        raise ValueError(explain_unknown(f"{key}.name", name, list(members), place=True))
    family = members[name]
    check_options(key, name, family, {option: value for option, value in settings.items() if option != "name"})
    return family


def check_values(key: str, options: Mapping[str, Any]) -> None:
    """Check that options are what a configuration can hold: numbers, words, yes or no, lists and tables of them.

    Raises
    ------
    ValueError
        With what was expected, and what was given.
    """
    for place, value in _leaves(key, options):
        if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
            shown = value.isoformat() if hasattr(value, "isoformat") else repr(value)
            raise ValueError(f"{place}: expected a finite number, text, true, false, or a list of those, got {shown}")


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{place}.{key}", inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _leaves(f"{place}.{number}", inner)
    else:
        yield place, value


def _options_of(place: str, family: Any) -> list[Field[Any]]:
    # what is called so in another kind of family is an option
    elsewhere = NAMED_ELSEWHERE.get(place, ())
    own = (field for field in fields(family) if field.init and field.name not in elsewhere)
    return [field for field in own if field.metadata.get("option", True)]


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _model(place: str, family: Any) -> Any:
    """Make what validates the options of a family from its annotations."""
    hints = get_type_hints(family, include_extras=True)
    made: Any = {}
    for field in _options_of(place, family):
        default = _default(field)
        made[field.name] = (
            checked_type(hints[field.name], Setting("", finite=True)),
            Checked(... if default is MISSING else default),
        )
    return create_model(family.__name__, __config__=ConfigDict(extra="forbid", strict=True), **made)
