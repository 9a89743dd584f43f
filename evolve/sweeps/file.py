"""What a sweep file may contain, how it is read, and the conditions that it stands for."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from hetevo.evolve.config import Config, ConfigError, preset_names
from hetevo.evolve.config.explaining import explain
from hetevo.evolve.config.sources import is_path, read_source, shipped
from hetevo.evolve.identity import format_value
from hetevo.evolve.named_files import exists
from hetevo.evolve.sweeps.controls import CONTROLS, Changes
from hetevo.evolve.sweeps.matched import MatchedTable, list_seeds
from hetevo.evolve.sweeps.sampling import EXAMPLES, RandomTable, read_call
from hetevo.populations.errors import nearest, spell

LIMIT = 100_000
"""Runs beyond which a sweep is taken for a mistake."""


class SweepFile(BaseModel):
    """What a sweep file may contain.

    Parameters
    ----------
    base : str
        Preset or configuration file that all runs start from.
    seeds : str or list of int
        ``"0..9"`` or ``[0, 1, 2]``.
    controls : list of str
        Names of `hetevo.evolve.sweeps.controls.CONTROLS`, compared with the base, or with the first of
        ``conditions``; beside a grid and the like, with that at each of their points.
    matched : MatchedTable
        Scales and seeds of the pilot runs by which the control ``matched-feedback`` is matched.
    set : dict
        Changes for all runs.
    conditions : dict of str to dict
        Named sets of changes; ``base`` among them replaces the base.
    grid : dict of str to list
        Every combination of these values.
    zip : dict of str to list
        Lists of one length, walked together. A list here or in ``grid`` may be spaced evenly:
        ``"logspace(0.01, 1, 5)"``.
    random : RandomTable
        Values that are drawn, together with every combination of the others.
    labels : dict of str to str
        What figures call conditions.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    base: str = Field("emergence", description="preset or configuration file that all runs start from")
    seeds: list[int] = Field(
        [0], min_length=1, examples=[[0, 1, 2]], description='seeds of each condition, e.g. "0..9" or [0, 1, 2]'
    )
    controls: list[str] = Field(
        [], examples=[["neutral", "birth"]], description="what the base, or the first of conditions, is compared with"
    )
    matched: MatchedTable = Field(MatchedTable(), description="pilot runs of the control matched-feedback")
    set: Changes = Field({}, examples=[{"evolution.size": 64}], description="changes for all runs")
    conditions: dict[str, Changes] = Field(
        {}, examples=[{"layered": {"network.wiring": "layered"}}], description="named tables of changes"
    )
    grid: dict[str, list[Any]] = Field(
        {}, examples=[{"lifetime.batch": [4, 8]}], description="lists of values, of which every combination is run"
    )
    zip: dict[str, list[Any]] = Field(
        {}, examples=[{"lifetime.batch": [4, 8]}], description="lists of one length, walked together"
    )
    random: RandomTable = Field(RandomTable(), description="distributions that conditions are drawn from")
    labels: dict[str, Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        {}, examples=[{"fixed-feedback": "Fixed feedback"}], description="what figures call conditions"
    )

    @field_validator("seeds", mode="before")
    @classmethod
    def _range(cls, value: Any) -> Any:
        return list_seeds(value, "seeds")

    @field_validator("grid", "zip", mode="before")
    @classmethod
    def _space(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        spaced = {key: read_call(given, key) for key, given in value.items() if isinstance(given, str)}
        for key, found in spaced.items():
            if found is not None and not isinstance(found, list):
                raise ValueError(
                    f"{info.field_name}.{key}: expected a list, got {found}, which is drawn from. Put it into"
                    " [random.values]"
                )
        return {**value, **{key: found for key, found in spaced.items() if found is not None}}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            repeated = next(seed for seed, count in Counter(self.seeds).items() if count > 1)
            raise ValueError(f"seeds: expected each seed once, got {repeated} again")
        # controls: known, each once, and compared with one condition only
        strange = [name for name in self.controls if name not in CONTROLS]
        if strange or len(set(self.controls)) < len(self.controls):
            hint = nearest(strange[0], CONTROLS) if strange else ""
            raise ValueError(f"controls: expected some of {', '.join(CONTROLS)}, each once, got {self.controls}.{hint}")
        matched = [name for name in self.controls if CONTROLS[name].matched]
        if matched and self.varies:
            raise ValueError(
                f"controls: {matched[0]!r} is matched to one base by its pilot runs, so expected no grid, zip or random"
                " beside it. Leave it out, or write a sweep for each base"
            )
        # pilot runs are for one control alone
        if "matched" in self.model_fields_set and not matched:
            raise ValueError(
                'matched: only the control "matched-feedback" has pilot runs, so expected it among controls, got'
                f" {self.controls}"
            )
        both = sorted({*self.controls} & self.conditions.keys())
        if both:
            raise ValueError(f"conditions: {both[0]!r} is the name of one of controls too. Give it another name")
        # lists that are walked together end together
        lengths = {key: len(values) for key, values in self.zip.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"zip: expected lists of one length, got {lengths}")
        empty = [key for key, values in {**self.grid, **self.zip}.items() if not values]
        if empty:
            raise ValueError(f"{empty[0]}: expected at least one value, got []")
        for key, values in self.grid.items():
            if twice := [value for value in values if values.count(value) > 1]:
                label = _label_change(key, twice[0]).partition("=")[2]
                raise ValueError(f"{key}: expected each value once, but {label} stands there twice")
        # each key is said in one place
        drawn = self.random.values
        if "random" in self.model_fields_set and not drawn:
            raise ValueError(f"random.values: expected at least one distribution such as {EXAMPLES}, got none")
        changed = {*self.set, *self.grid, *self.zip, *drawn}.union(*self.conditions.values())
        again = (self.grid.keys() & self.zip.keys()) | (drawn.keys() & {*self.grid, *self.zip}) | ({"seed"} & changed)
        if again:
            raise ValueError(f"{sorted(again)[0]}: expected in one place only (seeds belong into seeds)")
        return self

    @property
    def varies(self) -> bool:
        """Whether each named condition stands for several, at points of a grid and the like."""
        return bool(self.grid or self.zip or self.random.values)

    def check_labels(self, conditions: Sequence[str], source: str) -> None:
        """Refuse labels of conditions that there are not, and the same label for two.

        Raises
        ------
        ConfigError
            Naming them.
        """
        for name in self.labels:
            if name not in conditions:
                raise ConfigError(
                    f"{source}: labels: expected conditions of this sweep ({'; '.join(dict.fromkeys(conditions))}), got"
                    f" {name!r}.{nearest(name, conditions)}"
                )
        shown = [self.labels.get(name, name) for name in dict.fromkeys(conditions)]
        if twice := [label for label in shown if shown.count(label) > 1]:
            raise ConfigError(
                f"{source}: labels: expected a name of its own for each condition, got {twice[0]!r} twice."
            )


def sweep_names() -> dict[str, str]:
    """List the sweeps that ship with Hetevo, each with its one-line description."""
    return dict(shipped("sweeps"))


def read_sweep(source: str | Path) -> SweepFile:
    """Read a sweep file.

    Parameters
    ----------
    source : str or Path
        One of `sweep_names`, or a file; what ends in ``.toml`` or contains a separator is a file.

    Raises
    ------
    ConfigError
        If it cannot be read, or naming what is wrong in it.
    """
    content = read_source(source, "sweeps")
    if {"claim", "prediction"} & content.keys():
        raise ConfigError(
            f"{source}: expected the sweep of a claim below [sweep]: base and seeds in that table, and"
            f" [sweep.conditions.NAME] instead of [conditions.NAME], got {', '.join(content)} beside each other."
            " docs/claims.md has an example."
        )
    if content and content.keys() <= Config.model_fields.keys():
        raise ConfigError(
            f"{source} is a configuration, not a sweep. Run it: {spell('run', source)}\n"
            f'or name it in a sweep: base = "{source}"'
        )
    try:
        return SweepFile.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "\n  ".join(explain(error, SweepFile))) from None


def find_base(source: str | Path) -> str:
    """Return the preset or the file that all runs of a sweep start from, as `hetevo.evolve.load_config` finds it."""
    return place_base(read_sweep(source).base, Path(source).parent)


def place_base(base: str, folder: Path) -> str:
    """Find a file that a sweep names beside its own."""
    beside = is_path(base) or (base not in preset_names() and exists(folder / base))
    return str(folder / base) if beside else base


def count_conditions(file: SweepFile) -> int:
    """Count the conditions of a sweep, without making any."""
    # lists that are walked together count once
    walked = [len(values) for values in file.zip.values()][:1]
    drawn = [file.random.samples] if file.random.values else []
    points = math.prod([*map(len, file.grid.values()), *walked, *drawn])
    controls = [name for name in file.controls if CONTROLS[name].stage == "end"] if file.varies else []
    return points * (max(1, len(file.conditions)) + len(controls))


def conditions_of(file: SweepFile, samples: Sequence[Changes] = ({},)) -> Iterator[tuple[str, Changes]]:
    """Combine named conditions, grid, zip and what was drawn.

    Parameters
    ----------
    file : SweepFile
        Conditions, grid and zip.
    samples : sequence of dict, optional
        What was drawn, by dotted key.

    Yields
    ------
    label : str
        What the condition is called: its name, and what varies.
    changes : dict of str to object
        Its values by dotted key.
    """
    # every named condition, with every combination of the grid, with every step of the lists walked together
    named = file.conditions or {"": {}}
    walked = [dict(zip(file.zip, values, strict=True)) for values in zip(*file.zip.values(), strict=True)] or [{}]
    crossed = [dict(zip(file.grid, values, strict=True)) for values in product(*file.grid.values())]
    for (name, changes), cross, walk, drawn in product(named.items(), crossed, walked, samples):
        varied = [_label_change(key, value) for key, value in {**cross, **walk, **drawn}.items()]
        label = ", ".join([*([name] if name else []), *varied]) or Path(file.base).stem
        yield label, {**dict(dotted(file.set)), **dict(dotted(changes)), **cross, **walk, **drawn}


def list_bases(file: SweepFile, conditions: Sequence[tuple[str, Changes]]) -> list[tuple[str, Changes]]:
    """List the conditions that controls are compared with: the first named one, at each point of grid, zip and random.

    Parameters
    ----------
    file : SweepFile
        The sweep.
    conditions : sequence of (str, dict)
        From `conditions_of`.
    """
    return list(conditions[: len(conditions) // max(1, len(file.conditions))])


def name_control(file: SweepFile, control: str, base: str) -> str:
    """Name a control beside a base: by itself, and what varies there, such as ``neutral, wiring=layered``."""
    varied = base.removeprefix(next(iter(file.conditions), "")).removeprefix(", ") if file.varies else ""
    return ", ".join(part for part in (control, varied) if part)


def dotted(changes: Changes) -> Iterator[tuple[str, Any]]:
    """Accept ``evolution.size = 64`` as TOML reads it, as a table, and with the key in quotation marks."""
    for key, value in changes.items():
        if isinstance(value, dict) and "." not in key:
            yield from ((f"{key}.{name}", part) for name, part in value.items())
        else:
            yield key, value


def _label_change(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and "name" not in value:
        return ", ".join(_label_change(*item) for item in value.items())
    text = str(value["name"]) if isinstance(value, Mapping) else format_value(value)
    return f"{key.rpartition('.')[2]}={text}"
