"""Changes that are given on the command line to many runs: one value for all, or several, of which all are run.

``key=4,8`` is two values, ``key=[4, 8]`` one: only commas outside of brackets, braces, parentheses and quotation
marks part them. ``key=logspace(0.01, 1, 5)`` is five values, and ``key=loguniform(0.01, 1)`` is drawn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from hetevo.evolve.config import ConfigError
from hetevo.evolve.config.explaining import explain
from hetevo.evolve.config.reading import parse_override
from hetevo.evolve.config.sources import key_of
from hetevo.evolve.sweeps.controls import Changes
from hetevo.evolve.sweeps.file import SweepFile, dotted
from hetevo.evolve.sweeps.sampling import Distribution, read_call
from hetevo.evolve.toml import split_values


@dataclass(frozen=True)
class Given:
    """What was said of all runs, by dotted key.

    Parameters
    ----------
    fixed : dict of str to object
        One value for all.
    varied : dict of str to list
        Several.
    drawn : dict of str to Distribution
        What values are drawn from.
    samples : int or None
        How many are drawn; None: as many as the file says, or `RandomTable` does.
    seed : int or None
        Of the draws, likewise.
    """

    fixed: Changes = field(default_factory=dict)
    varied: dict[str, list[Any]] = field(default_factory=dict)
    drawn: dict[str, Distribution] = field(default_factory=dict)
    samples: int | None = None
    seed: int | None = None

    @property
    def keys(self) -> set[str]:
        """All keys: the person who gave them names what they name."""
        return {*self.fixed, *self.varied, *self.drawn}

    @property
    def is_sweep(self) -> bool:
        """Whether it stands for several runs."""
        return bool(self.varied or self.drawn)


def read_changes(overrides: Sequence[str], samples: int | None = None, seed: int | None = None) -> Given:
    """Read what was given with ``-s``.

    Parameters
    ----------
    overrides : sequence of str
        Such as ``"lifetime.batch=4,8"``; of one key the last counts.
    samples, seed : int, optional
        See `Given`.

    Raises
    ------
    ConfigError
        If something is not a change, or has arguments that make no sense.
    """
    given = Given(samples=samples, seed=seed)
    for override in overrides:
        key, (_, sign, text) = key_of(override), override.partition("=")
        for kind in (given.fixed, given.varied, given.drawn):
            kind.pop(key, None)
        parts = split_values(text)
        try:
            call = read_call(text, f"-s {key}")
        except ValueError as error:
            raise ConfigError(f"{error}.") from None
        if isinstance(call, Distribution):
            given.drawn[key] = call
        elif call is not None:
            given.varied[key] = call
        elif sign and len(parts) > 1:
            if not all(part.strip() for part in parts):
                raise ConfigError(
                    f"-s {override}: expected a value before and after each comma, such as {key}=4,8. A list is one"
                    f" value in brackets: {key}=[4, 8]; a text with commas stands in quotation marks"
                )
            given.varied[key] = [parse_override(f"{key}={part}")[1] for part in parts]
        else:
            given.fixed[key] = parse_override(override)[1]
    return given


def change_sweep(file: SweepFile, given: Given, source: str) -> SweepFile:
    """Return a sweep with changes that count more than whatever it says of these keys.

    Raises
    ------
    ConfigError
        If that makes no sense.
    """
    if not given.keys and given.samples is None and given.seed is None:
        return file

    def without(changes: Changes) -> Changes:
        """Leave out what is given, and what is inside of it."""
        kept = dict(dotted(changes))
        return {
            key: value for key, value in kept.items() if not any(f"{key}.".startswith(f"{one}.") for one in given.keys)
        }

    table = file.random
    drawn = {**without(dict(table.values)), **{key: str(kind) for key, kind in given.drawn.items()}}
    said = {"samples": given.samples, "seed": given.seed}
    said = {name: value for name, value in said.items() if value is not None}
    if said and not drawn:
        option = "--samples" if given.samples is not None else "--sampling-seed"
        raise ConfigError(
            f"{option}: nothing is drawn. Give a distribution, such as -s 'genome.gain_scale=loguniform(0.01, 1)'"
        )
    fixed, varied = dict(given.fixed), dict(given.varied)
    # seeds stand in a place of their own
    seeds = varied.pop("seed", None) or ([fixed.pop("seed")] if "seed" in fixed else file.seeds)
    conditions = {name: {**without(changes), **fixed} for name, changes in file.conditions.items()}
    content = {
        **file.model_dump(exclude_unset=True, exclude={"random"}),
        "seeds": seeds,
        "set": {**without(file.set), **fixed},
        "conditions": conditions,
        "grid": {**without(dict(file.grid)), **varied},
        "zip": without(dict(file.zip)),
    }
    if drawn:
        content["random"] = {"samples": table.samples, "seed": table.seed, **said, "values": drawn}
    try:
        return SweepFile.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "\n  ".join(explain(error, SweepFile))) from None
