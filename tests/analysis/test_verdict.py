"""Verdicts in words: over several generations, and over enough individuals."""

import shlex
from dataclasses import replace

import pytest
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.conditions import is_by_lot
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.report import report
from hetevo.analysis.statistics import contrasts
from hetevo.analysis.statistics.curves import ending, last_level
from hetevo.analysis.verdict import CONTROLS, MANY, verdict
from hetevo.evolve.config import load_config, preset
from hetevo.evolve.identity import condition_values


def judged(path, **options):
    return verdict([load_run(plant(path, **options))])


def test_one_generation_decides_nothing(tmp_path):
    text = judged(tmp_path / "run", generations=40, slope=0, lonely=(39,))
    assert "did not rise" in text
    assert "+1.00" not in text
    assert "in generations 30 to 39 (mean of 9; in 1 more, fewer than half of the individuals have a value)" in text


def test_a_run_whose_last_generations_have_no_value_is_not_judged_by_an_earlier_one(tmp_path):
    for number, options in enumerate(({"undefined": range(25, 40)}, {"lonely": range(25, 40)})):
        text = judged(tmp_path / str(number), generations=40, **options)
        assert "In 10 of the last 10 generations (30 to 39) fewer than half" in text
        assert "the last in which more have is 24" in text
        assert "rose" not in text
    assert "In no generation" in judged(tmp_path / "never", lonely=range(6))
    assert "never defined" in judged(tmp_path / "none", undefined=range(6))


def test_the_beginning_is_the_founders_where_they_are_many(tmp_path):
    few, many = (judged(tmp_path / str(size), generations=40, size=size) for size in (MANY - 1, MANY))
    assert "in generations 0 to 9 (mean of 10), +3.4" in few
    assert "+0.00 in generation 0, +3.4" in many or "-0.00 in generation 0, +3.4" in many
    late = judged(tmp_path / "late", generations=40, size=MANY, lonely=range(3))
    assert "+0.75 in generations 3 to 12 (mean of 10)" in late


def test_the_end_of_a_short_run_is_its_later_half(tmp_path):
    for generations, most in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (11, 5), (40, 10)):
        run = load_run(plant(tmp_path / str(generations), generations=generations))
        assert ending(run).tolist() == list(range(generations))[-most:]
        assert last_level(run, "alignment_end").generations == tuple(ending(run))
    sparse = load_run(plant(tmp_path / "sparse", generations=16, extra="[probe]\nevery = 10\n"))
    assert ending(sparse).tolist() == [10]


@pytest.mark.usefixtures("undrawn")
def test_plots_reports_and_comparisons_speak_of_the_same_generations(tmp_path):
    runs = [
        load_run(plant(tmp_path / f"{name}{seed}", condition=name, slope=slope, seed=seed, generations=30))
        for name, slope in (("plastic", 0.02), ("fixed", 0.0))
        for seed in range(2)
    ]
    table = contrasts(runs).set_index("measure")
    assert table.loc["alignment_end", "generations_first"] == "20 to 29"
    level = last_level(runs[0], "alignment_end").value + last_level(runs[1], "alignment_end").value
    assert table.loc["alignment_end", "mean_first"] == pytest.approx(level / 2)
    assert f"plastic {level / 2:+.2f}" in verdict(runs)
    html = report([run.path for run in runs]).html.decode()
    assert "alignment, the last 10 generations" in html
    assert f"{last_level(runs[0], 'alignment_end').value:+.2f}" in html


def test_a_sparse_probe_is_judged_by_what_it_measured(tmp_path):
    text = judged(
        tmp_path / "run", generations=31, extra="[probe]\nevery = 10\n", undefined=set(range(31)) - {0, 10, 20, 30}
    )
    assert "in generations 20 to 30 (mean of 2)" in text
    assert "It rose" in text


def test_several_runs_are_compared_by_means_and_say_how_many_are_undefined(tmp_path):
    runs = [
        load_run(plant(tmp_path / str(seed), seed=seed, generations=40, slope=0, lonely=(39,))) for seed in range(3)
    ]
    runs.append(load_run(plant(tmp_path / "3", seed=3, generations=40, lonely=range(40))))
    text = verdict(runs)
    assert "over the last 10 generations" in text
    assert "n = 3 (1 more undefined)" in text
    assert "+1.00" not in text
    neutral = load_run(plant(tmp_path / "4", condition="control", neutral=True))
    assert "drift is what 'control' shows" in verdict([*runs, neutral])


def test_two_conditions_with_the_same_seeds_differ_by_alignment_and_loss(tmp_path):
    runs = [
        load_run(plant(tmp_path / f"{name}{seed}", condition=name, slope=slope, seed=seed, generations=40, noise=0.01))
        for name, slope in (("plastic", 0.02), ("fixed", 0.0))
        for seed in range(3)
    ]
    first, second = verdict(runs).splitlines()
    assert "plastic +0.69" in first
    assert ", loss " in first
    assert second.startswith("plastic minus fixed, paired by seed: alignment +0.69")
    assert ", loss " in second
    assert "accuracy" not in first
    # other seeds cannot be paired, and of one seed there is no interval
    assert "minus" not in verdict(runs[:-1])
    assert "minus" not in verdict([runs[0], runs[3]])
    classified = [replace(run, generations=run.generations.assign(accuracy_median=0.75)) for run in runs]
    assert "accuracy 0.75" in verdict(classified)
    assert "Classified rightly by then: 75% of the test (median)." in verdict(classified[:1])
    assert set(contrasts(classified)["measure"]) == {"alignment_end", "loss_median", "accuracy_median"}
    assert set(contrasts(runs)["measure"]) == {"alignment_end", "loss_median"}


@pytest.mark.usefixtures("undrawn")
def test_levels_of_reports_and_phase_diagrams_leave_lonely_values_out(tmp_path):
    paths = []
    for scale in (0.1, 0.2):
        for density in (0.3, 0.6):
            extra = f"[genome]\ngain_scale = {scale}\n[network]\ndensity = {density}\n"
            paths.append(plant(tmp_path / f"{scale}-{density}", generations=40, slope=0, lonely=(38, 39), extra=extra))
    data = FIGURES["phase-diagram"]([load_run(path) for path in paths]).data
    assert data["mean"].abs().max() < 0.1
    html = report([plant(tmp_path / "run", generations=40, slope=0, lonely=(38, 39))]).html.decode()
    assert "+1.00" not in html.split('id="tables"')[1].split("</section>")[0]
    lonely = report([plant(tmp_path / "lonely", lonely=range(6))])
    assert "fewer than half of the individuals have an alignment" in lonely.headline[0]


def test_drift_is_not_said_to_be_selected(tmp_path):
    text = judged(tmp_path / "run", neutral=True)
    assert "selection on loss" not in text
    assert "drawn by lot" in text


@pytest.mark.parametrize(
    ("algorithm", "by_lot"),
    [
        ({"name": "generational"}, True),
        ({"name": "novelty"}, True),
        ({"name": "asynchronous", "lag": 8, "replace": "oldest"}, True),
        ({"name": "asynchronous", "lag": 8}, False),
        ({"name": "steady-state", "replace": "worst"}, False),
        ({"name": "cma"}, False),
        ({"name": "map-elites"}, False),
        ({"name": "random"}, False),
    ],
    ids=str,
)
def test_only_algorithms_that_draw_parents_drift_and_the_control_that_is_named_does(algorithm, by_lot, tmp_path):
    run = load_run(plant(tmp_path / "run", condition="emergence, task=xor", neutral=True))
    config = dict(run.config, evolution={**run.config["evolution"], "algorithm": algorithm})
    run = replace(run, config=config)
    assert is_by_lot(run) == by_lot
    if not by_lot:
        text = verdict([run])
        assert "drawn by lot: whatever" not in text
        words = shlex.split(text[text.index("hetevo run") :])
        changes = [words[place + 1] for place, word in enumerate(words) if word == "-s"]
        control = load_config("emergence", changes).model_dump(mode="json")
        assert is_by_lot(replace(run, config=control))


def test_a_rise_is_not_said_to_be_by_loss_alone_where_it_is_not(tmp_path):
    run = load_run(plant(tmp_path / "run"))
    assert "selection saw the loss alone" in verdict([run])
    for changes in ({"algorithm": {"name": "novelty"}}, {"objectives": ["loss", "synapses"]}):
        other = replace(run, config=dict(run.config, evolution={**run.config.get("evolution", {}), **changes}))
        assert "selection saw the loss alone" not in verdict([other])


@pytest.mark.parametrize(("base", "control"), [*CONTROLS.items(), ("digits", "digits-neutral")])
def test_the_control_of_a_preset_differs_from_it_by_the_lot_only(base, control):
    lot = [f'evolution.{key}={{name="selRandom"}}' for key in ("select", "select_elites")]
    values = [condition_values(one.model_dump(mode="json")) for one in (preset(base, overrides=lot), preset(control))]
    assert values[0] == values[1]


def test_what_to_compare_with_is_a_command_unless_a_preset_is_just_that(tmp_path):
    assert "compare with the preset 'neutral'" in judged(tmp_path / "run", condition="emergence")
    path = plant(tmp_path / "other run", condition="emergence, task=xor")
    text = verdict([load_run(path)])
    assert "'neutral'" not in text
    words = shlex.split(text[text.index("hetevo run") :])
    assert words[2] == str(path / "config.toml")
    assert words[-2:] == ["-o", f"{path}-by-lot"]
    changed = load_config("emergence", [words[4], words[6]])
    assert changed.evolution.select == changed.evolution.select_elites == {"name": "selRandom"}
