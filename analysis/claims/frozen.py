"""Freezing: what a claim predicts, of which configurations, on which seeds, written down before these seeds are run."""

import hashlib
import json
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from hetevo.analysis.claims.claim import Claim
from hetevo.evolve.identity import seed_range
from hetevo.evolve.rundir.files import read_bounded
from hetevo.evolve.rundir.provenance import now
from hetevo.evolve.software import installed_version
from hetevo.populations.errors import HetevoError, SettingError

SPENT = (range(20), range(100, 120))
"""Seeds whose results were looked at when predictions, their keys and their bounds were written."""

IGNORED = ("seed", "preset", "backend", "checkpoint", "records")
"""Tables and keys of a configuration in which the runs of a frozen claim may differ."""

LIMIT = 4 << 20
"""Bytes beyond which a file is refused unread."""

WIDTH = 120
"""Characters of the longest line of a file that is written."""

Conditions = Mapping[str, Mapping[str, Any]]
"""The complete configuration of each condition of a sweep, as nested values."""


@dataclass(frozen=True)
class Frozen:
    """What was fixed of one claim.

    Parameters
    ----------
    date : str
        When, as ISO 8601 in UTC.
    version : str
        Of Hetevo.
    seeds : str
        Such as ``"200..219"``.
    predictions, configuration : str
        SHA-256 of each.
    keys : tuple of str
        Keys of the configurations that the hash is of: a later version may have more.
    sources : mapping of str to str
        By package, a hash of the sources of plug-ins that the configurations name; empty if they name none, or an
        earlier version froze it.
    """

    date: str
    version: str
    seeds: str
    predictions: str
    configuration: str
    keys: tuple[str, ...]
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """A SHA-256 of all of it."""
        return _hash({**self.record(), "keys": sorted(self.keys)})

    def record(self) -> dict[str, Any]:
        """Return all of it as plain values; sources only if there are some, as in earlier versions."""
        values = asdict(self)
        return values if self.sources else {key: value for key, value in values.items() if key != "sources"}


def is_spent(seed: int) -> bool:
    """Tell whether results of a seed were known when claims were written."""
    return any(seed in seeds for seeds in SPENT)


def list_seeds(text: str) -> list[int]:
    """Return seeds that are to be frozen.

    Raises
    ------
    SettingError
        If they cannot be understood, or some are spent.
    """
    try:
        seeds = seed_range(text)
    except ValueError as error:
        raise SettingError(f"--seeds: {error}".replace(" or [0, 1, 2]", "")) from None
    if spent := [seed for seed in seeds if is_spent(seed)]:
        raise SettingError(
            f"--seeds: {text} holds seed {spent[0]}, whose results are known: nothing can be frozen before it is run."
            ' Take others, such as "200..219".'
        )
    return seeds


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def hash_predictions(claim: Claim) -> str:
    """Return a SHA-256 of everything by which a claim's predictions are judged; not of what they are called."""
    judged = [{key: value for key, value in asdict(each).items() if key != "says"} for each in claim.predictions]
    return _hash(judged)


def list_keys(sweeps: Iterable[Conditions]) -> list[str]:
    """Return the dotted keys in the configurations of some sweeps that decide what runs do."""
    return sorted({key for conditions in sweeps for values in conditions.values() for key in _flatten(values)})


def hash_configuration(conditions: Conditions, keys: Iterable[str]) -> str:
    """Return a SHA-256 of some keys of the configurations of all conditions, by their names."""
    flat = {name: _flatten(values) for name, values in conditions.items()}
    return _hash({name: {key: values.get(key) for key in sorted(keys)} for name, values in flat.items()})


def _flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted key, one table deep, without those in which runs may differ."""
    flat: dict[str, Any] = {}
    seed = f"seed{values.get('seed')}@"
    for table, content in values.items():
        if table in IGNORED:
            continue
        flat |= (
            {f"{table}.{key}": value for key, value in content.items()}
            if isinstance(content, Mapping)
            else {table: content}
        )
    # a donor has the seed of the run that it gives genes to
    source = flat.get("transplant.source")
    if isinstance(source, str):
        flat["transplant.source"] = source.replace(seed, "seed{seed}@")
    return flat


def freeze(
    claims: Mapping[str, tuple[Claim, Conditions]], seeds: str, sources: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Return a file in TOML that fixes claims before their seeds are run.

    Parameters
    ----------
    claims : mapping of str to (Claim, mapping)
        By name, each with the configuration of every condition of its sweep.
    seeds : str
        Such as ``"200..219"``.
    sources : mapping, optional
        By name of a claim, the hash of the sources of each package that brings plug-ins of its conditions; see
        `hetevo.evolve.plugins.hash_plugins`.

    Raises
    ------
    SettingError
        If the seeds cannot be understood, or some are spent.
    """
    list_seeds(seeds)
    # seeds that were frozen have been run since, or may have been
    shipped = read_shipped()
    for name in claims.keys() & shipped.keys():
        if known := {*seed_range(shipped[name].seeds)} & {*list_seeds(seeds)}:
            when, seed = shipped[name].date[:10], min(known)
            raise SettingError(f"--seeds: {name} was frozen on {when} for seed {seed}, too. Take others.")
    # of keys that a later version adds nothing can be said now
    keys = list_keys(conditions for _, conditions in claims.values())
    lines = [
        "# What claims predict, written down before these seeds are run by 'hetevo claims NAME --frozen FILE'.",
        f'date = "{now()}"',
        f'version = "{installed_version("hetevo")}"',
    ]
    for name, (claim, conditions) in claims.items():
        table = f"claims.{json.dumps(name)}"
        lines += [
            f'\n{table}.seeds = "{seeds}"',
            f'{table}.predictions = "{hash_predictions(claim)}"',
            f'{table}.configuration = "{hash_configuration(conditions, keys)}"',
        ]
        lines += [
            f"{table}.sources.{json.dumps(package)} = {json.dumps(found)}"
            for package, found in (sources or {}).get(name, {}).items()
        ]
    # last, for they are many
    lines += ["\n# what the SHA-256 of the configurations is of", "keys = [", *_wrap(keys), "]"]
    return "\n".join(lines) + "\n"


def _wrap(texts: Iterable[str]) -> list[str]:
    """Return lines of texts for an array in TOML."""
    listed = textwrap.fill(", ".join(map(json.dumps, texts)), WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent(listed, "  ").splitlines()


def is_same(first: str, second: str) -> bool:
    """Tell whether two files in TOML freeze the same, whenever that was done and by whichever version."""
    try:
        contents = [tomllib.loads(text) for text in (first, second)]
    except ValueError:
        return False
    whole = ({key: content[key] for key in content.keys() - {"date", "version"}} for content in contents)
    return next(whole) == next(whole)


def read_frozen(path: Path) -> dict[str, Frozen]:
    """Read what `freeze` wrote, by the name of the claim.

    Raises
    ------
    SettingError
        If the file cannot be read, or is something else.
    """
    if not path.exists():
        raise SettingError(f"--frozen: there is no file {path}. 'hetevo claims --freeze' writes one.")
    try:
        return _parse(read_bounded(path, LIMIT).decode())
    except (HetevoError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingError(
            f"{path} holds nothing that was frozen ({type(error).__name__}: {error}). Write it with 'hetevo claims"
            " --freeze'."
        ) from None


def read_shipped(folder: Traversable | None = None) -> dict[str, Frozen]:
    """Read what ships frozen (or lies in another folder): of each claim what was frozen last."""
    folder = folder or resources.files("hetevo.evolve") / "experiments" / "frozen"
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")] if folder.is_dir() else []
    found = [item for file in files for item in _parse(file.read_text("utf-8")).items()]
    return dict(sorted(found, key=lambda item: item[1].date))


def _parse(text: str) -> dict[str, Frozen]:
    content = tomllib.loads(text)
    found = {}
    for name, table in content["claims"].items():
        texts = {key: content[key] for key in ("date", "version")}
        texts |= {key: table[key] for key in ("seeds", "predictions", "configuration")}
        keys = tuple(content["keys"])
        sources = dict(table.get("sources", {}))
        if not all(isinstance(each, str) for each in (*texts.values(), *keys, *sources.values())):
            raise ValueError(f"{name}: expected texts")
        seed_range(texts["seeds"])
        if datetime.fromisoformat(texts["date"]).tzinfo is None:
            raise ValueError(f"date: expected one with its time zone, got {texts['date']}")
        found[name] = Frozen(**texts, keys=keys, sources=sources)
    return found
