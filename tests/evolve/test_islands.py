"""Islands breed among themselves, and exchange individuals along routes."""

import itertools

import numpy as np
import pytest
from faults import go, tiny
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve import Experiment, preset
from hetevo.evolve.config import ConfigError
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.islands import TOPOLOGIES, assign_islands
from hetevo.evolve.reproduction import reproduce
from hetevo.evolve.species import build_species
from hetevo.populations.errors import SettingError

SMALL = ["lifetime.presentations=4", "evolution.size=24", "evolution.elites=1", "network.levels=[3]"]


def evolved(generations, *overrides):
    """Reproduce with random losses, and return all generations."""
    config = preset("emergence", overrides=[*SMALL, *overrides])
    species = build_species(config)
    size = config.evolution.size
    islands = assign_islands(config.islands.count, config.evolution.elites, size)
    lived = [draw_generation_zero(species, config.seed, size, islands)]
    for number in range(generations):
        loss = np.random.default_rng(number).random(size)
        lived.append(reproduce(lived[-1], loss, config, species))
    return lived


def crossings(generations):
    """Count the children in each generation that have a parent from another island."""
    counts = []
    for before, after in itertools.pairwise(generations):
        home = dict(zip(before.identifiers.tolist(), before.island.tolist(), strict=True))
        strange = [home[parent] != island for parent, island in zip(after.parent_a.tolist(), after.island, strict=True)]
        strange += [
            home[parent] != island
            for parent, island in zip(after.parent_b.tolist(), after.island, strict=True)
            if parent >= 0
        ]
        counts.append(sum(strange))
    return counts


def test_islands_keep_to_themselves_between_migrations():
    counts = crossings(evolved(6, "islands.count=4", "islands.every=3"))
    assert [count > 0 for count in counts] == [False, False, True, False, False, True]


def test_without_migrants_islands_never_meet():
    assert not any(crossings(evolved(6, "islands.count=4", "islands.every=1", "islands.migrants=0")))


@pytest.mark.parametrize("topology", sorted(TOPOLOGIES))
@pytest.mark.parametrize("emigrants", ["best", "worst", "lot"])
def test_every_topology_keeps_the_number_of_individuals_and_is_repeatable(topology, emigrants):
    overrides = ("islands.count=6", "islands.every=1", f"islands.topology={topology}", f"islands.emigrants={emigrants}")
    first, second = evolved(3, *overrides), evolved(3, *overrides)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.parent_a, other.parent_a)
        np.testing.assert_array_equal(np.bincount(one.island), [4] * 6)


@pytest.mark.parametrize("topology", sorted(TOPOLOGIES))
@given(islands=st.integers(2, 30), seed=st.integers(0, 100))
def test_every_island_sends_and_receives_once_on_each_route(topology, islands, seed):
    routes = TOPOLOGIES[topology](islands, np.random.default_rng(seed))
    assert routes
    for route in routes:
        assert sorted(route) == list(range(islands))
        assert all(target != island for island, target in enumerate(route))


def test_known_routes():
    rng = np.random.default_rng(0)
    assert TOPOLOGIES["ring"](3, rng) == [[1, 2, 0]]
    assert TOPOLOGIES["complete"](3, rng) == [[1, 2, 0], [2, 0, 1]]
    assert TOPOLOGIES["torus"](4, rng) == [[1, 0, 3, 2], [2, 3, 0, 1]]


def test_elites_of_each_island_pass_on():
    before, after = evolved(1, "islands.count=4")
    loss = np.random.default_rng(0).random(24)
    for island in range(4):
        members = np.flatnonzero(before.island == island)
        assert after.parent_a[island] == before.identifiers[members[loss[members].argmin()]]


def test_one_island_is_the_plain_run_and_islands_are_recorded(tmp_path):
    pd = pytest.importorskip("pandas")
    plain = preset("smoke", overrides=["evolution.size=8", "evolution.elites=1"])
    runs = {
        name: Experiment(config).run(tmp_path / name)
        for name, config in {
            "plain": plain,
            "one": preset("smoke", overrides=["evolution.size=8", "evolution.elites=1", "islands.every=1"]),
            "two": preset("smoke", overrides=["evolution.size=8", "evolution.elites=1", "islands.count=2"]),
        }.items()
    }
    assert runs["plain"].digest == runs["one"].digest != runs["two"].digest
    assert set(pd.read_parquet(tmp_path / "two" / "individuals")["island"]) == {0, 1}


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("islands.count=5", "divisor of evolution.size"),
        ("islands.count=64", "at least 2 individuals"),
        ("islands.topology=rng", "'ring'"),
        ("islands.emigrants=some", "islands.emigrants"),
        ("islands.migrants=-1", "islands.migrants"),
    ],
)
def test_wrong_islands_are_explained(override, part):
    with pytest.raises(ConfigError, match=part):
        preset("smoke", overrides=["evolution.size=64", override])


@pytest.mark.parametrize("override", ["evolution.elites=32", "evolution.pool=40", "islands.migrants=40"])
def test_sizes_are_those_of_an_island(override):
    with pytest.raises(ConfigError, match="on an island"):
        preset("emergence", overrides=["islands.count=4", override])


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_a_branch_keeps_the_number_of_islands(tmp_path, before, after):
    go(tmp_path / "run", f"islands.count={before}")
    origin = f"{tmp_path / 'run'}@2"
    with pytest.raises(ConfigError, match=f"has {before} islands, and a branch keeps them; got {after}"):
        Experiment(tiny(f"islands.count={after}")).run(tmp_path / "branch", origin=origin)


def test_a_branch_keeps_the_signs_of_output_gains(tmp_path):
    go(tmp_path / "run")
    with pytest.raises(ConfigError, match="may have negative gains, and a branch keeps them all"):
        Experiment(tiny("genome.output_gains=positive")).run(tmp_path / "branch", origin=f"{tmp_path / 'run'}@2")


def test_individuals_on_another_number_of_islands_do_not_breed():
    config = preset("emergence", overrides=[*SMALL, "islands.count=2"])
    species = build_species(config)
    generation = draw_generation_zero(species, config.seed, config.evolution.size)
    with pytest.raises(SettingError, match="live on 1 islands, got 2"):
        reproduce(generation, np.zeros(config.evolution.size), config, species)
