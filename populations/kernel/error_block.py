"""Circuits with separate error neurons, laid out for speed: their weights, and their two passes.

What `memory` and `passes` say of panels and of signals holds here, too. Besides:

*One stretch of memory* holds ``[W of inputs | W of levels | L | V | U]``, so that what is done to every weight is one
call for each run of plastic kinds.

*L and V of a level share a layout*: ``V`` is stored transposed, so that both need the same correlations ``<e_k x_i>``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.error_neurons import KINDS, ErrorWeights, allowed_by_kind, error_layout, weight_shapes
from hetevo.populations.kernel.memory import Cells, Stacks, Step
from hetevo.populations.kernel.panels import Panel, panels
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.settings import SynapseKind
from hetevo.populations.species import Species
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Cut:
    """A part of the weights of one kind of synapses, which is one array.

    Parameters
    ----------
    rows, columns : slice
        Receivers and senders, as in `hetevo.populations.error_neurons.ErrorWeights`.
    transposed : bool
        Whether senders are the rows of the array.
    """

    rows: slice
    columns: slice
    transposed: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the array."""
        sizes = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        return sizes[::-1] if self.transposed else sizes

    @property
    def cells(self) -> int:
        """Places for a synapse."""
        rows, columns = self.shape
        return rows * columns

    def of(self, values: Floats) -> Floats:
        """Return a view, (N, rows, columns) as in the array, of the weights of a kind."""
        part = values[:, self.rows, self.columns]
        return part.swapaxes(1, 2) if self.transposed else part

    def senders(self, values: Floats) -> Floats:
        """Return numbers of senders, (N, senders), in a shape that fits all cells of the array."""
        part = values[:, self.columns]
        return part[:, :, None] if self.transposed else part[:, None, :]

    def receivers(self, values: Floats) -> Floats:
        """Return numbers of receivers, (N, receivers), in a shape that fits all cells of the array."""
        part = values[:, self.rows]
        return part[:, None, :] if self.transposed else part[:, :, None]


def cuts(species: Species) -> list[tuple[SynapseKind, list[Cut]]]:
    """Cut the weights into groups, in the order in which they lie in memory, each of one kind of synapses."""
    forward, errors = species.layout.level_slices, error_layout(species).level_slices
    inputs, levels = (
        [Cut(panel.rows, panel.columns) for panel in panels(species) if panel.hidden == hidden]
        for hidden in (False, True)
    )
    sensing = [Cut(error, level) for error, level in zip(errors, forward, strict=True)]
    teaching = [Cut(level, error, transposed=True) for error, level in zip(errors, forward, strict=True)]
    descending, allowed = [], allowed_by_kind(species)["descending"]
    for error in errors:
        # from the first to the last that may be connected; what lies between is 0
        reached = np.flatnonzero(allowed[error].any(axis=0))
        if reached.size:
            descending.append(Cut(error, slice(int(reached[0]), int(reached[-1]) + 1)))
    return [
        ("ascending", inputs),
        ("ascending", levels),
        ("sensing", sensing),
        ("teaching", teaching),
        ("descending", descending),
    ]


def count_cells(species: Species) -> int:
    """Count the places for a synapse of all kinds together, between which wirings leave some empty."""
    return sum(cut.cells for _, group in cuts(species) for cut in group)


@dataclass(frozen=True)
class ErrorStacks:
    """Weights of N circuits, or numbers that belong to weights, an array (N, rows, columns) a cut.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    of : dict of str to list of (Cut, ndarray of float)
        By kind of synapses.
    networks_last : bool
        Whether networks lie on the fastest axis, whatever the shapes say.
    """

    species: Species
    of: dict[SynapseKind, list[tuple[Cut, Floats]]]
    networks_last: bool = False

    @property
    def forward(self) -> Stacks:
        """The ascending ones as forward neurons need them."""
        given = [Panel(cut.rows, cut.columns) for cut, _ in self.of["ascending"]]
        return Stacks(self.species, given, [stack for _, stack in self.of["ascending"]], [], self.networks_last)

    def take(self, rows: slice) -> "ErrorStacks":
        """Return some networks, each in one piece: views, or copies of what has networks last."""
        whole = np.ascontiguousarray if self.networks_last else np.asarray
        taken = {kind: [(cut, whole(stack[rows])) for cut, stack in given] for kind, given in self.of.items()}
        return ErrorStacks(self.species, taken)

    def copy(self) -> "ErrorStacks":
        """Return the same numbers in memory of their own."""
        own = {kind: [(cut, stack.copy()) for cut, stack in given] for kind, given in self.of.items()}
        return ErrorStacks(self.species, own, self.networks_last)

    def place(self, kind: SynapseKind, values: Floats) -> None:
        """Write values of a kind's shape, N possibly 1, where they belong."""
        for cut, stack in self.of[kind]:
            stack[:] = cut.of(values)

    def spread(self, kind: SynapseKind) -> Floats:
        """Return a kind as one array, in the shape that `ErrorWeights` has, 0 outside of cuts."""
        first = self.of["ascending"][0][1]
        values = np.zeros((len(first), *weight_shapes(self.species)[kind]), first.dtype)
        for cut, stack in self.of[kind]:
            cut.of(values)[:] = stack
        return values


class ErrorBlock(Cells):
    """Weights of ``N`` circuits, cut by cut.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    weights : ErrorWeights
        At birth, N rows.
    dtype : dtype, optional
        float32 on the fast path.
    networks_last : bool, optional
        Order in memory, not in shapes: networks on the fastest axis, for one sample a presentation.

    Attributes
    ----------
    weights : ndarray of float, shape (cells,)
        All of them, group after group (`cuts`), each network by network.
    stacks : ErrorStacks
        Views of ``weights``.
    """

    def __init__(
        self, species: Species, weights: ErrorWeights, dtype: DTypeLike = np.float32, *, networks_last: bool = False
    ) -> None:
        self.species, self._groups = species, cuts(species)
        cells = [sum(cut.cells for cut in group) for _, group in self._groups]
        super().__init__(len(weights.ascending), cells, dtype, networks_last=networks_last)
        self.stacks = self.stack(self.weights)
        for kind in KINDS:
            self.stacks.place(kind, getattr(weights, kind))

    def spans(self, kinds: Collection[SynapseKind]) -> list[slice]:
        """Return which parts of ``weights`` belong to kinds, those that touch as one."""
        groups = zip(self._groups, pairwise(self.ends), strict=True)
        found = []
        for chosen, run in groupby(groups, lambda group: group[0][0] in kinds):
            ends = [end for _, end in run]
            if chosen and ends[0][0] < ends[-1][1]:
                found.append(slice(ends[0][0], ends[-1][1]))
        return found

    def by_kind(self, flat: Floats) -> list[tuple[SynapseKind, Floats]]:
        """Return views (N, cells) of an array laid out as ``weights``, each with the kind of its group."""
        return [(kind, part) for (kind, _), part in zip(self._groups, self.by_network(flat), strict=True)]

    def stack(self, flat: Floats) -> ErrorStacks:
        """Return views, cut by cut, of an array laid out as ``weights``."""
        of: dict[SynapseKind, list[tuple[Cut, Floats]]] = {kind: [] for kind in KINDS}
        for (kind, group), part in zip(self._groups, self.by_network(flat), strict=True):
            ends = [0, *accumulate(cut.cells for cut in group)]
            of[kind] += [
                (cut, part[:, start:stop].reshape(self.networks, *cut.shape))
                for cut, (start, stop) in zip(group, pairwise(ends), strict=True)
            ]
        return ErrorStacks(self.species, of, self.networks_last)

    def whole(self, rows: slice = slice(None)) -> ErrorWeights:
        """Return the weights as one array a kind, for some networks."""
        stacks = self.stacks.take(rows)
        return ErrorWeights(*map(stacks.spread, KINDS))


class ErrorPasses(Passes):
    """Both passes through ``N`` circuits with ``S`` samples; see `hetevo.populations.kernel.passes.Passes`.

    Parameters
    ----------
    stacks : ErrorStacks
        Weights to use; always their present values.
    samples, tasks
        As for `Passes`.

    Attributes
    ----------
    sensed : ndarray of float, shape (N, M, S)
        ``s``: activity of error neurons in the forward pass.
    errors : ndarray of float, shape (N, M + O, S)
        ``e``: their activity in the backward pass, and the outputs' errors.
    """

    def __init__(self, stacks: ErrorStacks, samples: int, tasks: int = 1) -> None:
        self.lateral, self.error_layout = stacks, error_layout(stacks.species)
        self._f_e = ACTIVATIONS[stacks.species.error_neurons.activation].apply
        super().__init__(stacks.forward, samples, tasks)

    def _upward(self) -> list[Step]:
        """Line up what the forward pass does after the inputs have arrived, error neurons last."""
        steps = super()._upward()
        (stretch,) = self.stretches(self.error_layout.hidden)
        self.sensed = self.by_network(stretch)
        # only descending synapses need what error neurons sense
        if "descending" not in self.species.plastic:
            return steps
        for cut, weights in self.lateral.of["sensing"]:
            steps.append(self.product(weights, self.neurons[:, cut.columns], self.sensed[:, cut.rows]))
        return [*steps, (self._f_e, (stretch, stretch))]

    def _downward(self) -> list[Step]:
        """Line up what the backward pass does: errors from level to level, and to the side."""
        errors, hidden = self.error_layout, self.species.layout.hidden
        (stretch,) = self.stretches(errors.neurons)
        self.errors = self.by_network(stretch)
        # at the top, error neurons are the outputs' errors
        steps: list[Step] = [(np.copyto, (stretch[errors.hidden :], self._q[hidden:]))]
        above = {cut.rows.start: (cut, weights) for cut, weights in self.lateral.of["descending"]}
        for level in reversed(errors.level_slices):
            if level.start not in above:  # nobody sends to it
                steps.append((stretch[level].fill, (0,)))
                continue
            cut, weights = above[level.start]
            steps.append(self.product(weights, self.errors[:, cut.columns], self.errors[:, level]))
            steps.append((self._f_e, (stretch[level], stretch[level])))
        for cut, weights in self.lateral.of["teaching"]:
            heard = self.signal[:, cut.rows]
            steps.append(self.product(weights.swapaxes(1, 2), self.errors[:, cut.columns], heard))
        if self.species.plasticity.derivative:
            signals = self._q[:hidden]
            steps += [*self._slopes(), (np.multiply, (signals, self._slope, signals))]
        return steps
