"""Reading directed graphs: CSV, TSV, GraphML, GML and NPZ.

Files are strangers': what they hold is bounded before it is parsed, XML may declare nothing, and nothing is unpickled.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.graphs.found import MOST, Found, GraphError
from hetevo.populations.errors import nearest
from hetevo.populations.extras import how_to_install
from hetevo.populations.wiring.graph import Graph

SEPARATORS = {".csv": ",", ".tsv": "\t"}
COLUMNS = ("from", "to", "weight", "sign", "from_role", "to_role")
ARRAYS = ("adjacency", "edges", "names", "weights", "signs", "inputs", "outputs")

LIMIT = 16 << 20
"""Bytes of a file, and of what is packed in it."""


def read_graph(content: bytes, name: str) -> Graph:
    r"""Read a directed graph.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What it is called; its ending says which format it has. ``.csv`` and ``.tsv`` hold a synapse a line under a
        header with ``from`` and ``to``, and perhaps ``weight``, ``sign``, ``from_role`` and ``to_role``; lines that
        begin with ``#`` say nothing. ``.graphml`` and ``.gml`` may have these as attributes of edges (``weight``) and
        nodes (``sign``, ``role``). ``.npz`` has ``adjacency`` (from row to column) or ``edges``, and perhaps ``names``,
        ``weights``, ``signs``, ``inputs`` and ``outputs``.

    Raises
    ------
    GraphError
        If it cannot be read, or is no such graph.

    Examples
    --------
    >>> graph = read_graph(b"from,to,weight\nA,B,2\nB,C,-1\n", "worm.csv")
    >>> graph.names, graph.senders.tolist(), graph.receivers.tolist(), graph.weights.tolist(), graph.signs.tolist()
    (('A', 'B', 'C'), [0, 1], [1, 2], [2.0, 1.0], [1, -1, 0])
    """
    # before parsing, which may need many times the memory
    if len(content) > LIMIT:
        raise GraphError(f"{name} has {len(content):,} bytes; expected at most {LIMIT:,}.")
    ending = PurePath(name).suffix.lower()
    readers = {".csv": _read_text, ".tsv": _read_text, ".graphml": _read_graphml, ".gml": _read_gml, ".npz": _read_npz}
    if ending not in readers:
        raise GraphError(
            f"{name}: expected a file that ends in {', '.join(readers)}, got {ending or 'no ending'!r}. Give it the"
            " ending of what it is."
        )
    # readers fill this, whatever the format
    found = Found(name)
    try:
        readers[ending](content, found)
    except GraphError:
        raise
    except ImportError:
        raise GraphError(
            f"{name}: the package networkx reads GraphML and GML, and it is not installed. Install it:"
            f" {how_to_install('graphs')}; CSV and NPZ need nothing."
        ) from None
    except Exception as error:  # whatever a parser can stumble over in bytes that nobody should have written
        reason = " ".join(str(error).split())[:200]
        raise GraphError(f"{name} cannot be read as {ending[1:].upper()}: {reason or type(error).__name__}.") from None
    return found.graph()


def _read_text(content: bytes, found: Found) -> None:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    # an empty line in place of a comment, so that numbers of lines are those of the file
    kept = ("\n" if line.startswith("#") else line for line in text)
    lines = csv.reader(kept, delimiter=SEPARATORS[PurePath(found.name).suffix.lower()], strict=True)
    header = next(([cell.strip() for cell in cells] for cells in lines if cells), [])
    for column in ("from", "to"):
        if column not in header:
            raise GraphError(
                f"{found.name}: expected a header with the columns from and to, got {', '.join(header) or 'nothing'}."
            )
    # a column that nobody knows is more likely a slip than a remark
    for column in header:
        if column not in COLUMNS or header.count(column) > 1:
            raise GraphError(
                f"{found.name}: expected columns among {', '.join(COLUMNS)}, each once, got"
                f" {column!r}.{nearest(column, COLUMNS)}"
            )
    # a synapse a line
    for cells in lines:
        where = f"{found.name}, line {lines.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise GraphError(f"{where}: expected {len(header)} values, one a column, got {len(cells)}.")
        row = dict(zip(header, cells, strict=True))
        sender, receiver = (found.neuron(row[column], where) for column in ("from", "to"))
        if row.get("sign", "").strip():
            found.sign(sender, row["sign"], where)
        for neuron, column in ((sender, "from_role"), (receiver, "to_role")):
            found.role(neuron, row.get(column, ""), where)
        found.synapse(sender, receiver, row.get("weight"), where)


def _read_graphml(content: bytes, found: Found) -> None:
    import networkx

    _refuse_declarations(content, found.name)
    _take(networkx.read_graphml(io.BytesIO(content)), found)


def _refuse_declarations(content: bytes, name: str) -> None:
    """Refuse XML that declares a document type: entities could grow without bound, or fetch other files."""

    def refuse(*declared: Any) -> None:
        raise GraphError(f"{name}: the XML declares a document type ({declared[0]}), and expected is none. Delete it.")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.Parse(content, True)


def _read_gml(content: bytes, found: Found) -> None:
    import networkx

    _take(networkx.parse_gml(content.decode("utf-8-sig")), found)


def _take(graph: Any, found: Found) -> None:
    """Take what is needed of a graph of networkx."""
    if not graph.is_directed():
        raise GraphError(f"{found.name} holds an undirected graph; expected one whose edges have a direction.")
    # names that people read, or the file's own if two would be called the same
    labels = {node: str(data.get("name", data.get("label", node))) for node, data in graph.nodes(data=True)}
    if len(set(labels.values())) < len(labels):
        labels = {node: str(node) for node in labels}
    # nodes first: one without synapses is a neuron too
    for node, data in graph.nodes(data=True):
        where = f"{found.name}, neuron {labels[node]!r}"
        neuron = found.neuron(labels[node], where)
        if "sign" in data:
            found.sign(neuron, data["sign"], where)
        found.role(neuron, data.get("role", ""), where)
    # the sign of an edge is its sender's
    for source, target, data in graph.edges(data=True):
        where = f"{found.name}, edge from {labels[source]!r} to {labels[target]!r}"
        sender, receiver = found.order[labels[source].strip()], found.order[labels[target].strip()]
        if "sign" in data:
            found.sign(sender, data["sign"], where)
        found.synapse(sender, receiver, data.get("weight"), where)


def _read_npz(content: bytes, found: Found) -> None:
    arrays = _arrays(content, found.name)
    if len({"adjacency", "edges"} & arrays.keys()) != 1:
        raise GraphError(f"{found.name}: expected one of the arrays adjacency and edges, got {', '.join(arrays)}.")
    # the synapses, listed or as a matrix
    weights = arrays.get("weights")
    if "edges" in arrays:
        edges = arrays["edges"]
        _check_shape(found.name, "edges", edges, (len(edges), 2))
        ends: list[list[Any]] = edges.tolist()
        if weights is not None:
            _check_shape(found.name, "weights", weights, (len(ends),))
    else:
        matrix = arrays["adjacency"]
        _check_shape(found.name, "adjacency", matrix, (len(matrix), len(matrix)))
        places = np.nonzero(matrix)
        ends = np.stack(places, axis=1).tolist()
        if weights is not None:
            raise GraphError(f"{found.name}: weights belong to edges; those of adjacency stand in it.")
        # only 0 and 1: whether there is a synapse
        weights = matrix[places] if matrix.dtype.kind != "b" and not np.isin(matrix, (0, 1)).all() else None
    # names go first, so that positions are those of the file
    names = _names(arrays, ends, found.name)
    for label in names:
        found.neuron(label, f"{found.name}, names")
    if len(found.order) < len(names):
        raise GraphError(f"{found.name}: expected each of the names once.")
    # then synapses, and what is known of the neurons
    sizes: Iterable[Any] = weights.tolist() if weights is not None else [None] * len(ends)
    for number, ((sender, receiver), size) in enumerate(zip(ends, sizes, strict=True)):
        where = f"{found.name}, edge {number}"
        found.synapse(_position(sender, found, where), _position(receiver, found, where), size, where)
    if "signs" in arrays:
        _check_shape(found.name, "signs", arrays["signs"], (len(names),))
        for neuron, sign in enumerate(arrays["signs"].tolist()):
            found.sign(neuron, sign, f"{found.name}, signs[{neuron}]")
    for role in ("input", "output"):
        for label in arrays.get(f"{role}s", np.array([])).tolist():
            where = f"{found.name}, {role}s"
            found.role(_position(label, found, where), role, where)


def _arrays(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    # the sizes stand in the directory of the archive: nothing is unpacked to find them
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > LIMIT:
        raise GraphError(f"{name} unpacks to {size:,} bytes; expected at most {LIMIT:,}.")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for array in archive.files:
            if array not in ARRAYS:
                raise GraphError(
                    f"{name}: expected arrays among {', '.join(ARRAYS)}, got {array!r}.{nearest(array, ARRAYS)}"
                )
        return {array: archive[array] for array in archive.files}


def _check_shape(name: str, array: str, values: NDArray[Any], shape: Sequence[int]) -> None:
    if values.shape != tuple(shape):
        raise GraphError(f"{name}: expected {array} of shape {tuple(shape)}, got {values.shape}.")


def _names(arrays: dict[str, NDArray[Any]], ends: list[list[Any]], name: str) -> list[str]:
    """Return names of neurons: those that are given, those in the edges, or numbers from 0."""
    size = len(arrays["adjacency"]) if "adjacency" in arrays else None
    if "names" in arrays:
        names = [str(label) for label in arrays["names"].tolist()]
        if size is not None and len(names) != size:
            raise GraphError(f"{name}: expected names of the {size} neurons of adjacency, got {len(names)}.")
        return names
    if size is None and ends and isinstance(ends[0][0], str):
        return list(dict.fromkeys(label for pair in ends for label in pair))
    # edges between numbers: neurons are all up to the largest, connected or not
    count = size if size is not None else max((max(pair) for pair in ends), default=-1) + 1
    if count > MOST:
        raise GraphError(f"{name} has {count:,} neurons; expected at most {MOST:,}.")
    return [str(number) for number in range(int(count))]


def _position(given: Any, found: Found, where: str) -> int:
    if isinstance(given, str) and given.strip() in found.order:
        return found.order[given.strip()]
    if isinstance(given, int) and 0 <= given < len(found.order):
        return given
    raise GraphError(f"{where}: expected a name, or a position from 0 to {len(found.order) - 1}, got {given!r}.")
