"""Runs that select by several objectives, or task by task."""

import platform

import numpy as np
import pandas as pd
import pytest
from faults import go, outcome, tiny

from hetevo.evolve import Experiment, resume
from hetevo.evolve.config import ConfigError, preset
from hetevo.evolve.generation import count_parents, draw_generation_zero
from hetevo.evolve.individual import prepare_fresh_lives, read_individual
from hetevo.evolve.loading import load
from hetevo.evolve.objectives import OBJECTIVES, Objective, measure_objectives
from hetevo.evolve.reproduction import reproduce
from hetevo.evolve.rundir import DamagedError
from hetevo.evolve.rundir.checkpoint import list_checkpoints
from hetevo.evolve.rundir.provenance import software
from hetevo.evolve.species import build_species
from hetevo.evolve.state import advance
from hetevo.evolve.verify import verify
from hetevo.populations.errors import RunFailedError
from hetevo.populations.evaluation import Evaluation, Failure

NSGA2 = (
    "evolution.size=8",
    "evolution.elites=4",
    'evolution.select={name="selTournamentDCD"}',
    'evolution.select_elites={name="selNSGA2"}',
)
THREE = 'evolution.objectives=["loss", "synapses", "+change"]'
LEXICASE = ("lifetime.tasks=3", 'evolution.select={name="selLexicase"}')


def select_by(name, **arguments):
    given = "".join(f", {key}={value}" for key, value in arguments.items())
    return f'evolution.select={{name="{name}"{given}}}'


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("objectives") / "run", *NSGA2, THREE)


def test_objectives_are_recorded_and_verified(finished):
    individuals, generations = (pd.read_parquet(finished.path / table) for table in ("individuals", "generations"))
    assert individuals["objective_synapses"].gt(0).all()
    assert individuals["objective_change"].between(0, 16).all()
    medians = individuals.groupby("generation")["objective_synapses"].median()
    np.testing.assert_array_equal(generations["objective_synapses_median"], medians)
    assert "objective_loss" not in individuals
    assert verify(finished.path, replay=True, workers=1).ok


def test_a_replay_compares_objectives(finished, monkeypatch):
    monkeypatch.setitem(OBJECTIVES.own, "synapses", Objective(lambda lives: lives.genes.synapses + 1.0))
    report = verify(finished.path, replay=True, workers=1)
    assert report.problems == ["generation 2: objectives differ"]
    assert not any("was computed with" in note for note in report.notes)
    # another version is a reason
    there = {**software(), "python": "3.10.0", "source": {"commit": "0", "dirty": False}}
    monkeypatch.setattr("hetevo.evolve.rundir.provenance.software", lambda: there)
    (note,) = (note for note in verify(finished.path, replay=True, workers=1).notes if "was computed with" in note)
    assert f"with Python {platform.python_version()}, another state of the source, and this replay was not" in note


def test_digest_covers_what_selection_looks_at(finished, tmp_path):
    state = load(list_checkpoints(finished.path / "checkpoints")[-1], build_species(tiny(*NSGA2, THREE)), 8)[0]
    assert state.objectives.shape == (8, 2)
    assert state.cases is None
    # a state that was loaded goes on as it would have
    shorter = go(tmp_path / "run", *NSGA2, THREE, "evolution.generations=1")
    assert outcome(resume(shorter.path, 2)) == outcome(finished)
    # the same losses with other objectives have another digest
    evaluation = Evaluation(state.loss, state.status, state.loss, {}, objectives={"change": state.objectives[:, 1]})
    other = Evaluation(state.loss, state.status, state.loss, {}, objectives={"change": state.objectives[:, 0]})
    plain = Evaluation(state.loss, state.status, state.loss, {})
    chains = {advance(state.generation, each, None).chain for each in (evaluation, other, plain)}
    assert len(chains) == 3


@pytest.mark.parametrize("shape", [[7, 2], [8], [8, 10**12]])
@pytest.mark.parametrize("name", ["cases", "objectives"])
def test_checkpoints_of_other_sizes_are_refused(finished, monkeypatch, name, shape):
    from hetevo.evolve import loading as module

    path = list_checkpoints(finished.path / "checkpoints")[-1]
    manifest = module.load_manifest(path)
    wrong = manifest.model_copy(
        update={"arrays": {**manifest.arrays, name: manifest.arrays["loss"].model_copy(update={"shape": shape})}}
    )
    monkeypatch.setattr(module, "load_manifest", lambda _: wrong)
    with pytest.raises(DamagedError, match=f"{name} of another population|configuration implies"):
        load(path, build_species(tiny(*NSGA2, THREE)), 8)


def test_elites_are_the_front(finished):
    individuals = pd.read_parquet(finished.path / "individuals")
    values = individuals[["loss", "objective_synapses", "objective_change"]].to_numpy() * [1, 1, -1]
    before, after = (individuals[individuals["generation"] == number] for number in (0, 1))
    kept = set(after.loc[after["operator"] == "elite", "parent_a"])
    first = values[: len(before)]
    dominated = [
        (first <= one).all(axis=1).any() and ((first <= one).all(axis=1) & (first < one).any(axis=1)).any()
        for one in first
    ]
    front = set(before["id"][~np.array(dominated)])
    assert kept <= front or front <= kept


def test_lexicase_keeps_cases_and_a_run_that_had_none_goes_on_without(tmp_path):
    run = go(tmp_path / "run", *LEXICASE)
    assert verify(run.path, replay=True, workers=1).ok
    config = tiny(*LEXICASE)
    species = build_species(config)
    state = load(list_checkpoints(run.path / "checkpoints")[-1], species, config.evolution.size)[0]
    assert state.cases.shape == (config.evolution.size, 3)
    np.testing.assert_allclose(state.cases.mean(axis=1), state.loss)
    # as a version left it that knew one loss alone
    evaluation = Evaluation(state.loss, state.status, state.loss, {}, cases=state.cases)
    old = advance(state.generation, evaluation, None)
    later = advance(state.generation, evaluation, old, casewise=True)
    assert later.compared == {}
    children = reproduce(state.generation, state.loss, config, species, **later.compared)
    best = state.generation.identifiers[np.argmin(state.loss)]
    assert set(children.parent_a) == {best}  # the one loss decides everything
    spread = reproduce(state.generation, state.loss, config, species, **state.compared)
    assert set(spread.parent_a) != {best}


def test_automatic_epsilon_lexicase_keeps_many_parents_and_plain_lexicase_few():
    # eight tasks in which others are good
    cases = 0.5 + 0.1 * np.random.default_rng(0).standard_normal((128, 8))
    species = build_species(preset("emergence"))
    founders = draw_generation_zero(species, 0, 128)
    parents = {}
    for name in ("selLexicase", "selAutomaticEpsilonLexicase"):
        config = preset("emergence", overrides=["lifetime.tasks=8", select_by(name)])
        parents[name] = count_parents(reproduce(founders, cases.mean(axis=1), config, species, cases=cases))
    assert 4 <= parents["selLexicase"] <= 8
    assert parents["selAutomaticEpsilonLexicase"] >= 20


def test_worst_and_gain_are_what_they_say():
    species = build_species(tiny("lifetime.tasks=3", "plasticity.terms=['oja']"))
    genes = draw_generation_zero(species, 0, 5).population
    cases = np.random.default_rng(0).random((5, 3))
    evaluation = Evaluation(cases.mean(axis=1), np.zeros(5, np.int64), cases[:, 0], {}, cases=cases)
    found = measure_objectives(["worst", "loss", "+gain", "synapses"], evaluation, genes, species)
    assert list(found) == ["worst", "gain", "synapses"]
    np.testing.assert_array_equal(found["worst"], cases.max(axis=1))
    names = [name for name in genes if name.startswith(("gains_", "oja_"))]
    assert len(names) == 4
    expected = np.concatenate([np.abs(genes[name]) for name in names], axis=1).mean(axis=1)
    np.testing.assert_allclose(found["gain"], expected, rtol=1e-6)
    np.testing.assert_array_equal(found["synapses"], genes.synapses)


def test_who_could_not_be_evaluated_is_nowhere_best(monkeypatch):
    species = build_species(tiny())
    genes = draw_generation_zero(species, 0, 3).population
    lived = Evaluation(np.ones(2), np.zeros(2, np.int64), np.ones(2), {}, cases=np.ones((2, 1)))
    evaluation = Evaluation.join([lived, Evaluation.failed(Failure(2, "none"), 4.0)])
    for sign, worst in (("", max), ("+", min)):
        found = measure_objectives([f"{sign}synapses"], evaluation, genes, species)["synapses"]
        assert found[2] == worst(found[:2])
    monkeypatch.setitem(OBJECTIVES.own, "broken", Objective(lambda lives: lives.loss * np.nan))
    with pytest.raises(RunFailedError, match=r"broken.* 3 individuals"):
        measure_objectives(["broken"], evaluation, genes, species)


REFUSED = {
    "alignment": (['evolution.objectives=["loss", "alignment"]'], "never see a gradient"),
    "hs": (['evolution.objectives=["hs"]'], "never see a gradient"),
    "held-out": (['evolution.objectives=["loss", "heldout_sine_loss"]'], "selection never sees"),
    "unknown": (['evolution.objectives=["loss", "synapse"]'], "Did you mean 'synapses'"),
    "twice": (['evolution.objectives=["synapses", "+synapses"]'], "each objective once"),
    "more loss": (['evolution.objectives=["+loss"]'], "losses are to be small"),
    "nobody looks": (['evolution.objectives=["loss", "synapses"]'], "look at one number"),
    "only cases": ([*LEXICASE, "evolution.elites=0", 'evolution.objectives=["worst"]'], "at no objective"),
    "one task": (["lifetime.tasks=1", 'evolution.objectives=["worst"]'], "lifetime.tasks = 1"),
    "one objective": ([select_by("selTournamentDCD")], "several objectives"),
    "one case": (["lifetime.tasks=1", select_by("selLexicase")], "single one .*already go on"),
    "not fours": ([THREE, *NSGA2, "evolution.size=10"], "divisible by 4"),
    "no p": ([THREE, select_by("selNSGA3"), "evolution.pool=4"], "needs the argument p"),
    "many points": ([THREE, select_by("selNSGA3", p=1000), "evolution.pool=4"], "points at most, got 1000"),
    "all of them": ([THREE, select_by("selNSGA2")], "at most once"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_meaningless_objectives_and_operators_are_refused(case):
    changes, reason = REFUSED[case]
    with pytest.raises(ConfigError, match=rf"evolution\.(objectives|select).*{reason}"):
        tiny(*changes)


def test_drift_may_have_objectives_that_nobody_selects_by():
    lot = '{name="selRandom"}'
    assert tiny(THREE, f"evolution.select={lot}", f"evolution.select_elites={lot}").evolution.objectives


def test_islands_have_fronts_of_their_own(tmp_path):
    run = go(tmp_path / "run", THREE, *NSGA2, "evolution.elites=1", "islands.count=2", "islands.every=1")
    assert verify(run.path).ok


def test_layers_have_no_synapses_to_compare():
    with pytest.raises(ConfigError, match="have no synapses to compare"):
        preset("chalmers", overrides=['evolution.objectives=["synapses"]'])


def test_a_branch_selects_by_what_its_origin_keeps(finished, tmp_path):
    plain = go(tmp_path / "plain", "lifetime.tasks=3", "evolution.size=8")
    for name, changes in (("objectives", (*NSGA2, THREE)), ("losses in single tasks", ("evolution.size=8", *LEXICASE))):
        with pytest.raises(ConfigError, match=f"does not keep the {name}"):
            Experiment(tiny(*changes)).run(tmp_path / "none", origin=str(plain.path))
    # one that selects by less, or the same, goes on
    changes = (*NSGA2, THREE, "evolution.generations=3", "lifetime.tasks=2")
    same = Experiment(tiny(*changes)).run(tmp_path / "same", origin=str(finished.path))
    assert verify(same.path).ok
    less = Experiment(tiny("evolution.size=8", "evolution.generations=4")).run(tmp_path / "less", origin=str(same.path))
    assert verify(less.path).ok


INJURED = ('evolution.objectives=["loss", "injured"]', "injury.share=0.5")


@pytest.mark.parametrize("kind", [(), ("network.circuit=error-neurons",)])
def test_the_loss_after_an_injury_is_that_of_second_lives(kind, tmp_path):
    twice = go(tmp_path / "twice", *NSGA2, *INJURED, *kind)
    unhurt, hurt = (
        go(tmp_path / name, "evolution.size=8", injury, *kind)
        for name, injury in (("unhurt", "injury.share=0"), ("hurt", "injury.share=0.5"))
    )
    founders, without, injured = (
        pd.read_parquet(run.path / "individuals").query("generation == 0") for run in (twice, unhurt, hurt)
    )
    # the same founders and tasks: first lives are those of a run without injury, second lives those of a run with it
    np.testing.assert_array_equal(founders["loss"], without["loss"])
    np.testing.assert_array_equal(founders["objective_injured"], injured["loss"])
    assert (founders["loss"] != founders["objective_injured"]).any()
    assert verify(twice.path, replay=True, workers=1).ok


def test_an_injury_that_is_asked_for_befalls_fresh_lives(tmp_path):
    path = go(tmp_path / "run", *NSGA2, *INJURED).path
    whole, changed = (prepare_fresh_lives(read_individual(path), 2, changes) for changes in ([], ["injury.share=0.9"]))
    assert whole.species.perturbations == ()
    assert changed.species.perturbations[0].share == 0.9


def test_the_loss_after_an_injury_needs_one():
    with pytest.raises(ConfigError, match=r"expected injury\.share above 0"):
        tiny(*NSGA2, INJURED[0])
    with pytest.raises(ConfigError, match="matrices of weights"):
        tiny(*NSGA2, *INJURED, "network.storage=sparse")
