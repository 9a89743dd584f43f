"""What single kinds of figures keep to: what is missing or far away is said, and nothing is drawn that was not seen."""

import numpy as np
import pytest
from builders import make_population, make_species
from figure_runs import CASES
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES, emergence
from hetevo.analysis.figures.circuit import draw_individual
from hetevo.analysis.figures.circuit_parts import MOST_SYNAPSES
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir import RunDirectoryError


def plant_many(where, seeds=range(3), **options):
    return [load_run(plant(where / f"{seed}", seed=seed, **options)) for seed in seeds]


def labels_of(plot):
    """Return the entries of all legends, below the panels and in corners."""
    legends = [*plot.figure.legends, *(axes.get_legend() for axes in plot.figure.axes)]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def plant_compared(where, **options):
    """Plant runs that rise, and neutral ones."""
    rising = plant_many(where / "rising", condition="rising", **options)
    return rising + plant_many(where / "lot", condition="lot", slope=0, neutral=True, noise=0.05, **options)


def test_phase_diagram_tells_cells_that_were_not_run_from_undefined_ones(tmp_path):
    runs = []
    for scale, density in ((0.1, 0.3), (0.1, 0.6), (0.2, 0.3)):
        extra = f"[genome]\ngain_scale = {scale}\n[network]\ndensity = {density}\n"
        undefined = range(6) if density == 0.6 else ()
        runs.append(load_run(plant(tmp_path / f"{scale}-{density}", extra=extra, undefined=undefined)))
    plot = FIGURES["phase-diagram"](runs)
    assert labels_of(plot) == ["undefined", "not run"]
    axes, bar = plot.figure.axes
    assert "n = 1 seed a cell" in axes.get_title(loc="left")
    # six generations: means are over the later half, as bar and caption say; axes speak as legends do
    assert bar.get_ylabel().endswith("last 3 generations")
    assert "n = 1 seed, each the mean of the last 3 generations" in plot.caption
    assert {axes.get_xlabel(), axes.get_ylabel()} == {"gain scale", "density"}


def test_phase_plane_spells_out_what_its_caption_names(tmp_path):
    caption = FIGURES["phase-plane"](plant_many(tmp_path)).caption
    for said in ("HS, heterosynaptic stability: ", "DC, dynamical consistency: ", "thin lines, single seeds"):
        assert said in caption


def test_claim_draws_the_means_by_which_claims_are_judged(tmp_path):
    runs = plant_many(tmp_path, condition="rising")
    values = FIGURES["claim"](runs).data.query("measure == 'alignment_end'")["value"]
    # six generations: their later half
    assert values.tolist() == pytest.approx([run.generations["alignment_end"].iloc[-3:].mean() for run in runs])
    assert "a seed, mean of the last 3 generations" in labels_of(FIGURES["claim"](runs))


def test_claim_says_what_it_leaves_out_and_what_its_lines_are(tmp_path):
    run = load_run(plant(tmp_path / "run"))
    shows = {"alignment_end": "alignment", "loss_median": "loss", "nowhere_end": "what nobody\nrecorded"}
    plot = FIGURES["claim"](run, shows=shows)
    assert len(plot.figure.axes) == 2
    assert "undefined or not recorded in all of these runs: what nobody recorded." in plot.caption
    assert "Dashed lines: 0 and 1 for losses, that of a network that always answers 0." in plot.caption


def test_claim_keeps_intervals_inside_what_is_possible(tmp_path):
    # one seed at 0, two at 0.8: a t interval would reach beyond 1
    runs = [load_run(plant(tmp_path / str(n), seed=n, slope=slope, noise=0)) for n, slope in enumerate((0, 0.2, 0.2))]
    axes = FIGURES["claim"](runs).figure.axes[0]
    bars = [segment for bars in axes.collections for segment in bars.get_segments() if len(segment) == 2]
    ends = np.array(bars)[:, :, 0]
    assert ends.size
    assert ends.min() >= -1
    assert ends.max() <= 1


def test_survival_ends_soon_after_the_last_onset(tmp_path):
    plot = FIGURES["survival"](plant_compared(tmp_path, generations=30, planned=30))
    axes = plot.figure.axes[0]
    last = plot.data.query("emerged > 0")["generation"].max()
    assert last < axes.get_xlim()[1] < 15
    assert f"no onset from generation {last:.0f}" not in axes.get_title(loc="right")
    assert f"no onset from generation {last + 1:.0f} to 29" in axes.get_title(loc="right")


def test_onset_draws_means_and_ranges_of_many_runs(tmp_path, monkeypatch):
    runs = plant_compared(tmp_path)
    each = FIGURES["onset"](runs)
    assert "a line a seed" in each.figure.axes[0].get_title(loc="right")
    monkeypatch.setattr(emergence, "MOST_LINES", 5)
    means = FIGURES["onset"](runs)
    assert "mean and range over seeds" in means.figure.axes[0].get_title(loc="right")
    assert len(means.figure.axes[1].lines) == len(each.figure.axes[1].lines) - 4
    assert len(means.data) == len(each.data) == 6 * len(runs)


def test_signs_are_boxes_at_the_checkpoints_that_were_kept(tmp_path):
    run = load_run(plant(tmp_path / "run", checkpoints=True))
    plot = FIGURES["signs"](run)
    kept = plot.data["generation"].nunique()
    above, below, _ = plot.figure.axes
    assert len(above.collections) == len(below.collections) == kept
    assert {text.get_text()[:1] for text in above.get_yticklabels()} == {"h"}
    assert {text.get_text()[:3] for text in below.get_yticklabels()} == {"out"}


def test_lifetime_explains_its_markers_in_the_legend(tmp_path):
    assert labels_of(FIGURES["lifetime"](plant_many(tmp_path)))[-2:] == ["generation 0", "generation 5"]


def test_front_leaves_out_what_lies_far_away_and_says_how_many(tmp_path, monkeypatch):
    runs = plant_many(tmp_path, objectives=["loss", "synapses"], size=24)
    whole = FIGURES["front"](runs)
    read = LoadedRun.individuals_in

    def with_one_at_the_cap(run, generations):
        table = read(run, generations).reset_index(drop=True)
        table.loc[0, ["loss", "objective_synapses"]] = [400.0, 0.0]  # the fewest synapses: on the front
        return table

    monkeypatch.setattr(LoadedRun, "individuals_in", with_one_at_the_cap)
    plot = FIGURES["front"](runs)
    assert plot.data["loss"].max() == 400
    assert plot.figure.axes[0].get_xlim()[1] < 20
    assert "Beyond the axes: individuals of fronts, 3 in all" in plot.caption
    assert "Beyond" not in whole.caption
    assert "Lines, a staircase for the front of each run" in whole.caption
    assert "3 beyond the axes" in plot.figure.axes[0].get_title(loc="left")
    assert "beyond" not in whole.figure.axes[0].get_title(loc="left")


def test_front_says_what_the_size_of_points_means(tmp_path):
    plot = FIGURES["front"](plant_many(tmp_path, objectives=["loss", "synapses", "gain"], size=24))
    least, most = plot.data["objective_gain"].agg(["min", "max"])
    assert f"Size of points, mean size of gains: from {least:.3g} to {most:.3g}." in plot.caption
    assert "staircase" not in plot.caption


@pytest.fixture(scope="module")
def orphans(tmp_path_factory):
    """Return a run whose algorithm draws every individual anew."""
    small = ["evolution.size=6", "evolution.generations=2", "lifetime.presentations=20"]
    cma = 'evolution.algorithm={name="cma", separable=true}'
    config = preset("search", overrides=[*small, cma])
    return load_run(Experiment(config).run(tmp_path_factory.mktemp("runs") / "cma").path)


def test_descent_says_why_there_is_none(orphans, tmp_path):
    for kind in ("lineage", "price"):
        with pytest.raises(RunDirectoryError, match=r"nobody in it has parents.*the algorithm cma"):
            FIGURES[kind](orphans)
    others = plant_many(tmp_path)
    assert any("no parents" in label for label in labels_of(FIGURES["lineage"]([orphans, *others])))
    first = FIGURES["price"]([orphans, *others]).figure.axes[0]
    assert [text.get_text() for text in first.texts] == ["no parents:\nnot split"]


@pytest.mark.parametrize("kind", ["exchange", "bcm", "metaplasticity"])
def test_what_compares_a_sweep_refuses_a_single_run(kind, tmp_path):
    with pytest.raises(RunDirectoryError, match=r"is a single one.*hetevo sweep"):
        FIGURES[kind](load_run(plant(tmp_path / "run")))


def test_three_panels_stand_in_a_row_and_five_leave_their_corner_to_the_legend(tmp_path):
    runs = [load_run(plant(tmp_path / str(n), **options)) for n, options in enumerate(CASES["five conditions"])]
    three, five = FIGURES["levels"](runs[:3]).figure, FIGURES["levels"](runs).figure
    assert len({round(axes.get_position().y0, 3) for axes in three.axes}) == 1
    assert not five.legends
    assert five.axes[5].get_legend()


def test_units_are_named_as_in_records_and_large_circuits_are_matrices():
    small, dense = make_species((3, 2)), make_species((20, 20), density=(0.9, 0.9))
    graph = draw_individual(small, make_population(small)).figure.axes[0]
    texts = {text.get_text() for text in graph.texts}
    assert {"bias", "1", "5"} <= texts  # neurons are counted from 1, through all levels
    assert [label.get_text() for label in graph.get_yticklabels()][1] == "level 1\nh1–h3"
    plot = draw_individual(dense, make_population(dense))
    assert len(plot.data) > MOST_SYNAPSES
    assert plot.figure.axes[0].images
    assert "h21–h40" in [label.get_text() for label in plot.figure.axes[0].get_yticklabels()]
