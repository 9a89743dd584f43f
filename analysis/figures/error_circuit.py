"""Drawings of circuits with separate error neurons: forward and error neurons side by side, at two times."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.circuit_parts import (
    MOST_SYNAPSES,
    MOST_UNITS,
    choose_colour,
    choose_size,
    draw_arrow,
    draw_synapses,
    draw_unit,
    explain_signs,
    finish_graph,
    name_rows,
    split_rows,
    stack_narrow,
)
from hetevo.analysis.figures.frame import Frame
from hetevo.analysis.figures.style import Palette
from hetevo.populations.error_neurons import KINDS, error_layout
from hetevo.populations.genome import Population
from hetevo.populations.layout import Layout
from hetevo.populations.settings import SynapseKind
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

TIMES: dict[str, tuple[SynapseKind, SynapseKind]] = {
    "activities rise": ("ascending", "sensing"),
    "errors descend": ("descending", "teaching"),
}
"""Kinds of synapses that act at time t, and at time t'."""

SYMBOLS: dict[SynapseKind, str] = {"ascending": "W", "sensing": "L", "teaching": "V", "descending": "U"}

FORWARD, ERROR = (0.0, 0.58), (0.66, 1.0)
"""Where both kinds of neurons stand, from left to right."""


class Synapses(NamedTuple):
    """Synapses of one kind: which there are, their receivers' gains, and the names of both ends."""

    mask: Mask
    gains: Floats
    receivers: list[str]
    senders: list[str]


def draw_error_circuit(frame: Frame, species: Species, genes: Population, individual: int) -> tuple[pd.DataFrame, str]:
    """Draw what acts at time t, and at time t', side by side; see `hetevo.analysis.figures.circuit.draw_individual`.

    Returns
    -------
    data : pandas.DataFrame
        pathway, sender, receiver, gain of the receiver, one row a synapse.
    shows : str
        What is drawn.
    """
    layout, errors = species.layout, error_layout(species)
    units = layout.unit_names
    neurons = units[layout.input_units :]
    own = [f"e{number + 1}" for number in range(errors.hidden)]
    above = [*own, *(f"error{number + 1}" for number in range(layout.outputs))]
    ends = {
        "ascending": (neurons, units[: layout.units]),
        "sensing": (own, neurons[: layout.hidden]),
        "teaching": (neurons[: layout.hidden], own),
        "descending": (own, above),
    }
    synapses: dict[SynapseKind, Synapses] = {}
    for kind in KINDS:
        receivers, senders = ends[kind]
        # neurons may share one gain
        gains = np.broadcast_to(genes[f"gains_{kind}"][individual], len(receivers))
        synapses[kind] = Synapses(genes[f"mask_{kind}"][individual], gains, receivers, senders)
    data = pd.concat([_list(kind, found) for kind, found in synapses.items()], ignore_index=True)
    most = max(sum(int(synapses[kind].mask.sum()) for kind in kinds) for kinds in TIMES.values())
    graph = max(layout.units + layout.outputs, errors.neurons) <= MOST_UNITS and most <= MOST_SYNAPSES
    if graph:
        places = {**_places(layout, units, *FORWARD), **_places(errors, above, *ERROR)}
        panels = frame.columns(2, 3.8, rows=stack_narrow(frame), letters="ab")
        for axes, (time, kinds) in zip(panels, TIMES.items(), strict=True):
            shown = {kind: synapses[kind] for kind in kinds}
            _draw_graph(axes, places, shown, name_rows(layout), frame.palette)
            counts = ", ".join(f"{kind} ${SYMBOLS[kind]}$: {int(shown[kind].mask.sum())}" for kind in kinds)
            axes.set_title(f"{time}\n{counts} synapses", parse_math=True)
            said = [f"{kind} {SYMBOLS[kind]}, {int(shown[kind].mask.sum())} synapses" for kind in kinds]
            frame.say(f"When {time}: {'; '.join(said)}.", axes)
    else:
        rows = stack_narrow(frame, 2, 4)
        panels = frame.columns(4, 2.6 if rows == 2 else 2.1, rows=rows, letters="abcd")
        for axes, (kind, found) in zip(panels, synapses.items(), strict=True):
            ends_of = [
                split_rows(errors if names[0] in above else layout, names) for names in (found.receivers, found.senders)
            ]
            draw_synapses(axes, found.mask, found.gains, frame.palette, *ends_of)
            count = int(found.mask.sum())
            axes.set_title(f"{kind} ${SYMBOLS[kind]}$: {count} synapses", parse_math=True)
            frame.say(f"{kind.capitalize()} {SYMBOLS[kind]}, {count} synapses.", axes)
            axes.set_xlabel("sender")
            axes.set_ylabel("receiver")
    explain_signs(frame, data["gain"], graph)
    return data, "A circuit with error neurons beside the forward ones."


def _list(kind: SynapseKind, found: Synapses) -> pd.DataFrame:
    """List synapses, one row each, as drawings of circuits with two pathways do."""
    to, come = np.nonzero(found.mask)
    senders, receivers = (np.array(names, object) for names in (found.senders, found.receivers))
    return pd.DataFrame({"pathway": kind, "sender": senders[come], "receiver": receivers[to], "gain": found.gains[to]})


def _places(layout: Layout, names: Sequence[str], left: float, right: float) -> dict[str, tuple[float, float]]:
    """Place units in rows, one a level, from below; of error neurons there are no inputs."""
    sizes = [layout.input_units, *layout.levels, layout.outputs]
    rows = [(unit, size, height) for height, size in enumerate(sizes) for unit in range(size)]
    return {
        name: (left + (right - left) * (unit + 0.5) / size, float(height))
        for name, (unit, size, height) in zip(names, rows[len(rows) - len(names) :], strict=True)
    }


def _draw_graph(
    axes: Axes,
    places: dict[str, tuple[float, float]],
    shown: dict[SynapseKind, Synapses],
    rows: Sequence[str],
    palette: Palette,
) -> None:
    """Draw the synapses that act at one time, coloured by their receivers' gains, and all neurons."""
    count = sum(int(found.mask.sum()) for found in shown.values())
    crowd = max(Counter(height for _, height in places.values()).values())
    # smaller units and fainter arrows where there are many
    size, faint = choose_size(2 * crowd), float(np.clip(60 / max(count, 1), 0.35, 0.8))
    gain_of: dict[str, float] = {}
    for kind, found in shown.items():
        gain_of |= dict(zip(found.receivers, found.gains, strict=True))
        for to, come in np.argwhere(found.mask):
            start, end = places[found.senders[come]], places[found.receivers[to]]
            # those within a level pass below or above the neurons between them
            bend = {"sensing": -0.25, "teaching": 0.25}.get(kind, 0.12 if abs(start[1] - end[1]) > 1 else 0.0)
            draw_arrow(axes, start, end, bend, size, choose_colour(found.gains[to], palette), faint)
    for name, place in places.items():
        draw_unit(axes, place, name, gain_of.get(name), size, palette)
    # a row a level, named at the left; both kinds of neurons named below
    axes.set_xticks([sum(FORWARD) / 2, sum(ERROR) / 2], ["forward neurons", "error neurons"])
    axes.axvline((FORWARD[1] + ERROR[0]) / 2, color="0.85", linewidth=0.8, zorder=0)
    finish_graph(axes, rows)
