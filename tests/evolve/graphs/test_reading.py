"""Graphs from files: the same in every format, and what is no graph, or hostile, is refused."""

import io
import sys
import zipfile

import networkx
import numpy as np
import pytest

from hetevo.evolve.graphs import LIMIT, GraphError, read_graph

CSV = b"""\
# a comment
from,to,weight,sign,from_role,to_role
s,a,2.5,1,input,
a,b,1,-1,,hidden
b,m,3,,,output

b,b,4,,,
b,a,0.5,,hidden,
"""
NODES = {"s": {"role": "input", "sign": 1}, "a": {"sign": -1}, "b": {"role": "hidden"}, "m": {"role": "output"}}
EDGES = [("s", "a", 2.5), ("a", "b", 1.0), ("b", "m", 3.0), ("b", "b", 4.0), ("b", "a", 0.5)]


def made():
    graph = networkx.DiGraph()
    graph.add_nodes_from(NODES.items())
    graph.add_weighted_edges_from(EDGES)
    return graph


def npz(**arrays):
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def graphml():
    return "\n".join(networkx.generate_graphml(made())).encode()


def gml():
    return "\n".join(networkx.generate_gml(made())).encode()


def with_edges():
    ends = [(sender, receiver) for sender, receiver, _ in EDGES]
    weights = [weight for *_, weight in EDGES]
    return npz(edges=ends, weights=weights, names=[*"sabm"], signs=[1, -1, 0, 0], inputs=["s"], outputs=[3])


def with_adjacency():
    matrix = np.zeros((4, 4))
    for sender, receiver, weight in EDGES:
        matrix["sabm".index(sender), "sabm".index(receiver)] = weight
    return npz(adjacency=matrix, names=[*"sabm"], signs=["+", "inhibitory", "", "0"], inputs=[0], outputs=["m"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("worm.csv", CSV),
        ("worm.CSV", CSV.replace(b"\n", b"\r\n")),
        ("worm.csv", b"\xef\xbb\xbf" + CSV),
        ("worm.tsv", CSV.replace(b",", b"\t")),
        ("worm.graphml", graphml()),
        ("worm.gml", gml()),
        ("worm.npz", with_edges()),
        ("worm.npz", with_adjacency()),
    ],
)
def test_a_graph_is_the_same_in_every_format(name, content):
    graph = read_graph(content, name)
    assert graph.names == ("s", "a", "b", "m")
    ends = zip(graph.senders.tolist(), graph.receivers.tolist(), graph.weights.tolist(), strict=True)
    assert sorted(ends) == [(0, 1, 2.5), (1, 2, 1.0), (2, 1, 0.5), (2, 3, 3.0)]
    np.testing.assert_array_equal(graph.signs, [1, -1, 0, 0])
    assert (graph.inputs, graph.outputs, graph.loops) == (("s",), ("m",), 1)


def test_weights_and_signs_need_not_be_there_and_negative_weights_are_signs():
    plain = read_graph(b"from,to\nA,B\nB,C\n", "worm.csv")
    assert plain.weights is plain.signs is None
    assert (plain.inputs, plain.outputs) == ((), ())
    signed = read_graph(b"from,to,weight\nA,B,2\nB,C,-3\nB,A,-1\n", "worm.csv")
    np.testing.assert_array_equal(signed.weights, [2, 3, 1])
    np.testing.assert_array_equal(signed.signs, [1, -1, 0])
    matrix = read_graph(npz(adjacency=np.array([[0, 1], [1, 0]])), "worm.npz")
    assert matrix.names == ("0", "1")
    assert matrix.weights is None
    numbers = read_graph(npz(edges=[[0, 2], [2, 1]]), "worm.npz")
    assert numbers.names == ("0", "1", "2")
    words = read_graph(npz(edges=[["b", "a"], ["a", "c"]]), "worm.npz")
    assert words.names == ("b", "a", "c")


def test_names_are_attributes_of_nodes_where_there_are_some():
    graph = networkx.DiGraph([("n0", "n1")])
    graph.nodes["n0"]["name"], graph.nodes["n1"]["name"] = "AVAL", "AVAR"
    assert read_graph("\n".join(networkx.generate_graphml(graph)).encode(), "worm.graphml").names == ("AVAL", "AVAR")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a header with the columns from and to, got nothing"),
        (b"source,target\nA,B\n", "columns from and to, got source, target"),
        (b"from,to,wieght\nA,B,1\n", "got 'wieght'. Did you mean 'weight'"),
        (b"from,to,to\nA,B,B\n", "each once, got 'to'"),
        (b"from,to\nA,B\nA\n", "line 3: expected 2 values, one a column, got 1"),
        (b"from,to\nA,\n", "line 2: expected the name of a neuron, got nothing"),
        (b"from,to\nA,B\n#\nA,B\n", "line 4: the synapse from 'A' to 'B' is there already .*line 2.* add up"),
        (b"from,to,weight\nA,B,nan\n", "line 2: expected a weight other than 0 .*, got 'nan'"),
        (b"from,to,weight\nA,B,0\n", "got '0'"),
        (b"from,to,weight\nA,B,many\n", "got 'many'"),
        (b"from,to,sign\nA,B,?\n", "expected a sign .*, got '?'"),
        (b"from,to,sign\nA,B,1\nA,C,-1\n", "line 3: 'A' sends both signs .*line 2"),
        (b"from,to,weight\nA,B,1\nA,C,-1\n", "line 3: 'A' sends both signs"),
        (b"from,to,from_role\nA,B,sensor\n", "expected the role input, hidden or output, got 'sensor'"),
        (b"from,to,from_role,to_role\nA,B,input,\nC,A,,output\n", "'A' has two roles, input and output"),
        (b"from,to\nA,A\n", "holds no synapse between two neurons"),
        (b'from,to\n"A,B\n', "cannot be read as CSV"),
        (b"from,to\n\xff,B\n", "cannot be read as CSV"),
        (b"from,to\n" + b"A,B\n" * (LIMIT // 4), r"has 16,\d+,\d+ bytes; expected at most 16,777,216"),
        (b"from,to\n" + b"".join(b"%d,x\n" % number for number in range(10_001)), "more than 10,000 neurons"),
    ],
)
def test_text_that_is_no_graph_is_refused(content, message):
    with pytest.raises(GraphError, match=rf"worm.csv.*{message}"):
        read_graph(content, "worm.csv")


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">
<node id="&c;"/><node id="b"/><edge source="&c;" target="b"/></graph></graphml>"""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("worm.graphml", BOMB, "the XML declares a document type"),
        ("worm.graphml", BOMB.decode().encode("utf-16"), "the XML declares a document type|cannot be read"),
        ("worm.graphml", b"<graphml", "cannot be read as GRAPHML"),
        ("worm.graphml", graphml().replace(b'"directed"', b'"undirected"'), "undirected"),
        ("worm.graphml", graphml().replace(b">2.5<", b">much<"), "cannot be read as GRAPHML"),
        ("worm.gml", b"graph [", "cannot be read as GML"),
        ("worm.gml", b"graph [" * 20_000, "cannot be read as GML"),
        (
            "worm.gml",
            b'graph [ node [ id 0 label "a" ] node [ id 1 label "b" ] edge [ source 0 target 1 ] ]',
            "undirected",
        ),
        (
            "worm.gml",
            b'graph [ directed 1 multigraph 1 node [ id 0 label "a" ] node [ id 1 label "b" ]'
            b" edge [ source 0 target 1 key 0 ] edge [ source 0 target 1 key 1 ] ]",
            "the synapse from 'a' to 'b' is there already",
        ),
        ("worm.npz", b"PK", "cannot be read as NPZ"),
        ("worm.npz", npz(matrix=np.eye(2)), "got 'matrix'"),
        ("worm.npz", npz(names=["a"]), "expected one of the arrays adjacency and edges, got names"),
        ("worm.npz", npz(adjacency=np.ones((2, 3))), r"expected adjacency of shape \(2, 2\), got \(2, 3\)"),
        ("worm.npz", npz(edges=np.ones((2, 3))), r"expected edges of shape \(2, 2\)"),
        ("worm.npz", npz(edges=[[0, 5]], names=["a", "b"]), "position from 0 to 1, got 5"),
        ("worm.npz", npz(edges=[[0, -1]]), "got -1"),
        ("worm.npz", npz(edges=[[0.5, 1.0]]), "cannot be read|got 0.5"),
        ("worm.npz", npz(edges=[[0, 10**9]]), "1,000,000,001 neurons"),
        ("worm.npz", npz(edges=[["a", "b"]], weights=[1, 2]), r"expected weights of shape \(1,\), got \(2,\)"),
        ("worm.npz", npz(edges=[["a", "b"]], names=["a", "a"]), "each of the names once"),
        ("worm.npz", npz(edges=[["a", "b"]], inputs=["c"]), "expected a name, .*got 'c'"),
        ("worm.npz", npz(edges=np.array([["a", "b"]], object)), "cannot be read as NPZ"),
        ("worm.txt", b"from,to\nA,B\n", "ends in .csv, .tsv, .graphml, .gml, .npz, got '.txt'"),
    ],
)
def test_files_that_are_no_graph_or_hostile_are_refused(name, content, message):
    with pytest.raises(GraphError, match=rf"(?s){name}.*({message})"):
        read_graph(content, name)


def test_what_is_packed_is_bounded_before_it_is_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("adjacency.npy", bytes(LIMIT + 1))
    with pytest.raises(GraphError, match=r"worm.npz unpacks to 16,777,217 bytes; expected at most 16,777,216"):
        read_graph(packed.getvalue(), "worm.npz")


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    assert read_graph(CSV, "worm.csv").names
    for name, content in (("worm.graphml", graphml), ("worm.gml", gml)):
        with pytest.raises(GraphError, match=r"pip install 'hetevo\[graphs\]'"):
            read_graph(content(), name)
