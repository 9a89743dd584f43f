"""Individuals to look at: their lives again, traced, and in fresh lives."""

import json
from dataclasses import replace

import numpy as np
import pytest
from faults import tiny
from legibility import check_legibility

import hetevo
from hetevo.analysis.figures import trace as draw
from hetevo.analysis.individuals.assessment import Assessment
from hetevo.evolve import Experiment
from hetevo.populations.circuits.two_pathway import normalised_loss
from hetevo.populations.errors import SettingError
from hetevo.populations.experience import experience

LAYER = ["evolution={size=6,generations=1}", "lifetime.presentations=3", "checkpoint.every=1", "backend.workers=1"]
KINDS = {
    "two pathways": [],
    "one sample a presentation": ["lifetime.batch=1"],
    "loops": ["network.wiring=recurrent", "network.levels=[3]"],
    "softplus": ["network.activation=softplus", "lifetime.tasks=2"],
    "plain model": ["network.circuit=plain"],
    "hardware": ["hardware.noise=0.1", "injury.share=0.5"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def get(kind):
        if kind not in made:
            config = hetevo.preset("chalmers", overrides=LAYER) if kind == "layer" else tiny(*KINDS[kind])
            made[kind] = hetevo.load_run(Experiment(config).run(folder / kind.replace(" ", "-")).path)
        return made[kind]

    return get


@pytest.mark.parametrize("kind", [*KINDS, "layer"])
def test_every_individual_lives_again_as_recorded(runs, kind):
    run = runs(kind)
    last = run.individuals[run.individuals["generation"] == run.last]
    for identifier, loss in zip(last["id"], last["loss"], strict=True):
        found = run.individual(int(identifier))
        assert found.is_exact
        assert found.loss_again == loss
    assert run.champion().loss == last["loss"].min()


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_on_the_test_samples_give_the_loss(runs, kind):
    found = runs(kind).champion()
    test = experience(found.species, found.saved.seed, found.generation).test
    layout = found.layout
    outputs = [found.predict(inputs[: layout.inputs].T, task).T for task, inputs in enumerate(test.inputs)]
    loss = normalised_loss(found.species, np.stack(outputs)[None], test.targets)[0].mean()
    assert min(loss, found.species.lifetime.loss_cap) == pytest.approx(found.loss, rel=1e-4)


def test_weights_by_level_are_those_of_the_whole(runs):
    found = runs("softplus").champion()
    assert [level.name for level in found.levels] == ["level 1", "outputs"]
    for pathway in ("ascending", "descending"):
        for when in ("innate", "learned"):
            name = f"innate_{pathway}" if when == "innate" else pathway
            parts = [getattr(level, name) for level in found.levels]
            whole = getattr(getattr(found, when), pathway)
            assert np.array_equal(np.concatenate(parts, axis=-2), whole)
    # synapses are where the mask says, and learning has changed them
    absent = ~found.masks[0]
    assert not found.learned.ascending[:, absent].any()
    assert not found.innate.ascending[absent].any()
    assert not np.array_equal(found.learned.ascending[0], found.innate.ascending)
    assert [gains.shape for gains in found.gains] == [(found.layout.neurons,), (found.layout.hidden,)]
    assert repr(found).startswith(f"<Individual {found.id} of ")


def test_a_layer_shows_its_rule(runs):
    found = runs("layer").champion()
    assert "input target" in found.rule
    layout = found.layout
    assert found.predict(np.zeros((4, layout.inputs)), task=0).shape == (4, layout.outputs)
    test = experience(found.species, found.saved.seed, found.generation).test
    outputs = np.stack([found.predict(x[: layout.inputs].T, k).T for k, x in enumerate(test.inputs)])
    loss = np.abs(test.targets - outputs).mean() / np.abs(test.targets - 0.5).mean()
    assert loss == pytest.approx(found.loss, rel=0.05)
    with pytest.raises(SettingError, match="no gains: look at its rule"):
        _ = found.gains


def test_wrong_inputs_and_tasks_are_explained(runs):
    found = runs("two pathways").champion()
    with pytest.raises(SettingError, match=r"shape \(samples, 2\), without the bias, got \(4, 3\)"):
        found.predict(np.zeros((4, 3)))
    with pytest.raises(SettingError, match="task: expected one of 0 to 0, got 1"):
        found.predict(np.zeros((4, 2)), task=1)


def test_a_life_that_came_out_otherwise_is_reported(runs, monkeypatch, caplog):
    monkeypatch.setattr("hetevo.evolve.individual.SavedIndividual.loss", property(lambda saved: 0.123))
    assert not runs("two pathways").champion().is_exact
    assert "lived again with the loss" in caplog.text


@pytest.mark.parametrize("kind", ["two pathways", "softplus", "plain model"])
def test_a_trace_ends_with_what_was_recorded(runs, kind):
    run = runs(kind)
    lived = run.trace()
    row = run.individuals[run.individuals["id"] == lived.id].iloc[0]
    for name in ("alignment", "hs", "dc"):
        values = lived.measures[name][-1]
        expected = np.nanmean(values) if np.isfinite(values).any() else np.nan
        assert row[f"{name}_end"] == pytest.approx(expected, nan_ok=True)
    found = run.individual(lived.id)
    assert np.array_equal(lived.ascending[-1], found.learned.ascending)
    assert lived.presented.tolist() == [0, 1, 2, 3]
    # activity and signal fit weights: outputs are what the ascending weights make of what is below
    activity, units = lived.activity[-1], found.layout.units
    below = lived.ascending[-1][:, found.layout.hidden :] @ activity[:, :units]
    assert np.allclose(below, activity[:, units:], atol=1e-5)


def test_a_trace_is_saved_and_drawn(runs, tmp_path):
    lived = runs("two pathways").trace(every=2)
    assert lived.presented.tolist() == [0, 2, 3]
    path = lived.save(tmp_path / "trace.npz")
    with np.load(path) as read:
        assert read.files == [*lived.arrays()]
        assert np.array_equal(read["measure_alignment"], lived.measures["alignment"], equal_nan=True)
    plot = draw(lived)
    assert len(plot.data) == 3
    far = draw(replace(lived, loss_cap=0.5 * float(np.nanmax(lived.measures["probe_loss"]))))
    assert far.data["probe_loss"].max() == pytest.approx(0.5 * plot.data["probe_loss"].max())
    assert "Losses are cut at their cap." in far.caption
    assert "cut at their cap" not in plot.caption
    assert "n = 1 individual. a, Loss on the probe batch" in plot.caption
    assert draw(lived, width="two", columns=2).figure.get_size_inches()[0] * 25.4 == pytest.approx(183)
    # in one column, too, the legend lies in no panel, and the caption says who it is whatever stands above
    narrow = draw(lived, width="one", columns=2, title="A life")
    assert narrow.figure.legends
    assert not any(axes.get_legend() for axes in narrow.figure.axes)
    check_legibility(narrow.figure)
    assert f"Of individual {lived.id}, generation {lived.generation}, seed" in narrow.caption
    assert plot._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(SettingError, match=r"must end in \.npz"):
        lived.save(tmp_path / "trace.txt")
    with pytest.raises(SettingError, match="at least 1"):
        runs("two pathways").trace(every=0)


def test_the_trace_of_a_layer(runs):
    lived = runs("layer").trace()
    assert lived.descending.shape[2] == 0
    assert draw(lived).data.columns.tolist() == ["presented", "task", "probe_loss", "alignment", "rms_ascending"]


def test_a_trace_as_xarray(runs):
    pytest.importorskip("xarray")
    lived = runs("two pathways").trace()
    dataset = lived.to_xarray()
    assert np.array_equal(dataset["W"].sel(presented=3).values, lived.ascending[-1])


def test_xarray_that_is_missing_is_named_with_its_extra(runs, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    with pytest.raises(SettingError, match=r"pip install 'hetevo\[xarray\]'"):
        runs("two pathways").to_xarray()


def assessment(recorded=0.2, own=0.5, generation=0.6, founders=1.0, changes=(), lives=40):
    import pandas as pd

    rng = np.random.default_rng(0)
    rows = [
        (life, who, value + 0.05 * rng.standard_normal(), np.nan, False)
        for life in range(lives)
        for who, value in (("individual", own), ("generation", generation), ("founders", founders))
    ]
    table = pd.DataFrame(rows, columns=["life", "who", "loss", "accuracy", "diverged"])
    return Assessment(7, 3, recorded, generation, changes, table)


def test_luck_is_the_share_of_the_lead_that_is_gone():
    assert assessment(recorded=0.2, own=0.5, generation=0.6).luck == pytest.approx(0.75, abs=0.1)
    assert assessment(recorded=0.5, own=0.5, generation=0.6).luck == pytest.approx(0, abs=0.3)
    # lives of another kind have no record to compare with
    assert np.isnan(assessment(changes=("task.name=xor",)).luck)


def test_an_assessment_says_what_is_sure():
    found = assessment()
    table = found.table.set_index("who")
    assert table.loc["individual", "low"] < 0.5 < table.loc["individual", "high"]
    assert table.loc["founders", "lead"] == pytest.approx(0.5, abs=0.05)
    assert "of that lead was luck" in found.verdict
    assert "may be none" in assessment(founders=0.48, own=0.5).verdict
    assert json.loads(json.dumps(found.summary()))["groups"][0]["lead"] is None


def test_assessments_repeat_and_have_a_control(runs):
    run, control = runs("two pathways"), runs("softplus")
    first, second = (run.assess(lives=3, control=control) for _ in range(2))
    assert first.lives.equals(second.lives)
    assert first.lives["who"].unique().tolist() == ["individual", "generation", "founders", "control"]
    assert "control's champion" in repr(first)
    other = run.assess(lives=2, changes=["lifetime.presentations=6"])
    assert not np.array_equal(other.lives["loss"], first.lives["loss"][first.lives["life"] < 2])
    with pytest.raises(SettingError, match="at least 2"):
        run.assess(lives=1)


def test_looking_leaves_no_trace_in_the_run(tmp_path):
    # what is looked at changes nothing of what a run computes or holds
    run = Experiment(tiny()).run(tmp_path / "run")
    before = {file: file.read_bytes() for file in sorted(run.path.rglob("*")) if file.is_file()}
    loaded = hetevo.load_run(run.path)
    loaded.champion(), loaded.trace(), loaded.assess(lives=2)
    assert before == {file: file.read_bytes() for file in sorted(run.path.rglob("*")) if file.is_file()}
