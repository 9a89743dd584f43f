"""Checks of the options of task and wiring families, before a run begins."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hetevo.populations.errors import nearest
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS

FAMILIES: Mapping[str, Mapping[str, Any]] = {"task": TASKS, "network": WIRINGS}
"""Whose options there are, by table."""


def check_options(table: str, name: str, family: Any, options: Mapping[str, Any]) -> None:
    """Check that a family has these options, and that they are of the right type.

    Parameters
    ----------
    table : str
        ``"task"`` or ``"network"``, for the message.
    name : str
        Name of the family, for the message.
    family : type
        A dataclass whose fields are its options; each is an int or a float.
    options : dict
        ``{name: value}``.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    """
    types = {field.name: field.type for field in fields(family) if field.name not in ("inputs", "outputs")}
    kind = {"task": "task", "network": "wiring"}[table]
    for option, value in options.items():
        if option not in types:
            known = f"it has {', '.join(types)}" if types else "it has none"
            having = [
                other for other, one in FAMILIES[table].items() if option in {field.name for field in fields(one)}
            ]
            hint = f" {kind.capitalize()} with {option!r}: {', '.join(having)}." if having else nearest(option, types)
            raise ValueError(f"{table}.options: the {kind} {name!r} has no option {option!r}; {known}.{hint}")
        whole = types[option] in (int, "int")
        if isinstance(value, bool) or (whole and not isinstance(value, int)) or not math.isfinite(value):
            expected = "a whole number" if whole else "a finite number"
            raise ValueError(f"{table}.options.{option}: expected {expected}, got {value!r}")
