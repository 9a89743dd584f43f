"""Loading and the figures over it, on planted run directories."""

import functools

import matplotlib
import numpy as np
import pandas as pd
import pytest
from legibility import check_legibility
from matplotlib.text import Text
from planted import plant

from hetevo.analysis import load_run, load_runs
from hetevo.analysis.figures import FIGURES, save
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


CASES = {
    "one run": [{}],
    "one generation": [{"generations": 1}],
    "undefined generations": [{"undefined": (0, 3)}],
    "checkpoints": [{"checkpoints": True}],
    "two runs of one condition": [{"seed": 0}, {"seed": 1}],
    "two conditions, unequal lengths": [
        {"seed": 0},
        {"seed": 1, "generations": 3},
        *({"condition": "control", "slope": 0, "seed": seed, "neutral": True} for seed in range(3)),
    ],
    "a grid of two keys": [
        {"seed": seed, "extra": f"[genome]\ngain_scale = {scale}\n[network]\nlevels = {levels}\n"}
        for seed, scale in enumerate((0.1, 0.2))
        for levels in ([8], [8, 8])
    ],
    "two histories": [
        {"extra": f'[task]\nname = "history"\n[task.options]\nstrength = {strength}\n'} for strength in (-1.0, 1.0)
    ],
    "five conditions": [{"condition": f"condition number {n}", "seed": n} for n in range(5)],
}
GENES, COMPARED = {"gains", "signs"}, {"onset", "survival"}
NEEDED = r"at least|keep_every|neutral|exactly two|only one is recorded|one run|task family 'history'"


def is_drawn(kind, case):
    """Tell whether a figure has what it needs in this case; otherwise it must say what it needs."""
    if kind in GENES:
        return case == "checkpoints"
    if kind in COMPARED:
        return case == "two conditions, unequal lengths"
    if kind == "phase-diagram":
        return case == "a grid of two keys"
    if kind == "metaplasticity":
        return case == "two histories"
    if kind == "phi":
        return len(CASES[case]) == 1
    return (kind, case) != ("price", "one generation")


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
        with pytest.raises(HetevoError, match=NEEDED):
            FIGURES[kind](runs)
        return
    plot = FIGURES[kind](runs)
    columns = 2 if kind == "claim" else 1  # a panel a measure, side by side
    assert plot.figure.get_size_inches()[0] == 3.5 * columns
    shown = [axes for axes in plot.figure.axes if axes.get_visible()]
    assert shown[0].get_ylabel() or kind == "claim"  # its rows are conditions
    assert any(axes.get_xlabel() for axes in shown)
    assert len(plot.data) > 0
    assert len(verdict(runs).splitlines()) == 2
    assert "n = " in " ".join(_texts(plot.figure)) or len(runs) == 1
    check_legibility(plot.figure)


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_figure_is_saved_with_its_data(kind, runs_of, tmp_path):
    plot = FIGURES[kind](runs_of(next(case for case in CASES if is_drawn(kind, case))))
    files = save(plot, tmp_path / "figures" / "plot.svg")
    assert {file.suffix for file in files} == {".svg", ".png", ".pdf", ".csv"}
    assert files[1].read_bytes().startswith(b"\x89PNG")
    pdf = files[2].read_bytes()
    assert b"/CIDFontType2" in pdf  # TrueType, font type 42: text stays text
    assert b"/Type3" not in pdf
    assert len(pd.read_csv(files[3])) == len(plot.data)


def _texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize("kind", sorted(set(FIGURES) - GENES))
def test_a_run_without_measurements_is_refused(kind, tmp_path):
    run = load_run(plant(tmp_path / "run", probed=False))
    with pytest.raises(RunDirectoryError, match=r"probe\.every"):
        FIGURES[kind]([run])


@pytest.mark.parametrize("kind", ["lineage", "price", "distribution", "fitness"])
def test_thinned_individuals_are_explained(kind, tmp_path):
    run = load_run(plant(tmp_path / "run", extra="[records]\nindividuals_every = 0\n"))
    with pytest.raises(RunDirectoryError, match=r"records\.individuals_every = 0"):
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
    assert data.loc[("0.2", "0.6"), "mean"] == pytest.approx(0.45, abs=0.02)  # generations 4 and 5
    assert data.loc[("0.1", "0.3"), "mean"] == pytest.approx(0, abs=0.02)
    # runs of one seed with different densities are one observation, not two
    pooled = FIGURES["phase-diagram"](runs, x="genome.gain_scale", y="backend.workers", names={"backend.workers": "w"})
    assert pooled.data["n"].tolist() == [1] * 4
    assert "n = 1 seed a cell" in pooled.figure.axes[0].get_title(loc="right")
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
    assert "95 % t interval" in title


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


THEIRS = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight", "axes.grid": True, "figure.facecolor": "red"}


def test_settings_of_the_users_change_no_figure(tmp_path):
    run = load_run(plant(tmp_path / "run"))
    usual = save(FIGURES["alignment"](run), tmp_path / "usual.png")[0]
    with matplotlib.rc_context(THEIRS):
        other = save(FIGURES["alignment"](run), tmp_path / "other.png")[0]
        assert matplotlib.rcParams["font.size"] == 30
    assert usual.read_bytes() == other.read_bytes()
