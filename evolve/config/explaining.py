"""Words for wrong values: what was expected, with an example, and what was given; none of the validator's own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from hetevo.evolve.toml import inline
from hetevo.populations.errors import nearest

Location = tuple[str, ...]

ITEMS: Mapping[type, str] = {int: " of whole numbers", float: " of numbers", str: " of words"}
"""What lists hold, by the type of an example."""

SLIP = 0.8
"""How like a key of the same table another must be to be meant, rather than the same key of another table."""

SHOWN = 200
"""Characters of a given value beyond which it is cut off."""

PLAIN: Mapping[str, tuple[str, Any]] = {
    "int_type": ("a whole number", int),
    "float_type": ("a number", int | float),
    "bool_type": ("true or false", ()),
    "string_type": ("text in quotation marks", str),
    "dict_type": ("a table", dict),
    "list_type": ("a list", list | tuple),
    "tuple_type": ("a list", list | tuple),
    "finite_number": ("a finite number", ()),
}
"""What was expected, and which examples show it, by the validator's type of error."""

KINDS = {*PLAIN, "literal_error"}
"""Types of error that say what kind of value, or which words, was expected."""

MOST = 20
"""Wrong keys that are explained: more say no more."""


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Say what is wrong with each key.

    Parameters
    ----------
    error : ValidationError
        Of the model.
    model : type of BaseModel
        What was validated; fields have descriptions, and examples where their defaults are none.

    Returns
    -------
    list of str
        One message a key, of at most `MOST` keys.
    """
    chosen: dict[Location, list[Any]] = {}
    for problem in error.errors(include_url=False):
        found = chosen.setdefault(_place(problem, model), [])
        # of a key that may be a number or a word, both were expected; bounds are of what it is already
        if all(one["type"] in KINDS for one in (*found, problem)):
            found.append(problem)
        elif not found or found[-1]["type"] in KINDS - PLAIN.keys():
            found[:] = [problem]
    # a list without its wrong values may be too short as well
    inner = {place[:-1] for place in chosen if place}
    wrong = [(place, problems) for place, problems in chosen.items() if place not in inner]
    more = [f"and {len(wrong) - MOST:,} more"] if len(wrong) > MOST else []
    return [_explained(problems, place, model) for place, problems in wrong[:MOST]] + more


def field_of(keys: Sequence[str], model: type[BaseModel]) -> FieldInfo | None:
    """Return the field that keys lead to, or the deepest one on the way; None if there is none."""
    found: FieldInfo | None = None
    inside: type[BaseModel] | None = model
    for key in keys:
        if inside is None:
            break
        found = inside.model_fields.get(key)
        inside = _table(found)
    return found


def example_of(field: FieldInfo) -> Any:
    """Return a value that a field may have: an example, or else its default."""
    return field.examples[0] if field.examples else field.get_default(call_default_factory=True)


def _table(field: FieldInfo | None) -> type[BaseModel] | None:
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _place(problem: Any, model: type[BaseModel]) -> Location:
    """Name tables and key, with the number or name of a value inside; not the branch of a union that failed."""
    return tuple(map(str, _parts(problem["loc"], model, missing=problem["type"] == "missing")))


def _parts(location: Sequence[str | int], model: type[BaseModel], *, missing: bool) -> Iterator[str | int]:
    inside: type[BaseModel] | None = model
    for depth, part in enumerate(location):
        if inside is not None:
            yield part
            field = inside.model_fields.get(str(part))
            inside, named = _table(field), field is not None and get_origin(field.annotation) is dict
        elif (isinstance(part, int) and not missing) or (named and isinstance(location[depth - 1], str)):
            yield part
            named = False


def _explained(problems: Sequence[Any], place: Location, model: type[BaseModel]) -> str:
    problem = problems[-1]
    if problem["type"] == "extra_forbidden":
        return _unknown(place, model)
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    key, given, field = ".".join(place), problem["input"], field_of(place, model)
    meaning = f" ({field.description})" if field and field.description else ""
    expected = ", or ".join(dict.fromkeys(_expected(one, place, model) for one in problems))
    return f"{key}: expected {expected}, got {_shown(given)}{meaning}"


def _expected(problem: Any, place: Location, model: type[BaseModel]) -> str:
    kind, field = problem["type"], field_of(place, model)
    table = _table(field)
    if table:
        name, first = next(iter(table.model_fields.items()))
        return f"a table with keys, such as {'.'.join(place)}.{name} = {inline(example_of(first))}"
    example: Any = example_of(field) if field else None
    inside = field is not None and field is field_of(place[:-1], model)
    if inside:
        example = next(iter(example.values() if isinstance(example, Mapping) else example), None)
    if kind in ("missing", "too_long", "too_short"):
        count = "at least one value" if kind == "too_short" else f"{len(example)} values"
        return f"{count}, such as {inline(example)}"
    if kind not in PLAIN:
        return str(problem["msg"]).removeprefix("Input should be ")  # bounds, and words to choose from
    expected, shown = PLAIN[kind]
    if not isinstance(example, shown) or example in ((), [], {}):
        return expected
    what = ITEMS.get(type(example[0]), "") if isinstance(example, list | tuple) and not inside else ""
    return f"{expected}{what} such as {inline(example)}"


def _shown(given: Any) -> str:
    """Show a date or a time as in TOML, anything else as Python does, and not all of it if it is long."""
    try:
        shown = given.isoformat() if hasattr(given, "isoformat") else repr(given)
    except ValueError:
        return "a number of thousands of digits"
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


def _unknown(place: Location, model: type[BaseModel]) -> str:
    *tables, key = place
    table = _table(field_of(tables, model)) or model
    where = f" in [{'.'.join(tables)}]" if tables else ""
    elsewhere = [
        name for name, field in model.model_fields.items() if (one := _table(field)) and key in one.model_fields
    ]
    # a slip of the pen is likelier than another table
    likely = nearest(key, table.model_fields, likeness=SLIP) if elsewhere else nearest(key, table.model_fields)
    hint = likely or (f" It belongs into [{elsewhere[0]}]." if elsewhere else "")
    if not likely and "options" in table.model_fields:
        hint += f" If it is an option, write {'.'.join((*tables, 'options', key))}."
    return f"{'.'.join(place)}: there is no key {key!r}{where}.{hint} Keys: {', '.join(table.model_fields)}"
