"""Bits of a network do not depend on the block that it lives in, whichever kernels the products of matrices run on."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.evaluation import evaluate
from hetevo.populations.kernel.memory import CACHE_LINE, CircuitBlock, aligned
from hetevo.populations.kernel.panels import connected, panels
from hetevo.populations.wiring import WIRINGS

KERNELS = {"SkylakeX": "avx512f", "Haswell": "avx2"}
"""Names by which OpenBLAS can be told which of its kernels to take, and what a processor needs for them."""

FORCED = "HETEVO_TEST_FORCED_KERNEL"


def kernel():
    """Return the kernels that OpenBLAS takes in this process."""
    return {library.get("architecture") for library in threadpool_info() if library["internal_api"] == "openblas"}


@pytest.mark.parametrize("name", [pytest.param("SkylakeX", marks=pytest.mark.verification), "Haswell"])
def test_blocks_change_no_bit_on_either_kernel(name):
    info = Path("/proc/cpuinfo")
    if not kernel() or not info.exists() or KERNELS[name] not in info.read_text().split():
        pytest.skip(f"needs OpenBLAS, and a processor with {KERNELS[name]}")
    # the choice is made when NumPy is loaded, so that each needs a process of its own
    forced = os.environ | {"OPENBLAS_CORETYPE": name, FORCED: name}
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "forced", __file__]
    ended = subprocess.run(call, env=forced, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def assert_own_bits(species, probe_samples=128):
    """Let 20 individuals live in blocks of any size, and compare all that is known of them."""
    assert kernel() == {os.environ[FORCED]}
    genes = make_population(species, 20)

    def lived(block):
        probed = {"probe": AlignmentProbe(), "probe_samples": probe_samples}
        return evaluate(species, genes, np.arange(20), seed=9, generation=2, block=block, **probed)

    whole = lived(20)
    for block in (1, 7, 17):
        other = lived(block)
        np.testing.assert_array_equal(other.loss, whole.loss)
        for name, column in whole.observed.items():
            np.testing.assert_array_equal(other.observed[name], column)


@pytest.mark.skipif(FORCED not in os.environ, reason="is run by the test above, once for each kernel")
@pytest.mark.parametrize("levels", [(9, 6, 17), (33, 40)])
@pytest.mark.parametrize("batch", [1, 5, 16])
@pytest.mark.parametrize("wiring", ["amorphous", "recurrent", "error neurons"])
def test_forced_kernel_gives_each_network_its_own_bits(levels, batch, wiring):
    life = {"batch": batch, "tasks": 2, "presentations": 4}
    assert_own_bits(
        make_error_species(levels, life=life) if "error" in wiring else make_species(levels, wiring=wiring, life=life)
    )


@pytest.mark.skipif(FORCED not in os.environ, reason="is run by the test above, once for each kernel")
@pytest.mark.parametrize("batch", [1, 5])
def test_forced_kernel_gives_a_network_alone_its_bits_with_one_sample(batch):
    life = {"batch": batch, "tasks": 1, "presentations": 4, "test_samples": 1}
    assert_own_bits(make_species((33, 40), life=life), probe_samples=1)


@given(
    levels=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
    wiring=st.sampled_from(sorted(WIRINGS)),
    networks=st.integers(1, 5),
    last=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=50)
def test_weights_come_out_as_they_went_in(levels, inputs, outputs, wiring, networks, last, seed):
    species = make_species(levels, inputs=inputs, outputs=outputs, task="linear", wiring=wiring)
    genes = make_population(species, networks, seed)
    born = draw_innate_weights(species, genes, np.arange(networks), seed, 0)
    circuits = CircuitBlock(species, born, networks_last=last)
    for given_, found in zip(born, circuits.whole(), strict=True):
        np.testing.assert_array_equal(found, given_)
    # views of one array, whose cells each belong to one place of one network
    circuits.weights[:] = np.arange(circuits.weights.size)
    stacks = circuits.stacks.ascending + circuits.stacks.descending
    seen = np.concatenate([stack.ravel() for stack in stacks])
    np.testing.assert_array_equal(np.sort(seen), np.arange(circuits.weights.size))
    for n in range(networks):
        by_stack = np.concatenate([stack[n].ravel() for stack in stacks])
        by_network = np.concatenate([part[n] for part in circuits.by_network(circuits.weights)])
        np.testing.assert_array_equal(np.sort(by_stack), np.sort(by_network))
    # every place that a wiring allows is in a panel
    covered = np.zeros((species.layout.neurons, species.layout.units), np.bool_)
    for panel in panels(species):
        covered[panel.rows, panel.columns] = True
    assert covered[connected(species)].all()


@given(shapes=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40)), min_size=1, max_size=4))
def test_memory_begins_at_cache_lines_and_nothing_overlaps(shapes):
    arrays = aligned(np.float32, *shapes)
    for number, array in enumerate(arrays):
        assert not array.size or array.ctypes.data % CACHE_LINE == 0
        array.fill(number)
    assert [array.shape for array in arrays] == shapes
    assert all((array == number).all() for number, array in enumerate(arrays))
