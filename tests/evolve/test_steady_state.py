"""Steady state: the same bits for any number of workers, and those of a plain loop over births."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.algorithms import Search
from hetevo.evolve.algorithms.steady_state import Adults
from hetevo.evolve.backends.backend import Piece
from hetevo.evolve.births import Births
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.loading import load
from hetevo.evolve.private_deap import private_generators
from hetevo.evolve.reproduction import make_toolbox
from hetevo.evolve.selection import Candidates, select
from hetevo.evolve.state import advance
from hetevo.evolve.verify import verify
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import Purpose, random_stream

SIZE = 10
SMALL = ["lifetime.presentations=20", f"evolution.size={SIZE}", "evolution.elites=0", "evolution.generations=3"]


def configure(lag, *changes, leaves="worst"):
    table = {"name": "asynchronous", "lag": lag, "replace": leaves} if lag else {"name": "steady-state"}
    changed = [("evolution.algorithm", table), ("checkpoint.every", 1), ("checkpoint.keep", 9), ("backend.workers", 1)]
    return preset("smoke", overrides=[*SMALL, *changed, *changes])


def live_serially(config, lag, leaves):
    """Breed, live and admit, birth by birth; return all losses, and the first parent of each."""
    search = Search(config, Evolution(config).species)
    box, birth_rates, seed = make_toolbox(config, search.species), config.evolution, config.seed
    founders = draw_generation_zero(search.species, seed, SIZE).population
    genes = [founders.take(slice(n, n + 1)) for n in range(SIZE)]
    losses, parents = [], [-1] * SIZE
    for n in range((birth_rates.generations + 1) * SIZE):
        g, place = divmod(n, SIZE)
        if n >= SIZE:
            # who is adult: all founders, then one birth after another in the place of somebody
            adults = list(range(SIZE))
            for child in range(SIZE, n - lag + 1):
                order = {"worst": lambda a: (-losses[a], a), "oldest": lambda a: a}[leaves]
                gone = min([*adults, child] if leaves == "worst" else adults, key=order)
                if gone != child:
                    adults[adults.index(gone)] = child
            crossing = random_stream(seed, g, Purpose.CROSSOVER, place)
            both = crossing.random() < birth_rates.crossover
            rng = random_stream(seed, g, Purpose.SELECT, place)
            with private_generators(rng):
                candidates = Candidates(np.array([losses[a] for a in adults]), config.lifetime.loss_cap)
                chosen = [adults[i] for i in select(box.select, candidates, 1 + both, rng)]
            child = genes[chosen[0]].take(np.array([0]))
            if both:
                box.mate(child, genes[chosen[1]], np.array([0]), rng=crossing)
            box.mutate(child, rng=random_stream(seed, g, Purpose.MUTATE, place))
            genes.append(child)
            parents.append(chosen[0])
        lived = evaluate(search.species, genes[n], np.array([place]), seed=seed, generation=g)
        losses.append(float(lived.loss[0]))
    return losses, parents


def individuals(path):
    return pd.read_parquet(path / "individuals").sort_values("id")


@pytest.mark.parametrize(("lag", "leaves"), [(0, "worst"), (4, "worst"), (SIZE, "worst"), (3, "oldest")])
def test_a_run_is_what_a_plain_loop_over_births_says(lag, leaves, tmp_path):
    config = configure(lag, leaves=leaves)
    Experiment(config).run(tmp_path / "run")
    losses, parents = live_serially(config, lag or 1, leaves)
    rows = individuals(tmp_path / "run")
    assert rows["loss"].tolist() == losses
    assert rows["parent_a"].tolist() == parents


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Experiment(configure(4)).run(tmp_path_factory.mktemp("steady") / "whole")


@pytest.mark.parametrize("changes", [["backend.workers=2"], ["backend.block=1", "probe.every=2"]])
def test_neither_workers_nor_blocks_nor_the_probe_change_a_digest(changes, whole, tmp_path):
    assert Experiment(configure(4, *changes)).run(tmp_path / "run").digest == whole.digest


def test_a_run_that_is_stopped_or_extended_ends_with_the_same_bits(whole, tmp_path):
    with Experiment(configure(4)).open(tmp_path / "run") as run:
        for generation in run:
            if generation.number == 1:
                run.stop()
    assert run.number == 1
    assert resume(tmp_path / "run", 2).generation == 2
    assert resume(tmp_path / "run", 3, workers=2).digest == whole.digest


def test_a_generation_can_be_bred_and_lived_again(whole):
    for number in (None, 1, 0):
        checked = verify(whole.path, replay=True, generation=number, workers=1)
        assert checked.ok, checked.problems
        assert "genes, descent, measures, memory" in "".join(checked.checked)


def test_what_is_remembered_follows_from_losses(whole):
    evolution = Evolution(configure(4))
    algorithm, search = evolution.algorithm, evolution.search
    before, lived = (
        load(whole.path / f"checkpoints/gen-{g:06}", search.species, SIZE, algorithm.expect(search))[0] for g in (1, 2)
    )
    made, memory = algorithm.grow(before, lambda made, place: float(lived.loss[place]), search)
    for name, array in lived.memory.items():
        np.testing.assert_array_equal(memory[name], array)
    other, changed = algorithm.grow(before, lambda made, place: float(lived.loss[-1 - place]), search)
    assert (changed["loss"] != memory["loss"]).any()
    # the first L children do not depend on what becomes of this generation
    assert other.parent_a[:4].tolist() == made.parent_a[:4].tolist()


@pytest.mark.verification
def test_a_kill_in_mid_generation_changes_nothing(whole, tmp_path):
    script = (
        "from hetevo.evolve import Experiment, preset\n"
        f"config = preset('smoke', overrides={configure_text()!r})\n"
        f"with Experiment(config).open({str(tmp_path / 'run')!r}) as run:\n"
        "    for generation in run:\n"
        "        print(generation.number, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "1":
            assert process.poll() is None
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert resume(tmp_path / "run").digest == whole.digest


def configure_text():
    table = {"name": "asynchronous", "lag": 4, "replace": "worst"}
    changed = [("evolution.algorithm", table), ("checkpoint.every", 1), ("checkpoint.keep", 9), ("backend.workers", 2)]
    return [*SMALL, *changed]


def test_held_out_tasks_and_ends_are_those_of_any_run(whole, tmp_path):
    held = configure(4, "heldout.every=1", ("heldout.families", ["xor"]))
    run = Experiment(held).run(tmp_path / "held")
    assert run.digest == whole.digest
    short = Experiment(configure(4, ("evolution.until", {"evaluations": 2 * SIZE}))).run(tmp_path / "short")
    assert short.generation == 1


def test_large_networks_with_lists_of_synapses_go_on_too(tmp_path):
    changes = ["network.storage=sparse", "network.wiring=amorphous"]
    whole = Experiment(configure(3, *changes)).run(tmp_path / "whole")
    Experiment(configure(3, *changes, "evolution.generations=1")).run(tmp_path / "part")
    assert resume(tmp_path / "part", 3).digest == whole.digest
    assert verify(tmp_path / "part", replay=True, workers=1).ok


def test_a_lag_is_no_longer_than_a_generation_and_there_is_one_island(whole, tmp_path):
    size = {"backend.workers": 1, "evolution.generations": 1}
    runs = [Experiment(configure(lag, *size.items())).run(tmp_path / str(lag)) for lag in (SIZE, 32)]
    assert runs[0].digest == runs[1].digest
    for lag, changes, message in ((0.5, [], "lag"), (-1, [], "lag: .*1"), (4, ["islands.count=2"], "islands")):
        with pytest.raises(SettingError, match=message):
            configure(lag, *changes)


def test_adults_keep_losses_and_nothing_else():
    for change in ('evolution.objectives=["loss", "synapses"]', 'evolution.select={name="selLexicase"}'):
        more = ["evolution.pool=4", 'evolution.select={name="selNSGA2"}'] if "objectives" in change else []
        with pytest.raises(SettingError, match="the algorithm 'asynchronous'"):
            Experiment(configure(4, change, "lifetime.tasks=2", *more))


class Shuffled:
    """A backend whose individuals do not live, but get a loss by lot of their genes, and come back in any order."""

    def __init__(self, order):
        self.order, self.waiting, self.generations = order, [], {}

    def stream(self, job, generation, ready):
        self.begin(job, generation, ready)
        return self

    def begin(self, job, generation, ready=0):
        self.generations[generation.number] = [generation, 0]
        self.feed(generation.number, ready)

    def feed(self, number, ready):
        generation, before = self.generations[number]
        self.waiting += [(generation, place) for place in range(before, ready)]
        self.generations[number][1] = ready

    def take(self, meanwhile, stopping):
        assert len(self.waiting) <= max(SIZE, 4)
        generation, place = self.waiting.pop(self.order(len(self.waiting)))
        loss = abs(float(generation.population["gains_ascending"][place].sum())) % 1
        nothing = np.full(1, np.nan)
        lived = Evaluation(np.array([loss]), np.zeros(1, np.int64), nothing, {})
        return [Piece(generation.number, np.array([place]), lived)]


def course(order, lag, begin=None):
    """Return all generations of a short run, and what is remembered after each."""
    evolution = Evolution(configure(lag))
    births = Births(evolution.algorithm, evolution.search, Shuffled(order), evolution.job, 4)
    founders = draw_generation_zero(evolution.species, 0, SIZE)
    births.begin(founders) if begin is None else births.go_on(begin)
    first = begin.generation.number + 1 if begin else 0
    state, course = begin, []
    for number in range(first, 5):
        generation, evaluation, memory = births.live(number, lambda: None, lambda: False)
        state = advance(generation, evaluation, state, memory)
        course.append(state)
    return course


@pytest.fixture(scope="module")
def in_order():
    return {lag: course(lambda waiting: 0, lag) for lag in (1, 4, SIZE)}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), lag=st.sampled_from([1, 4, SIZE]), after=st.integers(-1, 3))
def test_the_order_in_which_individuals_come_back_and_interruptions_change_nothing(in_order, seed, lag, after):
    rng = np.random.default_rng(seed)
    begin = in_order[lag][after] if after >= 0 else None
    found = course(lambda waiting: int(rng.integers(waiting)), lag, begin)
    assert [state.digest for state in found] == [state.digest for state in in_order[lag][after + 1 :]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.lists(st.integers(0, 3), max_size=12))
def test_of_all_births_the_best_stay_and_of_equal_ones_the_youngest(founders, children):
    genes = np.arange(4.0)[:, None]
    adults = Adults(Population({"gene": genes.copy()}), np.array(founders, float), np.arange(4))
    for birth, loss in enumerate(children, 4):
        adults.admit(Population({"gene": np.array([[float(birth)]])}), float(loss), birth, "worst")
    # in order of loss, then of age
    best = sorted(range(4 + len(children)), key=lambda n: ([*founders, *children][n], -n))[:4]
    assert sorted(adults.identifiers.tolist()) == sorted(best)
    assert adults.population["gene"][:, 0].tolist() == adults.identifiers.tolist()
