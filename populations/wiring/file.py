"""Wiring from a file: the synapses of a directed graph, such as a connectome, or of its rewired controls."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import ClassVar, Literal

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.layout import Layout
from hetevo.populations.synapses import mirror
from hetevo.populations.types import Floats, Indices, Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin
from hetevo.populations.wiring.graph import Graph, rewire_anywhere, rewire_by_swaps
from hetevo.populations.wiring.places import Listed, Places, all_pairs
from hetevo.populations.wiring.recurrent import Recurrent

Null = Literal["none", "degree-preserving", "erdos-renyi"]

REWIRE = {"degree-preserving": rewire_by_swaps, "erdos-renyi": rewire_anywhere}
"""How a rewired control is drawn, by the option ``null``."""


@dataclass(frozen=True)
class FromFile(WiringFamily):
    """The synapses of a directed graph; density is the share of them that a founder has, and 1 keeps all.

    Some neurons of the graph are inputs, some outputs, and all others, or those that are named, are hidden and one
    level. The graph may have loops, so that both pathways settle. What ends at an input or begins at an output has no
    place, nor have synapses of other neurons: they are left out. The bias reaches every neuron: it is none of the
    graph's.

    Mutation adds and removes synapses of the graph alone. A rewired control is drawn for each founder; as it may have
    any synapse, mutation may add and remove any: for a control that stays one, evolution.mask_flip is 0.

    Parameters
    ----------
    file : str
        CSV, TSV, GraphML, GML or NPZ; ``package:NAME`` is one that ships with Hetevo.
    inputs, outputs : tuple of str
        Names of neurons, in the order that they shall have; by default those that the file calls so.
    hidden : tuple of str
        Names of neurons; by default all others, in the order of the file.
    descending : str
        ``"reversed"``: from b to a where the graph leads from a to b; ``"drawn"``: any, at random; or a second file,
        whose synapses lead down.
    null : str
        ``"none"``: the graph itself; or a control, ``"degree-preserving"`` (each neuron keeps its numbers of incoming
        and outgoing synapses) or ``"erdos-renyi"`` (only their whole number stays). Without weights.
    weights : str
        What weights in the file mean: ``"innate"``, relative sizes of innate weights, or ``"ignore"``, nothing.
    sha256, sha256_descending : str
        Of the files, as hexadecimal digits; written when a configuration is read.
    """

    file: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    descending: str = "reversed"
    null: Null = "none"
    weights: Literal["innate", "ignore"] = "innate"
    sha256: str = ""
    sha256_descending: str = ""
    graph: Graph | None = field(default=None, repr=False, metadata={"option": False})
    graph_descending: Graph | None = field(default=None, repr=False, metadata={"option": False})
    recurrent: ClassVar[bool] = True
    listed: ClassVar[bool] = True

    @property
    def known(self) -> Graph:
        """The graph.

        Raises
        ------
        SettingError
            If nobody has read it.
        """
        if self.graph is None:
            raise SettingError(
                f"network.options.file: {self.file} was not read. Expected a species that was built from a"
                " configuration (hetevo.evolve.species.build_species), or network.options.graph."
            )
        return self.graph

    @cached_property
    def order(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Names of inputs, hidden neurons and outputs.

        Raises
        ------
        SettingError
            If a name is unknown, stands twice, or none is left for hidden neurons.
        """
        graph = self.known
        inputs, outputs = self.inputs or graph.inputs, self.outputs or graph.outputs
        there = frozenset(graph.names)
        hidden = self.hidden or tuple(name for name in graph.names if name not in {*inputs, *outputs})
        everyone = Counter((*inputs, *hidden, *outputs))
        for option, names in (("inputs", inputs), ("outputs", outputs), ("hidden", self.hidden)):
            if not names and option != "hidden":
                raise SettingError(
                    f"network.options.{option}: {self.file} does not say which of its {len(there)} neurons are"
                    f" {option}, so expected their names, such as {_listed(graph.names[:2])}, got none."
                )
            for name in names:
                if name not in there:
                    raise SettingError(
                        f"network.options.{option}: there is no neuron {name!r} in"
                        f" {self.file}.{nearest(name, graph.names)} Its neurons: {_listed(graph.names)}."
                    )
                if everyone[name] > 1:
                    raise SettingError(
                        f"network.options.{option}: expected each neuron once among inputs, hidden neurons and outputs,"
                        f" got {name!r} again."
                    )
        if not hidden:
            raise SettingError(
                f"network.options.inputs: all {len(there)} neurons of {self.file} are inputs or outputs; expected"
                " at least one other, which is hidden. Name fewer."
            )
        return inputs, hidden, outputs

    def check(self, layout: Layout) -> None:
        """Raise `SettingError` if the graph has other sizes, or cannot be wired; nothing is known before it is read."""
        if self.graph is None:
            return
        (inputs, hidden, outputs), there = map(len, self.order), self.graph.names
        if (layout.inputs, layout.levels, layout.outputs) != (inputs, (hidden,), outputs):
            raise SettingError(
                f"network.wiring: {self.file} has {inputs} inputs, {hidden} hidden neurons, which are one level, and"
                f" {outputs} outputs, got task.inputs = {layout.inputs}, network.levels = {list(layout.levels)},"
                f" task.outputs = {layout.outputs}. Give -s task.inputs={inputs} -s network.levels=[{hidden}]"
                f" -s task.outputs={outputs}, or name other inputs and outputs in network.options"
            )
        if self.null != "none" and self.weights == "innate" and self.graph.weights is not None:
            raise SettingError(
                f"network.options.null: synapses of a rewired control are none of the file's, so the weights in"
                f' {self.file} mean nothing to them. Expected network.options.weights = "ignore", there and in what it'
                " is compared with, got weights"
            )
        for graph, places in ((self.graph, self._ascending), (self.graph_descending, self._descending)):
            if graph is not None and not len(places(graph, layout)[0]):
                raise SettingError(
                    f"network.options.file: none of the {len(graph.senders)} synapses of {self.file} has a place, since"
                    " they end at inputs or begin at outputs. Expected at least one other."
                )
        strange = [name for name in self.graph_descending.names if name not in there] if self.graph_descending else []
        if strange:
            raise SettingError(
                f"network.options.descending: there is no neuron {strange[0]!r} in {self.file}, whose synapses lead"
                f" up.{nearest(strange[0], there)} Expected the same names in both files."
            )

    def allowed(self, layout: Layout) -> Pathways:
        """Return the graph's synapses, and those of the bias; of a control all but those of a neuron with itself."""
        everything = Recurrent().allowed(layout)
        if self.null != "none":
            return everything
        up = self._mask(self._ascending(self.known, layout)[:2], everything.ascending)
        down = everything.descending
        if self.graph_descending is not None:
            down = self._mask(self._descending(self.graph_descending, layout)[:2], down)
        elif self.descending == "reversed":
            down = _reversed(up, layout)
        if layout.bias:
            up[:, layout.input_units - 1] = True
        return Pathways(up, down)

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same without a matrix; controls and weights of a file need one (`hetevo.populations.storage`)."""
        rows, columns = self._ascending(self.known, layout)[:2]
        up = rows * layout.units + columns
        if layout.bias:
            up = np.append(up, np.arange(layout.neurons) * layout.units + layout.input_units - 1)
        up = np.unique(up)
        if self.graph_descending is not None:
            rows, columns = self._descending(self.graph_descending, layout)[:2]
            return Listed(up), Listed(np.unique(rows * layout.neurons + columns))
        return Listed(up), Listed(mirror(layout, up)[0]) if self.descending == "reversed" else all_pairs(layout)[1]

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Rewire if a control is asked for, then keep each synapse with the probability of its pathway."""
        if self.null == "none":
            return thin(self.allowed(layout), density, rng)
        everything, rewire = Recurrent().allowed(layout), REWIRE[self.null]
        # the bias is no neuron: it is rewired with nobody
        forbidden = ~everything.ascending
        if layout.bias:
            forbidden[:, layout.input_units - 1] = True
        up = rewire(self._mask(self._ascending(self.known, layout)[:2], everything.ascending), forbidden, rng)
        down = everything.descending
        if self.graph_descending is not None:
            below = self._mask(self._descending(self.graph_descending, layout)[:2], down)
            down = rewire(below, ~everything.descending, rng)
        elif self.descending == "reversed":
            down = _reversed(up, layout)
        if layout.bias:
            up[:, layout.input_units - 1] = True
        return thin(Pathways(up, down), density, rng)

    def signs(self, layout: Layout) -> Indices | None:
        """Return the signs that the file gives to its neurons."""
        graph = self.known
        if graph.signs is None:
            return None
        placed = np.zeros(layout.units + layout.outputs, np.int64)
        position, inputs = self._positions(graph), layout.inputs
        used = position >= 0
        unit = np.where(position < inputs, position, position + layout.input_units - inputs)
        placed[unit[used]] = graph.signs[used]
        return placed

    def strengths(self, layout: Layout) -> tuple[Floats, Floats] | None:
        """Return the file's weights over their mean, and 1 where there is none."""
        graph, second = self.known, self.graph_descending
        none = graph.weights is None and (second is None or second.weights is None)
        if none or self.weights == "ignore" or self.null != "none":
            return None
        up, down = np.ones((layout.neurons, layout.units)), np.ones((layout.hidden, layout.neurons))
        if graph.weights is not None:
            rows, columns, used = self._ascending(graph, layout)
            up[rows, columns] = graph.weights[used] / graph.weights[used].mean()
        if second is not None and second.weights is not None:
            rows, columns, used = self._descending(second, layout)
            down[rows, columns] = second.weights[used] / second.weights[used].mean()
        elif second is None and self.descending == "reversed":
            down = up[:, layout.input_units :].T.copy()
        return up, down

    def describe(self, layout: Layout, density: tuple[float, float]) -> list[str]:
        """Say how many synapses of each file have a place, and how many were left out, a line a file."""
        said = []
        for graph, name, places in (
            (self.graph, self.file, self._ascending),
            (self.graph_descending, self.descending, self._descending),
        ):
            if graph is None:
                continue
            position, kept = self._positions(graph), len(places(graph, layout)[0])
            chosen = position >= 0
            between = int((chosen[graph.senders] & chosen[graph.receivers]).sum())
            what = "end at inputs or begin at outputs" if name == self.file else "do not lead down to hidden neurons"
            left = [
                f"{count} {reason}"
                for count, reason in (
                    (between - kept, f"that {what}"),
                    (len(graph.senders) - between, "of neurons that were not chosen"),
                    (graph.loops, "of a neuron with itself"),
                )
                if count
            ]
            left_out = f"; left out: {', '.join(left)}" if left else ""
            said.append(f"{name}: {chosen.sum()} neurons, {kept} synapses{left_out}")
        if min(density) < 1:
            said.append(
                f"each founder has a share of {density[0]:g} of the ascending synapses and of {density[1]:g} of the"
                " descending ones (network.density_ascending and network.density_descending: 1 keeps all)"
            )
        return said

    def _positions(self, graph: Graph) -> Indices:
        """Return the place of each neuron of a graph among inputs, hidden neurons and outputs; -1 if it has none."""
        place = {name: number for number, name in enumerate(chain(*self.order))}
        return np.array([place.get(name, -1) for name in graph.names], np.int64)

    def _ascending(self, graph: Graph, layout: Layout) -> tuple[Indices, Indices, Mask]:
        """Return rows and columns of ``W`` at which synapses are, and which of the graph's E those are."""
        position, inputs = self._positions(graph), layout.inputs
        sender, receiver = position[graph.senders], position[graph.receivers]
        used = (sender >= 0) & (sender < inputs + layout.hidden) & (receiver >= inputs)
        columns = np.where(sender < inputs, sender, sender + layout.input_units - inputs)
        return (receiver - inputs)[used], columns[used], used

    def _descending(self, graph: Graph, layout: Layout) -> tuple[Indices, Indices, Mask]:
        """Return rows and columns of ``V``, as `_ascending`."""
        neuron = self._positions(graph) - layout.inputs  # below 0: an input, or none
        sender, receiver = neuron[graph.senders], neuron[graph.receivers]
        used = (sender >= 0) & (receiver >= 0) & (receiver < layout.hidden)
        return receiver[used], sender[used], used

    def _mask(self, places: tuple[Indices, Indices], like: Mask) -> Mask:
        mask = np.zeros_like(like)
        mask[places] = True
        return mask


def _reversed(ascending: Mask, layout: Layout) -> Mask:
    return ascending[:, layout.input_units :].T.copy()


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:8])) + ("…" if len(names) > 8 else "")
