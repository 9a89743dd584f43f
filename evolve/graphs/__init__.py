"""Directed graphs from files, to the arrays that wirings are made of (`hetevo.populations.wiring.graph`)."""

from hetevo.evolve.graphs.found import GraphError
from hetevo.evolve.graphs.reading import LIMIT, read_graph

__all__ = ["LIMIT", "GraphError", "read_graph"]
