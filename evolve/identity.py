"""When two configurations are the same experiment, and where they differ."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

NOT_RESULTS = ("preset", "backend", "checkpoint", "records", "track", "evolution.generations", "evolution.until")
"""Tables and keys that decide nothing about what a generation looks like."""

PORTABLE = "backend.portable"
"""The key of a table that decides nothing, and yet decides last bits: where it is not there, it is false."""

NOT_CONDITIONS = (
    "seed",
    *NOT_RESULTS,
    "heldout",
    "probe.name",
    "probe.measures",
    "probe.every",
    "probe.moments",
    "probe.share",
)
"""Tables and keys in which runs of one condition may differ: what is looked at, and how often, changes no value."""

MOST_SEEDS = 100_000
"""Seeds beyond which a range is taken for a mistake."""


def seed_range(text: str) -> list[int]:
    """Return the seeds that ``"0..9"`` stands for.

    Raises
    ------
    ValueError
        If it is something else.

    Examples
    --------
    >>> seed_range("0..3")
    [0, 1, 2, 3]
    """
    found = re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*", text)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError(f'expected seeds such as "0..9" or [0, 1, 2], got {text!r}')
    if int(found[2]) - int(found[1]) >= MOST_SEEDS:
        raise ValueError(f"expected at most {MOST_SEEDS:,} seeds, got {text!r}")
    return list(range(int(found[1]), int(found[2]) + 1))


def config_hash(content: Mapping[str, Any]) -> str:
    """Return a SHA-256 over everything that decides what a generation looks like, as hexadecimal digits.

    Where lives are computed, what is kept of them and where the run ends does not; whether results are portable does.

    Parameters
    ----------
    content : mapping
        A complete configuration as nested values, as it is in the file: so the hash of a saved run stays what it is
        when a later version has more keys.
    """
    results = {key: value for key, value in _flat(content) if not _among(key, NOT_RESULTS)}
    # of runs that are not portable the hash stays what it was before there was such a key
    if dict(_flat(content)).get(PORTABLE):
        results[PORTABLE] = True
    return hashlib.sha256(json.dumps(results, sort_keys=True, default=str).encode()).hexdigest()


def differences(saved: Mapping[str, Any], given: Mapping[str, Any], *, ignored: tuple[str, ...] = ()) -> list[str]:
    """List the keys in which two complete configurations differ, with both values.

    Parameters
    ----------
    saved, given : mapping
        Nested values.
    ignored : tuple of str, optional
        Keys and tables that may differ; `PORTABLE` may not.
    """
    # keys of both, since an older version may have had fewer
    before, after = ({PORTABLE: False, **dict(_flat(content))} for content in (saved, given))
    keys = [key for key in {**before, **after} if key == PORTABLE or not _among(key, ignored)]
    missing = "(not there)"
    return [
        f"{key}: {before.get(key, missing)!r} is saved, {after.get(key, missing)!r} was given"
        for key in keys
        if before.get(key, missing) != after.get(key, missing)
    ]


def value_of(content: Mapping[str, Any], key: str) -> Any:
    """Return what nested values have under a dotted key; None if they have nothing.

    >>> value_of({"probe": {"every": 5}}, "probe.every"), value_of({"probe": 1}, "probe.every")
    (5, None)
    """
    found: Any = content
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def condition_values(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes the condition of a run: the values that its seeds have in common, by dotted key.

    Parameters
    ----------
    content : mapping
        A complete configuration as nested values.
    """
    values = {key: value for key, value in flat_values(content) if not _among(key, NOT_CONDITIONS)}
    donor, seed = values.get("transplant.source"), f"seed{content.get('seed')}"
    # with its seed as a blank, all donors of a condition are one
    if isinstance(donor, str):  # in a sweep each seed has the donor with its own seed
        values["transplant.source"] = "@".join(
            part[: -len(seed)] + "seed{seed}" if part.endswith(seed) else part for part in donor.split("@")
        )
    return values


def labels(values: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Write some values of a condition shortly, such as ``rule=hebbian``.

    A key is called by its last part, a ``name`` by what it names, and by all its parts where that could be another key.

    Parameters
    ----------
    values : mapping
        From `condition_values`.
    keys : iterable of str
        Which of them to write; one that is not among them is ``none``.

    Examples
    --------
    >>> labels({"plasticity.rule": "hebbian", "network.levels": [8, 8]}, ["plasticity.rule", "network.levels"])
    ['rule=hebbian', 'levels=8x8']
    """
    # a short name that two keys share says nothing
    short = Counter(map(_short, values))
    return [
        f"{_short(key) if short[_short(key)] < 2 else key}={format_value(values[key]) if key in values else 'none'}"
        for key in keys
    ]


def format_value(value: Any) -> str:
    """Write a value for a label; lists as ``8x8``, lists of words as ``hebbian+oja``."""
    if not isinstance(value, list | tuple):
        return str(value)
    return ("+" if any(isinstance(part, str) for part in value) else "x").join(map(str, value)) or "none"


def flat_values(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Iterate over the values of tables in tables, each with its dotted key."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from flat_values(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _short(key: str) -> str:
    *tables, last = key.split(".")
    return tables[-1] if last == "name" and tables else last


@lru_cache(4096)
def _among(key: str, names: tuple[str, ...]) -> bool:
    # asked again for each condition of a sweep
    return any(key == name or key.startswith(f"{name}.") for name in names)


def _flat(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Iterate over the keys of tables, one level deep: what a key holds counts as a whole."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", part) for name, part in value.items())
        else:
            yield key, value
