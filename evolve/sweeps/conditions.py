"""The conditions of a sweep: which changes each makes, and what it is called."""

import math
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from hetevo.evolve.identity import shown
from hetevo.evolve.sweeps.file import Changes, SweepFile


def count_conditions(file: SweepFile) -> int:
    """Count the conditions of a sweep, without making any."""
    walked = [len(values) for values in file.zip.values()][:1]
    return math.prod([max(1, len(file.conditions)), *map(len, file.grid.values()), *walked])


def conditions_of(file: SweepFile) -> Iterator[tuple[str, Changes]]:
    """Combine named conditions, grid and zip.

    Yields
    ------
    label : str
        What the condition is called: its name, and what varies.
    changes : dict of str to object
        Its values by dotted key.
    """
    named = file.conditions or {"": {}}
    walked = [dict(zip(file.zip, values, strict=True)) for values in zip(*file.zip.values(), strict=True)] or [{}]
    crossed = [dict(zip(file.grid, values, strict=True)) for values in product(*file.grid.values())]
    for (name, changes), cross, walk in product(named.items(), crossed, walked):
        varied = [_varied(key, value) for key, value in {**cross, **walk}.items()]
        label = ", ".join([*([name] if name else []), *varied]) or Path(file.base).stem
        yield label, {**dict(_keys(file.set)), **dict(_keys(changes)), **cross, **walk}


def _keys(changes: Changes) -> Iterator[tuple[str, Any]]:
    """Accept ``evolution.size = 64`` as TOML reads it, as a table, and with the key in quotation marks."""
    for key, value in changes.items():
        if isinstance(value, dict) and "." not in key:
            yield from ((f"{key}.{name}", part) for name, part in value.items())
        else:
            yield key, value


def _varied(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and "name" not in value:
        return ", ".join(_varied(*item) for item in value.items())
    text = str(value["name"]) if isinstance(value, Mapping) else shown(value)
    return f"{key.rpartition('.')[2]}={text}"
