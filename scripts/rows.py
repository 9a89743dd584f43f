"""The rows of `hetevo status`: what their cells say, as a table, lines, or JSON."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hetevo.evolve.identity import format_value
from hetevo.evolve.rundir.overview import STATES, Standing, estimate_left
from hetevo.populations.text import for_terminal, write_duration
from hetevo.scripts.progress import is_live

if TYPE_CHECKING:
    from rich.table import Table

OWN = ("run", "sweep", "condition", "state", "preset", "seed", "generation", "left", "loss", "alignment", "failures")
"""What every run has, besides its settings."""


COLUMNS = ("run", "state", "generation", "left", "loss", "alignment", "failures", "reason")
"""What is shown of many."""

HEADS = {"loss": "best loss"}
"""What stands over a column where its name alone could be taken for something else: a verdict is on the median."""

SHORTEST = 12
"""Letters of a name or reason that are shown even where there is no room for them."""

STYLES = {"running": "bold", "failed": "red", "damaged": "red", "stopped": "yellow", "done": "green", "waiting": "dim"}


@dataclass(frozen=True)
class Row:
    """One run, and the settings in which it differs from others.

    Parameters
    ----------
    stands : Standing
        Where it stands.
    settings : mapping of str to object
        By dotted key; None where it has no such setting.
    """

    stands: Standing
    settings: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """Return what stands in a column, to be sorted and compared; None if it is unknown."""
        one = self.stands
        own = {
            "run": one.path,
            "generation": one.generation,
            "left": one.seconds_left,
            "loss": one.loss_best,
            "alignment": one.alignment_end,
        }
        if name in own:
            return own[name]
        return getattr(one, name) if name in OWN else self.settings.get(name)

    def cell(self, name: str) -> str:
        """Write what stands in a column; nothing if it is unknown."""
        one = self.stands
        if name == "generation":
            return "" if one.generation is None else f"{one.generation}/{one.generations}"
        if name == "left":
            return "" if one.seconds_left is None else write_duration(one.seconds_left)
        if name == "loss":
            return "" if one.loss_best is None else f"{one.loss_best:.3f}"
        if name == "alignment":
            return "" if one.alignment_end is None else f"{one.alignment_end:+.3f}"
        if name == "failures":
            return str(one.failures) if one.failures else ""
        if name == "reason":
            # the first line says what it is; where, stands in front
            text = one.reason.partition("\n")[0]
            for place in (str(Path(one.path).absolute()), one.path):
                text = text.replace(f"{place}/", "")
            return for_terminal(text)
        if name == "preset":
            return for_terminal(one.preset)
        value = self.value(name)
        return "" if value is None else for_terminal(format_value(value))

    def line(self) -> str:
        """Write where it stands in one line, each number with its name; what is unknown is left out."""
        said = ("generation {}", "{} left", "best loss {}", "alignment {}", "{} failed", "{}")
        cells = [self.cell(name) for name in COLUMNS[2:]]
        known = [text.format(cell) for text, cell in zip(said, cells, strict=True) if cell]
        return f"{self.cell('run')}: {', '.join([self.stands.state, *known])}"

    def facts(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        facts = asdict(self.stands)
        del facts["config"], facts["pace"]
        return {**facts, "settings": dict(self.settings)}


def write_sum(standings: list[Standing]) -> str:
    """Say in one line how many runs there are, where they stand, and how long all will take."""
    counts = [(sum(one.state == state for one in standings), state) for state in STATES]
    left = estimate_left(standings)
    states = ", ".join(f"{count} {state}" for count, state in counts if count)
    text = f"{len(standings)} run{'s' if len(standings) != 1 else ''}" + (f": {states}" if states else "")
    return text + (f"; {write_duration(left)} left for these" if left is not None else "")


def write_json(rows: list[Row]) -> str:
    """Write all rows, how many are in each state, and the seconds left for these, as one JSON object."""
    standings = [row.stands for row in rows]
    states = {state: sum(one.state == state for one in standings) for state in STATES}
    return json.dumps(
        {"runs": [row.facts() for row in rows], "states": states, "seconds_left": estimate_left(standings)}
    )


def print_table(rows: list[Row], *, settings: bool) -> None:
    """Print all rows and their sum on stdout; ``settings``: with the settings in which they differ."""
    from hetevo.scripts.console import Messages

    live = is_live(sys.stdout)
    # as wide as it must be where no terminal cuts it
    widths = [
        max([len(HEADS.get(name, name)), *(len(row.cell(name)) for row in rows)])
        for name in _columns(rows, settings=settings)
    ]
    console = Messages(sys.stdout, None if live else 1 + sum(3 + width for width in widths))
    if live and rows:
        console.print(make_table(rows, settings=settings, width=console.width))
    elif rows:
        with console.capture() as written:
            console.print(make_table(rows, settings=settings))
        print("\n".join(line.rstrip() for line in written.get().splitlines()))
    print(write_sum([row.stands for row in rows]))


def _columns(rows: list[Row], *, settings: bool) -> list[str]:
    """Name the columns: of what can be missing, only what some run has."""
    always = COLUMNS[:3]
    names = [name for name in COLUMNS if name in always or any(row.cell(name) for row in rows)]
    if settings:
        varied = list(rows[0].settings) if rows else []
        names[1:1] = ["preset", "seed", *varied]
    return names


def make_table(rows: list[Row], *, settings: bool, width: int | None = None) -> "Table":
    """Make a table of rows, as `print_table` prints it; ``width``: columns into which names and reasons are cut."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    names = _columns(rows, settings=settings)
    cells = {name: [row.cell(name) for row in rows] for name in names}
    if width is not None:
        widths = {name: max(map(len, [HEADS.get(name, name), *texts])) for name, texts in cells.items()}
        left = width - sum(2 + widths[name] for name in names if name not in ("run", "reason"))
        # numbers stay whole; of a name the end tells most, of a reason the beginning
        room = max(
            SHORTEST, min(widths["run"], left if "reason" not in names else max(left // 2, left - widths["reason"]))
        )
        cells["run"] = [text if len(text) <= room else f"…{text[1 - room :]}" for text in cells["run"]]
        if "reason" in names:
            room = max(SHORTEST, left - room - 2)
            cells["reason"] = [text if len(text) <= room else f"{text[: room - 1]}…" for text in cells["reason"]]
    for name in names:
        numeric = name in ("generation", "left", "loss", "alignment", "failures", "seed")
        table.add_column(
            HEADS.get(name, name), justify="right" if numeric else "left", no_wrap=True, overflow="ellipsis"
        )
    for number, row in enumerate(rows):
        table.add_row(*(cells[name][number] for name in names), style=STYLES[row.stands.state])
    return table
