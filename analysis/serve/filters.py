"""Which runs a table shows, in which order; and names as text that can be seen."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from hetevo.analysis.serve.folders import Row
from hetevo.evolve.rundir.overview import STATES
from hetevo.populations.text import LINES, for_terminal, without_places

MOST_LETTERS = 64
"""Of a name in a table; its whole length stands on the page of the run."""

REMEMBERED = 10_000
"""Texts of which what is shown is remembered: a page has the same ones again and again."""


_NUMBER = re.compile(r"((?:(?<==)-)?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:e[+-]?[0-9]{1,3}(?![0-9A-Za-z]))?)", re.ASCII)
"""In a name: a sign is one only after an equals sign, elsewhere it joins words."""


_BREAK = re.compile(r"(?<=[,=/])|(?<=-)(?<!=-)(?<![0-9]e-)")
"""Where a line may end in a name: its hyphens join words, unless they are signs of numbers."""

_EXPONENT = re.compile(r"[0-9]e-[0-9]")


def in_order(name: str) -> tuple[list[tuple[int, Decimal, str]], str]:
    """Return by what names are sorted: numbers in them, with their decimals, count as numbers.

    >>> sorted(["run-10", "run-9"], key=in_order)
    ['run-9', 'run-10']
    >>> sorted(["scale=0.1053", "scale=0.03812", "scale=1e-05"], key=in_order)
    ['scale=1e-05', 'scale=0.03812', 'scale=0.1053']
    """
    # numbers stand between the texts that they part
    parts = enumerate(_NUMBER.split(name))
    keys = [(0, Decimal(part), "") if number % 2 else (1, Decimal(0), part) for number, part in parts if part]
    return keys, name


SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: in_order(row.name),
    "condition": lambda row: in_order(row.condition),
    "seed": lambda row: row.stands.seed,
    "state": lambda row: STATES.index(row.stands.state),
    "progress": lambda row: row.progress,
    "alignment": lambda row: row.stands.alignment_end,
    "loss": lambda row: row.stands.loss_best,
    "changed": lambda row: row.changed,
}
"""By what a table can be sorted; None comes last."""


@lru_cache(REMEMBERED)
def show(value: str) -> str:
    """Make text that can be seen of a value: control characters as escapes, and nothing of others' folders."""
    return for_terminal(without_places(value), keep=LINES)


@lru_cache(REMEMBERED)
def shorten(name: str, most: int = MOST_LETTERS) -> str:
    """Write a name in one line, cut in its middle: at its ends stands what tells it from others.

    >>> shorten("a" * 10, 6)
    'aaa…aa'
    """
    shown = for_terminal(without_places(name))
    shown = shown if shown.strip() else repr(shown)
    return shown if len(shown) <= most else f"{shown[: most // 2]}…{shown[most // 2 + 1 - most :]}"


def breakable(text: str) -> Markup:
    """Let a line end after hyphens, commas, equals signs and slashes of a name, never inside a number; as HTML.

    >>> breakable("<a-b>, x=-1e-05")
    Markup('&lt;a-<wbr>b&gt;,<wbr> x=<wbr><span class="whole">-1e-05</span>')
    """
    # browsers break after the hyphen of an exponent by themselves
    whole = Markup('<span class="whole">{}</span>')
    parts = _BREAK.split(text)
    return Markup("<wbr>").join(whole.format(part) if _EXPONENT.search(part) else escape(part) for part in parts)


@dataclass(frozen=True)
class Filter:
    """Which runs a table shows, in which order.

    Parameters
    ----------
    text : str
        Part of a name or condition, in letters of either case.
    folder, condition, state : str
        As they are shown; empty: any.
    sort : str
        One of `SORTS`.
    down : bool
        Whether the largest comes first.
    """

    text: str = ""
    folder: str = ""
    condition: str = ""
    state: str = ""
    sort: str = "name"
    down: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """Read it from an address; what makes no sense is left out."""
        texts = {name: query.get(name, "") for name in ("text", "folder", "condition", "state")}
        sort = query.get("sort", "")
        return cls(**texts, sort=sort if sort in SORTS else "name", down=query.get("down") == "1")

    def choose(self, rows: Iterable[Row]) -> list[Row]:
        """Return those rows, in their order; what is unknown comes last."""
        chosen = [row for row in rows if self._takes(row)]
        key = SORTS[self.sort]
        known = [row for row in chosen if key(row) is not None]
        return [
            *sorted(known, key=key, reverse=self.down),
            *(row for row in chosen if key(row) is None),
        ]

    def _takes(self, row: Row) -> bool:
        wanted = self.text.casefold()
        return (
            (not wanted or wanted in show(row.name).casefold() or wanted in show(row.condition).casefold())
            and self.folder in ("", shorten(row.folder))
            and self.condition in ("", shorten(row.condition))
            and self.state in ("", row.stands.state)
        )

    def values(self, **changes: str) -> dict[str, str]:
        """Return it as the values of an address, with changes; what is as usual has none."""
        values = {
            "text": self.text,
            "folder": self.folder,
            "condition": self.condition,
            "state": self.state,
            "sort": "" if self.sort == "name" else self.sort,
            "down": "1" if self.down else "",
            **changes,
        }
        return {name: value for name, value in values.items() if value}

    def sorted_by(self, sort: str) -> str:
        """Return the address of the same table sorted by a column; by the one that it has, the other way round."""
        return urlencode(self.values(sort=sort, down="1" if sort == self.sort and not self.down else ""))
