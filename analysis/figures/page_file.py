"""The TOML file of a page of several figures: what it may contain, and what is wrong in it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hetevo.analysis.conditions import load_all
from hetevo.analysis.figures.design import Design, choose_conditions
from hetevo.analysis.figures.frame import needs_of, takes_design
from hetevo.analysis.figures.needs import check_needs
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.config.explaining import explain
from hetevo.evolve.config.sources import ConfigError, is_path, read_source
from hetevo.populations.errors import HetevoError, nearest
from hetevo.populations.registry import Registry

LETTERS = "abcdefghijklmnopqrstuvwxyz"
"""Of panels."""

EMPTY = "."
"""A cell of the grid without a panel."""

OPTIONS: tuple[Any, ...] = (str, str | None, int, float, bool, Mapping[str, str])
"""Types of the options of figures that a file can give."""

Table = TypeVar("Table", bound=BaseModel)


class PageTable(BaseModel):
    """What ``[figure]`` may contain."""

    model_config = ConfigDict(extra="forbid", strict=True)

    width: Literal["one", "two"] | float = Field("two", description="one or two columns (89, 183 mm), or mm")
    columns: int | None = Field(None, ge=1, le=6, examples=[2], description="panels side by side")
    grid: list[str] = Field(
        [], examples=[["aab", "ccd"]], description="a line a row, the letter of its panel in each cell, . for none"
    )
    title: str = Field("", description="what stands above all panels, and begins the caption")
    hue: list[str] | str = Field("", description="keys that colours and line styles stand for in all panels")
    labels: dict[str, str] = Field({}, examples=[{"neutral": "Drift"}], description="what conditions are called")


class PanelTable(BaseModel):
    """What a ``[[panel]]`` may contain."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: str = Field(examples=["alignment"], description="kind of figure")
    runs: list[str] = Field(min_length=1, examples=[["runs/first"]], description="run directories or sweeps")
    title: str = Field("", description="what stands beside its letter")
    conditions: list[str] = Field([], examples=[["neutral"]], description="those that are drawn, in their order")
    columns: int | None = Field(None, examples=[2], description="panels of its own side by side")
    order: list[str] = Field([], examples=[["neutral"]], description="conditions in their order")
    hue: list[str] | str = Field("", description="the same for all panels as [figure] hue")
    labels: dict[str, str] = Field({}, examples=[{"neutral": "Drift"}], description="what conditions are called")
    options: dict[str, Any] = Field({}, examples=[{"x": "network.density"}], description="options of this kind alone")


@dataclass(frozen=True)
class Panel:
    """One panel, checked: a figure, its runs, and how it is drawn."""

    function: Callable[..., Plot]
    runs: list[LoadedRun]
    design: Design
    options: dict[str, Any]


def read_page(source: Path, kinds: Registry[Callable[..., Plot]]) -> tuple[PageTable, list[Panel]]:
    """Read a file, and check every panel and its runs.

    Parameters
    ----------
    source : Path
        Ends with ``.toml``.
    kinds : Registry
        Figures by their kind.

    Raises
    ------
    ConfigError
        Naming what is wrong in it.
    """
    if not is_path(source):
        raise ConfigError(f"Expected a TOML file with tables [[panel]], got {str(source)!r}: give FILE.toml.")
    content = read_source(source, "figures")
    if strange := content.keys() - {"figure", "panel"}:
        raise ConfigError(f"{source}: expected [figure] and [[panel]], got {sorted(strange)[0]!r}.")
    page = _validate(content.get("figure", {}), PageTable, f"{source}: [figure]")
    given = content.get("panel")
    if not isinstance(given, list) or not 1 <= len(given) <= len(LETTERS):
        raise ConfigError(f"{source}: expected 1 to {len(LETTERS)} tables [[panel]], got {len(given or [])}.")
    loaded: dict[tuple[str, ...], list[LoadedRun]] = {}
    panels = []
    every: dict[str, None] = {}
    for number, each in enumerate(given, start=1):
        where = f"{source}: [[panel]] {number}"
        table = _validate(each, PanelTable, where)
        try:
            key = tuple(table.runs)
            loaded[key] = loaded.get(key) or load_all([source.parent / run for run in key])
            panels.append(_check(table, page, loaded[key], kinds))
        except HetevoError as error:
            raise ConfigError(f"{where}: {error}") from None
        every |= dict.fromkeys(name for run in loaded[key] for name in (run.condition, run.shown_as) if name)
    if strangers := [name for name in page.labels if name not in every]:
        raise ConfigError(
            f"{source}: [figure.labels]: expected conditions of the runs of any panel ({'; '.join(every)}), got"
            f" {strangers[0]!r}.{nearest(strangers[0], every)}"
        )
    return _share_hue(page, panels, str(source))


def _share_hue(page: PageTable, panels: Sequence[Panel], source: str) -> tuple[PageTable, list[Panel]]:
    """Let the hue of any panel be that of the page: on one page a colour has one meaning."""
    hues = dict.fromkeys(keys for keys in (Design(hue=page.hue).keys, *(panel.design.keys for panel in panels)) if keys)
    if len(hues) > 1:
        said = " and ".join(" with ".join(keys) for keys in hues)
        raise ConfigError(
            f"{source}: hue: expected one for all panels, since a condition has one colour on the whole page, got"
            f" {said}. Say it once, as hue in [figure]."
        )
    shared = page.model_copy(update={"hue": [*next(iter(hues), ())]})
    return shared, [replace(panel, design=replace(panel.design, hue=())) for panel in panels]


def _validate(content: Any, model: type[Table], where: str) -> Table:
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: expected a table, got {content!r}.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: " + "\n  ".join(explain(error, model))) from None


def _check(
    table: PanelTable, page: PageTable, runs: Sequence[LoadedRun], kinds: Registry[Callable[..., Plot]]
) -> Panel:
    """Check all of a panel that can be checked without drawing it."""
    if table.kind not in kinds:
        raise ConfigError(f"kind: expected one of {', '.join(kinds)}, got {table.kind!r}.{nearest(table.kind, kinds)}")
    function = kinds[table.kind]
    if not takes_design(function):
        raise ConfigError(f"kind: {table.kind!r} is made without hetevo.analysis.figures.frame.figure, so is no panel.")
    names = {name for run in runs for name in (run.condition, run.shown_as)}
    known = {name: label for name, label in page.labels.items() if name in names}
    design = Design(
        columns=table.columns, order=table.order, hue=table.hue, title=table.title,
        labels={**known, **table.labels},
    )  # fmt: skip
    # what is not drawn may have a label, too
    chosen = choose_conditions(runs, table.conditions)
    arranged = design.arrange(runs)
    if table.conditions:
        places = {(run.path, run.stage): place for place, run in enumerate(chosen)}
        drawn = [run for run in arranged if (run.path, run.stage) in places]
        arranged = sorted(drawn, key=lambda run: places[run.path, run.stage])
    return Panel(function, check_needs(arranged, needs_of(function)), design, _check_options(function, table))


def _check_options(function: Callable[..., Plot], table: PanelTable) -> dict[str, Any]:
    hints = get_type_hints(inspect.unwrap(function))
    known = {name: hint for name, hint in hints.items() if hint in OPTIONS and name != "return"}
    for name, value in table.options.items():
        if name not in known:
            raise ConfigError(
                f"options: {table.kind!r} has {', '.join(known) or 'none'}, got {name!r}.{nearest(name, known)}"
            )
        try:
            TypeAdapter(known[name]).validate_python(value, strict=True)
        except ValidationError:
            wanted = {"Mapping": "a table of texts"}.get(getattr(known[name], "__name__", ""), "a text")
            raise ConfigError(f"options.{name}: expected {wanted}, got {value!r}.") from None
    return table.options


Cell = tuple[slice, slice]
"""Rows and columns of a panel."""


def place_panels(page: PageTable, count: int, source: str) -> list[Cell]:
    """Say which rows and columns each of so many panels takes.

    Raises
    ------
    ConfigError
        If the grid is none of rectangles.
    """
    if not page.grid:
        across = min(page.columns or 2, count)
        return [(slice(n // across, n // across + 1), slice(n % across, n % across + 1)) for n in range(count)]
    wanted, given = set(LETTERS[:count]), {letter for line in page.grid for letter in line} - {EMPTY}
    example = f'such as grid = ["{LETTERS[:count]}"]'
    if page.columns is not None or len({len(line) for line in page.grid}) > 1 or given != wanted:
        raise ConfigError(
            f"{source}: [figure]: grid: expected lines of one length with the letters {', '.join(sorted(wanted))},"
            f" {example}, and no columns beside it; got {page.grid}."
        )
    cells = []
    for letter in sorted(wanted):
        places = [(row, at) for row, line in enumerate(page.grid) for at, cell in enumerate(line) if cell == letter]
        (top, left), (bottom, right) = ([pick(part) for part in zip(*places, strict=True)] for pick in (min, max))
        if len(places) != (bottom - top + 1) * (right - left + 1):
            raise ConfigError(
                f"{source}: [figure]: grid: expected a rectangle of each letter, got another of {letter}."
            )
        cells.append((slice(top, bottom + 1), slice(left, right + 1)))
    return cells
