"""Benchmarks compare equals: the peers compute what we compute. Nothing here asserts a time."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchmarks import arrays, deap_peer, evaluator, gpu
from benchmarks.cells import CELLS, Block, Cell
from benchmarks.sizes import Sizes
from hetevo.evolve import preset
from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.species import build_species
from hetevo.populations.errors import RunFailedError
from hetevo.populations.evaluation import evaluate
from hetevo.populations.model import live
from hetevo.scripts.bench import experiment, generation, search
from hetevo.scripts.bench.command import markdown
from hetevo.scripts.bench.machine import describe, machine

SMALL = [Cell((5, 4), 6), Cell((5, 4), 1)]


def block_of(cell):
    return Block.of(cell.species(presentations=20, gain_scale=0.01), networks=5)


def assert_same_lives(theirs, block):
    for mine, other in zip(evaluator.ours(block), theirs, strict=True):
        for ours, peers in zip(mine, other, strict=True):
            np.testing.assert_allclose(ours, peers, atol=1e-5)


@pytest.mark.parametrize("cell", SMALL, ids=lambda cell: cell.name)
def test_the_usual_way_with_deap_lives_the_same_lives(cell):
    block = block_of(cell)
    lived = deap_peer.lifetimes(block)()
    assert_same_lives([[np.stack(part) for part in zip(*lived, strict=True)]], block)


@pytest.mark.parametrize("cell", SMALL, ids=lambda cell: cell.name)
def test_jax_lives_the_same_lives(cell):
    pytest.importorskip("jax")
    from benchmarks import jax_peer

    block = block_of(cell)
    run, seconds = jax_peer.lifetimes(block)
    assert seconds > 0
    assert_same_lives([run()], block)


def few_lives():
    """Individuals, their innate weights and what they live through, as peers take them; and the losses that we find."""
    species = Cell((5, 4), 6).species(presentations=20, gain_scale=0.01)
    species = replace(species, lifetime=replace(species.lifetime, tasks=2, test_samples=8))
    block = Block.of(species, networks=5)
    losses = evaluate(species, block.genes, np.arange(5), seed=0, generation=0).loss
    masks = tuple(mask.astype(np.float32) for mask in (block.genes.mask_ascending, block.genes.mask_descending))
    decays = (block.genes["decay_ascending"].ravel(), block.genes["decay_descending"].ravel())
    genes = (block.genes.gains_ascending, block.genes.gains_descending, *decays)
    lived = [(samples.inputs, samples.targets) for samples in (block.experience.training, block.experience.test)]
    return Sizes.of(species), (*block.innate, masks, genes, *lived), losses


def test_the_peer_with_evosax_finds_our_losses():
    pytest.importorskip("jax")
    from benchmarks.jax_life import make_losses

    sizes, lives, expected = few_lives()
    found = np.asarray(make_losses(sizes)(*lives))
    assert found.shape == (5, 2)
    np.testing.assert_allclose(found.mean(axis=1), expected, rtol=1e-5)


def test_the_peer_with_evotorch_finds_our_losses():
    torch = pytest.importorskip("torch")
    pytest.importorskip("evotorch")
    from benchmarks.evotorch_peer import Lives

    sizes, (W, V, *others), expected = few_lives()
    others = [tuple(map(torch.from_numpy, part)) for part in others]
    found = Lives(sizes).losses(torch.from_numpy(W), torch.from_numpy(V), *others)
    np.testing.assert_allclose(found.mean(dim=1), expected, rtol=1e-5)


@pytest.mark.parametrize("peer", ["evosax", "evotorch"])
def test_a_peer_lives_as_many_lives_as_we_do(peer):
    pytest.importorskip(peer)
    changes = ["evolution.size=6", "evolution.generations=2", "lifetime.presentations=20"]
    configuration = preset("emergence", overrides=changes).model_dump_json()
    sizes = Sizes.read(configuration)
    assert sizes == replace(
        Sizes.of(build_species(preset("emergence", overrides=changes))), individuals=6, generations=2
    )
    command = [sys.executable, "-m", f"benchmarks.{peer}_peer", configuration]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=experiment.CHECKOUT)
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["individuals"], found["generations"]) == (18, 2)
    assert 0 < found["loss_best"] <= 4


def test_sizes_name_the_synapses_that_the_wiring_allows():
    species = CELLS[0].species()
    ours, found = species.allowed, Sizes.of(species).allowed
    assert all(np.array_equal(*pair) for pair in zip(found, (ours.ascending, ours.descending), strict=True))


def test_a_whole_experiment_is_measured_and_peers_that_are_missing_say_how_to_get_them(monkeypatch):
    monkeypatch.setattr(experiment, "find_spec", lambda name: None)
    changes = ["evolution.size=6", "evolution.generations=1", "lifetime.presentations=4"]
    *own, evosax, evotorch = experiment.measure(1, changes)
    assert [(row["generations"], row["individuals"], row["missing"]) for row in own] == [(1, 12, "")] * 3
    assert len({row["loss_best"] for row in own}) == 1
    assert all(row["processor_seconds"] > 0 and row["times"] > 0 for row in own)
    assert (evosax["missing"], "times" in evosax) == ("not installed: pip install evosax", False)
    assert evotorch["missing"].startswith("not installed: ")


def test_an_experiment_that_fails_says_why():
    with pytest.raises(RunFailedError, match=r"failed: .*No module named benchmarks\.nobody"):
        experiment.take([sys.executable, "-m", "benchmarks.nobody"], own=False, pinned=False)


@pytest.mark.parametrize("cell", SMALL, ids=lambda cell: cell.name)
def test_the_array_api_lives_as_the_plain_model(cell):
    block = block_of(cell)
    plain = live(block.species, block.genes, block.innate, block.experience.training)
    for mine, other in zip(arrays.lifetimes(np, block, np.float64)(), (plain.W, plain.V), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-10)


@pytest.mark.parametrize("name", ["array_api_strict", "array_api_compat.torch"])
def test_it_needs_nothing_but_the_standard(name):
    xp = pytest.importorskip(name)
    block = block_of(SMALL[0])
    for mine, other in zip(
        arrays.lifetimes(xp, block, xp.float64)(), arrays.lifetimes(np, block, np.float64)(), strict=True
    ):
        np.testing.assert_allclose(np.asarray(mine), other, atol=1e-10)


def test_a_gpu_is_estimated_by_what_limits_it():
    cell, device = CELLS[0], gpu.Device("slow memory", 1e15, 1e6)
    library, fused = (gpu.presentation(cell, device, way) for way in gpu.WAYS)
    assert library == (35 * gpu.LAUNCH, gpu.PASSES * gpu.weight_bytes(cell) / 1e6)
    assert fused == (0, cell.needed_flops / (gpu.SHARE * 1e15))
    assert gpu.weight_bytes(cell) == 4 * (240 + 96)
    assert gpu.break_even(1e-6, 1, 1e-3, 2e-6) == float("inf")


def layers(networks, presentations=25):
    cell = Cell((5,), 6, inputs=4, outputs=3, wiring="layered", density=1.0)
    assert cell.name == "4-5-3 × 6"
    return Block.of(cell.species(presentations, gain_scale=0.05), networks)


def test_torch_lives_the_same_lives():
    pytest.importorskip("torch")
    from benchmarks import torch_peer

    block = layers(3)
    (ended,) = evaluator.ours(block)
    for row, (rising, readout, back) in enumerate(torch_peer.lifetimes(block)()):
        np.testing.assert_allclose(rising, ended.ascending[row, :5, :5], atol=1e-5)
        np.testing.assert_allclose(readout, ended.ascending[row, 5:, 4:], atol=1e-5)
        np.testing.assert_allclose(back, ended.descending[row, :, 5:], atol=1e-5)


def test_layers_are_compared_with_whom_is_there(monkeypatch):
    small = Cell((5,), 6, inputs=4, outputs=3, wiring="layered", density=1.0)
    monkeypatch.setattr(evaluator, "LARGE", small)
    monkeypatch.setattr(evaluator, "sgemm_peak", lambda *arguments: 1e9)
    row = evaluator.compare_large(2, 1, peers=())
    assert (row["networks"], row["torch"], row["jax"]) == (2, None, None)
    assert row["share_of_sgemm"] == pytest.approx(row["presentations_a_second"] * small.needed_flops / 1e9)
    # up: 5 inputs and the bias of the readout; down: 3 outputs to 5; correlations of what is up
    assert small.needed_flops == 2 * 6 * (25 + 18 + 15 + 43)


def test_operations_are_counted_where_synapses_may_be():
    # amorphous, levels 8 and 8, 8 inputs, 2 outputs: 8*8 + 16*8 + 24*2 up, 8*(8+2) + 8*2 down, none down alone
    assert CELLS[0].needed_flops == 2 * 16 * (240 + 96 + 240)


def test_a_generation_is_taken_apart():
    row = generation.measure(8, workers=1, short=True, share=0.5)
    assert all(np.isfinite(row[stage]) for stage in generation.STAGES)
    assert row["driver_bytes"] > row["genome_bytes"] > 0


def test_the_machine_is_described():
    facts = machine("deap")
    assert json.loads(json.dumps(facts)) == facts
    assert facts["date"] in describe(facts)


def test_tables_are_markdown():
    assert markdown({"a": ["1"], "b": ["2"]}) == "| a | b |\n| ---: | ---: |\n| 1 | 2 |"


def test_the_figure_of_scaling_shows_every_subject():
    import pandas as pd

    from benchmarks import scaling

    rows = [
        {"subject": subject, "value": value, "rate": 1e5 * value} for subject in scaling.SUBJECTS for value in (1, 2)
    ]
    plot = scaling.figure(pd.DataFrame(rows), machine())
    assert isinstance(plot.figure, Figure)
    assert [axes.get_xlabel() for axes in plot.figure.axes] == list(scaling.SUBJECTS.values())


@pytest.mark.verification
def test_ray_is_measured_with_one_worker_and_two():
    pytest.importorskip("ray")
    from hetevo.scripts.bench import ray as subject

    found = subject.measure(1, size=40, tiny_blocks=10)
    json.dumps(found)
    assert found.keys() >= {"seconds_1", "seconds_2", "speedup", "overhead_ms", "driver_ms", "first_result_seconds"}
    assert found["bytes_an_individual"] == pytest.approx(846, abs=1)


def test_sparse_storage_is_measured_beside_matrices():
    from benchmarks import sparse

    size = sparse.Size((6, 5), 0.5, 4)
    row = sparse.compare(size, 1)
    assert (row["levels"], row["density"], row["samples"], row["auto"]) == ([6, 5], 0.5, 4, "dense")
    assert set(row) >= {"dense", "sparse", "times"}
    assert [each.chosen for each in sparse.LARGE] == ["sparse", "sparse"]
    alone = sparse.measure(size, 1)
    assert alone["synapses"] > 0
    assert alone["bytes"] > 0


def test_every_algorithm_is_measured_beside_peers_and_who_is_missing_says_how_to_get_it():
    rows = {row["name"]: row for row in search.measure([8, 12])}
    assert set(ALGORITHMS.own) < set(rows)
    for name in ("generational", "cma", "cma, separable", "DEAP, lists"):
        assert all(spent >= 0 for spent in rows[name]["microseconds"].values())
        assert list(rows[name]["microseconds"]) == [8, 12]
    for name, (package, _) in search.PEERS.items():
        assert bool(rows[name]["missing"]) == (find_spec(package) is None)


def test_without_generations_the_schedule_keeps_workers_busy():
    from benchmarks.waiting import schedule

    assert schedule(2, 8) > 0.98
    assert schedule(2, 1) == pytest.approx(0.5, abs=0.1)  # but for founders, one lives at a time
