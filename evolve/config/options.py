"""Checks of a task family's options, before a run begins."""

import math
from dataclasses import fields
from typing import Any

from populations.errors import nearest


def check_options(task: str, family: Any, options: dict[str, Any]) -> None:
    """Check that a task family has these options, and that they are of the right type.

    Parameters
    ----------
    task : str
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
    for name, value in options.items():
        if name not in types:
            known = f"it has {', '.join(types)}" if types else "it has none"
            raise ValueError(f"task.options: the task {task!r} has no option {name!r}; {known}.{nearest(name, types)}")
        whole = types[name] in (int, "int")
        if isinstance(value, bool) or (whole and not isinstance(value, int)) or not math.isfinite(value):
            expected = "a whole number" if whole else "a finite number"
            raise ValueError(f"task.options.{name}: expected {expected}, got {value!r}")
