"""Panels: how the synapses of a species are cut into stretches that one matrix product works on.

There is one panel for the input units, and one a hidden level, with all that these units send up to. Receivers are a
range, from the first to the last that any wiring allows, so that little is computed where no synapse can be, and a
product reads signals without a copy. A level needs one product on the way up, one on the way down, and one for its
changes.
"""

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class Panel:
    """Some sending units and the range of neurons that they may reach.

    Parameters
    ----------
    rows : slice
        Receiving neurons of the ascending pathway; senders of the descending one.
    columns : slice
        Sending units of the ascending pathway; receivers of the descending one, counted with the input units.
    """

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def cells(self) -> int:
        """Places for a synapse in each pathway."""
        rows, columns = self.shape
        return rows * columns

    @property
    def hidden(self) -> bool:
        """Whether its units are hidden neurons, so that it is part of both pathways."""
        return bool(self.columns.start > 0)

    def neurons(self, species: Species) -> slice:
        """Return its hidden neurons as rows of the ascending pathway."""
        return shifted(self.columns, -species.layout.input_units)

    def cut(self, species: Species, pathway: Pathway, values: Floats) -> Floats:
        """Return a view, (N, rows, columns), of an array of a pathway's shape."""
        if pathway == "ascending":
            return values[:, self.rows, self.columns]
        return values[:, self.neurons(species), self.rows].swapaxes(1, 2)


def shifted(span: slice, by: int) -> slice:
    """Move a slice."""
    return slice(span.start + by, span.stop + by)


def find_runs(where: Mask, within: slice) -> list[slice]:
    """Return the stretches of a slice in which a mask, shape (neurons,), holds."""
    found, at = [], within.start
    for value, group in groupby(where[within]):
        stop = at + len(list(group))
        if value:
            found.append(slice(at, stop))
        at = stop
    return found


def connected(species: Species) -> Mask:
    """Tell which units and neurons may be connected in either pathway, shape (H + O, I + H)."""
    layout, allowed = species.layout, species.allowed
    either = allowed.ascending.copy()
    # the outputs and hidden neurons that send down are rows here
    either[:, layout.input_units :] |= allowed.descending.T
    return either


def panels(species: Species) -> list[Panel]:
    """Cut the synapses of a species into panels: that of the input units, and one a hidden level.

    Where synapses form loops, all hidden neurons are one level. Units that may reach nobody have no panel.

    Parameters
    ----------
    species : Species
        Names the sizes and what any wiring allows.
    """
    layout, either, cut = species.layout, connected(species), []
    levels = [slice(0, layout.hidden)] if species.family.recurrent else layout.level_slices
    for columns in (slice(0, layout.input_units), *(shifted(level, layout.input_units) for level in levels)):
        # from the first to the last that may be connected; what lies between is 0
        reached = np.flatnonzero(either[:, columns].any(axis=1))
        if reached.size:
            cut.append(Panel(slice(int(reached[0]), int(reached[-1]) + 1), columns))
    return cut


def count_cells(species: Species) -> int:
    """Count the places for a synapse in both pathways together, between which wirings leave some empty."""
    return sum(panel.cells * (2 if panel.hidden else 1) for panel in panels(species))
