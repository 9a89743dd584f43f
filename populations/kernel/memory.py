"""The weights of a block of two-pathway circuits, laid out for speed.

``N`` circuits live side by side; each network's products are its own, so that its bits do not depend on which other
networks share the block. Weights are cut into `panels`; four decisions make the rest of the layout:

*One layout for both pathways.* ``V`` is stored transposed: ``V[i, k]`` stands where ``W[k, i]`` does. So both updates
need the same correlations ``<q_k x_i>``, which are computed once (see `plasticity`), and transporting weights is using
one for the other. Input units receive nothing, so ``V`` has no panel for them.

*One stretch of memory.* First what inputs send, then the other panels of ``W``, then those of ``V``; what is done to
every weight is one call. It begins at a cache line, and is large enough that NumPy asks for huge pages.

*Left operands may be transposed views, right ones not.* The backward pass's ``V`` is a transposed view, which costs
nothing there; a transposed right operand costs more than copying it, unless it is large and the product narrow.

*Networks last for one sample a presentation.* Then products of matrices with matrices become products with vectors,
which use each weight once. With the networks on the fastest axis they are element-wise passes over all networks.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.birth import Weights
from hetevo.populations.kernel.panels import Panel, panels
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

CACHE_LINE = 64
"""Bytes; vectors of this width are the widest that processors load at once."""

HUGE = 4 << 20
"""Bytes from which NumPy asks the system for huge pages."""

# a function and its arguments, views of arrays that stay where they are: it is called in every presentation
Step = tuple[Callable[..., Any], tuple[Any, ...]]


def run(steps: list[Step]) -> None:
    """Call functions one after another. A list of them takes the interpreter less than the code that it stands for."""
    for function, arguments in steps:
        function(*arguments)


def aligned(dtype: DTypeLike, *shapes: tuple[int, ...]) -> list[Floats]:
    """Return arrays, of whatever is there, that lie one after another, each at the beginning of a cache line.

    Parameters
    ----------
    dtype : dtype
        Of all of them.
    *shapes : tuple of int
        One an array.
    """
    item = np.dtype(dtype).itemsize
    sizes = [int(np.prod(shape)) * item for shape in shapes]
    starts = np.cumsum([0, *(-(-size // CACHE_LINE) * CACHE_LINE for size in sizes)])
    # pages that nobody touches cost nothing
    memory = np.empty(max(int(starts[-1]), HUGE if starts[-1] > HUGE // 4 else 0) + CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % CACHE_LINE
    parts = [memory[first + start : first + start + size] for start, size in zip(starts, sizes, strict=False)]
    return [part.view(dtype).reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@dataclass(frozen=True)
class Stacks:
    """Weights of N circuits, or numbers that belong to weights, an array (N, rows, columns) a panel.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    panels : list of Panel
        The species'.
    ascending, descending : list of ndarray of float
        Those of all panels, and those of the hidden ones; the latter transposed.
    networks_last : bool
        Whether networks lie on the fastest axis, whatever the shapes say.
    """

    species: Species
    panels: list[Panel]
    ascending: list[Floats]
    descending: list[Floats]
    networks_last: bool = False

    @property
    def hidden(self) -> list[Floats]:
        """Those of the ascending pathway that also the descending one has."""
        return [stack for panel, stack in zip(self.panels, self.ascending, strict=True) if panel.hidden]

    @property
    def hidden_panels(self) -> list[Panel]:
        """Panels of the hidden neurons."""
        return [panel for panel in self.panels if panel.hidden]

    def take(self, rows: slice) -> "Stacks":
        """Return some networks, each in one piece: views, or copies of what has networks last."""
        whole = np.ascontiguousarray if self.networks_last else np.asarray
        up, down = ([whole(stack[rows]) for stack in stacks] for stacks in (self.ascending, self.descending))
        return replace(self, ascending=up, descending=down, networks_last=False)

    def copy(self) -> "Stacks":
        """Return the same numbers in memory of their own."""
        up, down = ([stack.copy() for stack in stacks] for stacks in (self.ascending, self.descending))
        return replace(self, ascending=up, descending=down)

    def empty(self) -> "Stacks":
        """Return zeros of the same shapes."""
        up, down = (list(map(np.zeros_like, stacks)) for stacks in (self.ascending, self.descending))
        return replace(self, ascending=up, descending=down)

    def place(self, pathway: Pathway, values: Floats) -> None:
        """Write values of a pathway's shape, (N, H + O, I + H) or (N, H, H + O), N possibly 1, where they belong."""
        for panel, stack in self.of(pathway):
            stack[:] = panel.cut(self.species, pathway, values)

    def multiply(self, pathway: Pathway, factors: Floats) -> None:
        """Multiply each receiving neuron's numbers by a factor of its own, (N, H + O) or (N, H)."""
        for panel, stack in self.of(pathway):
            own = (
                factors[:, panel.rows, None]
                if pathway == "ascending"
                else factors[:, None, panel.neurons(self.species)]
            )
            np.multiply(stack, own, out=stack)

    def zeros(self, pathway: Pathway) -> Floats:
        """Return zeros of a pathway's shape, (N, H + O, I + H) or (N, H, H + O)."""
        layout, first = self.species.layout, self.ascending[0]
        shape = (layout.neurons, layout.units) if pathway == "ascending" else (layout.hidden, layout.neurons)
        return np.zeros((len(first), *shape), first.dtype)

    def spread(self, pathway: Pathway) -> Floats:
        """Return a pathway as one array, (N, H + O, I + H) or (N, H, H + O), 0 outside of the panels."""
        values = self.zeros(pathway)
        for panel, stack in self.of(pathway):
            panel.cut(self.species, pathway, values)[:] = stack
        return values

    def of(self, pathway: Pathway) -> list[tuple[Panel, Floats]]:
        """Return the panels of a pathway, each with its array."""
        if pathway == "ascending":
            return list(zip(self.panels, self.ascending, strict=True))
        return list(zip(self.hidden_panels, self.descending, strict=True))


class Cells:
    """The weights of ``N`` circuits in one stretch of memory, group after group.

    Parameters
    ----------
    networks : int
        ``N``.
    cells : list of int
        Places for a synapse that one network has in each group.
    dtype : dtype
        float32 on the fast path.
    networks_last : bool
        Order in memory, not in shapes: networks on the fastest axis, for one sample a presentation.

    Attributes
    ----------
    weights : ndarray of float, shape (N * cells,)
        All of them, of whatever is there.
    ends : list of int
        Where groups begin in ``weights``, and where the last one ends.
    """

    def __init__(self, networks: int, cells: list[int], dtype: DTypeLike, *, networks_last: bool) -> None:
        self.networks, self.dtype, self.networks_last = networks, np.dtype(dtype), networks_last
        self.ends = [0, *accumulate(networks * number for number in cells)]
        (self.weights,) = aligned(dtype, (self.ends[-1],))

    def by_network(self, flat: Floats) -> list[Floats]:
        """Return views (N, cells) of an array laid out as ``weights``, group by group."""
        parts = (flat[start:stop] for start, stop in pairwise(self.ends))
        if self.networks_last:
            return [part.reshape(-1, self.networks).T for part in parts]
        return [part.reshape(self.networks, -1) for part in parts]


class CircuitBlock(Cells):
    """Weights of ``N`` circuits, panel by panel.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    weights : Weights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O).
    dtype : dtype, optional
        float32 on the fast path.
    networks_last : bool, optional
        Order in memory, not in shapes: networks on the fastest axis, for one sample a presentation.

    Attributes
    ----------
    weights : ndarray of float, shape (cells,)
        All of them: what inputs send, then the other ascending ones, then the descending ones. See `by_network`.
    stacks : Stacks
        Views of ``weights``.
    """

    def __init__(
        self, species: Species, weights: Weights, dtype: DTypeLike = np.float32, *, networks_last: bool = False
    ) -> None:
        self.species = species
        self._panels = panels(species)
        # what inputs send is no part of the descending pathway
        hidden = [panel for panel in self._panels if panel.hidden]
        self._groups = [panel for panel in self._panels if not panel.hidden], hidden, hidden
        cells = [sum(panel.cells for panel in group) for group in self._groups]
        super().__init__(len(weights.ascending), cells, dtype, networks_last=networks_last)
        self.stacks = self.stack(self.weights)
        self.stacks.place("ascending", weights.ascending)
        self.stacks.place("descending", weights.descending)

    def span(self, pathways: Collection[Pathway]) -> slice:
        """Return which part of ``weights`` belongs to pathways."""
        _, _, middle, last = self.ends
        return slice(0 if "ascending" in pathways else middle, last if "descending" in pathways else middle)

    @property
    def hidden_spans(self) -> tuple[slice, slice]:
        """Which parts of ``weights`` are those of hidden panels, in the ascending and in the descending pathway."""
        _, first, middle, last = self.ends
        return slice(first, middle), slice(middle, last)

    def stack(self, flat: Floats) -> Stacks:
        """Return views, panel by panel, of an array laid out as ``weights``."""
        cut: list[list[Floats]] = []
        for part, group in zip(self.by_network(flat), self._groups, strict=True):
            ends = [0, *accumulate(panel.cells for panel in group)]
            cells = [part[:, start:stop] for start, stop in pairwise(ends)]
            cut.append([a.reshape(self.networks, *panel.shape) for a, panel in zip(cells, group, strict=True)])
        return Stacks(self.species, self._panels, cut[0] + cut[1], cut[2], self.networks_last)

    def whole(self, rows: slice = slice(None)) -> Weights:
        """Return the weights of all panels as one array a pathway, shapes as for the constructor, for some networks."""
        stacks = self.stacks.take(rows)
        # transported weights are the ascending ones, whatever V was at birth
        if self.species.rule.transport:
            stacks = replace(stacks, descending=stacks.hidden)
        return Weights(stacks.spread("ascending"), stacks.spread("descending"))
