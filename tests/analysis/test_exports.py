"""Individuals as files for other programs."""

import json
import runpy

import networkx
import numpy as np
import pytest
from faults import tiny

import hetevo
from hetevo.analysis.exports import EXPORTS
from hetevo.evolve import Experiment
from hetevo.populations.errors import SettingError

KINDS = {
    "levels": ["network.levels=[3,2]", "lifetime.tasks=2"],
    "loops": ["network.wiring=recurrent", "network.levels=[3]", "network.activation=softplus"],
    "shared": ["plasticity.gains_shared=true", "network.bias=false", "network.activation=relu"],
}


@pytest.fixture(scope="module", params=KINDS)
def champion(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / request.param
    return hetevo.load_run(Experiment(tiny(*KINDS[request.param])).run(path).path).champion()


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    small = ["evolution={size=6,generations=0}", "lifetime.presentations=3", "backend.workers=1"]
    path = tmp_path_factory.mktemp("runs") / "layer"
    return hetevo.load_run(Experiment(hetevo.preset("chalmers", overrides=small)).run(path).path).champion()


def test_npz_has_all_there_is_and_needs_no_pickle(champion, tmp_path):
    (path,) = hetevo.export(champion, tmp_path / "winner.npz")
    with np.load(path, allow_pickle=False) as read:
        found = {name: read[name] for name in read.files}
    assert found["id"] == champion.id
    assert found["levels"].tolist() == list(champion.layout.levels)
    for name, values in champion.genes.items():
        assert np.array_equal(found[f"gene_{name}"], values)
    for pathway in ("ascending", "descending"):
        assert np.array_equal(found[f"learned_{pathway}"], getattr(champion.learned, pathway))
        assert np.array_equal(found[f"innate_{pathway}"], getattr(champion.innate, pathway))


def test_npz_alone_gives_the_predictions_of_a_layered_circuit(champion, tmp_path):
    if champion.species.family.recurrent:
        pytest.skip("signals settle there")
    (path,) = hetevo.export(champion, tmp_path / "winner.npz")
    with np.load(path) as read:
        weights, levels, hidden = read["learned_ascending"][0], read["levels"], read["levels"].sum()
        name, bias = str(read["activation"]), int(read["bias"])
    inputs = np.random.default_rng(0).standard_normal((5, champion.layout.inputs))
    x, first = np.concatenate([inputs, np.ones((5, bias))], axis=1), 0
    for size in levels:
        potential = x @ weights[first : first + size, : x.shape[1]].T
        x = np.concatenate([x, np.tanh(potential) if name == "tanh" else np.maximum(potential, 0)], axis=1)
        first += size
    assert np.allclose(x @ weights[hidden:].T, champion.predict(inputs, task=0))


def test_json_holds_the_same_as_lists(champion, tmp_path):
    (path,) = hetevo.export(champion, tmp_path / "winner.json", "json")
    read = json.loads(path.read_text())
    assert (read["id"], read["levels"]) == (champion.id, [*champion.layout.levels])
    gains = np.array(read["arrays"]["gene_gains_ascending"], np.float32)
    assert np.array_equal(gains, champion.genes["gains_ascending"])


def check_graph(graph, champion, task):
    """Compare a graph with the weights that it stands for."""
    layout, names = champion.layout, champion.layout.unit_names
    assert set(graph) == set(names)
    for pathway, weights, mask in zip(("ascending", "descending"), champion.learned, champion.masks, strict=True):
        edges = [(u, v, data) for u, v, data in graph.edges(data=True) if data["pathway"] == pathway]
        assert len(edges) == mask.sum()
        for source, target, data in edges:
            row = names.index(target) - layout.input_units
            column = names.index(source) - (layout.input_units if pathway == "descending" else 0)
            assert data["weight"] == pytest.approx(float(weights[task, row, column]))
            assert data["sign"] == np.sign(data["weight"])
    gain = graph.nodes[names[layout.input_units]]["gain_ascending"]
    assert gain == pytest.approx(float(champion.gains[0][0]))
    assert {graph.nodes[name]["kind"] for name in names} >= {"input", "hidden", "output"}


def test_networkx_reads_both_graphs(champion, tmp_path):
    task = len(champion.learned.ascending) - 1
    (path,) = hetevo.export(champion, tmp_path / "graph.json", "networkx", task=task)
    graph = networkx.node_link_graph(json.loads(path.read_text()), edges="edges")
    check_graph(graph, champion, task)
    (path,) = hetevo.export(champion, tmp_path / "graph.graphml", "graphml", task=task)
    graph = networkx.read_graphml(path)
    check_graph(graph, champion, task)
    assert graph.graph["id"] == champion.id


def check_torch(found, folder):
    """Compare the exported module's answers with the individual's own."""
    torch = pytest.importorskip("torch")
    pair = hetevo.export(found, folder / "winner.pt", "torch")
    assert [path.name for path in pair] == ["winner.pt", "winner.py"]
    # the module stands alone
    circuit = runpy.run_path(str(pair[1]))["load"]()
    inputs = np.random.default_rng(0).standard_normal((7, found.layout.inputs))
    answers = circuit(torch.from_numpy(inputs)).detach().numpy()
    assert np.allclose(answers, found.predict(inputs, task=0), rtol=1e-5, atol=1e-5)


def test_torch_predicts_the_same(champion, tmp_path):
    check_torch(champion, tmp_path)


def test_torch_predicts_the_same_as_a_layer(layer, tmp_path):
    check_torch(layer, tmp_path)


def test_torch_that_is_missing_is_named_with_its_extra(champion, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(SettingError, match=r"pip install 'hetevo\[torch\]'"):
        hetevo.export(champion, tmp_path / "winner.pt", "torch")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", [form for form in EXPORTS if form != "torch"])
def test_a_layer_is_exported_too(layer, form, tmp_path):
    ending = EXPORTS[form][0]
    (path,) = hetevo.export(layer, tmp_path / f"layer{ending}", form)
    content = path.read_bytes()
    # the same gives the same bytes, and may be written again; anything else stays
    assert hetevo.export(layer, path, form) == [path]
    assert path.read_bytes() == content
    path.write_bytes(b"mine")
    with pytest.raises(SettingError, match="expected nothing there"):
        hetevo.export(layer, path, form)
    assert path.read_bytes() == b"mine"
    hetevo.export(layer, path, form, force=True)
    assert path.read_bytes() == content


def test_wrong_forms_names_and_tasks_are_explained(layer, tmp_path):
    with pytest.raises(SettingError, match="Did you mean 'graphml'"):
        hetevo.export(layer, tmp_path / "a.graphml", "grapml")
    with pytest.raises(SettingError, match=r"must end in \.npz"):
        hetevo.export(layer, tmp_path / "a.txt")
    with pytest.raises(SettingError, match="--task: expected one of 0 to"):
        hetevo.export(layer, tmp_path / "a.graphml", "graphml", task=999)
    assert not list(tmp_path.iterdir())
