"""An individual as a directed graph whose edges have a pathway, a weight and a sign; no package is needed to write it.

Nodes are the units: ``in1``, ..., ``bias``, ``h1``, ..., ``out1``, .... An edge leads from the unit that
sends to the neuron that receives; between two neurons there may be one in each pathway.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np

from hetevo.analysis.exports.arrays import describe, dump, finite
from hetevo.analysis.individuals import Individual
from hetevo.populations.error_neurons import NAME, error_layout
from hetevo.populations.types import Floats, Mask

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_KINDS = {bool: "boolean", int: "long", float: "double", str: "string"}


def to_graph(individual: Individual, task: int = 0) -> dict[str, Any]:
    """Return the node-link form of the graph: ``networkx.node_link_graph(found, edges="edges")`` reads it.

    Parameters
    ----------
    individual : Individual
        Whose graph.
    task : int, optional
        In which of its K tasks weights were learned.

    Returns
    -------
    dict
        ``nodes``: id, kind (``input``, ``bias``, ``hidden``, ``output``, ``error``), level (0 for inputs), and where
        there are gains ``gain_ascending`` and ``gain_descending``. ``edges``: source, target, key and pathway
        (``ascending``, ``descending``), weight (at the end of life), innate (at birth), sign (of the weight: -1, 0, 1).
        Error neurons are ``e1``, ...; errors of outputs come from these, and there are gains and edges of four kinds.
        ``graph``: see `hetevo.analysis.exports.describe`.
    """
    facts = {name: value for name, value in describe(individual).items() if not isinstance(value, list)}
    nodes, edges = list(_nodes(individual)), list(_edges(individual, task))
    return {"directed": True, "multigraph": True, "graph": {**facts, "of_task": task}, "nodes": nodes, "edges": edges}


def _nodes(individual: Individual) -> Iterator[dict[str, Any]]:
    layout = individual.layout
    # in the order of the units, outputs last
    kinds = (
        ["input"] * layout.inputs + ["bias"] * layout.bias + ["hidden"] * layout.hidden + ["output"] * layout.outputs
    )
    levels = [*layout.unit_level.tolist(), *[len(layout.levels) + 1] * layout.outputs]
    # an inherited rule has no gains
    gains = {} if individual.rule else dict(zip(individual.kinds, individual.gains, strict=True))
    for place, (name, kind, level) in enumerate(zip(layout.unit_names, kinds, levels, strict=True)):
        # inputs and the bias receive nothing, and outputs hear nothing from above
        neuron = place - layout.input_units
        node: dict[str, Any] = {"id": name, "kind": kind, "level": int(level)}
        for pathway in ("ascending", _heard(individual)):
            if pathway in gains and 0 <= neuron < len(gains[pathway]):
                node[f"gain_{pathway}"] = float(gains[pathway][neuron])
        yield node
    if individual.species.circuit == NAME:
        errors = error_layout(individual.species)
        for number in range(errors.hidden):
            own = {f"gain_{kind}": float(gains[kind][number]) for kind in ("sensing", "descending")}
            yield {"id": f"e{number + 1}", "kind": "error", "level": int(errors.neuron_level[number]), **own}


def _heard(individual: Individual) -> str:
    """Return the kind of synapses by which learning signals reach hidden neurons."""
    return "teaching" if individual.species.circuit == NAME else "descending"


def _edges(individual: Individual, task: int) -> Iterator[dict[str, Any]]:
    # who sends and who receives, by the columns and rows of each matrix
    names, layout = individual.layout.unit_names, individual.layout
    neurons = names[layout.input_units :]
    hidden, outputs = neurons[: layout.hidden], neurons[layout.hidden :]
    senders, receivers = {"ascending": names[: layout.units]}, {"ascending": neurons}
    if individual.species.circuit == NAME:
        errors = [f"e{number + 1}" for number in range(error_layout(individual.species).hidden)]
        senders |= {"sensing": hidden, "teaching": errors, "descending": errors + outputs}
        receivers |= {"sensing": errors, "teaching": hidden, "descending": errors}
    else:
        senders["descending"], receivers["descending"] = neurons, hidden
    for number, pathway in enumerate(individual.kinds):
        mask: Mask = individual.masks[number]
        weights: Floats = individual.learned[number][task]
        innate: Floats = individual.innate[number]
        for row, column in np.argwhere(mask):
            # plain numbers, which every format can write
            weight = float(weights[row, column])
            yield {
                "source": senders[pathway][column],
                "target": receivers[pathway][row],
                "key": pathway,
                "pathway": pathway,
                "weight": weight,
                "innate": float(innate[row, column]),
                # a life that diverged has weights without a sign
                "sign": int(np.sign(weight)) if np.isfinite(weight) else 0,
            }


def to_networkx(individual: Individual, task: int = 0) -> dict[str, bytes]:
    """Write `to_graph` as JSON; what is not finite is null."""
    graph = to_graph(individual, task)
    for part in ("nodes", "edges"):
        graph[part] = [{name: finite(value) for name, value in entry.items()} for entry in graph[part]]
    return {".json": dump(graph)}


def to_graphml(individual: Individual, task: int = 0) -> dict[str, bytes]:
    """Write `to_graph` as GraphML, with typed attributes."""
    graph = to_graph(individual, task)
    root = ElementTree.Element("graphml", xmlns=NAMESPACE)
    # what there is to say of the graph, of nodes and of edges, with types
    keys: dict[tuple[str, str], str] = {}
    parts = {"graph": [graph["graph"]], "node": graph["nodes"], "edge": graph["edges"]}
    own = {"graph": (), "node": ("id",), "edge": ("source", "target", "key")}
    for kind, entries in parts.items():
        types = {name: type(value) for entry in entries for name, value in entry.items() if name not in own[kind]}
        for name, of in types.items():
            identifier = keys[kind, name] = f"d{len(keys)}"
            facts = {"id": identifier, "for": kind, "attr.name": name, "attr.type": _KINDS[of]}
            ElementTree.SubElement(root, "key", facts)

    def write(parent: ElementTree.Element, kind: str, entry: dict[str, Any]) -> None:
        for name, value in entry.items():
            if (kind, name) in keys:
                ElementTree.SubElement(parent, "data", key=keys[kind, name]).text = str(value)

    drawn = ElementTree.SubElement(root, "graph", edgedefault="directed")
    write(drawn, "graph", graph["graph"])
    for entry in graph["nodes"]:
        write(ElementTree.SubElement(drawn, "node", id=entry["id"]), "node", entry)
    for number, entry in enumerate(graph["edges"]):
        ends = {"id": f"{entry['pathway']} {number}", "source": entry["source"], "target": entry["target"]}
        write(ElementTree.SubElement(drawn, "edge", ends), "edge", entry)
    ElementTree.indent(root)
    return {".graphml": ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"}
