"""Which runs `hetevo status` shows, and in which order."""

from dataclasses import dataclass, field
from typing import Any

from hetevo.evolve.identity import condition_values, flat_values, format_value
from hetevo.evolve.rundir.overview import STATES, Standing
from hetevo.populations.errors import SettingError, nearest
from hetevo.scripts.rows import OWN, Row, write_sum

MOST_LISTED = 12
"""Values that are listed where none is the one that was asked for."""


@dataclass
class Choice:
    """Which runs are shown, and in which order.

    Parameters
    ----------
    state : str or None
        Some of `STATES`, with commas between them.
    where : tuple of str
        Such as ``"seed=3"`` or ``"network.wiring=layered"``.
    sort : str or None
        A column, after ``-`` the largest first.

    Attributes
    ----------
    found : int
        Runs that there were, before any was left out.
    unknown : int
        Runs that were left out because they have no settings yet, for they have not begun.
    why : str
        Why none is left, if none is.

    Raises
    ------
    SettingError
        If there is no such state, or something is no condition.
    """

    state: str | None
    where: tuple[str, ...]
    sort: str | None
    found: int = field(default=0, init=False)
    unknown: int = field(default=0, init=False)
    why: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._states = {word.strip() for word in self.state.split(",")} if self.state is not None else {*STATES}
        if unknown := sorted(self._states - {*STATES}):
            raise SettingError(
                f"--state {self.state}: expected some of {', '.join(STATES)}, got {unknown[0]!r}."
                f"{nearest(unknown[0], STATES)}"
            )
        self._wanted = []
        for condition in self.where:
            name, sign, value = condition.partition("=")
            if not sign:
                raise SettingError(
                    f"--where {condition}: expected KEY=VALUE, such as network.wiring=layered or seed=3."
                )
            self._wanted.append((name.strip(), value.strip()))

    @property
    def is_one(self) -> bool:
        """Whether anything is chosen."""
        return bool(self.state or self.where or self.sort)

    def apply(self, standings: list[Standing], *, settings: bool = True) -> list[Row]:
        """Return the rows that are shown, in order.

        Parameters
        ----------
        standings : list of Standing
            Where all runs stand.
        settings : bool, optional
            Whether rows have the settings in which they differ; those of many runs take long.

        Raises
        ------
        SettingError
            If a run has nothing that is called so.
        """
        self.found = len(standings)
        if not (settings or self._wanted or self.sort):
            everything = [Row(one, {}) for one in standings]
            chosen = self._choose(everything, [])
            self.why = "" if chosen else self._explain(everything, [])
            return chosen
        conditions = [condition_values(one.config) for one in standings]
        keys = list(dict.fromkeys(key for kinds in conditions for key in kinds))
        # every key can be asked for, also those in which runs of one condition may differ
        everything = [
            Row(one, {**dict(flat_values(one.config)), **kinds})
            for one, kinds in zip(standings, conditions, strict=True)
        ]
        every = list(dict.fromkeys(key for row in everything for key in row.settings))
        wanted = [(_find(name, keys, every, "--where"), value) for name, value in self._wanted]
        chosen = self._choose(everything, wanted)
        self.why = "" if chosen else self._explain(everything, wanted)
        # columns for what differs among those that are left; one that has not begun has no settings
        known = [row.settings for row in chosen if row.settings]
        varied = [key for key in keys if len({repr(kinds.get(key)) for kinds in known}) > 1]
        rows = [Row(row.stands, {key: row.settings.get(key) for key in varied}) for row in chosen]
        if self.sort is None:
            return rows
        name, largest = _find(self.sort.removeprefix("-"), keys, every, "--sort"), self.sort.startswith("-")
        placed = [(whole.value(name), row) for whole, row in zip(chosen, rows, strict=True)]
        known_rows = [(value, row) for value, row in placed if value is not None]
        try:
            known_rows.sort(key=lambda pair: pair[0], reverse=largest)
        except TypeError:  # texts among numbers, lists among texts
            known_rows.sort(key=lambda pair: _write(pair[0]), reverse=largest)
        # what is unknown comes last, whichever way
        return [row for _, row in known_rows] + [row for value, row in placed if value is None]

    def _choose(self, rows: list[Row], wanted: list[tuple[str, str]]) -> list[Row]:
        """Return the rows that are wanted, and count those of which nobody knows it yet."""
        own = [(name, value) for name, value in wanted if name in OWN]
        rows = [
            row
            for row in rows
            if row.stands.state in self._states and all(_has(row, name, value) for name, value in own)
        ]
        if len(own) == len(wanted):
            self.unknown = 0
            return rows
        self.unknown = sum(not row.settings and row.stands.state != "damaged" for row in rows)
        return [row for row in rows if row.settings and all(_has(row, name, value) for name, value in wanted)]

    def _explain(self, rows: list[Row], wanted: list[tuple[str, str]]) -> str:
        """Say of the first thing that no run has what there is instead."""
        if not any(row.stands.state in self._states for row in rows):
            return f"no run is {self.state}; there are {write_sum([row.stands for row in rows])}"
        for name, value in wanted:
            known = [row for row in rows if name in OWN or row.settings]
            if not known or any(_has(row, name, value) for row in known):
                continue
            there = sorted({_write(row.value(name)) for row in known})
            more = f", and {len(there) - MOST_LISTED} more" if len(there) > MOST_LISTED else ""
            return f"no run of {len(known)} has {name}={value}; there are {', '.join(there[:MOST_LISTED])}{more}"
        return "" if self.unknown else f"no run of {len(rows)} has all that was asked for together"


def _has(row: Row, name: str, value: str) -> bool:
    """Tell whether a run has a value; of a condition with several parts, such as ``drift, wiring=layered``, some do."""
    found = _write(row.value(name))
    return found == value or (name == "condition" and {*value.split(", ")} <= {*found.split(", ")})


def _find(name: str, keys: list[str], every: list[str], option: str) -> str:
    """Return the column that a name means: one's own, a dotted key, or its last part where that is one key's alone.

    ``keys``: those that make a condition, which come first; ``every``: all. Without any, none can be wrong.
    """
    if not every or name in OWN or name in every:
        return name
    if f"{name}.name" in every:
        return f"{name}.name"
    ends = [key for key in keys if key.rpartition(".")[2] == name]
    ends = ends or [key for key in every if key.rpartition(".")[2] == name]
    if len(ends) == 1:
        return ends[0]
    among = f" Several settings end so: {', '.join(ends)}." if ends else nearest(name, [*OWN, *every])
    raise SettingError(
        f"{option} {name}: expected one of {', '.join(OWN)}, or the key of a setting that these runs have, such as"
        f" network.wiring.{among}"
    )


def _write(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else format_value(value)
