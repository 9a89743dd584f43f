"""Pilot runs that choose the scale of fixed feedback."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hetevo.analysis import load_all, load_run
from hetevo.analysis.sweeps import list_notes
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.rundir.matched import FILE, read_choice, write_choice
from hetevo.evolve.rundir.sweep import FILE as LIST
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.scripts.claims import list_conditions

HUGE = b"""{"schema": 1, "condition": "c", "key": "k", "seeds": [1, 2],
"pilots": [{"scale": 1.0, "losses": [1e308, 1e308]}]}"""

SWEEP = """
base = "smoke"
seeds = [1]
controls = ["matched-feedback"]
[matched]
scales = {scales}
seeds = {seeds}
[set]
evolution.size = 8
evolution.elites = 1
evolution.generations = 2
lifetime.presentations = 20
"""


def plan_of(tmp_path, scales, seeds):
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP.format(scales=scales, seeds=seeds))
    return load_plan(file)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matched")
    plan = plan_of(folder, [0.25, 4], "'900..901'")
    before = list_conditions(plan)
    outcomes, _ = conduct(plan, folder / "sweep")
    assert {one.state for one in outcomes} == {"done"}
    return folder / "sweep", plan, before, {one.run: one.digest for one in outcomes}


def test_the_scale_with_the_lowest_mean_loss_of_the_pilots_is_taken(swept):
    folder, plan, _, _ = swept
    pilots = [member for member in plan.members if member.stage == "pilot"]
    losses = {}
    for pilot in pilots:
        loss = load_run(folder / pilot.name).generations["loss_median"].iloc[-1]
        losses.setdefault(pilot.config.genome.innate_scale[1], []).append(float(loss))
    choice = read_choice(folder)
    assert {scale: list(values) for scale, values in choice.losses.items()} == losses
    assert choice.scale == min(losses, key=lambda scale: np.mean(losses[scale]))
    chosen = load_run(folder / "matched-feedback-seed1")
    assert chosen.setting("genome.innate_scale") == [1.0, choice.scale]
    assert chosen.setting("plasticity.rule") == "fixed-feedback"
    assert json.loads((folder / FILE).read_text())["chosen"] == choice.scale


def test_the_choice_depends_on_no_order_and_is_made_again(swept, tmp_path):
    folder, _, _, digests = swept
    plan = plan_of(tmp_path, [4, 0.25], [901, 900])
    written = (folder / FILE).read_bytes()
    (folder / FILE).unlink()
    outcomes, _ = conduct(plan, folder)
    assert {one.run: one.digest for one in outcomes} == digests
    assert (folder / FILE).read_bytes() == written


def test_another_choice_and_a_damaged_one_change_nothing_and_are_explained(swept, tmp_path):
    folder, _, _, digests = swept
    written = (folder / FILE).read_bytes()
    choice = read_choice(folder)
    other = replace(choice, losses={**choice.losses, 9.0: (0.0,) * len(choice.seeds)})
    with pytest.raises(RunDirectoryError, match="another directory"):
        write_choice(folder, other)
    assert (folder / FILE).read_bytes() == written
    # who reads it needs another file, and not another run
    (folder / FILE).write_bytes(b"damaged")
    outcomes, _ = conduct(plan_of(tmp_path, [4, 0.25], [901, 900]), folder)
    (failed,) = [one for one in outcomes if one.state == "failed"]
    assert failed.run == "matched-feedback-seed1"
    assert FILE in failed.error
    assert "Or move" not in failed.error
    (folder / FILE).write_bytes(written)
    outcomes, _ = conduct(plan_of(tmp_path, [4, 0.25], [901, 900]), folder)
    assert {one.run: one.digest for one in outcomes} == digests


def test_pilots_go_on_to_the_last_generation(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('base = "smoke"\ncontrols = ["matched-feedback"]\n[set]\nevolution.until = {loss_median = 2.0}\n')
    members = load_plan(file).members
    assert {bool(member.config.evolution.until) for member in members if member.stage == "pilot"} == {False}
    assert {bool(member.config.evolution.until) for member in members if member.stage != "pilot"} == {True}


def test_what_is_frozen_does_not_depend_on_what_pilots_choose(swept, tmp_path):
    _, plan, before, _ = swept
    assert list_conditions(plan) == before
    assert list_conditions(plan_of(tmp_path, [4, 0.25], [901, 900])) == before
    for scales, seeds in (([0.25, 2], [900, 901]), ([0.25, 4], [900, 902])):
        assert list_conditions(plan_of(tmp_path, scales, seeds))["matched-feedback"] != before["matched-feedback"]


def test_pilots_are_no_condition_but_people_are_told(swept):
    folder, _, _, _ = swept
    assert [run.condition for run in load_all([folder])] == ["smoke", "matched-feedback"]
    assert json.loads((folder / LIST).read_text())["schema"] == 2
    (note,) = list_notes([folder, folder / "smoke-seed1"])
    assert f"innate_scale[1] = {read_choice(folder).scale:g}" in note
    assert "900, 901" in note
    assert "may lie beyond" in note


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"schema": 2}', b'{"schema": 1, "pilots": []}', b"[" * 100_000, HUGE]
)
def test_a_damaged_choice_is_explained(content, tmp_path):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(RunDirectoryError, match="repeat the sweep"):
        read_choice(tmp_path)
    (tmp_path / FILE).unlink()
    assert read_choice(tmp_path) is None


def test_a_choice_that_is_too_large_is_not_read(tmp_path):
    (tmp_path / FILE).write_bytes(b" " * (1 << 21))
    with pytest.raises(RunDirectoryError, match=rf"{FILE} has 2,097,152 bytes.* not read"):
        read_choice(tmp_path)


def test_with_error_neurons_teaching_synapses_have_the_scale(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('base = "error-neurons-evolved"\ncontrols = ["matched-feedback"]\n')
    pilots = [member.config.genome for member in load_plan(file).members if member.stage == "pilot"]
    assert [one.innate_scale_teaching for one in pilots[::3]] == [0.5, 1.0, 2.0, 4.0]
    assert {one.innate_scale for one in pilots} == {(1.0, 1.0)}
