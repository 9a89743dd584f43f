"""What a figure says in words: names with their numbers of seeds, and the caption that is written beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.style import FULL, for_figures, in_words
from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.text import for_terminal

INTERVAL = f"{CONFIDENCE:.0%} t interval".replace("%", " %")
"""Of means over seeds, cut at the bounds of what has some: see `hetevo.analysis.intervals`."""

MOST_CONDITIONS = 12
"""Conditions that a caption names; of more it gives the number."""


@dataclass
class Caption:
    """The sentences of a caption, as a figure says them.

    Parameters
    ----------
    sentences : list of tuple of str
        The letter of a panel, or a word for its place, or nothing; and a sentence.
    """

    sentences: list[tuple[str, str]] = field(default_factory=list)

    def write(self, about: str, runs: Sequence[LoadedRun], *, described: bool = True) -> str:
        """Write the caption: what the figure shows, panel by panel, then what holds of all of it, and n.

        Parameters
        ----------
        about : str
            A sentence, or a title.
        runs : sequence of LoadedRun
            Those that are drawn.
        described : bool, optional
            Whether to end with what `close` says.
        """
        general = [sentence for letter, sentence in self.sentences if not letter]
        panels: dict[str, list[str]] = {}
        for letter, sentence in self.sentences:
            if letter:
                panels.setdefault(letter, []).append(sentence)
        of_panels = [
            f"{place}, {' '.join(said)}" if len(place) == 1 else f"{place.capitalize()}: {' '.join(said)}"
            for place, said in panels.items()
        ]
        closing = self.close(runs) if described else []
        return " ".join([end_sentence(about), *of_panels, *general, *closing])

    def close(self, runs: Sequence[LoadedRun]) -> list[str]:
        """Return the sentences with which it ends: of which runs it is."""
        return [describe_runs(runs)] if runs else []


def end_sentence(text: str) -> str:
    """Let a text end as a sentence does, and be one line of plain text.

    >>> end_sentence("Rise"), end_sentence("Why?")
    ('Rise.', 'Why?')
    """
    text = for_terminal(" ".join(text.split()))
    return text if text.endswith((".", "?", "!")) else f"{text}."


def describe_runs(runs: Sequence[LoadedRun]) -> str:
    """Say of which runs a figure is: seeds, the unit of all statistics, and generations."""
    seeds = {name: sorted({run.seed for run in group}) for name, group in group_by_condition(runs).items()}
    names = {name: for_terminal(in_words(name)) for name in seeds}
    counts = {name: f"n = {len(found)} seed{'s'[: len(found) > 1]}" for name, found in seeds.items()}
    each = {name: f"{counts[name]} ({_list_seeds(found)})" for name, found in seeds.items()}
    if len(seeds) > MOST_CONDITIONS:
        said = f"n = {_range([len(found) for found in seeds.values()])} seeds of each of {len(seeds)} conditions."
    elif len({*each.values()}) == 1 and len(each) > 1:
        said = f"{next(iter(each.values()))} of each condition: {'; '.join(names.values())}."
    else:
        said = "; ".join(f"{names[name]}, {text}" for name, text in each.items()) + "."
    last = _range([run.last for run in runs])
    first = min(int(run.generations["generation"].iloc[0]) for run in runs)
    generations = f"generations {first} to {last}."
    # what was recorded of a claim's runs does not hold how large they were
    sizes = [run.size for run in runs if "evaluations" in run.generations]
    return f"{said} Populations of {_range(sizes)} individuals, {generations}" if sizes else f"{said} Of {generations}"


def _list_seeds(seeds: Sequence[int]) -> str:
    whole = len(seeds) > 2 and seeds == [*range(seeds[0], seeds[-1] + 1)]
    if whole or len(seeds) > MOST_CONDITIONS:
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _range(numbers: Sequence[int]) -> str:
    """Write the fewest and the most."""
    low, high = min(numbers), max(numbers)
    return str(high) if low == high else f"{low}–{high}"


def name_with_seeds(
    counts: Mapping[str, "pd.Series[int]"], mean: str = "mean", interval: str = INTERVAL
) -> tuple[dict[str, str], str]:
    """Name conditions and their numbers of seeds: once for all where they are the same, else beside each name.

    Parameters
    ----------
    counts : mapping of str to Series of int
        By condition, the seeds behind its values, generation by generation; 0 where there is no value.
    mean : str, optional
        What is drawn.
    interval : str, optional
        Kind of the interval; empty where none is drawn.

    Returns
    -------
    labels : dict of str to str
        By condition; one without any value is called undefined.
    title : str
        Of the legend: what is drawn, n, and the kind of the interval.
    """
    spans = {name: _span(count[count > 0]) for name, count in counts.items()}
    different = set(spans.values()) - {""}
    # n stands in the title if it is the same everywhere
    labels = for_figures(spans, FULL)
    for name, span in spans.items():
        if not span:
            labels[name] += ": undefined"
        elif len(different) > 1:
            labels[name] += f" (n = {span})"
    if different <= {"1"}:
        return labels, "n = 1 seed, no interval"
    n = f"n = {different.pop()} seeds" if len(different) == 1 else "n seeds"
    return labels, f"{mean} over {n}{', ' * bool(interval)}{interval}"


def _span(counts: "pd.Series[int]") -> str:
    return _range([int(counts.min()), int(counts.max())]) if len(counts) else ""
