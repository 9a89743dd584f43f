"""Benchmarks compare equals: the peers compute what we compute. Nothing here asserts a time."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchmarks import deap_peer, evaluator
from benchmarks.cells import CELLS, Block, Cell
from hetevo.scripts.bench import generation
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


def test_operations_are_counted_where_synapses_may_be():
    # amorphous, levels 8 and 8, 8 inputs, 2 outputs: 8*8 + 16*8 + 24*2 up, 8*(8+2) + 8*2 down, none down alone
    assert CELLS[0].needed_flops == 2 * 16 * (240 + 96 + 240)


def test_a_generation_is_taken_apart():
    row = generation.measure(8, workers=1)
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
