"""How a figure is to look, where somebody chooses: width, panels, title, and what conditions are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.style import COLUMN_INCHES, LINES, MM_PER_INCH, PAGE_INCHES, Look, Palette, shades
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.identity import condition_values
from hetevo.populations.errors import SettingError, nearest

WIDTHS = MappingProxyType({"one": COLUMN_INCHES, "two": PAGE_INCHES})
"""Inches of the widths that have names: one column and two."""

NARROWEST, WIDEST = 80, 300
"""Bounds of widths in mm: below, texts have no room; nobody prints anything wider."""

MOST_COLUMNS = 12
MOST_TITLE = 200


@dataclass(frozen=True)
class Design:
    """How a figure is to look. What is not given is as the figure has it.

    Parameters
    ----------
    width : str or float, optional
        ``"one"`` column (89 mm), ``"two"`` columns (183 mm), or mm.
    columns : int, optional
        Panels side by side.
    order : sequence of str, optional
        Conditions in the order in which they are to come; those not named come after them.
    hue : str or sequence of str, optional
        A key of the configuration by whose value conditions have their colour, such as ``"plasticity.rule"``; of two,
        the second is that of the line style. ``"condition"``: every condition a colour of its own.
    title : str, optional
        What stands above the figure.
    labels : mapping of str to str, optional
        What conditions are called in the figure and in its data.

    Raises
    ------
    SettingError
        If a value is none of these.

    Examples
    --------
    >>> round(Design(width="two").inches * 25.4), round(Design(width=120).inches * 25.4)
    (183, 120)
    """

    width: str | float | None = None
    columns: int | None = None
    order: Sequence[str] = ()
    hue: str | Sequence[str] = ()
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = f"width: expected {', '.join(WIDTHS)} or mm from {NARROWEST} to {WIDEST}, got {self.width!r}."
        if isinstance(self.width, str):
            if self.width not in WIDTHS:
                raise SettingError(f"{wanted}{nearest(self.width, WIDTHS)}")
        elif self.width is not None and not (
            isinstance(self.width, int | float) and NARROWEST <= self.width <= WIDEST and self.width is not True
        ):
            raise SettingError(wanted)
        if self.columns is not None and not (type(self.columns) is int and 1 <= self.columns <= MOST_COLUMNS):
            raise SettingError(f"columns: expected 1 to {MOST_COLUMNS}, got {self.columns!r}.")
        if empty := [name for name, label in self.labels.items() if not label.strip()]:
            raise SettingError(f"labels: expected what {empty[0]!r} is to be called, got nothing.")
        if len(self.title) > MOST_TITLE:
            raise SettingError(f"title: expected at most {MOST_TITLE} letters, got {len(self.title)}.")
        if len(self.keys) > 2:
            raise SettingError(f"hue: expected one key, or two (colour and line style), got {', '.join(self.keys)}.")

    @classmethod
    def take(cls, options: dict[str, Any]) -> Self:
        """Take what is said of the look out of the options of a figure."""
        return cls(**{each.name: options.pop(each.name) for each in fields(cls) if each.name in options})

    @property
    def inches(self) -> float | None:
        """Width in inches; None where the figure has its own."""
        return WIDTHS[self.width] if isinstance(self.width, str) else self.width and self.width / MM_PER_INCH

    @property
    def keys(self) -> tuple[str, ...]:
        """What colours, and line styles, stand for."""
        return (self.hue,) if isinstance(self.hue, str) and self.hue else tuple(self.hue)

    def arrange(self, runs: Sequence[LoadedRun]) -> list[LoadedRun]:
        """Put runs into their order, and let their conditions be called as they are to be.

        Raises
        ------
        SettingError
            If a condition or a key is named that these runs do not have, or two conditions are called alike.
        """
        groups = group_by_condition(runs)
        calls = _shown_names(groups)
        calls |= {_find(name, groups, calls, "labels"): label for name, label in self.labels.items()}
        called = {name: calls.get(name, name) for name in groups}
        if len({*called.values()}) < len(called):
            twice = next(label for label in called.values() if [*called.values()].count(label) > 1)
            raise SettingError(f"labels: expected a name of its own for each condition, got {twice!r} twice.")
        first = [_find(name, groups, calls, "order") for name in self.order]
        ordered = dict.fromkeys([*first, *groups])
        found = [replace(run, label=called[name], shown_as="") for name in ordered for run in groups[name]]
        for key in self.keys:
            _find_key(key, found)
        return found

    def looks(self, groups: Mapping[str, Sequence[LoadedRun]], palette: Palette) -> dict[str, Look]:
        """Give each condition its colour and line style by `hue`.

        Parameters
        ----------
        groups : mapping of str to sequence of LoadedRun
            Runs by condition.
        palette : list of colour
            Of `hetevo.analysis.figures.style.style`. Numbers get colours from dark to light instead.
        """
        runs = [run for group in groups.values() for run in group]
        first, *second = [_values(groups, _find_key(key, runs)) for key in self.keys]
        colours = _choose_colours([*dict.fromkeys(first.values())], palette, self.keys[0])
        looks: dict[str, Look] = {}
        for name, value in first.items():
            # the second key, or else a count of those that have this colour already
            if second:
                lines = [*dict.fromkeys(second[0].values())]
                place = lines.index(second[0][name])
            else:
                place = sum(colour == colours[value] for colour, _ in looks.values())
            if second and len(lines) > len(LINES):
                raise SettingError(
                    f"hue: expected at most {len(LINES)} values of {self.keys[1]} for line styles, got {len(lines)}."
                )
            looks[name] = colours[value], LINES[place % len(LINES)]
        return looks


def choose_conditions(runs: Sequence[LoadedRun], names: Sequence[str]) -> list[LoadedRun]:
    """Return the runs of these conditions, in the order of their names.

    Parameters
    ----------
    runs : sequence of LoadedRun
        At least one.
    names : sequence of str
        Conditions, or what figures call them; none: all runs.

    Raises
    ------
    SettingError
        If a condition is named that these runs do not have.
    """
    groups = group_by_condition(runs)
    calls = _shown_names(groups)
    chosen = dict.fromkeys(_find(name, groups, calls, "conditions") for name in names)
    return [run for name in chosen or groups for run in groups[name]]


def _shown_names(groups: Mapping[str, Sequence[LoadedRun]]) -> dict[str, str]:
    """Return what figures call conditions, by their names, where a sweep says so."""
    return {name: group[0].shown_as for name, group in groups.items() if group[0].shown_as}


def _find(name: str, groups: Mapping[str, object], calls: Mapping[str, str], option: str) -> str:
    """Find a condition by its name, or by what it is called."""
    if name in groups:
        return name
    for condition, label in calls.items():
        if name == label:
            return condition
    raise SettingError(
        f"{option}: expected conditions of these runs ({'; '.join(groups)}), got {name!r}.{nearest(name, groups)}"
    )


def _find_key(key: str, runs: Sequence[LoadedRun]) -> str:
    """Find the key of the configuration in which these runs differ, by its whole name or its last part."""
    if key == "condition":
        return key
    kinds = [condition_values(run.config) for run in runs]
    every = dict.fromkeys(name for values in kinds for name in values)
    varied = [name for name in every if len({repr(values.get(name)) for values in kinds}) > 1]
    found = [name for name in varied if key == name or name.endswith(f".{key}")]
    if len(found) != 1:
        raise SettingError(
            f"hue: expected condition, or one of the settings in which these runs differ ({', '.join(varied) or 'none'}"
            f"), got {key!r}.{nearest(key, varied)}"
        )
    return found[0]


def _values(groups: Mapping[str, Sequence[LoadedRun]], key: str) -> dict[str, str | float]:
    if key == "condition":
        return {name: name for name in groups}
    found = {name: condition_values(group[0].config).get(key) for name, group in groups.items()}
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in found.values())
    return {name: float(str(value)) if numbers else str(value) for name, value in found.items()}


def _choose_colours(values: Sequence[str | float], palette: Palette, key: str) -> dict[str | float, Any]:
    """Choose a colour for each value: numbers from dark to light, by their size."""
    if len(values) > 2 and all(isinstance(value, float) for value in values):
        light = shades("viridis", len(values) + 1)[:-1]  # the lightest cannot be seen on white
        order = np.argsort(np.asarray(values, float))
        return {values[place]: light[rank] for rank, place in enumerate(order)}
    if len(values) > len(palette):
        raise SettingError(f"hue: expected at most {len(palette)} values of {key} for colours, got {len(values)}.")
    return dict(zip(values, palette, strict=False))
