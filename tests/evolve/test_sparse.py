"""Sparse storage through a whole experiment: genes, mutation, checkpoints, resuming, and what it refuses."""

import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from builders import make_species
from faults import go, outcome, tiny
from sealing import reseal

from hetevo.evolve import Evaluator, Experiment, GenesError, Space, preset, preset_names, resume, save_genes
from hetevo.evolve.config import ConfigError, EvolutionTable, dump_toml, from_mapping
from hetevo.evolve.genes import check_genes
from hetevo.evolve.individual import prepare_fresh_lives, read_individual
from hetevo.evolve.loading import load
from hetevo.evolve.memory import count_needs
from hetevo.evolve.origin import Origin
from hetevo.evolve.rundir import DamagedError, RunDirectory
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.saved import read_saved_config, with_saved_storage
from hetevo.evolve.species import build_species
from hetevo.evolve.variation import Gaussian
from hetevo.evolve.verify import verify
from hetevo.populations.circuits import draw_founders
from hetevo.populations.errors import SettingError
from hetevo.populations.genome import Population
from hetevo.populations.synapses import as_lists, to_mask

SIZE = tiny().evolution.size
SPARSE = ['network.storage="sparse"', "evolution.mask_flip=0.02"]


@pytest.mark.parametrize("name", preset_names())
def test_presets_keep_their_matrices_but_for_the_large_one(name):
    assert build_species(preset(name)).storage == ("sparse" if name == "large" else "dense")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("sparse") / "run", *SPARSE, "checkpoint={every=1,keep=9}")


def test_a_run_is_verified_resumed_and_extended(whole, tmp_path):
    report = verify(whole.path, replay=True, workers=1, generation=1)
    assert report.ok, report.problems
    go(tmp_path / "short", *SPARSE, "checkpoint={every=1,keep=9}", "evolution.generations=1")
    again = resume(tmp_path / "short", generations=whole.generation)
    assert outcome(again) == outcome(whole)


def test_lists_come_back_from_a_checkpoint(whole):
    path = checkpoints.list_checkpoints(whole.path / "checkpoints")[-1]
    species = build_species(read_saved_config(RunDirectory.open(whole.path)))
    known, unknown = (load(path, which, SIZE)[0] for which in (species, None))
    assert known.digest == unknown.digest == whole.digest
    genes = known.generation.population
    assert genes.mask_ascending.shape == (SIZE,)
    assert (genes.synapses > 0).all()
    arrays = np.load(path / "state.npz")
    assert arrays["gene_mask_ascending"].dtype == np.int64
    assert arrays["gene_mask_ascending.counts"].tolist() == [len(own) for own in genes.mask_ascending]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("wiring", ["amorphous", "layered", "recurrent", "cortical"])
def test_lists_mutate_as_matrices_do(wiring, transposed):
    dense = make_species((5, 4), wiring=wiring, density=(0.5, 0.5), transposed=transposed)
    species = build_like(dense)
    genes = draw_founders(species, 1, 6)
    layout = species.layout
    shapes = {"mask_ascending": (layout.neurons, layout.units), "mask_descending": (layout.hidden, layout.neurons)}
    matrices = Population({n: to_mask(genes[n], shapes[n]) if n in shapes else genes[n].copy() for n in genes})
    before = dict(genes)
    children = genes.take(np.arange(6))
    settings = EvolutionTable(mask_flip=0.05)
    Gaussian().mutate(matrices, dense, settings, np.random.default_rng(3))
    Gaussian().mutate(children, species, settings, np.random.default_rng(3))
    for name, shape in shapes.items():
        np.testing.assert_array_equal(to_mask(children[name], shape), matrices[name])
        assert any(len(own) for own in before[name])
    # parents keep their lists
    assert all(
        np.array_equal(own, old) for own, old in zip(genes.mask_ascending, before["mask_ascending"], strict=True)
    )


def build_like(dense):
    return replace(dense, network=replace(dense.network, storage="sparse"))


def test_founders_from_a_file_and_from_arrays_are_lists_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    genes = Space(tiny(*SPARSE)).founders(seed=77, size=6)
    save_genes("genes.npz", genes)
    by_file = go("two", *SPARSE, 'genome.founders="genes.npz"')
    by_arrays = Experiment(tiny(*SPARSE), founders=genes).run("three")
    assert outcome(by_file) == outcome(by_arrays) != outcome(go("four", *SPARSE))


def test_genes_of_lists_are_vectors_and_back():
    space = Space(tiny(*SPARSE))
    genes = space.founders(seed=3, size=4)
    vectors = space.flatten(genes)
    assert vectors.shape == (4, space.size)
    again = space.unflatten(vectors, masks=genes)
    for name, array in genes.plain().items():
        np.testing.assert_array_equal(again.plain()[name], array)
    with pytest.raises(GenesError, match=r"lists of synapses"):
        Space(tiny(*SPARSE), wiring=True)


def test_an_evaluator_takes_lists():
    config = tiny(*SPARSE)
    with Evaluator(config) as evaluate:
        genes = evaluate.space.founders(seed=3, size=4)
        by_genes, by_vectors = evaluate(genes), evaluate(evaluate.space.flatten(genes))
    assert np.isfinite(by_genes.loss).all()
    assert by_genes.loss.shape == by_vectors.loss.shape


def test_synapses_of_another_run_are_transplanted(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "donor")
    source = 'transplant={source="donor",genes=["mask","gain"],individuals="champion"}'
    with Experiment(tiny(*SPARSE, source)).open(tmp_path / "run") as run:
        genes = next(run).genes
    species = build_species(tiny(*SPARSE))
    donors = load(checkpoints.list_checkpoints(whole.path / "checkpoints")[-1], species, SIZE)[0]
    best = donors.generation.population.take(slice(int(np.argmin(donors.loss)), None))
    assert all(np.array_equal(own, best.mask_ascending[0]) for own in genes["mask_ascending"])
    with pytest.raises(ConfigError, match=r'transplant\.genes.*network\.storage="sparse"'):
        Experiment(tiny(source)).run(tmp_path / "dense")


def test_fresh_lives_in_other_sizes_have_wirings_of_their_own(whole):
    saved = read_individual(whole.path)
    same, other = (prepare_fresh_lives(saved, 2, changes) for changes in ([], ["task.inputs=5"]))
    assert all(
        np.array_equal(own, saved.genes["mask_ascending"][0]) for own in same.groups["individual"].mask_ascending
    )
    check_genes(other.groups["individual"], other.species)
    assert np.isfinite(other.live(0, 1)["individual"].loss).all()
    with pytest.raises(ConfigError, match=r"network\.storage"):
        prepare_fresh_lives(saved, 2, ['network.storage="dense"'])
    with pytest.raises(SettingError, match=r"network\.storage"):
        saved.live_again()


def test_a_branch_keeps_the_storage_of_its_origin(whole, tmp_path):
    origin = Origin.find(str(whole.path))
    config = origin.change_config(['network.storage="dense"'])
    with pytest.raises(ConfigError, match=r'network\.storage.*Add -s network\.storage="sparse"'):
        origin.load(config, build_species(config))
    assert origin.change_config([]).network.storage == "sparse"


@pytest.mark.parametrize(
    ("own", "said"), [([5, 3], "in order"), ([10**9], "from 0"), ([4], "wiring family allows none"), ([0.5], "int64")]
)
def test_lists_that_are_none_are_refused(own, said):
    species = build_species(tiny(*SPARSE))
    genes = dict(draw_founders(species, 0, 2))
    if said.startswith("wiring"):  # from the last unit to the first neuron
        own = [species.layout.units - 1]
    genes["mask_ascending"] = as_lists([np.array(own), genes["mask_ascending"][1].copy()])
    with pytest.raises(GenesError, match=rf"mask_ascending\[0\].*{said}"):
        check_genes(genes, species)


def test_a_checkpoint_whose_lists_lead_out_of_the_network_is_refused(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "run")
    path = checkpoints.list_checkpoints(tmp_path / "run" / "checkpoints")[-1]
    arrays = dict(np.load(path / "state.npz"))
    arrays["gene_mask_ascending"] = arrays["gene_mask_ascending"] + 10**12
    with open(path / "state.npz", "wb") as sink:
        checkpoints.write_arrays(sink, arrays)
    reseal(tmp_path / "run")
    with pytest.raises(DamagedError, match=r"mask_ascending\[0\]: expected positions from 0"):
        load(path, build_species(tiny(*SPARSE)), SIZE)


@pytest.mark.parametrize("shape", [(10**12,), (2, 3), (-1,)])
def test_a_list_takes_no_more_memory_than_its_file_has(whole, tmp_path, shape):
    shutil.copytree(whole.path, tmp_path / "run")
    path = checkpoints.list_checkpoints(tmp_path / "run" / "checkpoints")[-1]
    arrays = dict(np.load(path / "state.npz"))
    with zipfile.ZipFile(path / "state.npz", "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
            if name == "gene_mask_ascending":
                header["shape"] = shape
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array_header_1_0(member, header)
                member.write(array.tobytes())
    reseal(tmp_path / "run")
    with pytest.raises(DamagedError, match="gene_mask_ascending"):
        load(path, build_species(tiny(*SPARSE)), SIZE)


def test_runs_of_earlier_versions_kept_matrices():
    large = ["network.levels=[2000,2000]", "network.density_ascending=0.01", "network.density_descending=0.01"]
    config = preset("smoke", overrides=large)
    assert build_species(config).storage == "sparse"
    content = json.loads(config.model_dump_json())
    assert with_saved_storage(config, content) == config
    del content["network"]["storage"]
    assert with_saved_storage(from_mapping(content, saved=True), content).network.storage == "dense"
    # a small one is read as it always was
    content = json.loads(preset("smoke").model_dump_json())
    del content["network"]["storage"]
    assert with_saved_storage(from_mapping(content, saved=True), content) == preset("smoke")
    assert 'storage = "auto"' in dump_toml(preset("smoke"))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        (["injury.share=0.1"], "injury, hardware"),
        (["hardware.noise=0.1"], "injury, hardware"),
        (['genome.innate="inherited"'], "genome.innate"),
        (['network.wiring="rewired"'], "network.wiring"),
        (['network.circuit="plain"'], "network.circuit"),
        (['network.wiring="barabasi-albert"'], "network.wiring"),
    ],
)
def test_what_needs_matrices_is_refused_before_anything_is_written(changes, key):
    with pytest.raises(ConfigError, match=rf'{key}.*network\.storage = "dense"'):
        tiny(*SPARSE, *changes)
    tiny(*changes)


def test_measures_that_need_matrices_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(SettingError, match="need matrices"):
        Experiment(tiny(*SPARSE, 'probe.name="instruments"')).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_large_networks_need_the_memory_of_their_synapses():
    large = ["network.levels=[5000,5000]", "network.density_ascending=0.01", "network.density_descending=0.01"]
    config = preset("smoke", overrides=large)
    needs = count_needs(config, build_species(config), 1)
    # positions of parents and children, about 250,000 in each pathway
    assert (
        0.9
        < needs.driver["the population (evolution.size, network, task)"] / (2 * config.evolution.size * 500_000 * 8)
        < 1.2
    )
    assert sum(needs.worker.values()) < 200 << 20
