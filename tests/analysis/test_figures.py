"""Loading and the figures over it, on planted run directories."""

import functools
import io
from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
import seaborn
from figure_runs import CASES, is_drawn, runs_for
from legibility import check_legibility
from matplotlib.figure import Figure
from matplotlib.text import Text
from pages import ROOT, defined_in
from planted import plant

from hetevo.analysis import figures, load_run, load_runs
from hetevo.analysis.figures import FIGURES, save
from hetevo.analysis.figures.frame import figure, needs_of
from hetevo.analysis.figures.parts import logarithmic
from hetevo.analysis.figures.plot import for_table, render
from hetevo.analysis.figures.style import shades, style
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.analysis.verdict import verdict
from hetevo.evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from hetevo.populations.errors import HetevoError, SettingError


def test_a_run_is_loaded_as_it_was_written(tmp_path):
    run = load_run(plant(tmp_path / "run", seed=3, undefined=(2,)))
    assert (run.condition, run.seed, run.size, run.probed) == ("planted", 3, 8, True)
    assert run.generations["generation"].tolist() == list(range(6))
    assert run.generations["alignment_end"].isna().tolist() == [False, False, True, False, False, False]
    assert len(run.individuals) == 48


def test_runs_are_stacked_with_their_condition_and_seed(tmp_path):
    paths = [plant(tmp_path / f"{c}{s}", condition=c, seed=s) for c in "ab" for s in (0, 1)]
    table = load_runs(paths)
    assert table.groupby(["condition", "seed"]).size().tolist() == [6] * 4


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="not a run directory"):
        load_run(tmp_path)
    RunDirectory.new(tmp_path / "young").begin("seed = 0")
    with pytest.raises(RunDirectoryError, match="no records yet"):
        load_run(tmp_path / "young")
    path = plant(tmp_path / "damaged")
    (path / "generations" / "part-000000.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DamagedError, match=r"part-000000.parquet: its content does not fit its own checksum"):
        load_run(path)


@pytest.fixture(scope="module")
def runs_of(tmp_path_factory):
    """Return the runs of a case, which are planted once."""
    return functools.cache(
        lambda case: [load_run(plant(tmp_path_factory.mktemp("runs") / "run", **options)) for options in CASES[case]]
    )


@pytest.mark.parametrize("kind", sorted(FIGURES))
@pytest.mark.parametrize("case", CASES)
def test_figure_is_drawn_or_says_what_it_needs(kind, case, runs_of):
    runs = runs_of(case)
    if not is_drawn(kind, case):
        with pytest.raises(HetevoError, match=runs_for(kind).says):
            FIGURES[kind](runs)
        return
    plot = FIGURES[kind](runs)
    millimetres = 183 if kind in ("claim", "assembly") else 89  # panels of many measures, side by side
    assert plot.figure.get_size_inches()[0] == pytest.approx(millimetres / 25.4)
    shown = [axes for axes in plot.figure.axes if axes.get_visible()]
    assert shown[0].get_ylabel() or kind == "claim", "no label on the y axis"  # of `claim` the rows are conditions
    assert any(axes.get_xlabel() for axes in shown), "no label on the x axis"
    assert len(plot.data) > 0
    assert "n = " in " ".join(_texts(plot.figure)) or len(runs) == 1, "no text in the figure says 'n = '"
    check_legibility(plot.figure)


@pytest.mark.parametrize("case", [case for case in CASES if any(is_drawn(kind, case) for kind in FIGURES)])
def test_the_verdict_of_a_case_has_two_lines(case, runs_of):
    assert len(verdict(runs_of(case)).splitlines()) == 2


def test_figure_is_saved_with_its_data(runs_of, tmp_path):
    plot = FIGURES["alignment"](runs_of("one run"))
    files = save(plot, tmp_path / "figures" / "plot.svg")
    assert {file.suffix for file in files} == {".svg", ".png", ".pdf", ".csv", ".txt"}
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert files[2].read_bytes().startswith(b"%PDF")
    assert len(pd.read_csv(files[3])) == len(plot.data)


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_a_pdf_of_a_figure_holds_its_text_and_a_table_its_data(kind, runs_of):
    plot = FIGURES[kind](runs_of(next(case for case in CASES if is_drawn(kind, case))))
    pdf = render(plot.figure, ".pdf")
    assert b"/CIDFontType2" in pdf  # TrueType, font type 42: text stays text
    assert b"/Type3" not in pdf
    assert len(pd.read_csv(io.StringIO(for_table(plot.data).to_csv(index=False)))) == len(plot.data)


def test_the_look_is_seaborns_for_paper_in_colours_lines_and_minor_ticks():
    theirs = {**seaborn.axes_style("ticks"), **seaborn.plotting_context("paper")}
    alike = {key for key in theirs if key.endswith(("color", "axisbelow", "capstyle")) or ".minor." in key}
    assert len(alike) > 12
    with style() as palette:
        assert {key: matplotlib.rcParams[key] for key in alike} == {key: theirs[key] for key in alike}
    colours = seaborn.color_palette("colorblind")
    assert palette == [colours[place] for place in (0, 1, 2, 3, 4, 9)]
    for name in ("cividis", "viridis", "viridis_r"):
        np.testing.assert_array_equal(shades(name, 5), seaborn.color_palette(name, 5))


def _texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize("case", CASES)
def test_the_example_in_the_documentation_is_a_whole_figure(case, runs_of, monkeypatch):
    monkeypatch.setitem(FIGURES.own, "example", defined_in(ROOT / "docs" / "figures.md")["stability"])
    test_figure_is_drawn_or_says_what_it_needs("example", case, runs_of)


def test_planted_runs_have_the_columns_that_figures_declare(tmp_path, monkeypatch):
    @figure("own_column_end", "own_column_mid", probe="instruments")
    def own(frame):
        axes = frame.one_panel(2)
        frame.legend(title=frame.courses(axes, frame.measured(), "own_column_end"))
        return frame.measured()[["own_column_end", "own_column_mid"]]

    def means():
        run = load_run(plant(tmp_path / str(len(list(tmp_path.iterdir()))), undefined=(2,)))
        return run.generations, run.individuals

    before = means()
    monkeypatch.setitem(FIGURES.own, "own", own)
    after = means()
    for old, new in zip(before, after, strict=True):  # and no other column is drawn anew because of them
        pd.testing.assert_frame_equal(old, new[list(old.columns)])
        assert set(new) - set(old) == {"own_column_end", "own_column_mid"}
        assert new["own_column_end"].isna().equals(new["alignment_end"].isna())
        assert not new["own_column_end"].equals(new["own_column_mid"])
    assert len(FIGURES["own"]([load_run(plant(tmp_path / "drawn"))]).data)


def test_signs_are_those_of_products_and_of_outputs(tmp_path):
    rule = '[plasticity]\nrule = "fixed-feedback"\n'
    for extra, said in (("", "of hidden neuron"), (rule, "no effect: V is fixed")):
        run = load_run(plant(tmp_path / f"run{len(extra)}", checkpoints=True, extra=extra))
        plot = FIGURES["signs"](run)
        labels = [axes.get_ylabel() for axes in plot.figure.axes]
        assert said in labels[0]
        assert labels[1] == "gain of\noutput"
        # three hidden neurons and two outputs
        assert [axes.get_ylim()[0] for axes in plot.figure.axes[:2]] == [3.5, 2.5]
    assert set(plot.data["pathway"]) == {"ascending", "descending", "product"}


def test_the_phase_plane_is_weighted_where_all_runs_recorded_that(tmp_path):
    new, old = (load_run(plant(tmp_path / str(weighted), weighted=weighted)) for weighted in (True, False))
    assert "hs_weighted_end" in FIGURES["phase-plane"](new).data
    for runs in ([old], [new, old]):
        plot = FIGURES["phase-plane"](runs)
        assert "hs_end" in plot.data
        assert "weighted" not in plot.figure.axes[0].get_xlabel()


def test_what_was_pruned_is_not_put_down_to_the_records(tmp_path, monkeypatch):
    run = load_run(plant(tmp_path / "pruned"))
    monkeypatch.setattr(type(run), "pruned_every", 2)
    with pytest.raises(
        RunDirectoryError, match=r"'hetevo prune' removed others.*prune none of its individuals; the"
    ) as e:
        FIGURES["lineage"](run)
    assert "records.individuals_every" not in str(e.value)


def test_what_figures_declare_they_say_with_everything_that_is_lacking(tmp_path):
    none = "[probe]\nevery = 0\n[records]\nindividuals_every = 0\n"
    run = load_run(plant(tmp_path / "none", probed=False, extra=none))
    with pytest.raises(RunDirectoryError, match=r'with probe\.every = 1 and probe\.name = "instruments"; the'):
        FIGURES["phi"](run)
    with pytest.raises(RunDirectoryError, match=r"with probe\.every = 1 and records\.individuals_every = 1; the"):
        FIGURES["price"](run)
    seldom = "[probe]\nevery = 2\n[records]\nindividuals_every = 3\n"
    run = load_run(plant(tmp_path / "seldom", extra=seldom))
    with pytest.raises(RunDirectoryError, match=r"with probe\.every = 1 and records\.individuals_every = 1; the"):
        FIGURES["lineage"](run)
    assert len(FIGURES["distribution"](run).data)


def test_every_figure_has_a_public_name():
    assert {kind.replace("-", "_") for kind in FIGURES.own} <= set(figures.__all__)


@pytest.mark.parametrize("kind", [kind for kind in sorted(FIGURES) if needs_of(FIGURES[kind]).probe])
def test_a_run_without_measurements_is_refused(kind, tmp_path):
    run = load_run(plant(tmp_path / "run", probed=False))
    with pytest.raises(RunDirectoryError, match=r"probe\.every"):
        FIGURES[kind]([run])


@pytest.mark.parametrize("kind", [kind for kind in sorted(FIGURES) if needs_of(FIGURES[kind]).individuals])
def test_thinned_individuals_are_explained(kind, tmp_path):
    seeds = range(2 if needs_of(FIGURES[kind]).sweep else 1)
    thin = "[records]\nindividuals_every = 0\n"
    runs = [load_run(plant(tmp_path / f"run{seed}", seed=seed, extra=thin)) for seed in seeds]
    with pytest.raises(RunDirectoryError, match=r"records\.individuals_every = 0"):
        FIGURES[kind](runs)


@pytest.mark.parametrize("kind", [kind for kind in sorted(FIGURES) if needs_of(FIGURES[kind]).individuals == "every"])
@pytest.mark.parametrize("table", ["probe", "records"])
def test_descent_needs_all_individuals(kind, table, tmp_path):
    run = load_run(plant(tmp_path / "run", extra=f"[{table}]\nshare = 0.5\n"))
    with pytest.raises(RunDirectoryError, match=rf"{table}\.share = 0\.5.*Run it again with {table}\.share = 1"):
        FIGURES[kind]([run])


def test_a_phase_diagram_means_over_seeds_and_ignores_what_changes_no_result(tmp_path):
    runs = []
    for seed in range(2):
        for scale, slope in ((0.1, 0.0), (0.2, 0.1)):
            for density in (0.3, 0.6):
                extra = f"[genome]\ngain_scale = {scale}\n[network]\ndensity = {density}\n[backend]\nworkers = {seed}\n"
                path = tmp_path / f"{seed}-{scale}-{density}"
                runs.append(load_run(plant(path, seed=seed, slope=slope, extra=extra)))
    data = FIGURES["phase-diagram"](runs).data.set_index(["genome.gain_scale", "network.density"])
    assert data["n"].tolist() == [2] * 4
    assert data.loc[("0.2", "0.6"), "mean"] == pytest.approx(0.4, abs=0.02)  # generations 3 to 5
    assert data.loc[("0.1", "0.3"), "mean"] == pytest.approx(0, abs=0.02)
    # runs of one seed with different densities are one observation, not two
    pooled = FIGURES["phase-diagram"](runs, x="genome.gain_scale", y="backend.workers", names={"backend.workers": "w"})
    assert pooled.data["n"].tolist() == [1] * 4
    assert "n = 1 seed a cell" in pooled.figure.axes[0].get_title(loc="left")
    assert pooled.figure.axes[0].get_ylabel() == "w"


def test_undefined_values_are_gaps_and_never_zero(tmp_path):
    run = load_run(plant(tmp_path / "run", undefined=(3,)))
    plot = FIGURES["alignment"]([run])
    lines = {line.get_label(): line for line in plot.figure.axes[0].get_lines()}
    (label,) = [label for label in lines if label.startswith("end of life")]
    assert np.isnan(lines[label].get_ydata()[3])
    assert "n = 8" in label
    assert plot.data["alignment_end"].isna().tolist() == [False] * 3 + [True] + [False] * 2


def test_the_interval_over_seeds_is_students():
    table = pd.DataFrame({"generation": [0] * 4, "value": [1.0, 2.0, 3.0, 4.0]})
    summary = over_seeds(table, "value").iloc[0]
    # mean 2.5, sd 1.2910, t(.975; 3) = 3.1824
    assert summary["low"] == pytest.approx(2.5 - 3.1824 * 1.29099 / 2, abs=1e-3)
    assert summary["n"] == 4
    logarithmic = over_seeds(table, "value", logarithmic=True).iloc[0]
    assert logarithmic["mean"] == pytest.approx(24 ** (1 / 4))


def test_labels_name_n_and_the_kind_of_interval(tmp_path):
    runs = [load_run(plant(tmp_path / str(seed), seed=seed)) for seed in range(3)]
    title = FIGURES["alignment"](runs).figure.legends[0].get_title().get_text()
    assert "n = 3 seeds" in title
    assert "95 % t interval (loss: geometric)" in title


def test_the_verdict_tells_a_rise_from_none(tmp_path):
    assert "It rose" in verdict([load_run(plant(tmp_path / "up"))])
    assert "did not rise" in verdict([load_run(plant(tmp_path / "flat", slope=0))])
    assert "never defined" in verdict([load_run(plant(tmp_path / "none", undefined=range(6)))])


def test_a_figure_needs_a_known_ending_and_a_writable_place(tmp_path):
    plot = FIGURES["alignment"]([load_run(plant(tmp_path / "run"))])
    with pytest.raises(SettingError, match=r"\.png"):
        save(plot, tmp_path / "figure.jpeg")
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="Cannot write"):
        save(plot, tmp_path / "file" / "figure.png")


def test_survival_says_that_nothing_can_emerge_where_alignment_is_undefined(tmp_path):
    runs = [
        load_run(
            plant(tmp_path / f"{name}{seed}", condition=name, seed=seed, undefined=range(6), neutral=name == "lot")
        )
        for name in ("nothing", "lot")
        for seed in range(3)
    ]
    with pytest.raises(SettingError, match="undefined in every generation"):
        FIGURES["survival"](runs)


def test_a_text_beyond_the_page_is_named_with_the_edge(tmp_path):
    drawn = FIGURES["alignment"](load_run(plant(tmp_path / "run"))).figure
    drawn.axes[1].set_xlabel("a label that is wider than its page" * 5)
    with pytest.raises(AssertionError, match=r"a label that .* beyond the left and right edge of the page"):
        check_legibility(drawn)
    drawn.axes[1].set_xlabel("small", fontsize=4)
    with pytest.raises(AssertionError, match=r"'small' has 4 pt, less than 5"):
        check_legibility(drawn)


def test_an_empty_panel_says_where_it_is_undefined(tmp_path):
    one = load_run(plant(tmp_path / "one", generations=1, undefined=(0,)))
    several = load_run(plant(tmp_path / "several", undefined=range(6)))
    assert "undefined in\ngeneration 0" in _texts(FIGURES["alignment"](one).figure)
    assert "undefined in\nevery generation" in _texts(FIGURES["alignment"](several).figure)


THEIRS = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight", "axes.grid": True, "figure.facecolor": "red"}


def test_settings_of_the_users_change_no_figure(tmp_path):
    run = load_run(plant(tmp_path / "run"))
    usual = save(FIGURES["alignment"](run), tmp_path / "usual.png")[0]
    with matplotlib.rc_context(THEIRS):
        other = save(FIGURES["alignment"](run), tmp_path / "other.png")[0]
        assert matplotlib.rcParams["font.size"] == 30
    assert usual.read_bytes() == other.read_bytes()


def test_bands_of_losses_end_at_their_cap_and_leave_the_axis_to_the_lines(tmp_path):
    runs = []
    for seed, scale in enumerate((0.01, 1.0)):
        run = load_run(plant(tmp_path / str(seed), seed=seed, extra="[lifetime]\nloss_cap = 4.0\n"))
        table = run.generations.assign(loss_median=run.generations["loss_median"] * scale)
        runs.append(replace(run, generations=table))
    plot = FIGURES["alignment"](runs)
    losses = plot.data[plot.data["quantity"] == "loss_median"]
    assert losses["high"].max() == 4
    low, high = plot.figure.axes[1].get_ylim()
    assert low >= losses["mean"].min() / 2.01
    assert high <= 2.01 * max(losses["mean"].max(), 1)
    assert interval_ends(FIGURES["claim"](runs).figure.axes[1]) <= 4


def test_losses_through_a_life_are_cut_at_the_cap_of_test_losses(tmp_path):
    runs = [load_run(plant(tmp_path / str(n), seed=n, extra="[lifetime]\nloss_cap = 4.0\n")) for n in range(2)]
    usual = FIGURES["assembly"](runs)
    high = [replace(run, generations=run.generations.assign(probe_loss_birth=1e9, probe_loss_mid=2.0)) for run in runs]
    plot = FIGURES["assembly"](high)
    assert plot.data.loc[plot.data["measure"] == "probe_loss", "value"].max() == 4
    assert "Losses are cut at their cap." in plot.caption
    assert "cut at their cap" not in usual.caption


def interval_ends(axes):
    return max(bar.get_segments()[0][:, 0].max() for bar in axes.collections if len(bar.get_segments()))


def test_a_logarithmic_axis_has_three_ticks_at_least():
    for low, high, least in (
        (0.5, 4.0, {0.5, 1, 2}),
        (0.56, 4, {0.7, 1, 2, 3}),
        (0.01, 900, {0.01, 1, 100}),
        (0.02, 5, {0.1, 1}),
    ):
        axes = Figure().subplots()
        axes.plot([0, 1], [low, high])
        axes.set_ylim(low, high)
        logarithmic(axes)
        shown = {round(float(tick), 6) for tick in axes.get_yticks() if low <= tick <= high}
        assert least <= shown
        assert 3 <= len(shown) <= 9
