"""When two configurations are the same experiment, and where they differ."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

NOT_RESULTS = ("preset", "backend", "checkpoint", "records", "evolution.generations")
"""Tables and keys that decide nothing about what a generation looks like."""


def config_hash(content: Mapping[str, Any]) -> str:
    """Return a SHA-256 over everything that decides what a generation looks like, as hexadecimal digits.

    Where lives are computed, what is kept of them and how many generations there are does not.

    Parameters
    ----------
    content : mapping
        A complete configuration as nested values, as it is in the file: so the hash of a saved run stays what it is
        when a later version has more keys.
    """
    results = {key: value for key, value in _flat(content) if not _among(key, NOT_RESULTS)}
    return hashlib.sha256(json.dumps(results, sort_keys=True, default=str).encode()).hexdigest()


def differences(saved: Mapping[str, Any], given: Mapping[str, Any], *, ignored: tuple[str, ...] = ()) -> list[str]:
    """List the keys in which two complete configurations differ, with both values.

    Parameters
    ----------
    saved, given : mapping
        Nested values.
    ignored : tuple of str, optional
        Keys and tables that may differ.
    """
    before, after = dict(_flat(saved)), dict(_flat(given))
    keys = [key for key in {**before, **after} if not _among(key, ignored)]
    missing = "(not there)"
    return [
        f"{key}: {before.get(key, missing)!r} is saved, {after.get(key, missing)!r} was given"
        for key in keys
        if before.get(key, missing) != after.get(key, missing)
    ]


def _among(key: str, names: tuple[str, ...]) -> bool:
    return key in names or key.split(".")[0] in names


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping) and not prefix:
            yield from _flat(value, f"{key}.")
        else:
            yield f"{prefix}{key}", value
